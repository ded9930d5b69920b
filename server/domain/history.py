"""What a mailbox says of its own past."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.ids import Cursor, MessageId, ThreadId


@dataclass(frozen=True)
class MessageRef:
    message_id: MessageId
    thread_id: ThreadId


@dataclass(frozen=True)
class Span:
    """Messages by internal date, epoch seconds: from ``after`` on and before ``before``; None leaves that end open.

    Whether an edge itself belongs to it is the provider's secret: let neighbours overlap.
    """

    after: int | None = None
    before: int | None = None


EVERYTHING = Span()


@dataclass(frozen=True)
class Label:
    """``is_own``: made by the person, and not the provider's."""

    label_id: str
    name: str
    is_own: bool = False


@dataclass(frozen=True)
class HistoryEvent:
    """One line of a mailbox's history. ``kind``: added, deleted, labelled or unlabelled, with the labels that moved."""

    ref: MessageRef
    kind: str
    label_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class History:
    """``cursor`` is the position of the first page: changes made while paging are listed again next time."""

    events: tuple[HistoryEvent, ...]
    cursor: Cursor
