"""Ids as Gmail's web client writes them, and as the API does."""

from __future__ import annotations

from simulator.gmail.mailbox import Stored


def ids_of(stored: Stored) -> dict[str, str]:
    """Mail that was written here keeps an id of the web client's own."""
    form = "a:r" if "SENT" in stored.label_ids else "f:"
    return {
        "messageId": f"msg-{form}{int(stored.message_id, 16)}",
        "threadId": f"thread-{form}{int(stored.thread_id, 16)}",
    }


def api_id(message_id: str) -> str:
    """The API takes the web client's ids too."""
    kind, _, number = message_id.partition(":")
    digits = number.removeprefix("r")
    return format(int(digits), "x") if kind in ("msg-f", "msg-a") and digits.isdigit() else message_id
