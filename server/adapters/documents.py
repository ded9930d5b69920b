"""Versioned documents in collections: what SQLite and Firestore both can do, and nothing that only one can.

Conditions that a backend must keep (tests/contracts/test_documents.py holds them):

* A commit is atomic, except that the writes to ``deks``, which live in a database of their own, are made first.
* ``Create`` fails where the document exists, ``Replace`` where its version is another; then nothing is written.
* A query sees every commit that returned before it. Documents that lack a field of ``where`` or ``order_by`` are not
  in it; a field that is asked for never holds None.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NewType, Protocol

Version = NewType("Version", str)
"""Opaque; a document written again never has the same one."""

Data = Mapping[str, Any]
"""JSON values and bytes, without a list within a list."""

MOST_WRITES = 400
"""Writes in one commit."""

INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "activities": (("conversation",), ("is_doubled",), ("activity_id",), ("doubled_by",)),
    "messages": (
        ("mailbox_id", "outcome"),
        ("mailbox_id", "unread_at"),
        ("mailbox_id", "outcome", "unread_at"),
        ("mailbox_id", "gmail_thread_id"),
        ("shard", "due_at"),
        ("activity_key",),
        ("conversation",),
        ("unread_at",),
    ),
    "second_looks": (("due_at",),),
}
"""The fields of every query, equalities first. Both backends and firestore.indexes.json are made from it."""

COLLECTIONS = (
    "mailboxes", "leases", "messages", "activities", "families", "conversations", "copies", "access", "alarms",
    "tallies", "quota", "second_looks", "taken_records", "work_deks", "state", "deks",
)  # fmt: skip

SECOND_DATABASE = frozenset({"deks"})
"""Kept apart, without backups: deleting a wrapped DEK must erase its copy everywhere."""


@dataclass(frozen=True)
class Document:
    key: str
    data: Data
    version: Version


@dataclass(frozen=True)
class Create:
    collection: str
    key: str
    data: Data


@dataclass(frozen=True)
class Replace:
    collection: str
    key: str
    data: Data
    version: Version


@dataclass(frozen=True)
class Delete:
    """Without a version it deletes what stands there, if anything does."""

    collection: str
    key: str
    version: Version | None


Write = Create | Replace | Delete


@dataclass(frozen=True)
class Where:
    field: str
    op: Literal["==", "<="]
    value: str | float | bool


class Tally:
    """What one process read, wrote and deleted, by collection. Thread-safe; read the counters, never write them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reads: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.deletes: Counter[str] = Counter()

    def add_read(self, collection: str, documents: int) -> None:
        """A question that finds nothing is counted as one document, as Firestore does."""
        with self._lock:
            self.reads[collection] += max(documents, 1)

    def add_writes(self, writes: Sequence[Write]) -> None:
        with self._lock:
            self.writes.update(write.collection for write in writes)
            self.deletes.update(write.collection for write in writes if isinstance(write, Delete))


class Documents(Protocol):
    """Raises ConflictError and TransientError; ConfigurationError where the database cannot be used at all."""

    tally: Tally

    @property
    def writes(self) -> Counter[str]:
        """Documents written or deleted by this process, by collection."""

    def get(self, collection: str, key: str) -> Document | None: ...

    def get_many(self, collection: str, keys: Sequence[str]) -> dict[str, Document]:
        """The documents that exist, of any number of keys."""

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        """At most ``MOST_WRITES``; the new versions in order, empty for a deletion."""

    def query(
        self, collection: str, *, where: Sequence[Where] = (), order_by: str | None = None, limit: int | None = None,
        after: Document | None = None,
    ) -> list[Document]:  # fmt: skip
        """Only those that come after ``after``, where that is given: a document of an earlier answer in this order."""

    def scan(
        self, collection: str, *, where: Sequence[Where] = (), page: int = 500, after: str = ""
    ) -> Iterator[Document]:
        """All documents by key, read page by page; a document written meanwhile may or may not be among them.

        Only those whose key comes after ``after``, where that is given; there needs to be no document of that key.
        """

    def close(self) -> None: ...
