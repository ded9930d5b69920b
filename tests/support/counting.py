"""What a scene asks of the outside world while something happens: calls, units, documents and tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.scene import Scene

GMAIL = "gmail"


@dataclass
class Counts:
    """``calls`` holds the vendors' calls by service and method, ``tasks`` jobs put into the queue and jobs run."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    units: int = 0
    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    deletes: Counter[str] = field(default_factory=Counter)
    puts: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)

    def calls_of(self, service: str, *but: str) -> int:
        return sum(n for (of, method), n in self.calls.items() if of == service and method not in but)


class Counting:
    """Counts from now on. ``put`` of the scene's queue is counted too, so the scene must not be restarted."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._puts: Counter[str] = Counter()
        self._runs: Counter[str] = Counter()
        queue, jobs = scene.services.queue, scene.services.rooms.jobs
        assert queue is not None
        queue.put = self._count(queue.put, self._puts)  # type: ignore[method-assign]
        object.__setattr__(jobs, "run", self._count(jobs.run, self._runs))

    @contextmanager
    def during(self) -> Iterator[Counts]:
        """The counts stand in the value once the block is left."""
        counts, start = Counts(), self._now()
        yield counts
        end = self._now()
        for name in ("calls", "reads", "writes", "deletes", "puts", "runs"):
            getattr(counts, name).update(getattr(end, name) - getattr(start, name))
        counts.units = end.units - start.units

    def _now(self) -> Counts:
        tally, log = self._scene.services.documents.tally, self._scene.universe.calls
        summary = log.summary()
        calls = Counter(
            {
                (service, method): number
                for service, methods in summary.items()
                for method, number in methods.items()
                if method not in ("units", "requests")
            }
        )
        return Counts(
            calls, summary[GMAIL]["units"], tally.reads.copy(), tally.writes.copy(), tally.deletes.copy(),
            self._puts.copy(), self._runs.copy(),
        )  # fmt: skip

    @staticmethod
    def _count(function: Callable[..., Any], counter: Counter[str]) -> Callable[..., Any]:
        def counted(job: Any, *args: Any, **options: Any) -> Any:
            counter[str(job.kind)] += 1
            return function(job, *args, **options)

        return counted
