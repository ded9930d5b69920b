"""A child that an email breaks: what the email costs, and what it does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.adapters.body_reader.by_size import LARGE_FROM, BodyReaderBySize
from server.adapters.body_reader.child import ROOT, Bounds, ChildBodyReader
from server.adapters.body_reader.in_process import InProcessBodyReader
from server.domain.errors import TransientError, UnfinishedReadingError, UnreadableError
from server.domain.mail_body import UNREADABLE_BODY, MailBody
from tests.support.scene import eml

OBEDIENT = "tests.support.obedient_child"
SHORT = Bounds(patience=3.0, seconds=3.0)
"""For emails that use all of it."""
LONG = Bounds(patience=60.0, seconds=60.0)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel holds these bounds on Linux alone")


@pytest.fixture
def reader() -> Iterator[ChildBodyReader]:
    reader = ChildBodyReader(OBEDIENT, LONG)
    yield reader
    reader.close()


def order(deed: str) -> bytes:
    return eml(X_Do=deed)


def pid_of_child(reader: ChildBodyReader) -> int:
    return int(reader.read_apart(order("pid")).text)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until_gone(pid: int) -> None:
    for _ in range(500):
        if not is_running(pid):
            return
        time.sleep(0.02)
    pytest.fail("the child lives on")


def test_an_email_that_takes_too_long_costs_its_text_alone() -> None:
    reader = ChildBodyReader(OBEDIENT, SHORT)
    check_what_it_costs(reader, "sleep")
    reader.close()


@pytest.mark.parametrize("deed", ["crash", "chatter", "boast"])
def test_an_email_that_breaks_its_reader_costs_its_text_alone(reader: ChildBodyReader, deed: str) -> None:
    check_what_it_costs(reader, deed)


def check_what_it_costs(reader: ChildBodyReader, deed: str) -> None:
    first = pid_of_child(reader)
    with pytest.raises(UnfinishedReadingError):
        reader.read(order(deed))
    assert reader.read_apart(order(deed)) == UNREADABLE_BODY
    assert reader.read(eml(text="Two lamps.")).text == "Two lamps."
    assert pid_of_child(reader) != first
    assert not is_running(first)


@pytest.mark.parametrize("deed", ["bug", "lie"])
def test_a_bug_costs_the_text(reader: ChildBodyReader, deed: str) -> None:
    assert reader.read(order(deed)) == UNREADABLE_BODY


@LINUX
def test_more_memory_than_there_is_costs_the_text(reader: ChildBodyReader) -> None:
    pid = pid_of_child(reader)
    assert reader.read(order("eat")) == UNREADABLE_BODY
    assert pid_of_child(reader) == pid


@LINUX
def test_the_kernel_ends_what_takes_too_much_of_the_processor() -> None:
    reader = ChildBodyReader(OBEDIENT, Bounds(patience=60.0, seconds=60.0, cpu_seconds=0))
    began_at = time.monotonic()
    assert reader.read_apart(order("spin")) == UNREADABLE_BODY
    assert time.monotonic() - began_at < 30  # far below the sixty seconds of the clock
    reader.close()


def test_the_bound_of_the_processor_is_each_emails_own() -> None:
    reader = ChildBodyReader(OBEDIENT, Bounds(cpu_seconds=1))
    pid = pid_of_child(reader)
    for _ in range(5):
        assert reader.read_apart(eml(text="word " * 20_000)).text
    assert pid_of_child(reader) == pid
    reader.close()


def test_a_child_that_grew_is_replaced(reader: ChildBodyReader) -> None:
    first = pid_of_child(reader)
    assert reader.read(order("grow")).text == "Hello."
    wait_until_gone(first)
    assert pid_of_child(reader) != first


def test_an_email_outlives_a_child_that_is_killed_between_two(reader: ChildBodyReader) -> None:
    pid = pid_of_child(reader)
    os.kill(pid, signal.SIGKILL)
    assert reader.read_apart(eml(text="Two lamps.")).text == "Two lamps."


def test_the_child_knows_no_secret_of_its_parent(reader: ChildBodyReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESFORCE_CONSUMER_SECRET", "secret")
    assert "SALESFORCE" not in reader.read(order("environment")).text


def test_where_no_child_starts_the_email_waits() -> None:
    for module in ("tests.support.no_such_module", "json.tool"):
        reader = ChildBodyReader(module)
        for read in (reader.read, reader.read_apart):
            with pytest.raises(TransientError) as error:
                read(eml())
            assert not isinstance(error.value, UnfinishedReadingError)
        reader.close()


PARENT = """
import sys
from server.adapters.body_reader.child import ChildBodyReader
from tests.support.scene import eml
reader = ChildBodyReader("tests.support.obedient_child")
print(reader.read(eml(X_Do="pid")).text, flush=True)
{rest}
"""


@pytest.mark.parametrize("deed", ["", "sleep", "spin"])
def test_no_child_outlives_a_parent_that_is_killed(deed: str) -> None:
    """Neither one that waits for an email, nor one in the middle of one."""
    rest = f"reader.read_apart(eml(X_Do={deed!r}))" if deed else "sys.stdin.read()"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(rest=rest)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    time.sleep(0.5)
    assert is_running(child)
    parent.kill()
    parent.communicate()
    wait_until_gone(child)


class NamedReader:
    """Says of every email that it was read by this one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_closed = False

    def read(self, raw: bytes) -> MailBody:
        return MailBody(f"{self.name} {len(raw)}")

    read_apart = read

    def close(self) -> None:
        self.is_closed = True


def test_the_size_says_which_process_reads() -> None:
    small, large, apart = NamedReader("small"), NamedReader("large"), NamedReader("apart")
    reader = BodyReaderBySize(small, large, apart)
    assert reader.read(b"x" * (LARGE_FROM - 1)).text.startswith("small")
    assert reader.read(b"x" * LARGE_FROM).text.startswith("large")
    assert reader.read_apart(b"x").text == "apart 1"

    reader.close()
    assert [small.is_closed, large.is_closed, apart.is_closed] == [True] * 3


@pytest.mark.parametrize("error", [KeyError("a bug"), RecursionError(), MemoryError()])
def test_a_bug_in_the_calling_process_costs_the_text(error: Exception) -> None:
    def read_body(_raw: bytes) -> MailBody:
        raise error

    assert InProcessBodyReader(read_body).read(b"x") == UNREADABLE_BODY


def test_bytes_that_are_no_email_are_no_bug() -> None:
    def read_body(_raw: bytes) -> MailBody:
        raise UnreadableError("No header.")

    with pytest.raises(UnreadableError):
        InProcessBodyReader(read_body).read(b"x")
