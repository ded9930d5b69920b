"""What all repositories of the store share: the documents, and writes that somebody else may win."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from server.adapters.documents import Create, Data, Document, Documents, Replace, Write
from server.domain.errors import ConflictError, InvariantError

Current = TypeVar("Current")
Changed = TypeVar("Changed")
TRIES = 20
"""Rounds of read, change and write, after which so much contention must be a bug."""


class Repository:
    """Thread-safe if the backend is."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def _try_commit(self, writes: Sequence[Write]) -> bool:
        """False where somebody else wrote first; then nothing is written."""
        try:
            self._documents.commit(writes)
        except ConflictError:
            return False
        return True

    def _change_document(
        self,
        collection: str,
        key: str,
        decode: Callable[[Document | None], Current],
        change: Callable[[Current], Changed],
        encode: Callable[[Changed], Data],
        known: frozenset[str],
    ) -> Changed:
        """Read, change, write; once more where somebody else wrote meanwhile. No write where nothing changed.

        ``known`` are the fields of this version: others, which a newer one wrote, stay as they are.
        """
        for _ in range(TRIES):
            document = self._documents.get(collection, key)
            current = decode(document)
            changed = change(current)
            is_same = current == changed
            if is_same:
                return changed
            stored = document.data if document else {}
            newer = {name: value for name, value in stored.items() if name not in known}
            data = {**newer, **encode(changed)}
            write = Replace(collection, key, data, document.version) if document else Create(collection, key, data)
            if self._try_commit([write]):
                return changed
        raise InvariantError(f"A document of {collection} is being written without end.")
