"""Folds a stretch of a mailbox's history into one change for each message."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from server.domain.history import HistoryEvent, MessageRef
from server.domain.ids import MessageId

DECIDING_LABELS = frozenset({"INBOX", "SENT", "SPAM", "TRASH", "DRAFT", "CHAT", "SCHEDULED"})
"""Besides these, every CATEGORY_* and every user label can alter a decision; UNREAD and the like cannot."""

LABELS_MOVED = frozenset({"labelled", "unlabelled"})


class Fate(StrEnum):
    ADDED = "added"
    RELABELLED = "relabelled"
    DELETED = "deleted"


@dataclass(frozen=True)
class MessageChange:
    """``has_moved``: a deciding label came or went. Of a message that is already recorded, only that counts."""

    ref: MessageRef
    fate: Fate
    has_moved: bool = False


def is_deciding_label(label_id: str) -> bool:
    """Could this label alter a decision? User labels count: one of them may be the rep's "Don't log"."""
    return label_id in DECIDING_LABELS or label_id.startswith(("CATEGORY_", "Label_"))


def fold_events(events: Iterable[HistoryEvent]) -> list[MessageChange]:
    """In order of first appearance; but what became of each message is the same for any order.

    Gmail promises none. Deleted beats added, and added beats relabelled.
    """
    changes: dict[MessageId, MessageChange] = {}
    for event in events:
        if event.kind in LABELS_MOVED and not any(is_deciding_label(label) for label in event.label_ids):
            continue
        previous = changes.get(event.ref.message_id)
        fate = Fate.RELABELLED if event.kind in LABELS_MOVED else Fate(event.kind)
        if previous and (previous.fate is Fate.DELETED or (previous.fate is Fate.ADDED and fate is Fate.RELABELLED)):
            fate = previous.fate
        has_moved = event.kind in LABELS_MOVED or (previous is not None and previous.has_moved)
        changes[event.ref.message_id] = MessageChange(event.ref, fate, has_moved)
    return list(changes.values())


def list_label_moves(events: Iterable[HistoryEvent], label_ids: Collection[str]) -> set[MessageRef]:
    """The messages on which one of those labels came or went. Only the message itself says whether it has one now."""
    return {e.ref for e in events if e.kind in LABELS_MOVED and not e.label_ids.isdisjoint(label_ids)}
