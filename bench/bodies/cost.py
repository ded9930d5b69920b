"""CPU of hostile mails over that of ordinary ones of the same size: no input may cost more than fifty times as much."""

from __future__ import annotations

import base64
import statistics
import time

from server.rules.body.message_text import read_body

AIM = 50.0
HEAD = b"From: ada@byron.example\r\nMIME-Version: 1.0\r\nContent-Type: "
WORDS = "Thank you for the call on Monday; the plan is attached and we begin next week. "
PLAIN, HTML = b"text/plain; charset=utf-8\r\n\r\n", b"text/html; charset=utf-8\r\n\r\n"


def measure_ratios() -> dict[str, float]:
    return {name: _measure_seconds(raw) / measure_ordinary(len(raw)) for name, raw in make_hostile().items()}


def measure_ordinary(size: int) -> float:
    """The median of a plain, an HTML and an encoded mail of this size."""
    text = (WORDS * (size // len(WORDS) + 1))[:size].replace("; ", ";\n").encode()
    rows = b"".join(b'<tr><td style="color:#333"><p>' + line + b"</p></td></tr>" for line in text.split(b"\n"))[:size]
    encoded = b"text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(text[: size * 3 // 4])
    return statistics.median(
        _measure_seconds(HEAD + body) for body in (PLAIN + text, HTML + b"<table>" + rows, encoded)
    )


def _measure_seconds(raw: bytes) -> float:
    def once() -> float:
        started = time.process_time()
        read_body(raw)
        return time.process_time() - started

    return max(min(once() for _ in range(2)), 1e-5)


def make_hostile() -> dict[str, bytes]:
    kinds = b"".join(b'multipart/mixed; boundary="%d"\r\n\r\n--%d\r\nContent-Type: ' % (i, i) for i in range(1_000))
    parts = b'multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 10_000
    uu = b"text/plain\r\nContent-Transfer-Encoding: "
    texts = {
        "5,000 levels of HTML": HTML + b"<div>" * 5_000 + b"x",
        "100,000 levels of HTML": HTML + b"<div>" * 100_000 + b"x",
        "100,000 tags": HTML + b"<i>x</i>" * 100_000,
        "100,000 hidden": HTML + b'<p style="display:none">x</p>' * 100_000,
        "nested quotes": HTML + b"<blockquote type=cite>x" * 5_000,
        "links in links": HTML + b'<a href="http://a.example">b.example' * 20_000,
        "open tags": HTML + b"<a " * 300_000,
        "open comments": HTML + b"<!--" * 200_000,
        "attributes": HTML + b"<p " + b"a=b " * 200_000 + b">x",
        "long style": HTML + b'<p style="' + b"display " * 100_000 + b'">x',
        "crossed tags": HTML + b"<b><i></b></i>" * 20_000,
        "crossed tables": HTML + b"<table><a>" * 10_000,
        "one line": PLAIN + b"x" * 1_000_000,
        "one line of spaces": PLAIN + b" " * 1_000_000 + b"x",
        "10,000 levels of quotes": PLAIN + b"\n".join(b">" * i for i in range(0, 10_000, 10)),
        "attributions": PLAIN + b"On 1 Jan 2020 at 10:10 a@b.example wrote:\n\n" * 20_000,
        "openers": PLAIN + b"On 1 Jan 2020 a@b.example\n" * 30_000,
        "quotes in turns": PLAIN + b"On 1 Jan 2020 at 10:10 a@b.example wrote:\n> q\nanswer\n" * 15_000,
        "quotes then one blank": PLAIN + b"> q\n\n" * 100_000,
        "headers of Outlook": PLAIN + b"From: a\n" * 100_000,
        "original, nearly": PLAIN + b"-----Original Message----\n" * 30_000,
        "dashes": PLAIN + b"-" * 500_000,
        "dash lines": PLAIN + b"-- \n" * 200_000,
        "sent from": PLAIN + b"Sent from my iPhone\n" * 40_000,
        "turkish": PLAIN + ("\u0131" * 40 + "dan\n").encode() * 20_000,
        "uuencode": PLAIN + b"begin 644 a\n" * 50_000 + b"end\n" * 50_000,
        "flowed": b"text/plain; format=flowed; delsp=yes\r\n\r\n" + b"> a \n" * 100_000,
        "base64": uu + b"base64\r\n\r\n" + b"QUFB\n" * 200_000,
        "base64 of nothing": uu + b"base64\r\n\r\n" + b"=\n" * 200_000,
        "quoted-printable": uu + b"quoted-printable\r\n\r\n" + b"=\r\n" * 200_000,
        "mojibake": PLAIN + "Ã¼".encode() * 100_000,
        "broken UTF-8": PLAIN + b"\xff" * 500_000,
        "lists": HTML + b"<ul><li>" * 20_000,
        "entities": HTML + b"&amp;" * 100_000,
        "MIME 1,000 deep": kinds + PLAIN + b"x",
        "10,000 parts": parts,
        "charset list": b"text/plain; charset=" + b"x," * 100_000 + b"\r\n\r\nx",
    }
    return {name: HEAD + text for name, text in texts.items()}


def figures() -> dict[str, tuple[float, str, float | None, str]]:
    ratios = measure_ratios()
    worst = max(ratios, key=lambda name: ratios[name])
    against = f"CPU of the worst of {len(ratios)} hostile mails ({worst}) over an ordinary one of its size"
    return {"body_worst_cost": (ratios[worst], "ratio", AIM, against)}
