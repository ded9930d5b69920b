"""One question to Salesforce for many mails. Where it is refused, in halves: one mail must not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from server.domain.crm import Candidates, Query
from server.domain.errors import InvariantError, RejectedError, TransientError
from server.domain.mail import Mail
from server.logs.events import Event, describe_error
from server.ports.crm import Crm

log = logging.getLogger(__name__)

MOST_QUESTIONS = 40
"""Enough to find two mails far apart among two hundred, and twenty side by side. Those not asked about by then wait."""
REFUSED = "LOOK_UP_REFUSED"
"""The code of a mail about whose people Salesforce takes no question."""


@dataclass
class Answered:
    """``failed`` are the mails without an answer: a RejectedError each, or a TransientError where we did not ask."""

    candidates: Candidates = field(default_factory=Candidates)
    failed: list[tuple[Mail, Exception]] = field(default_factory=list)


def ask_about(crm: Crm, questions: Sequence[tuple[Mail, Query]], users: frozenset[str]) -> Answered:
    """Ask about the people on all mails, and about ``users``.

    Raises TransientError where Salesforce is away, and what Salesforce said where it takes no question at all.
    """
    answered = Answered()
    portions = [list(questions)]
    for _ in range(MOST_QUESTIONS):
        if not portions:
            break
        portion = portions.pop()
        query = Query(users=users)
        for _, question in portion:
            query = query | question
        try:
            _add(answered.candidates, crm.look_up(query))
        except (InvariantError, RejectedError) as error:
            if len(portion) == len(questions):
                _require_any_answer(crm, portion[0][0], error)
            if len(portion) == 1:
                answered.failed.append((portion[0][0], _refuse(portion[0][0], error)))
            else:
                # One half to its end before the other: however many such mails there are, some are found each time.
                middle = len(portion) // 2
                portions += [portion[middle:], portion[:middle]]
    away = TransientError("Salesforce refuses too many questions. This one was not asked yet.")
    answered.failed += [(mail, away) for portion in portions for mail, _ in portion]
    return answered


def _require_any_answer(crm: Crm, mail: Mail, error: Exception) -> None:
    """Where not even our own people can be asked for, the cause is no mail's: nothing may end for it."""
    try:
        crm.look_up(Query(users=frozenset({mail.canonical.mailbox_address})))
    except (InvariantError, RejectedError):
        raise error from None


def _refuse(mail: Mail, error: InvariantError | RejectedError) -> RejectedError:
    """It ends here and is seen among what Salesforce refused; each night tries it once more."""
    if isinstance(error, RejectedError):
        return error
    copy = mail.canonical
    fields = describe_error(Event.BUG, error, mailbox=copy.mailbox_id, message_id=copy.message_id)
    log.error("Salesforce does not take our question about one email", extra=fields)
    return RejectedError(REFUSED, "Salesforce does not take our question about the people on this email.")


def _add(candidates: Candidates, more: Candidates) -> None:
    """What two questions both found is the same in both answers."""
    candidates.contacts.update(more.contacts)
    candidates.leads.update(more.leads)
    candidates.accounts.update(more.accounts)
    candidates.users.update(more.users)
    candidates.owners.update(more.owners)
