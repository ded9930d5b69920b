"""Headers as they stood in a file."""

from __future__ import annotations

from email.parser import BytesHeaderParser
from email.policy import compat32

from server.domain.message import Headers


def headers_of(raw: bytes) -> Headers:
    """Top-level headers of a mail, unfolded; a leading mbox line is dropped."""
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    parsed = BytesHeaderParser(policy=compat32).parsebytes(raw)
    return Headers.of((name, " ".join(str(value).split())) for name, value in parsed.raw_items())
