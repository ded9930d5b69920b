"""What becomes of a waiting row whose try failed."""

from __future__ import annotations

from dataclasses import replace

from server.domain.decision import Reason
from server.domain.ledger import Row
from server.engine.ledger.closing import closed
from server.engine.ledger.refusals import with_sentence
from server.engine.ports import Ports
from server.rules.schedule.recovery import choose_reaction, count_tries, spread_wait


def reacted(ports: Ports, row: Row, error: Exception, *, alone: bool = False) -> Row:
    """Ended, or due again. ``alone``: the failure is this mail's, so that its next try is its own."""
    now = ports.clock.now()
    attempts = count_tries(error, row.attempts, row.cause)
    reaction = choose_reaction(error, attempts, now)
    if reaction.due_at is None:
        ended = replace(closed(row, reaction.reason, now), cause=reaction.cause, attempts=attempts)
        return with_sentence(ports, ended, error)
    wait = reaction.due_at - now
    if alone and row.activity_key:
        wait = spread_wait(row.activity_key, attempts, wait)  # all copies of a mail together
    return replace(
        row, reason=Reason.RETRYING, due_at=now + wait, attempts=attempts, cause=reaction.cause, updated_at=now
    )
