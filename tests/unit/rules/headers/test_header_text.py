"""What a header says to a reader."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rules.headers.header_text import MAX_NAME, decode_words, read_subject

TWICE = "=?utf-8?B?" + base64.b64encode(b"Re: =?utf-8?Q?Preise_f=C3=BCr_Seile?=").decode() + "?="


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (TWICE, "Re: Preise für Seile"),
        ("=?utf-8?q?Preise_f=C3=BCr_Seile?=", "Preise für Seile"),
        ("=?utf-8*de?Q?Gr=C3=B6=C3=9Fe_12?=", "Größe 12"),
        ("=?iso-8859-1*?Q?Gr=F6=DFe?=", "Größe"),
        ("Price =?= 5", "Price =?= 5"),
        ("a\r\n b", "a b"),
        ("=?utf-8?q??=", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_subject_that_a_program_encoded_twice(written, expected):
    assert read_subject(written) == expected


def test_only_a_subject_is_decoded_twice():
    """In an address header a second pass could make an address out of a name."""
    assert decode_words(TWICE) == "Re: =?utf-8?Q?Preise_f=C3=BCr_Seile?="


@given(st.text(max_size=400))
def test_any_subject_is_one_printable_line(written):
    subject = read_subject(written)
    assert len(subject) <= MAX_NAME
    assert "\n" not in subject
