"""Transfer encodings as programs name them, and as the bytes really are."""

import base64

import pytest

from server.rules.body.message_text import read_body
from tests.support.raw_mail import raw_mail

GREETING = "Grüße und Äpfel"
QUOTED = "Gr=C3=BC=C3=9Fe und =C3=84pfel"
DIGITS = base64.b64encode(GREETING.encode()).decode()
PLAIN = "text/plain; charset=utf-8"


def read_encoded(field: str, content: str, kind: str = PLAIN) -> str:
    return read_body(
        raw_mail(kind, content, *(f"Content-Transfer-Encoding: {value}" for value in field.split("|")))
    ).text


@pytest.mark.parametrize(
    ("field", "content"),
    [
        *((name, QUOTED) for name in (
            "quoted_printable", "quoted printable", "QUOTED-PRINTABLE", '"quoted-printable"', "quoted-printeable", "(x) quoted-printable",
            "quoted-printable; x=y", "quoted-printable, 7bit", "quotedprintable", "7bit|quoted-printable", "quoted-printable|quoted-printable",
        )),
        *((name, DIGITS) for name in ("base-64", "base_64", "Base64", "x-base64", '"base64"', "base64 ", "base64;", "8bit|base64", "base64|base64")),
        *((name, GREETING) for name in ("8bits", "8-bit", "utf-8", "none", "binary", "7bit", "")),
    ],
)  # fmt: skip
def test_a_misspelt_encoding(field, content):
    """Letters that even misspelt names keep say which one is meant."""
    assert read_encoded(field, content) == GREETING


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("7bit", QUOTED), ("base64", QUOTED), ("", QUOTED), ("7bit", DIGITS + base64.b64encode(b", and some more").decode()),
        ("8bit", base64.encodebytes((GREETING + ", and some more" * 9).encode()).decode()),
    ],
)  # fmt: skip
def test_an_untrue_encoding(field, content):
    """The content shows what it is."""
    assert read_encoded(field, content).startswith(GREETING)


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("base64", "Thanks"), ("base64", "Just plain words here."), ("base64", "Yes\n\nMina"), ("base64", "Okay"),
        ("quoted-printable", "a = b, x==y, e=mc2"), ("quoted-printable", "100% sure, price=50"), ("quoted-printable", "width=device-width, =dez"),
        ("quoted-printable", "=" * 40), ("7bit", "x=20 and y=3D"), ("7bit", "5fa4b7c1d2e3f4a5b6c7d8e9f0a1b2c3"), ("", "Rindfleischetikettierung"),
    ],
)  # fmt: skip
def test_a_plain_text_is_not_decoded(field, content):
    """Words that only look encoded, or that a field calls so."""
    assert read_encoded(field, content) == content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("=46rom here on", "From here on"), ("a =3D b=20\nc", "a = b\nc"), ("gr=c3=bc=c3=9fe", "grüße"), ("one=\n two", "one two"),
        ("=48=65=6C=6C=6F", "Hello"),
    ],
)  # fmt: skip
def test_odd_quoted_printable(content, expected):
    """Small letters, escaped beginnings, and text that is escaped whole."""
    assert read_encoded("quoted-printable", content) == expected


@pytest.mark.parametrize(
    "footer", ["\n\n-- \nA list footer of words\n", "\n____________\nlist mailing list\nlist@example.org\n"]
)
def test_a_footer_under_base64(footer):
    """Lists write their footer under the encoded text without a look at it."""
    assert read_encoded("base64", base64.encodebytes((GREETING + " !").encode()).decode() + footer) == f"{GREETING} !"


def test_base64_in_an_old_charset():
    """Short, and no UTF-8."""
    digits = base64.b64encode("Grüße".encode("latin-1")).decode()

    assert read_encoded("base64", digits, "text/plain; charset=iso-8859-1") == "Grüße"


def test_untold_base64_in_an_old_charset():
    """Lines as long as an encoder makes them."""
    text = "Grüße aus dem schönen Süden. " * 6

    assert (
        read_encoded("7bit", base64.encodebytes(text.encode("latin-1")).decode(), "text/plain; charset=iso-8859-1")
        == text.strip()
    )


def test_a_uuencoded_text():
    """The encoding of the time before MIME."""
    assert read_encoded("x-uuencode", "begin 644 x\n#0V%T\n`\nend\n") == "Cat"
