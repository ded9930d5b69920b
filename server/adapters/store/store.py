"""Repositories of the ledger, in the terms of the Store port, over a ``Documents`` backend."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from server.adapters.documents import Create, Delete, Documents, Replace, Version, Where, Write
from server.adapters.store import codec
from server.adapters.store.copies import chunk_keys, dek_of, keeping, without_dek
from server.adapters.store.portions import commits, one, portions
from server.domain.access import AccessEntry
from server.domain.decision import Outcome
from server.domain.errors import ConflictError, InvariantError
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, MessageId, ThreadId
from server.domain.ledger import ActivityRow, Conversation, Row, SealedMail, row_key
from server.domain.mailbox import Mailbox

AT_ONCE = 200
"""Documents in one commit."""
TRIES = 20
"""Rounds of read-change-write before we call the contention a bug."""


class DocumentStore:
    """Implements ``server.ports.store.Store``. Thread-safe if the backend is.

    ``is_dead`` tells whether the process behind a lease is certainly gone; by default only time ends a lease.
    """

    def __init__(self, documents: Documents, is_dead: Callable[[str], bool] = lambda _holder: False) -> None:
        self._documents = documents
        self._is_dead = is_dead

    # mailboxes and leases

    def mailboxes(self) -> list[Mailbox]:
        found = [codec.to_mailbox(d.key, d.data) for d in self._documents.query("mailboxes")]
        return sorted(found, key=lambda m: m.address)

    def mailbox(self, mailbox_id: MailboxId) -> Mailbox | None:
        document = self._documents.get("mailboxes", mailbox_id)
        return codec.to_mailbox(document.key, document.data) if document else None

    def save_mailbox(self, mailbox_id: MailboxId, change: Callable[[Mailbox | None], Mailbox]) -> Mailbox:
        for _ in range(TRIES):
            document = self._documents.get("mailboxes", mailbox_id)
            before = codec.to_mailbox(document.key, document.data) if document else None
            after = change(before)
            if after == before:
                return after
            data = codec.from_mailbox(after)
            write: Write = (
                Replace("mailboxes", mailbox_id, data, document.version)
                if document
                else Create("mailboxes", mailbox_id, data)
            )
            if self._wrote([write]):
                return after
        raise InvariantError("A mailbox is being written without end.")

    def lease(self, name: str, holder: str, now: float, seconds: float) -> bool:
        document = self._documents.get("leases", name)
        data = {"holder": holder, "until": now + seconds}
        if document is None:
            return self._wrote([Create("leases", name, data)])
        held_by = str(document.data["holder"])
        if held_by != holder and document.data["until"] > now and not self._is_dead(held_by):
            return False
        return self._wrote([Replace("leases", name, data, document.version)])

    def release(self, name: str, holder: str) -> None:
        document = self._documents.get("leases", name)
        if document and document.data["holder"] == holder:
            self._wrote([Delete("leases", name, document.version)])

    # the ledger

    def existing_rows(self, mailbox_id: MailboxId, ids: Sequence[MessageId]) -> dict[MessageId, Row]:
        keys = [row_key(mailbox_id, message_id) for message_id in ids]
        found = self._documents.get_many("messages", keys)
        rows = (codec.to_row(d.data, d.version) for d in found.values())
        return {row.message_id: row for row in rows}

    def add_rows(self, rows: Sequence[Row]) -> list[Row]:
        late: list[Row] = []
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            if not self._wrote([_created(row) for row in part]):
                # One that exists fails a whole commit, so each has its own chance.
                late += [row for row in part if not self._wrote([_created(row)])]
        return late

    def change_rows(self, rows: Sequence[Row]) -> list[Row]:
        out: list[Row] = []
        for part in portions([_replaced(row) for row in rows], one, AT_ONCE):
            versions = self._documents.commit(list(part))
            changed = rows[len(out) : len(out) + len(part)]
            out += [replace(row, version=str(v)) for row, v in zip(changed, versions, strict=True)]
        return out

    def rows(self, mailbox_id: MailboxId) -> Iterator[Row]:
        for document in self._documents.scan("messages", where=(Where("mailbox_id", "==", mailbox_id),)):
            yield codec.to_row(document.data, document.version)

    def thread(self, mailbox_id: MailboxId, thread_id: ThreadId) -> list[Row]:
        wanted = (Where("mailbox_id", "==", mailbox_id), Where("gmail_thread_id", "==", thread_id))
        found = self._documents.query("messages", where=wanted)
        return sorted((codec.to_row(d.data, d.version) for d in found), key=lambda row: (row.internal_date, row.key))

    def unscreened_rows(self, mailbox_id: MailboxId, now: float) -> list[Row]:
        due = (Where("mailbox_id", "==", mailbox_id), Where("unread_at", "<=", now))
        return [codec.to_row(d.data, d.version) for d in self._documents.query("messages", where=due)]

    def waiting_rows(self, mailbox_id: MailboxId) -> Iterator[Row]:
        waiting = (Where("mailbox_id", "==", mailbox_id), Where("outcome", "==", Outcome.WAITING.value))
        for document in self._documents.scan("messages", where=waiting):
            yield codec.to_row(document.data, document.version)

    def failed_rows(self, mailbox_id: MailboxId) -> Iterator[Row]:
        failed = (Where("mailbox_id", "==", mailbox_id), Where("outcome", "==", Outcome.FAILED.value))
        for document in self._documents.scan("messages", where=failed):
            yield codec.to_row(document.data, document.version)

    def due_rows(self, shard: int, now: float, limit: int) -> list[Row]:
        found = self._documents.query(
            "messages",
            where=(Where("shard", "==", shard), Where("due_at", "<=", now)),
            order_by="due_at",
            limit=limit,
        )
        return [codec.to_row(d.data, d.version) for d in found]

    def next_due(self, shard: int) -> float | None:
        found = self._documents.query("messages", where=(Where("shard", "==", shard),), order_by="due_at", limit=1)
        due = float(found[0].data["due_at"]) if found else codec.NEVER
        return due if due < codec.NEVER else None

    def copies_of(self, key: ActivityKey) -> list[Row]:
        found = self._documents.query("messages", where=(Where("activity_key", "==", key),))
        return [codec.to_row(d.data, d.version) for d in found]

    # activities

    def activities(self, keys: Sequence[ActivityKey]) -> dict[ActivityKey, ActivityRow]:
        found = self._documents.get_many("activities", list(keys))
        rows = (codec.to_activity(d.key, d.data, d.version) for d in found.values())
        return {row.key: row for row in rows}

    def activities_of(self, conversation: KeyedHash) -> list[ActivityRow]:
        found = self._documents.query("activities", where=(Where("conversation", "==", conversation),))
        return [codec.to_activity(d.key, d.data, d.version) for d in found]

    def claim(self, activities: Sequence[ActivityRow]) -> list[ActivityRow]:
        if not activities:
            return []
        try:
            versions = self._documents.commit([_claim(a) for a in activities])
        except ConflictError:
            return [won for a in activities if (won := self._claim_alone(a))]
        return [replace(a, version=str(v)) for a, v in zip(activities, versions, strict=True)]

    def save_activities(self, activities: Sequence[ActivityRow], rows: Sequence[Row]) -> None:
        """In one commit; where it is too much for one, each activity stays with its rows."""
        for part in commits(_closing(activities, rows)):
            self._documents.commit(part)

    # sealed copies

    def keep_copies(self, copies: Sequence[SealedMail]) -> None:
        before = self._documents.get_many("copies", [c.key for c in copies])
        for part in keeping(copies, before):
            self._documents.commit(part)

    def copy(self, key: ActivityKey) -> SealedMail | None:
        head = self._documents.get("copies", key)
        if head is None:
            return None
        dek_id = str(head.data["dek_id"])
        dek = self._documents.get("deks", dek_id)
        names = chunk_keys(head)
        rest = self._documents.get_many("copies", names)
        if dek is None or len(rest) != len(names):
            return None
        ciphertext = b"".join([head.data["bytes"], *(rest[name].data["bytes"] for name in names)])
        return SealedMail(key, dek_id, ciphertext, dek.data["wrapped"], str(dek.data["kek"]))

    def drop_copies(self, keys: Sequence[ActivityKey]) -> None:
        for head in self._documents.get_many("copies", list(keys)).values():
            self._documents.commit([dek_of(head)])
            self._documents.commit([*without_dek(head), Delete("copies", head.key, None)])

    # people's word

    def conversations(self, keys: Sequence[KeyedHash]) -> dict[KeyedHash, Conversation]:
        found = self._documents.get_many("conversations", list(dict.fromkeys(keys)))
        rows = (codec.to_conversation(d.key, d.data, d.version) for d in found.values())
        return {row.conversation: row for row in rows}

    def save_conversation(self, key: KeyedHash, change: Callable[[Conversation], Conversation]) -> Conversation:
        for _ in range(TRIES):
            document = self._documents.get("conversations", key)
            before = codec.to_conversation(key, document.data, document.version) if document else Conversation(key)
            after = change(before)
            data = codec.from_conversation(after)
            write: Write = (
                Replace("conversations", key, data, document.version)
                if document
                else Create("conversations", key, data)
            )
            if self._wrote([write]):
                return after
        raise InvariantError("A conversation is being written without end.")

    # the access ledger

    def append_access(self, make: Callable[[AccessEntry | None], AccessEntry]) -> AccessEntry:
        for _ in range(TRIES):
            last = next(iter(deque(self.access_entries(), maxlen=1)), None)
            entry = make(last)
            if self._wrote([Create("access", _access_key(entry.sequence), codec.from_access(entry))]):
                return entry
        raise InvariantError("The access ledger is being written without end.")

    def access_entries(self) -> Iterator[AccessEntry]:
        """All there are, in order: what follows a gap must be seen, or a removed entry would hide it."""
        return (codec.to_access(document.data) for document in self._documents.scan("access"))

    def writes(self) -> dict[str, int]:
        return dict(self._documents.writes)

    # helpers

    def _wrote(self, writes: list[Write]) -> bool:
        try:
            self._documents.commit(writes)
        except ConflictError:
            return False
        return True

    def _claim_alone(self, activity: ActivityRow) -> ActivityRow | None:
        try:
            [version] = self._documents.commit([_claim(activity)])
        except ConflictError:
            return None
        return replace(activity, version=str(version))


def _access_key(sequence: int) -> str:
    return f"{sequence:012d}"


def _created(row: Row) -> Create:
    return Create("messages", row.key, codec.from_row(row))


def _replaced(row: Row) -> Replace:
    return Replace("messages", row.key, codec.from_row(row), Version(row.version))


def _claim(activity: ActivityRow) -> Create:
    return Create("activities", activity.key, codec.from_activity(activity))


def _closing(activities: Sequence[ActivityRow], rows: Sequence[Row]) -> list[list[Write]]:
    """Each activity with its rows."""
    groups: dict[str | None, list[Write]] = {
        a.key: [Replace("activities", a.key, codec.from_activity(a), Version(a.version))] for a in activities
    }
    for row in rows:
        groups.setdefault(row.activity_key, []).append(_replaced(row))
    return list(groups.values())
