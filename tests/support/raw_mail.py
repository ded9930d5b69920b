"""Raw mails and their parts, written as bytes so that a test can break them."""

from __future__ import annotations

HEAD = b"From: Mina <mina@tarn-mills.example>\nSubject: Order\nMIME-Version: 1.0\n"


def raw_mail(content_type: str, content: str | bytes, *fields: str) -> bytes:
    """A mail of one part. ``fields`` are further header lines."""
    lines = "".join(f"{field}\n" for field in fields)
    body = content.encode() if isinstance(content, str) else content
    return HEAD + f"Content-Type: {content_type}\n{lines}\n".encode() + body


def multipart(kind: str, *parts: str, boundary: str = "q") -> str:
    """A part of several parts, with its head."""
    inner = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{inner}--{boundary}--\n'


def raw_multipart(kind: str, *parts: str) -> bytes:
    """A mail of several parts."""
    return HEAD + multipart(kind, *parts).encode()


def text_part(text: str, kind: str = "text/plain", parameters: str = "", *fields: str) -> str:
    """A part of UTF-8 text. ``parameters`` are those of its type after the charset, with their semicolon."""
    lines = "".join(f"{field}\n" for field in fields)
    return f"Content-Type: {kind}; charset=utf-8{parameters}\n{lines}\n{text}"


def html_part(markup: str) -> str:
    """A part of HTML."""
    return text_part(markup, "text/html")


def file_part(name: str, kind: str = "application/pdf", disposition: str = "attachment", content_id: str = "") -> str:
    """A part that holds a file."""
    field = f"Content-ID: <{content_id}>\n" if content_id else ""
    head = f'Content-Type: {kind}; name="{name}"\nContent-Disposition: {disposition}; filename="{name}"\n{field}'
    return f"{head}Content-Transfer-Encoding: base64\n\nAAAA"
