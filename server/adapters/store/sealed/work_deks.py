"""The wrapped DEKs of everyday work, one document a day that is created once and never changed."""

from __future__ import annotations

from server.adapters.documents import Create, Delete
from server.adapters.store.repository import Repository
from server.domain.errors import TransientError


class WorkDekDocuments(Repository):
    """Implements ``server.ports.store.WorkDekStore``."""

    def work_dek(self, name: str) -> bytes | None:
        document = self._documents.get("work_deks", name)
        return None if document is None else bytes(document.data["wrapped"])

    def add_work_dek(self, name: str, wrapped: bytes) -> bytes:
        if self._try_commit([Create("work_deks", name, {"wrapped": wrapped})]):
            return wrapped
        winner = self.work_dek(name)
        if winner is None:
            raise TransientError("A work DEK was created and deleted at this moment.")
        return winner

    def drop_work_deks(self) -> None:
        for document in self._documents.scan("work_deks"):
            self._documents.commit([Delete("work_deks", document.key, None)])
