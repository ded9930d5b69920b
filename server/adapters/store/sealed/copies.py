"""Sealed copies of mails: ciphertext in chunks, and its wrapped key in the second database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server.adapters.documents import Create, Delete, Replace, Version
from server.adapters.store.repository import Repository
from server.adapters.store.sealed.chunks import delete_chunks, delete_dek, list_chunk_keys, write_copies
from server.domain.ids import ActivityKey
from server.domain.ledger import SealedMail, WrappedDek

POSITION = ("state", "rewrap")


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

    def wrapped_deks(self, after: str = "") -> Iterator[WrappedDek]:
        for document in self._documents.scan("deks", after=after):
            data = document.data
            yield WrappedDek(document.key, bytes(data["wrapped"]), str(data["kek"]), document.version)

    def replace_deks(self, deks: Sequence[WrappedDek]) -> int:
        writes = [
            Replace("deks", dek.dek_id, {"wrapped": dek.wrapped, "kek": dek.kek_name}, Version(dek.version))
            for dek in deks
        ]
        if not writes or self._try_commit(writes):
            return len(writes)
        # Somebody erased one of them: the others are replaced alone.
        return sum(self._try_commit([write]) for write in writes)

    def rewrap_position(self, kek_name: str) -> str:
        document = self._documents.get(*POSITION)
        return str(document.data["after"]) if document and document.data["kek"] == kek_name else ""

    def keep_rewrap_position(self, kek_name: str, dek_id: str) -> None:
        data = {"kek": kek_name, "after": dek_id}
        document = self._documents.get(*POSITION)
        # Where two runs write at once, either position is a true one.
        self._try_commit([Replace(*POSITION, data, document.version) if document else Create(*POSITION, data)])
