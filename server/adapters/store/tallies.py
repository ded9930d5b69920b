"""What the processes spent and met, one document for each process and day (UTC), which only that process writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from server.adapters.documents import Create, Delete, Replace
from server.adapters.store.repository import Repository


class TallyDocuments(Repository):
    """Implements ``server.ports.store.TallyStore``."""

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
