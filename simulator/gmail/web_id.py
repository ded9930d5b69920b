"""Ids as Gmail's web client writes them, and as the API does."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.gmail.mailbox import Stored

SCATTER = 0x9E3779B97F4A7C15
"""Odd, so that no two ids become one."""
SIGN = 2**63


def ids_of(stored: Stored) -> dict[str, str]:
    """Mail that was written here keeps an id of the web client's own, from which nobody can tell the API's."""
    if "SENT" in stored.label_ids:
        return {"messageId": f"msg-a:r{_sign(stored.message_id)}", "threadId": f"thread-a:r{_sign(stored.thread_id)}"}
    return {
        "messageId": f"msg-f:{int(stored.message_id, 16)}",
        "threadId": f"thread-f:{int(stored.thread_id, 16)}",
    }


def is_own(message_id: str) -> bool:
    """Whether it is an id of the web client's own."""
    return message_id.startswith("msg-a:")


def api_id(message_id: str, messages: Iterable[Stored]) -> str:
    """The API takes the web client's ids too. ``messages`` are those of the mailbox."""
    if is_own(message_id):
        return next((m.message_id for m in messages if ids_of(m)["messageId"] == message_id), message_id)
    kind, _, number = message_id.partition(":")
    return format(int(number), "x") if kind == "msg-f" and number.isdigit() else message_id


def _sign(number: str) -> int:
    """Of either sign, as a random number of 64 bits is."""
    return (int(number, 16) * SCATTER + SIGN) % (2 * SIGN) - SIGN
