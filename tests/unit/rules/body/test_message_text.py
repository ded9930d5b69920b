"""The text of an activity, out of whatever a mail program, or an attacker, wrote."""

import base64
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import UnreadableError
from server.domain.mail_body import LONGEST, UNREADABLE
from server.rules.body.message_text import MOST_ATTACHMENTS, read_body, read_headers
from server.rules.headers.header_text import is_shown

HEAD = b"From: ada@byron.example\r\nMIME-Version: 1.0\r\n"


def text_of(content: bytes, kind: str = "text/plain; charset=utf-8", extra: bytes = b"") -> str:
    return read_body(HEAD + f"Content-Type: {kind}\r\n".encode() + extra + b"\r\n" + content).text


def mixed(*parts: bytes, kind: str = "mixed") -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return HEAD + f'Content-Type: multipart/{kind}; boundary="b"\r\n\r\n'.encode() + body + b"--b--\r\n"


def plain(text: str) -> bytes:
    return b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode()


def html(text: str) -> bytes:
    return b"Content-Type: text/html; charset=utf-8\r\n\r\n" + text.encode()


def file(name: str) -> bytes:
    return f'Content-Type: text/plain\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\nsecret'.encode()


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_white_space_before_a_colon_and_a_byte_order_mark_hide_nobody(end, mark):
    raw = (
        mark
        + end.join(["From : ada@byron.example", "To\t : ann@acme.example", "X: a : b", "", "Note : no header"]).encode()
    )

    assert read_headers(raw) == [("From", "ada@byron.example"), ("To", "ann@acme.example"), ("X", "a : b")]
    assert read_body(raw).text == "Note : no header"


def test_an_mbox_separator_is_no_header():
    raw = b"From ada@byron.example Mon Oct 12 09:00:00 2026\r\nFrom: ada@byron.example\r\n\r\nhi"

    assert read_headers(raw) == [("From", "ada@byron.example")]


@pytest.mark.parametrize(
    ("kind", "extra", "content", "expected"),
    [
        ("text/plain; charset=utf-8", b"", "Grüße".encode(), "Grüße"),
        ("text/plain; charset=iso-8859-1", b"", "Grüße".encode("latin-1"), "Grüße"),
        ("text/plain; charset=windows-1251", b"", "Привет".encode("cp1251"), "Привет"),
        ("text/plain; charset=iso-2022-jp", b"", "こんにちは".encode("iso-2022-jp"), "こんにちは"),
        ("text/plain; charset=utf-8", b"Content-Transfer-Encoding: quoted-printable\r\n", b"Gr=C3=BC=\r\n=C3=9Fe", "Grüße"),
        ("text/plain; charset=utf-8", b"Content-Transfer-Encoding: quoted-printable\r\n", b"Gr=C3=BC= \t\r\n=C3=9Fe", "Grüße"),
        ("text/plain; charset=utf-8", b"Content-Transfer-Encoding: base64\r\n", base64.b64encode("Grüße".encode()), "Grüße"),
        ("text/plain", b"", "Grüße".encode(), "Grüße"),
        ("text/plain; charset=ascii", b"", "Grüße".encode(), "Grüße"),
        ("text/plain; charset=no-such-charset", b"", "Grüße".encode(), "Grüße"),
        ("text/plain; charset=utf-8", b"", "Grüße".encode("latin-1"), "Grüße"),
        ("text/plain; charset=punycode", b"", b"abc-def", "abc-def"),
        ('text/plain; charset="a b"', b"", b"abc", "abc"),
        ("", b"", b"abc", "abc"),
        ("nonsense", b"", b"abc", "abc"),
        ("text/plain", b"Content-Transfer-Encoding: base64\r\n", b"!!!", ""),
    ],
)  # fmt: skip
def test_text_in_any_charset_and_encoding(kind, extra, content, expected):
    found = text_of(content, kind, extra)

    assert found.strip("!") == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (mixed(plain("Hello."), html("<b>Hello!</b>"), kind="alternative"), "Hello."),
        (mixed(plain("   "), html("<b>Hello!</b>"), kind="alternative"), "Hello!"),
        (mixed(html("<p>One</p>"), kind="alternative"), "One"),
        (mixed(plain("One."), plain("Two.")), "One.\n\nTwo."),
        (mixed(plain("One."), file("a.txt")), "One."),
        (mixed(plain("One."), html("<p>Two</p>")), "One.\n\nTwo"),
    ],
    ids=["plain of alternatives", "empty plain", "html alone", "two texts", "attachment", "mixed with html"],
)
def test_the_parts_that_a_reader_sees(raw, expected):
    assert read_body(raw).text == expected


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("<style>p{}</style><script>alert(1)</script><title>x</title><p>One</p>", "One"),
        ("a &amp; b &lt;c&gt; &nbsp;d", "a & b <c> d"),
        ("<table><tr><td>One</td></tr><tr><td>Two</td></tr></table>", "One\nTwo"),
        ("<p>un<b>closed", "unclosed"),
        ("<!-- hidden --><p>One</p>", "One"),
        ("", ""),
    ],
)
def test_html_as_text(markup, expected):
    assert text_of(markup.encode(), "text/html; charset=utf-8") == expected


