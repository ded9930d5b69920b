"""What only the body of a matched mail shows: that no person wrote it."""

from __future__ import annotations

from server.domain.decision import Decision, Evidence, Outcome, Reason
from server.domain.mail_body import MailBody

CALENDAR_METHODS = frozenset({"REQUEST", "REPLY", "CANCEL", "COUNTER"})
"""RFC 5546: an invitation, an answer to one, its end, and another proposal. A calendar program writes these."""
CALENDAR_BODY = Evidence("calendar_body")


def decide_after_reading(decision: Decision, body: MailBody) -> Decision:
    """The decision that stands once the body is read.

    Calendar mail is ``automated``, unless a person chose the record or had the conversation logged anyway.
    """
    is_chosen = decision.reason is Reason.THREAD_OVERRIDE
    if decision.outcome is not Outcome.LOGGED or is_chosen or body.calendar_method not in CALENDAR_METHODS:
        return decision
    return Decision(Reason.AUTOMATED, evidence=(CALENDAR_BODY,), policy_version=decision.policy_version)
