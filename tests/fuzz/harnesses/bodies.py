"""Any bytes as the text of a mail, plain and HTML: never a crash, bounded, and no word that does not stand there."""

from __future__ import annotations

from server.rules.body.charsets import decode_bytes
from server.rules.body.html_text import html_text
from server.rules.body.quoting import own_text

WORDS = (
    b"On 1 Jan 2026 at 10:10, a@b.example wrote:", b"\n> ", b"\n-- \n", b"From: ", b"\nSent: ", b"\nTo: ", b"\nSubject: ", b"Von: ",
    b"-----Original Message-----", b"---------- Forwarded message ---------", b"Sent from my iPhone", b"<blockquote type=cite>",
    b'<div class="gmail_quote">', b"</div>", b'style="display:none"', b"<a href=http://a.example>", b"<img alt=x>", b"<pre>", b"&amp;",
    b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b$B", b"+ADw-", b"<meta charset=utf-8>",
)  # fmt: skip
CHARSETS = ("", "utf-8", "us-ascii", "iso-8859-1", "gb2312", "iso-2022-jp", "utf-7", "utf-16", "nonsense", "x,utf-8")
LONGEST = 400_000


def one(data: bytes) -> None:
    charset = CHARSETS[data[0] % len(CHARSETS)] if data else ""
    for is_html in (False, True):
        text = decode_bytes(data[1:], charset, is_html=is_html)
        text.encode()
        shown = html_text(text) if is_html else text
        assert len(shown) <= LONGEST
        own = own_text(shown, "Re: x")
        kept = iter(shown.split("\n"))
        assert all(any(line.strip() == other.strip() for other in kept) for line in own.split("\n")), "out of order"
        assert own_text(own, "Re: x").strip() or not own.strip()
