"""What becomes of a waiting row whose try failed."""

from __future__ import annotations

from server.domain.ledger import Row
from server.engine.ledger.refusals import seal_sentence
from server.engine.ledger.rows import fail_row, retry_row
from server.engine.ports import Ports
from server.rules.schedule.recovery import choose_reaction, count_tries, spread_wait


def after_failure(ports: Ports, row: Row, error: Exception, *, alone: bool = False) -> Row:
    """Ended, or due again. ``alone``: the failure is this mail's, so that its next try is its own."""
    now = ports.clock.now()
    attempts = count_tries(error, row.attempts, row.cause)
    reaction = choose_reaction(error, attempts, now)
    if reaction.due_at is None:
        sentence = seal_sentence(ports, row.key, reaction.reason, error)
        return fail_row(row, reaction.reason, reaction.cause, attempts, now, sentence)
    delay = reaction.due_at - now
    if alone and row.activity_key:
        delay = spread_wait(row.activity_key, attempts, delay)  # all copies of a mail together
    return retry_row(row, now + delay, reaction.cause, attempts, now)
