"""Sealed copies of mails: ciphertext in chunks, and its wrapped key in the second database."""

from __future__ import annotations

from collections.abc import Sequence

from server.adapters.documents import Delete
from server.adapters.store.repository import Repository
from server.adapters.store.sealed.chunks import delete_chunks, delete_dek, list_chunk_keys, write_copies
from server.domain.ids import ActivityKey
from server.domain.ledger import SealedMail


class CopyDocuments(Repository):
    """Implements ``server.ports.store.CopyStore``."""

    def keep_copies(self, copies: Sequence[SealedMail]) -> None:
        old_heads = self._documents.get_many("copies", [copy.key for copy in copies])
        for writes in write_copies(copies, old_heads):
            self._documents.commit(writes)

    def copy(self, key: ActivityKey) -> SealedMail | None:
        head = self._documents.get("copies", key)
        if head is None:
            return None
        dek_id = str(head.data["dek_id"])
        dek = self._documents.get("deks", dek_id)
        names = list_chunk_keys(head)
        chunks = self._documents.get_many("copies", names)
        # Half a copy is what a crash or an erasure left behind.
        if dek is None or len(chunks) != len(names):
            return None
        ciphertext = b"".join([head.data["bytes"], *(chunks[name].data["bytes"] for name in names)])
        return SealedMail(key, dek_id, ciphertext, dek.data["wrapped"], str(dek.data["kek"]))

    def drop_copies(self, keys: Sequence[ActivityKey]) -> None:
        for head in self._documents.get_many("copies", list(keys)).values():
            # A commit of its own, first: whatever fails later, the copy cannot be opened any more.
            self._documents.commit([delete_dek(head)])
            self._documents.commit([*delete_chunks(head), Delete("copies", head.key, None)])
