"""The ids in an add-on's events, as Gmail's web client writes them, and as the API takes them."""

from __future__ import annotations

import re

FORM = re.compile(r"(?:msg|thread)-f:([0-9]{1,20})")
PLAIN = re.compile(r"[0-9a-f]{1,16}")


def api_id(event_id: str) -> str | None:
    """Hexadecimal, as in the API; None for an id that only Gmail can resolve (``msg-a:r123``)."""
    if found := FORM.fullmatch(event_id):
        return format(int(found[1]), "x")
    return event_id if PLAIN.fullmatch(event_id) else None
