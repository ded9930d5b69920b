"""What every reader of bodies promises, whichever process reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.adapters.body_reader.by_size import BodyReaderBySize
from server.adapters.body_reader.child import Bounds, ChildBodyReader
from server.adapters.body_reader.in_process import InProcessBodyReader
from server.domain.errors import UnreadableError
from server.domain.mail_body import UNREADABLE_BODY
from server.ports.body_reader import BodyReader
from server.rules.body.message_text import read_body
from tests.support.scene import eml

CASES = {
    "plain": eml(
        text="Two lamps, please.\n\nOn Monday, Ann <ann@acme.example> wrote:\n> How many?\n", In_Reply_To="<a@b>"
    ),
    "umlauts": eml(subject="Grüße", text="Schöne Grüße aus Köln 🙂"),
    "raw bytes": b"Subject: caf\xe9\r\n\r\n\xff\xfe \xed\xa0\x80 text\r\n",
    "attachment": b"Subject: A\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n--b\r\n"
    b'Content-Type: application/pdf; name="pl\xc3\xa4n.pdf"\r\n\r\nx\r\n--b--\r\n',
    "nothing": b"Subject: empty\r\n\r\n",
    "long": b"Subject: long\r\n\r\n" + b"word " * 80_000,
}


def make_child() -> BodyReader:
    """Without the bounds of the clock, which a busy machine could meet."""
    return ChildBodyReader(bounds=Bounds(patience=120.0, seconds=120.0))


def make_by_size() -> BodyReader:
    return BodyReaderBySize(InProcessBodyReader(read_body), make_child(), make_child(), large_from=300)


MAKERS: dict[str, Callable[[], BodyReader]] = {
    "in process": lambda: InProcessBodyReader(read_body),
    "child": make_child,
    "by size": make_by_size,
}


@pytest.fixture(scope="module", params=MAKERS)
def reader(request: pytest.FixtureRequest) -> Iterator[BodyReader]:
    reader = MAKERS[request.param]()
    yield reader
    reader.close()


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_the_same_in_every_process(reader: BodyReader, name: str) -> None:
    expected = read_body(CASES[name])
    assert reader.read(CASES[name]) == expected
    assert reader.read_apart(CASES[name]) == expected
    assert expected != UNREADABLE_BODY


@pytest.mark.parametrize("raw", [b"", b"no header at all", b"\r\n\r\nbody"])
def test_bytes_that_are_no_email_are_refused(reader: BodyReader, raw: bytes) -> None:
    for read in (reader.read, reader.read_apart):
        with pytest.raises(UnreadableError):
            read(raw)


def test_many_threads_share_one_reader(reader: BodyReader) -> None:
    raws = [eml(text=f"Number {number}. " + "word " * number) for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(reader.read, raws))
    assert [body.text.split(".")[0] for body in bodies] == [f"Number {number}" for number in range(64)]


def test_a_reader_is_closed_twice(reader: BodyReader) -> None:
    for _ in range(2):
        reader.close()
    assert reader.read(CASES["plain"]).text.startswith("Two lamps")
