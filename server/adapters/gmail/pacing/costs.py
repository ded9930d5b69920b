"""What each method costs, in Gmail's quota units: one table, by googleapiclient's name of the method."""

from __future__ import annotations

from server.domain.quota import DEAREST

MESSAGE = 20
"""``messages.get``, whatever its format."""
CONVERSATION = 40
"""``threads.get``, however long the conversation is."""
WORTH_A_CONVERSATION = CONVERSATION // MESSAGE + 1
"""From so many messages on, reading the whole conversation is cheaper than reading each message."""
_UNITS = {
    "getProfile": 1,
    "labels.list": 1,
    "labels.get": 1,
    "settings.sendAs.list": 1,
    "history.list": 2,
    "messages.list": 5,
    "messages.get": MESSAGE,
    "messages.attachments.get": MESSAGE,
    "threads.get": CONVERSATION,
    "watch": DEAREST,
    "stop": 50,
}


def units_of(method_id: str) -> int:
    """``gmail.users.messages.get`` is 20. A method that is not in the table counts as the dearest."""
    return _UNITS.get(method_id.removeprefix("gmail.users."), DEAREST)
