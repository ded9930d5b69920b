"""What of Gmail's search language the simulator speaks, each also with a minus.

``rfc822msgid:ID``, ``in:PLACE``, ``is:STATE``, ``after:SECONDS`` and ``before:SECONDS``, the last two in epoch seconds.
"""

from __future__ import annotations

from simulator.answers import Failure
from simulator.gmail.mailbox import Stored
from simulator.labels import label_of

STATES = frozenset({"CHAT", "UNREAD", "STARRED", "IMPORTANT"})
"""What ``is:`` asks for, which is a label each."""
Term = tuple[bool, str, str]
"""Whether it must not fit, the operator, its value."""


def parse(text: str) -> list[Term]:
    """All must hold. Raises Failure for a word that is not spoken here, for a guess would answer something else."""
    return [_term(word) for word in text.split()]


def fits(stored: Stored, terms: list[Term]) -> bool:
    return all(_holds(stored, operator, value) != is_not for is_not, operator, value in terms)


def _term(word: str) -> Term:
    operator, _, value = word.removeprefix("-").partition(":")
    if operator == "rfc822msgid" and value:
        return word.startswith("-"), operator, value.strip("<>")
    if operator in ("after", "before") and value.isdigit():
        return word.startswith("-"), operator, value
    if operator == "in" and (label := label_of(value)):
        return word.startswith("-"), operator, label
    if operator == "is" and value.upper() in STATES:
        return word.startswith("-"), "in", value.upper()
    message = "The simulator knows only rfc822msgid:, in:, is:, after: and before: in q."
    raise Failure(400, "invalidArgument", message, "INVALID_ARGUMENT")


def _holds(stored: Stored, operator: str, value: str) -> bool:
    if operator == "in":
        return value in stored.label_ids
    if operator == "after":
        return stored.internal_date >= int(value) * 1000
    if operator == "before":
        return stored.internal_date < int(value) * 1000
    return (stored.rfc822_message_id or "").strip("<> ") == value
