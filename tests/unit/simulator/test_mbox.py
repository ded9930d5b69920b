"""The mbox streamer against a reader that holds the whole file: the same messages, wherever a block happens to end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import mailfiles, mbox
from simulator.mailfiles import MailFile, Span

SEPARATOR = b"From 123@xxx Mon Sep 14 09:00:00 +0000 2026"


def simple(content: bytes) -> list[bytes]:
    """All at once, line by line."""
    lines = re.findall(rb"[^\n]*\n|[^\n]+", content)
    found: list[list[bytes]] = []
    before = b"\n"
    for line in lines:
        if before in {b"\n", b"\r\n"} and len(line) <= mbox.LONGEST and mbox.SEPARATOR.match(line):
            found.append([])
        else:
            found[-1].append(line)
        before = line
    return [_message(message) for message in found]


def _message(lines: list[bytes]) -> bytes:
    if lines and lines[-1] in {b"\n", b"\r\n"}:
        lines = lines[:-1]
    return b"".join(re.sub(rb"\A>(>{0,999}From )", rb"\1", line) for line in lines)


LINES = st.sampled_from(
    [
        b"", b"Subject: Lamps", b">From here", b">>From there", b"> From afar", b"From me to you", b"From ", b"A" * 3000,
        SEPARATOR, b">" + SEPARATOR, b" " + SEPARATOR, b"From " + b"x" * 1200 + b" 2026", b">" * 30 + b"From far", b">" * 1400 + b"From ",
        b"x>From y", b"\r", b">", b"From: a@b",
    ]
) | st.binary(max_size=30).map(lambda b: b.replace(b"\n", b""))  # fmt: skip
ENDINGS = st.sampled_from([b"\n", b"\r\n"])


@st.composite
def mboxes(draw: st.DrawFn) -> bytes:
    lines = draw(st.lists(LINES, max_size=14))
    return SEPARATOR + draw(ENDINGS) + b"".join(line + draw(ENDINGS) for line in lines) + draw(LINES)


@given(mboxes(), st.integers(1, 90) | st.integers(900, 2500))
def test_the_stream_finds_what_the_whole_file_holds(tmp_path_factory, content, block):
    path = tmp_path_factory.mktemp("mbox") / "a.mbox"
    path.write_bytes(content)

    found = [MailFile("", span) for span in mbox.spans(path, block=block)]

    assert [b"".join(m.chunks(block)) for m in found] == simple(content)
    assert [m.size for m in found] == [len(m.raw) for m in found]


@given(mboxes(), st.integers(0, 50))
def test_the_opening_is_the_header_and_no_more_than_is_asked_for(tmp_path_factory, content, beyond):
    path = tmp_path_factory.mktemp("mbox") / "a.mbox"
    path.write_bytes(content)

    for mail in mbox.read_mbox(path):
        end = re.search(rb"(?:\A|\n)\r?\n", mail.raw)
        assert mail.opening(beyond) == (mail.raw[: end.end() + beyond] if end else mail.raw)


def test_progress_adds_up_to_the_file(tmp_path):
    path = tmp_path / "a.mbox"
    path.write_bytes(SEPARATOR + b"\n\n" + b"line\n" * 5000)
    heard: list[int] = []

    list(mbox.spans(path, heard.append, block=1000))

    assert sum(heard) == path.stat().st_size
    assert len(heard) > 20


def test_what_a_pass_found_spares_the_next_one(tmp_path, monkeypatch):
    path = tmp_path / "a.mbox"
    path.write_bytes(SEPARATOR + b"\nA: 1\n\nx\n>From y\n\n" + SEPARATOR + b"\nB: 2\n")
    expected = [m.raw for m in mbox.read_mbox(path)]
    mbox.remember(path, list(mbox.spans(path)))
    monkeypatch.setattr(mbox, "spans", None)

    assert [m.raw for m in mbox.read_mbox(path)] == expected == [b"A: 1\n\nx\nFrom y\n", b"B: 2\n"]


@pytest.mark.parametrize("harm", ["another file", "no index", "half an index"])
def test_a_find_of_another_file_is_not_believed(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(SEPARATOR + b"\nA: 1\n")
    mbox.remember(path, list(mbox.spans(path)))
    if harm == "another file":
        path.write_bytes(SEPARATOR + b"\nA: 1\n\n" + SEPARATOR + b"\nB: 2\n")
    elif harm == "no index":
        mbox.index_of(path).unlink()
    else:
        mbox.index_of(path).write_text(mbox.index_of(path).read_text() + "17\n")

    assert [m.raw for m in mbox.read_mbox(path)] == simple(path.read_bytes())


def test_a_message_is_read_from_its_file_each_time(tmp_path):
    path = tmp_path / "a.eml"
    path.write_bytes(b"A: 1\n\nbody")

    mail = next(mailfiles.read_folder(tmp_path))

    assert mail.content == Span(path, 0, 10)
    assert (mail.raw, mail.size, mail.opening(), mail.opening(2)) == (
        b"A: 1\n\nbody",
        10,
        b"A: 1\n\n",
        b"A: 1\n\nbo",
    )


def test_bytes_without_an_empty_line_are_not_read_to_their_end(tmp_path):
    path = tmp_path / "a.eml"
    path.write_bytes(b"x" * (3 * mailfiles.LONGEST_HEAD))

    assert len(next(mailfiles.read_folder(tmp_path)).opening()) < 1.1 * mailfiles.LONGEST_HEAD
