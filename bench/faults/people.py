"""What an admin does to people while the week goes by."""

from __future__ import annotations

from bench.faults.script import Act
from simulator.universe import Universe


class People:
    def __init__(self, universe: Universe) -> None:
        self._universe = universe

    def hide(self, box: str) -> None:
        """Not there yet: the person joins later."""

    def change(self, act: Act, box: str) -> None:
        """Nothing yet."""
