"""Exports as Google Takeout writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

SEPARATOR = b"From 1820000000000000001@xxx Mon Sep 14 09:00:00 +0000 2026\r\n"


def mail(sender: str, to: str, labels: str, number: int, text: str = "Hello.", **headers: str) -> bytes:
    """With its labels as encoded, folded words where they need it; further headers by name, underscores for hyphens."""
    message = EmailMessage(SMTP)
    message["X-GM-THRID"] = str(1_820_000_000_000_000_000 + number)
    message["From"], message["To"], message["Subject"] = sender, to, f"Lamps {number}"
    message["Date"] = f"Mon, 14 Sep 2026 09:{number // 60 % 60:02d}:{number % 60:02d} +0000"
    message["Message-ID"] = f"<{number}@mail.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    plain = (
        labels if labels.isascii() else Header(labels, "utf-8", header_name="X-Gmail-Labels", maxlinelen=60).encode()
    )
    return b"X-Gmail-Labels: " + plain.replace("\n", "\r\n").encode() + b"\r\n" + message.as_bytes()


def write_mbox(path: Path, messages: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        for message in messages:
            file.write(SEPARATOR + message + b"\r\n")
    return path


def with_attachment(message: bytes, size: int) -> Iterator[bytes]:
    """The message with ``size`` bytes of base64 behind its text, in pieces."""
    head, _, text = message.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-", b"mime-"))]
    yield b"\r\n".join([*kept, b'Content-Type: multipart/mixed; boundary="b"', b"MIME-Version: 1.0"]) + b"\r\n\r\n"
    yield b"--b\r\nContent-Type: text/plain\r\n\r\n" + text + b"\r\n--b\r\nContent-Type: application/pdf\r\n"
    yield b'Content-Disposition: attachment; filename="plan.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    block = (b"QUJD" * 19 + b"\r\n") * 13_000
    while size > 0:
        yield block[:size]
        size -= len(block)
    yield b"\r\n--b--\r\n"
