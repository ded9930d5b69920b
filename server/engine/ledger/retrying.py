"""What becomes of a waiting row whose try failed."""

from __future__ import annotations

import logging

from server.domain.decision import Reason
from server.domain.errors import Reaction, ThrottledError, UnlistedGroupError, reaction_of
from server.domain.ledger import Row
from server.engine.ledger.refusals import seal_sentence
from server.engine.ledger.rows import fail_row, retry_row
from server.engine.ledger.sealing import Sealing
from server.logs.events import Event, describe_error
from server.logs.trail import count_on_trail
from server.rules.schedule.recovery import choose_reaction, count_tries, spread_wait

log = logging.getLogger(__name__)


def after_failure(sealing: Sealing, row: Row, error: Exception, now: float, *, is_alone: bool = False) -> Row:
    """The row with an outcome, or due again.

    ``is_alone``: the failure is this mail's own, so that its next try is its own too. Rows that failed together come
    back together.
    """
    note_failure(row, error)
    attempts = count_tries(error, row.attempts, row.cause)
    reaction = choose_reaction(error, attempts, now)
    if reaction.due_at is None:
        is_refused = reaction.reason is Reason.REJECTED
        sentence = seal_sentence(sealing, row.key, error) if is_refused else None
        return fail_row(row, reaction.reason, reaction.cause, attempts, now, sentence)
    delay = reaction.due_at - now
    # A pause that was asked for is nobody's own: apart, mails of a conversation cost twice, and come hours late.
    if is_alone and row.activity_key and not isinstance(error, ThrottledError):
        delay = spread_wait(row.activity_key, attempts, delay)  # by the mail's key: its copies stay together
    is_for_group = isinstance(error, UnlistedGroupError)
    return retry_row(row, now + delay, reaction.cause, attempts, now, is_for_group=is_for_group)


def note_failure(row: Row, error: Exception) -> None:
    """Count it by what it asks of us. A bug has a line of its own, for nobody would look at a count."""
    count_on_trail(f"errors_{reaction_of(error).value}")
    if reaction_of(error) is Reaction.BUG:
        fields = describe_error(Event.BUG, error, mailbox=row.mailbox_id, message_id=row.message_id)
        log.error("a bug kept an email from Salesforce for now", extra=fields)
