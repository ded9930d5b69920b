"""The ledger's rows: one for each message of each mailbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from more_itertools import chunked

from server.adapters.documents import Create, Document, Replace, Version, Where
from server.adapters.store import codec
from server.adapters.store.portions import split_into_commits
from server.adapters.store.repository import Repository
from server.domain.decision import Outcome
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, MessageId, ThreadId
from server.domain.ledger import Row, row_key

ROWS_PER_COMMIT = 200
ROWS_PER_LOOK = 1_000
"""Due rows that are read at once, to find the mailboxes that are to be read again."""
ROWS_AT_HEAD = 50
"""Rows of a newer version at the head of a shard, behind which this version looks for its own."""


class RowDocuments(Repository):
    """Implements ``server.ports.store.RowStore``."""

    def existing_rows(self, mailbox_id: MailboxId, ids: Sequence[MessageId]) -> dict[MessageId, Row]:
        keys = [row_key(mailbox_id, message_id) for message_id in ids]
        return {row.message_id: row for row in _read_rows(self._documents.get_many("messages", keys).values())}

    def add_rows(self, rows: Sequence[Row]) -> list[Row]:
        losers: list[Row] = []
        for portion in chunked(rows, ROWS_PER_COMMIT):
            if not self._try_commit([_create_row(row) for row in portion]):
                # One row that exists fails the whole commit, so each row gets a chance of its own.
                losers += [row for row in portion if not self._try_commit([_create_row(row)])]
        return losers

    def change_rows(self, rows: Sequence[Row]) -> list[Row]:
        changed: list[Row] = []
        for writes in split_into_commits(([replace_row(row)] for row in rows), ROWS_PER_COMMIT):
            versions = self._documents.commit(writes)
            portion = rows[len(changed) : len(changed) + len(writes)]
            changed += [replace(row, version=str(v)) for row, v in zip(portion, versions, strict=True)]
        return changed

    def rows(self, mailbox_id: MailboxId) -> Iterator[Row]:
        return _read_rows(self._documents.scan("messages", where=(Where("mailbox_id", "==", mailbox_id),)))

    def thread(self, mailbox_id: MailboxId, thread_id: ThreadId) -> list[Row]:
        in_thread = (Where("mailbox_id", "==", mailbox_id), Where("gmail_thread_id", "==", thread_id))
        return sorted(self._query(*in_thread), key=lambda row: (row.internal_date, row.key))

    def unscreened_rows(self, mailbox_id: MailboxId, now: float) -> list[Row]:
        return _keep_known(self._query(Where("mailbox_id", "==", mailbox_id), Where("unread_at", "<=", now)))

    def unscreened_rows_of(
        self, mailbox_id: MailboxId, outcome: Outcome, now: float, limit: int | None = None
    ) -> list[Row]:
        of_outcome = (Where("mailbox_id", "==", mailbox_id), Where("outcome", "==", outcome.value))
        due = (*of_outcome, Where("unread_at", "<=", now))
        return _keep_known(_read_rows(self._documents.query("messages", where=due, order_by="unread_at", limit=limit)))

    def mailboxes_to_read_again(self, now: float) -> set[MailboxId]:
        # All of them: rows of a mailbox that is not read stay due, and must not hide those of the others.
        found: set[MailboxId] = set()
        due, last = (Where("unread_at", "<=", now),), None
        while documents := self._documents.query(
            "messages", where=due, order_by="unread_at", limit=ROWS_PER_LOOK, after=last
        ):
            found |= {row.mailbox_id for row in _keep_known(_read_rows(documents))}
            if len(documents) < ROWS_PER_LOOK:
                break
            last = documents[-1]
        return found

    def waiting_rows(self, mailbox_id: MailboxId) -> Iterator[Row]:
        return self._scan(mailbox_id, Outcome.WAITING)

    def failed_rows(self, mailbox_id: MailboxId) -> Iterator[Row]:
        return self._scan(mailbox_id, Outcome.FAILED)

    def due_rows(self, shard: int, now: float, limit: int) -> list[Row]:
        due = (Where("shard", "==", shard), Where("due_at", "<=", now))
        return _keep_known(_read_rows(self._documents.query("messages", where=due, order_by="due_at", limit=limit)))

    def next_due(self, shard: int) -> float | None:
        in_shard = (Where("shard", "==", shard),)
        for limit in (1, ROWS_AT_HEAD):
            rows = list(_read_rows(self._documents.query("messages", where=in_shard, order_by="due_at", limit=limit)))
            if (known := _keep_known(rows)) or not rows:
                return known[0].due if known else None
        return None

    def copies_of(self, key: ActivityKey) -> list[Row]:
        return self._query(Where("activity_key", "==", key))

    def rows_of(self, conversation: KeyedHash) -> list[Row]:
        return self._query(Where("conversation", "==", conversation))

    def _query(self, *conditions: Where) -> list[Row]:
        return list(_read_rows(self._documents.query("messages", where=conditions)))

    def _scan(self, mailbox_id: MailboxId, outcome: Outcome) -> Iterator[Row]:
        conditions = (Where("mailbox_id", "==", mailbox_id), Where("outcome", "==", outcome.value))
        return (row for row in _read_rows(self._documents.scan("messages", where=conditions)) if _is_known(row))


def replace_row(row: Row) -> Replace:
    return Replace("messages", row.key, codec.from_row(row), Version(row.version))


def _create_row(row: Row) -> Create:
    return Create("messages", row.key, codec.from_row(row))


def _keep_known(rows: Iterable[Row]) -> list[Row]:
    """The rows that this version may work on."""
    return [row for row in rows if _is_known(row)]


def _is_known(row: Row) -> bool:
    return not row.is_of_newer_version


def _read_rows(documents: Iterable[Document]) -> Iterator[Row]:
    return (codec.to_row(document.data, document.version) for document in documents)
