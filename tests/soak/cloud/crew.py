"""The processes of the cloud engine: one sidebar, and workers that share a port as instances share a service's address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.demo.deployment import Deployment, Part
from simulator.demo.stage import Scene
from tests.soak.cloud.service import METER, SKEW

PROGRAM = "tests.soak.cloud.service:create_app()"
SKEWS = (-0.05, 0.05)
"""Seconds: two workers' clocks are 100 ms apart."""


@dataclass(frozen=True)
class Crew:
    """``starts`` counts processes that were started, killed ones too."""

    deployment: Deployment
    workers: Sequence[str]

    @classmethod
    def of(cls, stage: Scene, workers: int, meters: Path) -> Crew:
        deployment = stage.deploy(workers=workers)
        meters.mkdir(exist_ok=True)
        names = [name for name in deployment.parts if name.startswith("worker")]
        skews = {name: SKEWS[number % len(SKEWS)] for number, name in enumerate(names)}
        parts = {name: _meter(part, meters, skews.get(name, 0.0)) for name, part in deployment.parts.items()}
        return cls(replace(deployment, parts=parts), names)

    def leaders(self) -> dict[str, int]:
        """The process groups that live, by name."""
        return {name: self.deployment.pid(name) for name in self.deployment.parts if self.deployment.is_up(name)}


def _meter(part: Part, meters: Path, skew: float) -> Part:
    return replace(part, program=PROGRAM, env={**part.env, METER: str(meters), SKEW: str(skew)})
