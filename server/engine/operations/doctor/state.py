"""Does our own state answer?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.engine.operations.doctor.registry import Checks, Finding
from server.ports.store import Store


@dataclass(frozen=True)
class StateContext:
    store: Store


CHECKS = Checks[StateContext]()


@CHECKS.register("State")
def check_state(context: StateContext) -> Iterator[Finding]:
    count = len(context.store.mailboxes())
    yield Finding("State", is_good=True, text=f"The state knows {count} mailboxes.")
