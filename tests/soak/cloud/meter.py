"""Counts what a process asks of Firestore, from inside it, and writes it down every second: a kill loses one second."""

from __future__ import annotations

import json
import os
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from server.adapters.documents import Document, Write
from server.adapters.firestore.documents import FirestoreDocuments

PAGE = resource.getpagesize()
SECOND = 1.0


class Meter:
    """Reads are counted as Firestore bills them: a document each, and one for an answer without any."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{os.getpid()}-{time.time_ns():x}.jsonl"
        self._lock = threading.Lock()
        self._reads: Counter[str] = Counter()
        self._writes: Counter[str] = Counter()
        self._documents: Counter[str] = Counter()
        self._calls = 0

    def start(self) -> None:
        """From now on every call of ``FirestoreDocuments`` counts."""
        _wrap("get", lambda args, result: self._read(args[0], 1))
        _wrap("get_many", lambda args, result: self._read(args[0], len(set(args[1]))))
        _wrap("query", lambda args, result: self._read(args[0], len(result) or 1))
        _wrap("commit", lambda args, result: self._write(args[0]))
        self._wrap_scan()
        threading.Thread(target=self._keep_writing, name="meter", daemon=True).start()

    def _wrap_scan(self) -> None:
        scan = FirestoreDocuments.scan

        def counted(documents: FirestoreDocuments, collection: str, **options: Any) -> Iterator[Document]:
            count = 0
            try:
                for document in scan(documents, collection, **options):
                    count += 1
                    yield document
            finally:
                self._read(collection, count or 1)

        FirestoreDocuments.scan = counted  # type: ignore[method-assign,assignment]

    def _read(self, collection: str, count: int) -> None:
        with self._lock:
            self._reads[collection] += count
            self._calls += 1

    def _write(self, writes: Sequence[Write]) -> None:
        with self._lock:
            self._calls += 1
            for write in writes:
                self._writes[write.collection] += 1
                self._documents[f"{write.collection}/{write.key}"] += 1

    def _keep_writing(self) -> None:
        while True:
            time.sleep(SECOND - time.time() % SECOND)
            self._write_down(time.time() - SECOND / 2)

    def _write_down(self, at: float) -> None:
        with self._lock:
            line = {
                "second": int(at), "pid": os.getpid(), "rss": _read_memory(), "calls": self._calls,
                "reads": dict(self._reads), "writes": dict(self._writes), "documents": dict(self._documents),
            }  # fmt: skip
            for counter in (self._reads, self._writes, self._documents):
                counter.clear()
            self._calls = 0
        with self._path.open("a") as out:
            out.write(json.dumps(line) + "\n")


def _wrap(name: str, count: Callable[[tuple[Any, ...], Any], None]) -> None:
    """A call that raises is a call too, but what it read or wrote is nothing."""
    call = getattr(FirestoreDocuments, name)

    @wraps(call)
    def counted(documents: FirestoreDocuments, *args: Any, **options: Any) -> Any:
        result = call(documents, *args, **options)
        count(args, result)
        return result

    setattr(FirestoreDocuments, name, counted)


def _read_memory() -> int:
    """Bytes of this process that are in memory; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


@dataclass
class Readings:
    """What all meters of a folder wrote, between two moments. ``memory`` maps a process to its readings in order."""

    calls: int = 0
    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    per_second: dict[int, Counter[str]] = field(default_factory=dict)
    memory: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def hottest(self) -> tuple[str, int]:
        """The most writes of one document in one second, and whose."""
        found = [(count, name) for counter in self.per_second.values() for name, count in counter.items()]
        count, name = max(found, default=(0, ""))
        return name, count

    def busiest(self) -> list[tuple[str, int]]:
        """Which documents were written most in all."""
        total: Counter[str] = Counter()
        for counter in self.per_second.values():
            total.update(counter)
        return total.most_common(5)


def read_meters(folder: Path, since: float = 0.0, until: float = float("inf")) -> Readings:
    """Between two moments (epoch seconds)."""
    readings = Readings()
    for path in sorted(folder.glob("*.jsonl")):
        for text in path.read_text().splitlines():
            line = _parse(text)
            if line is None or not since <= line["second"] < until:
                continue
            readings.calls += line["calls"]
            readings.reads.update(line["reads"])
            readings.writes.update(line["writes"])
            readings.per_second.setdefault(line["second"], Counter()).update(line["documents"])
            readings.memory.setdefault(line["pid"], []).append((line["second"], line["rss"]))
    return readings


def _parse(text: str) -> dict[str, Any] | None:
    """None for a line that a kill cut off."""
    try:
        line: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError:
        return None
    return line
