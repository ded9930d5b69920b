"""What the processes spent and met: one document for each process and day, which only that process writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from server.adapters.documents import Create, Delete, Document, Replace
from server.adapters.store.repository import Repository

BEGAN = "began"
"""The figure of which the least counts, and not the sum."""


class TallyDocuments(Repository):
    """Implements ``server.ports.store.TallyStore``; its days are UTC."""

    def add_to_tally(self, day: str, holder: str, figures: Mapping[str, int]) -> None:
        key = f"{day}.{holder}"
        stored = self._documents.get("tallies", key)
        if stored is None:
            self._documents.commit([Create("tallies", key, {"day": day, "figures": dict(figures)})])
            return
        total: Counter[str] = Counter(stored.data["figures"])
        total.update(figures)
        self._documents.commit([Replace("tallies", key, {"day": day, "figures": dict(total)}, stored.version)])

    def tally(self, day: str) -> Counter[str]:
        total: Counter[str] = Counter()
        for document in self._documents.scan("tallies"):
            if document.data["day"] == day:
                total.update(document.data["figures"])
        return total

    def drop_tallies(self, before: str) -> None:
        old = [d.key for d in self._documents.scan("tallies") if d.data["day"] < before]
        for key in old:
            self._documents.commit([Delete("tallies", key, None)])


class QuotaDocuments(Repository):
    """Implements ``server.ports.store.QuotaStore``; its days are those of the quota."""

    def save_quota(self, day: str, holder: str, figures: Mapping[str, int]) -> None:
        def decode(document: Document | None) -> Mapping[str, int] | None:
            return None if document is None else dict(document.data["figures"])

        self._change_document(
            "quota",
            f"{day}.{holder}",
            decode,
            lambda _current: dict(figures),
            lambda changed: {"day": day, "figures": dict(changed)},
            frozenset({"day", "figures"}),
        )

    def quota(self, day: str) -> Counter[str]:
        total: Counter[str] = Counter()
        # Keys begin with the day, so that only later days are read besides, and mostly there is none.
        for document in self._documents.scan("quota", after=f"{day}."):
            if document.data["day"] == day:
                figures: Counter[str] = Counter(document.data["figures"])
                began = min(figures[BEGAN], total[BEGAN]) if total else figures[BEGAN]
                total.update(figures)
                total[BEGAN] = began
        return total

    def drop_quota(self, before: str) -> None:
        old = [d.key for d in self._documents.scan("quota") if d.data["day"] < before]
        for key in old:
            self._documents.commit([Delete("quota", key, None)])
