"""A message's headers as its bytes have them, where the bytes and what Gmail shows can differ."""

from __future__ import annotations

import pytest

from server.domain.message import Headers
from server.rules.headers.sent_headers import read_sent_headers


def test_a_bare_carriage_return_begins_no_header():
    raw = b"Subject: hi\rFrom: ceo@byron.example\r\nFrom: eve@nowhere.example\r\n\r\nHello."
    shown = Headers.of([("Subject", "hi From: ceo@byron.example"), ("From", "eve@nowhere.example")])

    assert read_sent_headers(raw, shown).all("From") == ["eve@nowhere.example"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\r\n"])
def test_an_empty_line_ends_the_headers(end):
    raw = end.join([b"From: ada@byron.example", b"Subject: one", b" two", b"", b"From: eve@nowhere.example"])
    shown = Headers.of([("From", "?"), ("Subject", "?")])

    assert list(read_sent_headers(raw, shown)) == [("From", "ada@byron.example"), ("Subject", "one two")]


def test_bytes_in_another_charset_leave_the_words_that_were_shown():
    raw = "From: André <a@b.example>\r\nSubject: Réunion\r\n\r\nx".encode("latin-1")
    shown = Headers.of([("From", "André <a@b.example>"), ("Subject", "Réunion")])

    assert read_sent_headers(raw, shown) == shown


def test_a_stray_byte_does_not_make_a_decoded_name_count():
    raw = b"From: =?utf-8?q?ada=40byron.example=2C_Eve?= <eve@nowhere.example> \xff\r\n\r\nx"
    shown = Headers.of([("From", "ada@byron.example, Eve <eve@nowhere.example> \ufffd")])

    assert read_sent_headers(raw, shown).first("From").startswith("=?utf-8?q?")
