"""How a mailbox begins that we see for the first time."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.mailbox import Stage
from server.ports.clock import Clock


@dataclass(frozen=True)
class Admission:
    """``backfill_seconds`` says how much older mail is logged too; None stands for all of it.

    ``internal_domains`` count as the company's own beside those of the Directory. ``scope_groups`` are the groups whose
    members are read. ``admin`` is the address in GOOGLE_ADMIN, lower-case.
    """

    stage: Stage = Stage.DRY_RUN
    backfill_seconds: float | None = None
    internal_domains: frozenset[str] = frozenset()
    scope_groups: frozenset[str] = frozenset()
    admin: str = ""


def default_start(clock: Clock, admission: Admission) -> int:
    """The start of a mailbox that is new today, in epoch milliseconds; 0 for all of its mail."""
    depth = admission.backfill_seconds
    return 0 if depth is None else int((clock.now() - depth) * 1000)
