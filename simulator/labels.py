"""Takeout's X-Gmail-Labels as Gmail's label ids."""

from __future__ import annotations

import re
from email.header import decode_header, make_header

SYSTEM = {
    "inbox": "INBOX", "sent": "SENT", "draft": "DRAFT", "drafts": "DRAFT", "spam": "SPAM", "trash": "TRASH",
    "bin": "TRASH", "chat": "CHAT", "chats": "CHAT", "unread": "UNREAD", "starred": "STARRED",
    "important": "IMPORTANT", "scheduled": "SCHEDULED",
}  # fmt: skip
NOT_A_LABEL = frozenset({"opened", "archived", "all mail"})
CATEGORIES = frozenset({"personal", "social", "promotions", "updates", "forums"})


def names_of(value: str) -> list[str]:
    """The names in the header, decoded; a name that has a comma is quoted."""
    try:
        text = str(make_header(decode_header(value)))
    except (LookupError, ValueError):
        text = value
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|([^",]+)', re.sub(r"\s*\r?\n\s*", " ", text))
    return [name for quoted, plain in found if (name := (quoted or plain).strip())]


def label_of(name: str) -> str | None:
    """A system label's id; empty for what is no label; None for a label of the user's own."""
    word = name.lower()
    if word in NOT_A_LABEL:
        return ""
    first, _, rest = word.partition(" ")
    if first == "category" and rest in CATEGORIES:
        return f"CATEGORY_{rest.upper()}"
    return SYSTEM.get(word)
