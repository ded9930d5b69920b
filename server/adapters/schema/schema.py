"""The state's schema version: who may work on the state, and how far a migration has come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from server.adapters.documents import Create, Data, Document, Documents, Replace, Version
from server.adapters.schema.registry import FIRST, MIGRATIONS, Migration
from server.adapters.store.portions import split_into_commits
from server.domain.errors import ConfigurationError, ConflictError
from server.ports.clock import Clock

log = logging.getLogger(__name__)

COLLECTION, KEY = "state", "schema"
RECHECK = 60.0
"""Seconds after which a running process looks again whether the state is still of a version that it may work on."""
DOCUMENTS_PER_STEP = 100
"""After so many documents the place is stored. A document may be as large as a mebibyte, and a commit ten."""
NEWER = "The state was written by a newer version of this program. Update the program."


@dataclass(frozen=True)
class Schema:
    """What ``state/schema`` holds.

    ``version`` is the form of all documents, but for those that a program of an older version wrote since. ``oldest``
    is the oldest version whose program may work on them. While a migration runs, ``after`` is the key up to which it
    has come, and ``not_before`` (epoch seconds) is when it may begin: by then every older program has seen ``oldest``
    and stopped.
    """

    version: int
    oldest: int
    after: str = ""
    not_before: float = 0.0


class SchemaKeeper:
    """Brings the state to the version of this program. Thread-safe; processes that start together help each other.

    Nothing here is held while it works, so a process that is killed leaves nothing behind but its place. Two processes
    at the same page do the same work twice: a document that another process changed first is read again.
    """

    def __init__(
        self,
        documents: Documents,
        clock: Clock,
        sleep: Callable[[float], None],
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> None:
        self._documents = documents
        self._now = clock.now
        self._sleep = sleep
        self._migrations = migrations
        self.newest = FIRST + len(migrations)
        self._behind = _list_behind(migrations)

    def check(self) -> None:
        """One read. Raises ConfigurationError where only a newer program may work on the state, TransientError."""
        document = self._documents.get(COLLECTION, KEY)
        if document is not None and _read(document).oldest > self.newest:
            raise ConfigurationError(NEWER)

    def open(self) -> None:
        """Check and migrate: one read where nothing is to be done. Raises ConfigurationError, TransientError."""
        while (document := self._documents.get(COLLECTION, KEY)) is None:
            self._write_first()
        schema = _read(document)
        while schema.version < self.newest:
            schema = self._go_on(document, schema)
            document = self._documents.get(COLLECTION, KEY) or document
            schema = _read(document)
        if schema.oldest > self.newest:
            raise ConfigurationError(NEWER)

    def renew(self, collection: str, document: Document) -> Document:
        """The document in this program's form: an older program that still runs writes behind the migration's back."""
        for migration in self._behind:
            if migration.collection == collection and (data := migration.change(document)) is not None:
                document = replace(document, data=data)
        return document

    def _write_first(self) -> None:
        """A state without mailboxes is new, and has today's form from its first document on."""
        is_new = not self._documents.query("mailboxes", limit=1)
        version = self.newest if is_new else FIRST
        with suppress(ConflictError):  # another process wrote it
            self._documents.commit([Create(COLLECTION, KEY, _to_data(Schema(version, version)))])

    def _go_on(self, document: Document, schema: Schema) -> Schema:
        """One step of the migration that is due. What somebody else did meanwhile is read by the caller."""
        migration = self._migrations[schema.version - FIRST]
        target = schema.version + 1
        if not migration.keeps_older and schema.oldest < target:
            log.warning("the state is about to be migrated to version %d; older programs stop now", target)
            # From now on nobody writes an older form. What was written in one meanwhile is changed by one more pass of
            # each step since ``oldest``.
            not_before = self._now() + 2 * RECHECK
            return self._save(document, Schema(schema.oldest, target, not_before=not_before))
        if (wait := schema.not_before - self._now()) > 0:
            self._sleep(wait)
        page = list(
            islice(
                self._documents.scan(migration.collection, page=DOCUMENTS_PER_STEP, after=schema.after),
                DOCUMENTS_PER_STEP,
            )
        )
        self._change_page(migration, page)
        if len(page) == DOCUMENTS_PER_STEP:
            return self._save(document, replace(schema, after=page[-1].key))
        log.warning("the state was migrated to version %d", target)
        return self._save(document, replace(schema, version=target, after="", not_before=0.0))

    def _change_page(self, migration: Migration, page: Sequence[Document]) -> None:
        pairs = ((stored, migration.change(stored)) for stored in page)
        changed = {d.key: (d, _replace(migration, d, data)) for d, data in pairs if data is not None}
        for writes in split_into_commits([write] for _, write in changed.values()):
            try:
                self._documents.commit(writes)
            except ConflictError:
                # One document that somebody else changed fails the whole commit, so each gets a chance of its own.
                for write in writes:
                    self._change(migration, changed[write.key][0])

    def _change(self, migration: Migration, stored: Document) -> None:
        current: Document | None = stored
        while current is not None and (data := migration.change(current)) is not None:
            try:
                self._documents.commit([_replace(migration, current, data)])
            except ConflictError:
                current = self._documents.get(migration.collection, current.key)
            else:
                return

    def _save(self, document: Document, schema: Schema) -> Schema:
        with suppress(ConflictError):  # another process is further: its place is read next
            self._documents.commit([Replace(COLLECTION, KEY, _to_data(schema), Version(document.version))])
        return schema


def _list_behind(migrations: Sequence[Migration]) -> tuple[Migration, ...]:
    """The last steps that let older programs work on: a document may be without them at any time."""
    behind: tuple[Migration, ...] = ()
    for migration in migrations:
        behind = (*behind, migration) if migration.keeps_older else ()
    return behind


def _replace(migration: Migration, document: Document, data: Data) -> Replace:
    return Replace(migration.collection, document.key, data, document.version)


def _read(document: Document) -> Schema:
    data = document.data
    return Schema(
        int(data["version"]), int(data["oldest"]), str(data.get("after", "")), float(data.get("not_before", 0.0))
    )


def _to_data(schema: Schema) -> Data:
    return {
        "version": schema.version,
        "oldest": schema.oldest,
        "after": schema.after,
        "not_before": schema.not_before,
    }
