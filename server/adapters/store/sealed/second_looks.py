"""The rounds whose mails are looked for in the CRM once more."""

from __future__ import annotations

from collections.abc import Sequence

from server.adapters.documents import Create, Delete, Where
from server.adapters.store.repository import Repository
from server.domain.second_look import SecondLook


class SecondLookDocuments(Repository):
    """Implements ``server.ports.store.SecondLookStore``."""

    def plan_look(self, look: SecondLook) -> None:
        self._try_commit([Create("second_looks", look.name, {"due_at": look.due_at, "sealed": look.sealed})])

    def due_looks(self, now: float, limit: int) -> list[SecondLook]:
        documents = self._documents.query(
            "second_looks", where=(Where("due_at", "<=", now),), order_by="due_at", limit=limit
        )
        return [SecondLook(d.key, float(d.data["due_at"]), bytes(d.data["sealed"])) for d in documents]

    def drop_looks(self, looks: Sequence[SecondLook]) -> None:
        for look in looks:
            self._documents.commit([Delete("second_looks", look.name, None)])
