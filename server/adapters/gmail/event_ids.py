"""The ids in an add-on's events, as Gmail's web client writes them, and as the API takes them."""

from __future__ import annotations

import re

WEB_ID = re.compile(r"(?:msg|thread)-f:([0-9]{1,20})")
OWN_ID = re.compile(r"msg-a:r-?[0-9]{1,20}")
"""Of mail that the web client has just sent. A number of either sign, which is not the API's."""
API_ID = re.compile(r"[0-9a-f]{1,16}")


def is_web_clients_own(event_id: str) -> bool:
    return bool(OWN_ID.fullmatch(event_id))


def convert_event_id(event_id: str) -> str | None:
    """Hexadecimal, as in the API; None for an id that only Gmail can resolve (``msg-a:r123``)."""
    if web_id := WEB_ID.fullmatch(event_id):
        return format(int(web_id[1]), "x")
    return event_id if API_ID.fullmatch(event_id) else None
