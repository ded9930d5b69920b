"""Whose state this is: one document, ``state/identity``, which every start reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from server.adapters.documents import Document, Where
from server.adapters.store import codec
from server.adapters.store.repository import Repository
from server.domain.decision import Outcome
from server.domain.identity import SealedSample, StateIdentity

SAMPLES = 10
"""Documents of one collection that are looked at: the newest and the oldest of them may be under different keys."""


class IdentityDocuments(Repository):
    """Implements ``server.ports.store.IdentityStore``."""

    def identity(self) -> StateIdentity | None:
        return _read_identity(self._documents.get("state", "identity"))

    def save_identity(self, change: Callable[[StateIdentity | None], StateIdentity]) -> StateIdentity:
        known = codec.IDENTITY_FIELDS
        return self._change_document("state", "identity", _read_identity, change, codec.from_identity, known)

    def sample_seals(self) -> Iterator[SealedSample]:
        for document in self._documents.query("activities", limit=SAMPLES):
            if sealed := document.data.get("sealed_snapshot"):
                yield SealedSample("activities", document.key, "snapshot", sealed)
        for document in self._documents.query("conversations", limit=SAMPLES):
            if sealed := document.data.get("sealed_record"):
                yield SealedSample("conversations", document.key, "record", sealed)
        for mailbox in self._documents.query("mailboxes", limit=SAMPLES):
            where = [Where("mailbox_id", "==", mailbox.key), Where("outcome", "==", Outcome.WAITING.value)]
            for document in self._documents.query("messages", where=where, limit=SAMPLES):
                if sealed := document.data.get("sealed_headers"):
                    yield SealedSample("messages", document.key, "headers", sealed)

    def sample_vault_keys(self) -> frozenset[str]:
        return frozenset(str(document.data["kek"]) for document in self._documents.query("deks", limit=SAMPLES))


def _read_identity(document: Document | None) -> StateIdentity | None:
    return codec.to_identity(document.data, document.version) if document else None
