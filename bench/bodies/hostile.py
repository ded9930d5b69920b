"""Bodies that somebody made to cost their reader much: each kind in any size, the same in every run."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

from server.rules.body.message_text import read_body

MOST = 35 * 1024 * 1024
"""Bytes: the largest raw message that Gmail takes in, 25 MB of attachments in base64 and what is around them."""
HEAD = b"From: Ada <ada@byron.example>\r\nTo: ann@acme.example\r\nSubject: Re: Lamps\r\nMIME-Version: 1.0\r\n"
MULTIPART = HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n"
PLAIN = HEAD + b"Content-Type: text/plain; charset=utf-8\r\nIn-Reply-To: <a@byron.example>\r\n\r\n"


def repeat(unit: bytes, size: int) -> bytes:
    return unit * (size // len(unit) + 1)


def with_head(head: bytes, unit: bytes) -> Callable[[int], bytes]:
    return lambda size: head + repeat(unit, size)[: max(size - len(head), 0)]


def encode_plain(encoding: str, content: Callable[[int], bytes], charset: str = "utf-8") -> Callable[[int], bytes]:
    head = (
        HEAD + f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    )
    return lambda size: head + content(max(size - len(head), 0))


def nest_multiparts(size: int) -> bytes:
    levels = size // 150
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(levels)
    )
    return HEAD + opening + b"\r\ndeep" + b"".join(b"\r\n--b%d--" % level for level in reversed(range(levels)))


def nest_messages(size: int) -> bytes:
    return HEAD + repeat(b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n", size)


def nest_alternatives(size: int) -> bytes:
    levels = min(size // 200, 140)
    opening = b"".join(
        b'Content-Type: multipart/alternative; boundary="b%d"\r\n\r\n--b%d\r\n\r\nplain\r\n--b%d\r\n' % ((level,) * 3)
        for level in range(levels)
    )
    return HEAD + opening + b"\r\n" + repeat(b"word ", max(size - len(opening), 0))


def nest_html(tag: bytes) -> Callable[[int], bytes]:
    return lambda size: HTML + repeat(b"<%s>" % tag, size // 2) + b"x" + repeat(b"</%s>" % tag, size // 2)


def write_attributes(size: int) -> bytes:
    count = size // 14
    return HTML + b"<p " + b" ".join(b"a%d='x'" % number for number in range(count)) + b">text</p>"


def write_many_headers(size: int) -> bytes:
    """A thousand names in turns."""
    headers = b"".join(b"X-H%d: v\r\n" % number for number in range(1_000))
    return HEAD + repeat(headers, size)[:size] + b"\r\n\r\ntext"


def write_parameters(size: int) -> bytes:
    values = b"".join(b"; p%d*0=x" % number for number in range(size // 11))
    return HEAD + b"Content-Type: text/plain" + values + b"\r\n\r\ntext"


def write_boundary_prefixes(size: int) -> bytes:
    head = HEAD + b'Content-Type: multipart/mixed; boundary="' + b"b" * 60 + b'"\r\n\r\n'
    return head + repeat(b"--" + b"b" * 59 + b"\r\n", size)


def write_names(size: int) -> bytes:
    name = b"filename*0*=utf-8''a%20; filename*1*=%E2%82%AC; filename*2=c"
    part = b"--b\r\nContent-Disposition: attachment; " + name + b"\r\n\r\n\r\n"
    return MULTIPART + repeat(part, size) + b"--b--"


def write_encoded_words(size: int) -> bytes:
    return HEAD.replace(b"Re: Lamps", repeat(b"=?utf-8?q?=E2=82?= =?utf-8?b?rA==?= ", size)) + b"\r\ntext"


def make_smime(size: int) -> bytes:
    head = HEAD + b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
    nested = repeat(b"\x30\x80\x24\x80\x04\x82\x00\x08content.", size * 3 // 4)
    return head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(nested)[:size]


def attach_calendars(size: int) -> bytes:
    part = b"--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n"
    return MULTIPART.replace(b"mixed", b"alternative") + repeat(part, size) + b"--b--"


KINDS: dict[str, Callable[[int], bytes]] = {
    "tiny parts": with_head(MULTIPART, b"--b\r\n\r\nx\r\n"),
    "tiny html parts": with_head(MULTIPART, b"--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n"),
    "parts that are messages": with_head(
        MULTIPART, b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: s\r\n\r\nx\r\n"
    ),
    "boundaries alone": with_head(MULTIPART, b"--b\r\n"),
    "nested multiparts": nest_multiparts,
    "nested alternatives": nest_alternatives,
    "nested messages": nest_messages,
    "near boundaries": write_boundary_prefixes,
    "calendars": attach_calendars,
    "names in pieces": write_names,
    "many headers": write_many_headers,
    "many parameters": write_parameters,
    "encoded words": write_encoded_words,
    "one long header": lambda size: HEAD + b"X-Long: " + repeat(b"a b\t", size) + b"\r\n\r\ntext",
    "folded header": lambda size: HEAD + b"X-Long: a" + repeat(b"\r\n a", size) + b"\r\n\r\ntext",
    "spaced headers": lambda size: HEAD + repeat(b"X-A  : b\r\n", size) + b"\r\ntext",
    "smime": make_smime,
    "one base64 line": encode_plain("base64", lambda size: repeat(b"QUJD", size)),
    "short base64 lines": encode_plain("base64", lambda size: repeat(b"QQ==\r\n", size)),
    "base64 noise": encode_plain("base64", lambda size: repeat(b"Q-\x80=\r\n \t", size)),
    "soft breaks": encode_plain("quoted-printable", lambda size: repeat(b"=\r\n", size)),
    "quoted-printable": encode_plain("quoted-printable", lambda size: repeat(b"=C3=BC", size)),
    "quoted-printable spaces": encode_plain("quoted-printable", lambda size: repeat(b" \t", size)),
    "uuencode": encode_plain("x-uuencode", lambda size: b"begin 644 a\r\n" + repeat(b"M" + b"0" * 60 + b"\r\n", size)),
    "uuencode begins": with_head(PLAIN, b"begin 644 a\r\n"),
    "yenc begins": with_head(PLAIN, b"=ybegin line=128 size=1 name=a\r\n"),
    "flowed": with_head(HEAD + b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n", b"> a \r\n"),
    "utf-7": encode_plain("7bit", lambda size: repeat(b"+AGE-", size), "utf-7"),
    "iso-2022-jp": encode_plain("7bit", lambda size: repeat(b"\x1b$B\x24\x22\x1b(B", size), "iso-2022-jp"),
    "gb18030": encode_plain("8bit", lambda size: repeat(b"\x81\x30\x81\x30", size), "gb18030"),
    "hz": encode_plain("7bit", lambda size: repeat(b"~{<:~}", size), "hz"),
    "no charset": encode_plain("8bit", lambda size: repeat(b"\xff\xfe\x80a", size), "unknown"),
    "punycode charset": encode_plain("8bit", lambda size: repeat(b"a-", size), "punycode"),
    "idna charset": encode_plain("8bit", lambda size: repeat(b"xn--a.", size), "idna"),
    "unicode-escape charset": encode_plain("8bit", lambda size: repeat(b"\\N{SNOWMAN}", size), "unicode-escape"),
    "control characters": with_head(PLAIN, b"\x00\x01\xe2\x80\xae"),
    "soft hyphens": with_head(PLAIN, b"\xc2\xad"),
    "empty lines": with_head(PLAIN, b"\r\n"),
    "short lines": with_head(PLAIN, b"a\r\n"),
    "spaces": with_head(PLAIN, b" "),
    "one line": with_head(PLAIN, b"a"),
    "carriage returns": with_head(PLAIN, b"a\r"),
    "quote marks": with_head(PLAIN, b">"),
    "quoted lines": with_head(PLAIN, b"> > a\r\n"),
    "attributions": with_head(PLAIN, b"On Mon, 14 Sep 2026 at 09:00, Ann <ann@acme.example>\r\n"),
    "attributions without end": with_head(PLAIN, b"On On On "),
    "attributions with wrote": with_head(PLAIN, b"On Mon, Ann wrote:\r\n\r\n"),
    "header blocks": with_head(PLAIN, b"From: a\r\nSent: Monday\r\nTo: b\r\n"),
    "header lines": with_head(PLAIN, b"From: "),
    "dividers": with_head(PLAIN, b"-----Original Message-----\r\n"),
    "dashes": with_head(PLAIN, b"-"),
    "long dashes": with_head(PLAIN, b"-------\r\n"),
    "dashed marks": with_head(PLAIN, b"- >\r\n"),
    "dates": with_head(PLAIN, b"- Wed 4 Mar 2026, 15:21 Hugo Brandt <hugo@seilwerk.example>\r\n"),
    "underscores": with_head(PLAIN, b"_ "),
    "signatures": with_head(PLAIN, b"-- \r\n"),
    "addresses": with_head(PLAIN, b"<a@b.example> "),
    "digits": with_head(PLAIN, b"12:00 "),
    "attributes": write_attributes,
    "deep blocks": nest_html(b"div"),
    "deep inlines": nest_html(b"b"),
    "deep lists": nest_html(b"ul><li"),
    "deep tables": nest_html(b"table><tr><td"),
    "deep quotes": nest_html(b"blockquote"),
    "hidden depth": with_head(HTML, b"<b title='x</b>'>"),
    "depth in comments": with_head(HTML, b"<ul><li><!--</li></ul>-->"),
    "comments": with_head(HTML, b"<!-- "),
    "open tags": with_head(HTML, b"<a href='"),
    "less-than signs": with_head(HTML, b"<"),
    "entities": with_head(HTML, b"&amp;&#x41;&notit;"),
    "ampersands": with_head(HTML, b"&"),
    "cdata": with_head(HTML, b"<![CDATA["),
    "declarations": with_head(HTML, b"<!DOCTYPE "),
    "instructions": with_head(HTML, b"<?xml "),
    "conditional comments": with_head(HTML, b"<!--[if mso]>"),
    "styles": with_head(HTML, b"<style>a{}</style>"),
    "open styles": with_head(HTML, b"<style>"),
    "scripts": with_head(HTML, b"<script><!--<script>"),
    "long style attributes": with_head(HTML, b'<p style="' + b"display:none;" * 300 + b'">x</p>'),
    "cells": with_head(HTML, b"<td>x"),
    "breaks": with_head(HTML, b"<br>"),
    "paragraphs": with_head(HTML, b"<p>"),
    "misnested": with_head(HTML, b"<b><p></b><i></p>"),
    "links": with_head(HTML, b'<a href="https://a.example/">x</a>'),
    "images": with_head(HTML, b'<img alt="x">'),
    "bases": with_head(HTML, b"<base href=x>"),
    "templates": with_head(HTML, b"<template><svg><math>"),
    "selects": with_head(HTML, b"<select><option>x"),
    "metas": with_head(HTML, b"<meta charset=utf-7>"),
    "forms": with_head(HTML, b"<form><input value=x>"),
    "frames": with_head(HTML, b"<frameset><frame>"),
    "nulls": with_head(HTML, b"<p\x00>\x00"),
}  # fmt: skip


def measure_seconds(size: int) -> dict[str, float]:
    """The processor's seconds for one email of each kind."""
    seconds = {}
    for name, make in KINDS.items():
        raw = make(size)
        began_at = time.process_time()
        read_body(raw)
        seconds[name] = time.process_time() - began_at
    return seconds


def figures() -> dict[str, tuple[float, str, float | None, str]]:
    encoded = base64.encodebytes(bytes(MOST * 3 // 4))
    began_at = time.process_time()
    base64.decodebytes(encoded)
    floor = time.process_time() - began_at
    seconds = measure_seconds(MOST)
    worst = max(seconds, key=lambda name: seconds[name])
    against = f"CPU of the worst of {len(seconds)} kinds of mail of 35 MB ({worst}) over the decoding of as much base64"
    return {"body_worst_of_35mb": (seconds[worst] / floor, "ratio", 50.0, against)}
