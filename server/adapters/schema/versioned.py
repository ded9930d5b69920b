"""Documents that open only in the version of this program: nothing is read or written before that is sure."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence

from server.adapters.documents import Document, Documents, Version, Where, Write
from server.adapters.schema.schema import RECHECK, SchemaKeeper
from server.ports.clock import Clock


class VersionedDocuments:
    """Implements ``server.adapters.documents.Documents`` over another one. Thread-safe.

    The first call opens the state and may migrate it. From then on the version is looked at again every minute, so that
    this program stops where a newer one made the state its own. Every call may raise ConfigurationError for that.
    """

    def __init__(self, documents: Documents, keeper: SchemaKeeper, clock: Clock) -> None:
        self._documents = documents
        self.tally = documents.tally
        self._keeper = keeper
        self._now = clock.now
        self._opening = threading.Lock()
        self._checked_at: float | None = None

    @property
    def writes(self) -> Counter[str]:
        return self.tally.writes

    def open(self) -> None:
        """What the first call does. Raises ConfigurationError, TransientError."""
        self._checked()

    def get(self, collection: str, key: str) -> Document | None:
        document = self._checked().get(collection, key)
        return document and self._keeper.renew(collection, document)

    def get_many(self, collection: str, keys: Sequence[str]) -> dict[str, Document]:
        found = self._checked().get_many(collection, keys)
        return {key: self._keeper.renew(collection, document) for key, document in found.items()}

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        return self._checked().commit(writes)

    def query(
        self, collection: str, *, where: Sequence[Where] = (), order_by: str | None = None, limit: int | None = None,
        after: Document | None = None,
    ) -> list[Document]:  # fmt: skip
        found = self._checked().query(collection, where=where, order_by=order_by, limit=limit, after=after)
        return [self._keeper.renew(collection, document) for document in found]

    def scan(
        self, collection: str, *, where: Sequence[Where] = (), page: int = 500, after: str = ""
    ) -> Iterator[Document]:
        found = self._checked().scan(collection, where=where, page=page, after=after)
        return (self._keeper.renew(collection, document) for document in found)

    def close(self) -> None:
        self._documents.close()

    def _checked(self) -> Documents:
        if self._checked_at is None:
            with self._opening:
                if self._checked_at is None:
                    self._keeper.open()
                    self._checked_at = self._now()
        elif not 0 <= self._now() - self._checked_at < RECHECK:
            self._keeper.check()
            self._checked_at = self._now()
        return self._documents
