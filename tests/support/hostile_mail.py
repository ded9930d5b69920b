"""Mails that were made to cost a reader much: each a function from a size in bytes to a mail of about that size."""

from __future__ import annotations

from collections.abc import Callable

HEAD = b"From: a@b.example\r\nMIME-Version: 1.0\r\n"
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
MIXED = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
ALTERNATIVE = b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
RELATED = b'Content-Type: multipart/related; boundary="b"\r\n\r\n'
BASE64 = b"Content-Transfer-Encoding: base64\r\n"
QUOTED = b"Content-Transfer-Encoding: quoted-printable\r\n"
PICTURE = b"--b\r\nContent-Type: image/png; name=image001.png\r\nContent-ID: <a>\r\n\r\nx\r\n"
NAMED = b"--b\r\nContent-Type: text/plain; name=" + b"x" * 15_000 + b"\r\nContent-Disposition: attachment; filename="
SIGNED = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n" + BASE64 + b"\r\n"


def _repeat(start: bytes, unit: bytes) -> Callable[[int], bytes]:
    return lambda size: HEAD + start + unit * (size // len(unit))


def _nest(size: int) -> bytes:
    levels = (b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (i, i) for i in range(size // 60))
    return HEAD + b"".join(levels)


def _number(size: int) -> bytes:
    pieces = b"".join(b"; name*%d*=%%41" % i for i in range(size // 18))
    return HEAD + b"Content-Type: text/plain" + pieces + b"\r\n\r\nx"


HOSTILE_MAIL: dict[str, Callable[[int], bytes]] = {
    "tiny parts": _repeat(MIXED, b"--b\r\n\r\nx\r\n"),
    "boundary lines": _repeat(MIXED, b"--b\r\n"),
    "false boundary lines": _repeat(MIXED + b"--b\r\n\r\n", b"\n--bx"),
    "boundary lines of spaces": _repeat(MIXED + b"--b\r\n\r\n", b"\n--b" + b" " * 300 + b"x"),
    "undeclared boundary lines": _repeat(b"Content-Type: multipart/mixed\r\n\r\n", b"\n--x"),
    "one level in another": _nest,
    "levels of one boundary": _repeat(b"", MIXED + b"--b\r\n"),
    "mails in mails": _repeat(b"", b"Content-Type: message/rfc822\r\n\r\n"),
    "a giant field": _repeat(b"X: ", b"y"),
    "a giant type": _repeat(b"Content-Type: text/plain; name=", b'"a" '),
    "a type of semicolons": _repeat(b"Content-Type: text/plain", b";"),
    "numbered parameters": _number,
    "many fields": _repeat(b"", b"a:\r\n"),
    "many folds": _repeat(b"Subject: x", b"\r\n y"),
    "parts of many fields": _repeat(MIXED, b"--b\r\n" + b"a:\n" * 5_000 + b"\n"),
    "long names": _repeat(MIXED, NAMED + b"=?utf-8?q?" * 1_000 + b"\r\n\r\nx\r\n"),
    "empty lines": _repeat(PLAIN, b"\r\n"),
    "short lines": _repeat(PLAIN, b"a\n"),
    "one line": _repeat(PLAIN, b"x"),
    "flowed lines": _repeat(b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n", b"> \n"),
    "base64 in one line": _repeat(BASE64 + PLAIN, b"QUFB"),
    "base64 in short lines": _repeat(BASE64 + PLAIN, b"Q\n"),
    "base64 among other lines": _repeat(BASE64 + PLAIN, b"QUFB\n! !\n"),
    "base64 of padding": _repeat(BASE64 + PLAIN, b"=\n"),
    "soft line breaks": _repeat(QUOTED + PLAIN, b"=\r\n"),
    "equals signs": _repeat(QUOTED + PLAIN, b"="),
    "equals signs and spaces": _repeat(QUOTED + PLAIN, b"= "),
    "an equals sign before spaces": _repeat(QUOTED + PLAIN + b"=", b" "),
    "uuencoded lines": _repeat(b"Content-Transfer-Encoding: uuencode\r\n" + PLAIN + b"begin 644 a\n", b"a\n"),
    "uuencoded files": _repeat(PLAIN, b"begin 644 a\nend\n"),
    "alternatives": _repeat(
        ALTERNATIVE, b"--b\r\n" + HTML + b"<p>x</p>" * 500 + b"\r\n--b\r\n" + PLAIN + b"word " * 500 + b"\r\n"
    ),
    "renderings": _repeat(
        MIXED, b"--b\r\n" + HTML + b"<p>x y</p>" * 5_000 + b"\r\n--b\r\n" + PLAIN + b"x y " * 5_000 + b"\r\n"
    ),
    "open tags beside a text": _repeat(ALTERNATIVE + b"--b\r\n" + PLAIN + b"hi\r\n--b\r\n" + HTML, b"<"),
    "styles beside a text": _repeat(ALTERNATIVE + b"--b\r\n" + PLAIN + b"hi\r\n--b\r\n" + HTML, b"<style>"),
    "comments beside a text": _repeat(ALTERNATIVE + b"--b\r\n" + PLAIN + b"hi\r\n--b\r\n" + HTML, b"<!--"),
    "pictures": _repeat(RELATED + b"--b\r\n" + HTML + b"cid:b " * 100_000 + b"\r\n", PICTURE),
    "attachments": _repeat(
        MIXED, b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\n" + BASE64 + b"\r\n" + b"QUFB" * 9_000 + b"\r\n"
    ),
    "envelopes in envelopes": _repeat(SIGNED, b"MIAGCSqGSIb3DQEHAqCAMIACAQExgDCAMIAwMIAwMIAw"),
    "many envelopes": _repeat(MIXED, b"--b\r\n" + SIGNED + b"MIAGCSqGSIb3DQEHAqCA" * 500 + b"\r\n"),
    "signed armour": _repeat(PLAIN, b"-----BEGIN PGP SIGNED MESSAGE-----\na: b\n"),
    "fields of armour": _repeat(PLAIN + b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"Hash: b\n"),
    "armour": _repeat(PLAIN, b"-----BEGIN PGP MESSAGE-----\n"),
    "broken UTF-8": _repeat(PLAIN, b"\xff"),
    "bytes of no charset": _repeat(b"\r\n", b"\xe1\xff "),
    "soft hyphens": _repeat(PLAIN, "\u00ad\n".encode()),
    "appointments": _repeat(b"Content-Type: text/calendar\r\n\r\n", b"SUMMARY:x\n"),
    "enriched tags": _repeat(b"Content-Type: text/enriched\r\n\r\n", b"<param>"),
    "returns alone": lambda size: (HEAD + PLAIN).replace(b"\r\n", b"\r") + b"a\r" * (size // 2),
}
