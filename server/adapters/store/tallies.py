"""What the processes spent and met: one document for each process and day, which only that process writes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from server.adapters.documents import MOST_WRITES, Create, Delete, Document, Replace, Write
from server.adapters.store.repository import Repository

BEGAN = "began"
"""The figure of which the least counts, and not the sum."""
WHOLE = "whole"
"""In place of a process: the sums of a day that is over."""


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
        return self.quota_since(day).get(day, Counter())

    def quota_since(self, day: str) -> Mapping[str, Counter[str]]:
        # Keys begin with the day.
        days: defaultdict[str, list[Document]] = defaultdict(list)
        for document in self._documents.scan("quota", after=f"{day}."):
            days[document.data["day"]].append(document)
        return {name: _add_up(documents) for name, documents in days.items()}

    def tidy_quota(self, first: str, day: str) -> None:
        old: defaultdict[str, list[Document]] = defaultdict(list)
        for document in self._documents.scan("quota"):
            if document.data["day"] < first:
                self._documents.commit([Delete("quota", document.key, None)])
            elif document.data["day"] < day:
                old[document.data["day"]].append(document)
        for name, documents in old.items():
            if len(documents) > 1:
                self._fold(name, documents)

    def _fold(self, day: str, documents: Sequence[Document]) -> None:
        """Where another process does the same, one of the two writes nothing, and the next time comes."""
        key = f"{day}.{WHOLE}"
        whole = next((document for document in documents if document.key == key), None)
        parts = [document for document in documents if document.key != key][: MOST_WRITES - 1]
        data = {"day": day, "figures": dict(_add_up([whole, *parts] if whole else parts))}
        write: Write = Replace("quota", key, data, whole.version) if whole else Create("quota", key, data)
        self._try_commit([write, *(Delete("quota", part.key, part.version) for part in parts)])


def _add_up(documents: Iterable[Document]) -> Counter[str]:
    total: Counter[str] = Counter()
    for document in documents:
        figures: Counter[str] = Counter(document.data["figures"])
        began = min(figures[BEGAN], total[BEGAN]) if total else figures[BEGAN]
        total.update(figures)
        total[BEGAN] = began
    return total
