"""Under which Message-IDs the copies of our own people's mail are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from server.adapters.documents import Document
from server.adapters.store import codec
from server.adapters.store.repository import Repository
from server.domain.ids import KeyedHash
from server.domain.mail_names import MailFamily


class FamilyDocuments(Repository):
    """Implements ``server.ports.store.FamilyStore``."""

    def families(self, keys: Sequence[KeyedHash]) -> dict[KeyedHash, MailFamily]:
        documents = self._documents.get_many("families", list(dict.fromkeys(keys))).values()
        return {KeyedHash(d.key): codec.to_family(d.key, d.data, d.version) for d in documents}

    def save_family(self, key: KeyedHash, change: Callable[[MailFamily], MailFamily]) -> MailFamily:
        def read(document: Document | None) -> MailFamily:
            return codec.to_family(key, document.data, document.version) if document else MailFamily(key)

        return self._change_document("families", key, read, change, codec.from_family, codec.FAMILY_FIELDS)