def test_what_cannot_be_seen_is_taken_out():
    assert text_of("a\u202eb\x00c\u200bd\te".encode()) == "a b c d e"
    assert text_of(b"a\r\n\r\n\r\n\r\nb\rc") == "a\n\nb\nc"


def test_attachments_are_named_in_order_and_once():
    message = EmailMessage()
    message.set_content("See attached.")
    for name in ("plan.pdf", "Übersicht.xlsx", "plan.pdf"):
        message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=name)
    message.add_attachment(b"x", maintype="image", subtype="png")

    body = read_body(bytes(message))

    assert body.text == "See attached."
    assert body.attachments == ("plan.pdf", "Übersicht.xlsx", "(image/png)")


def test_no_more_attachments_than_a_reader_can_use():
    assert len(read_body(mixed(*(file(f"{i}.txt") for i in range(300)))).attachments) == MOST_ATTACHMENTS


def test_a_long_text_is_cut_and_says_so():
    body = read_body(HEAD + b"\r\n" + b"word " * 50_000)

    assert len(body.text) == LONGEST
    assert body.is_cut
    assert not read_body(HEAD + b"\r\nshort").is_cut


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\nbody alone", b"no header here\r\n\r\nbody", b"\x00\xff" * 50])
def test_bytes_without_a_header_are_unreadable(raw):
    with pytest.raises(UnreadableError):
        read_body(raw)


def test_headers_are_unfolded_and_keep_their_order_and_their_doubles():
    raw = b"To: a@x.example,\r\n b@x.example\r\nX-A: 1\r\nX-A: 2\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\nX-B: \xfc\r\n\r\n"

    assert read_headers(raw) == [
        ("To", "a@x.example, b@x.example"), ("X-A", "1"), ("X-A", "2"), ("Subject", "Grüße"), ("X-B", "ü"),
    ]  # fmt: skip


def nested(depth: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (i, i) for i in range(depth))
    return HEAD + opened + b"Content-Type: text/plain\r\n\r\ndeep"


HOSTILE = {
    "deep parts": nested(3_000),
    "deep html": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000 + b"x",
    "crossed html": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<b><i></b></i>" * 100_000,
    "many parameters": HEAD + b"Content-Type: text/plain" + b'; a="b"' * 100_000 + b"\r\n\r\nx",
    "long boundary": HEAD + b"Content-Type: multipart/mixed; boundary=" + b"b" * 200_000 + b"\r\n\r\n--b\r\n\r\nx",
    "many parts": mixed(*[plain("x")] * 20_000),
    "many alternatives": mixed(*[html("<p>x</p>" * 1_000)] * 500, kind="alternative"),
    "long line": HEAD + b"\r\n" + b"x" * 5_000_000,
    "many empty lines": HEAD + b"\r\n" + b"\r\n" * 1_000_000,
    "rfc2231": HEAD + b"Content-Type: text/plain" + b"".join(b"; name*%d*=a" % i for i in range(20_000)) + b"\r\n\r\nx",
    "encoded names": mixed(file("=?utf-8?B?" + "QUFB" * 20_000 + "?=")),
    "no end": HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx',
    "message in message": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 500 + b"x",
    "half an entity": HEAD + b"Content-Type: text/html\r\n\r\n" + b"&#" * 300_000,
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_mail_is_read_or_said_to_be_unreadable(name):
    """Unguarded, each takes minutes, all memory or the whole stack."""
    body = read_body(HOSTILE[name])

    assert len(body.text) <= LONGEST
    assert body.text != UNREADABLE or name in ("deep parts", "message in message")


@given(st.binary(max_size=400))
def test_any_bytes_give_text_or_unreadable(noise):
    for raw in (noise, HEAD + noise, mixed(noise), mixed(noise, kind="alternative")):
        try:
            body = read_body(raw)
        except UnreadableError:
            continue
        assert all(is_shown(c) or c == "\n" for c in body.text)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=200))
def test_plain_text_is_read_back(text):
    message = EmailMessage()
    message["From"] = "ada@byron.example"
    message.set_content(text, cte="base64")

    assert read_body(bytes(message)).text == text


@pytest.mark.parametrize("sign", ["\U0001fa77", "\U0001fae9", "\U0001fac6", "👩\u200d💻", "می\u200cخواهم"])
def test_a_sign_that_is_newer_than_pythons_tables_is_kept(sign):
    """Also where it is the whole answer, above the mail that it answers."""
    history = "On Mon, 5 Oct 2026 at 16:12, Rita Holm <rita@acme.example> wrote:\n> Is 98 fine?"
    body = read_body(f"Subject: Re: Lamps\nIn-Reply-To: <a@b>\n\n{sign}\n\n{history}".encode())

    assert body.own == sign
