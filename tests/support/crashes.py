"""A process that dies at a chosen step: before or after the n-th thing it does to the world outside itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.scene import Scene
from tests.support.wire import wrap_requests


class Crash(BaseException):
    """Not an Exception: no handler of ours may catch it, as none catches a kill."""


@dataclass
class Fuse:
    """Counts steps; with ``at`` None it only counts."""

    at: int | None = None
    after: bool = False
    steps: int = 0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*args: Any, **kwargs: Any) -> Any:
            self.steps += 1
            is_last = self.steps == self.at
            if is_last and not self.after:
                raise Crash
            done = call(*args, **kwargs)
            if is_last:
                raise Crash
            return done

        return stepped


def fit(scene: Scene, fuse: Fuse) -> None:
    """Steps are commits of the store and calls over the wire."""
    documents: Any = scene.services.documents
    documents.commit = fuse.around(documents.commit)
    unfit(scene)
    wrap_requests(scene, fuse.around)


def unfit(scene: Scene) -> None:
    """The next process has no fuse."""
    scene.transport.wire.restore()
