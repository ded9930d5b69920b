"""Which activity that another program wrote is the one of a mail of ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from server.domain.crm import ForeignTask
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.mail import Mail
from server.domain.mailbox import Workspace
from server.domain.second_look import EarlierMail, LoggedMail, MailFacts
from server.rules.headers.identity_key import normalise_message_id, strip_prefixes

SALESFORCE_HEADERS = ("X-SFDC-LK", "X-SFDC-User")
"""What Salesforce writes into mail that somebody sent from it: the org's id, and the User's."""
SALESFORCE_SITES = ("sfdc.net", "salesforce.com")
_MARKS = re.compile(
    r"\s*(?:(?P<out>\[(?:out|sent|outbound)\]|>>|(?:sent|email sent|sent email|outbound)\s*:)"
    r"|(?P<in>\[(?:in|received|inbound)\]|<<|(?:received|email received|received email|inbound)\s*:)"
    r"|(?:e-?mail|gmail|outlook)\s*:|\[[^\[\]]{1,60}\])",
    re.IGNORECASE,
)
"""What tools put before the subject: their name, and some of them the direction."""
CLOCKS_APART = 5 * 60_000
"""Milliseconds by which a sender's clock may be before Salesforce's."""
HIDDEN = "email"
"""Our own subject where a setting keeps the mail's out of the CRM: it may be any."""
CUT_AT = 60
"""Characters of a subject from which on a tool may have cut it."""


def is_sent_by_salesforce(mail: Mail, workspace: Workspace) -> bool:
    """Whether one of our people sent it from Salesforce, which then has an EmailMessage and a Task of it already."""
    author, headers = mail.author, mail.canonical.headers
    if author is None or not workspace.is_internal(author.address):
        return False
    site = (normalise_message_id(headers.first("Message-ID")) or "").rpartition("@")[2].casefold()
    is_its_site = any(site == name or site.endswith(f".{name}") for name in SALESFORCE_SITES)
    return is_its_site or any(headers.has(name) for name in SALESFORCE_HEADERS)


def choose_tasks(
    mails: Sequence[LoggedMail], tasks: Sequence[ForeignTask], earlier: Sequence[EarlierMail] = ()
) -> dict[ActivityKey, SalesforceId]:
    """The Task of each mail, where it fits that mail alone of all that are ours, and that mail fits it alone.

    ``earlier`` are ours that stand in the CRM; of one that is among ``mails`` its facts count, and not its Task's.
    """
    keys = {mail.key for mail in mails}
    others = [other for other in earlier if other.key not in keys]
    fitting = {mail.key: [task for task in tasks if is_task_of(task, mail.facts)] for mail in mails}
    count = Counter(task.activity_id for found in fitting.values() for task in found)
    return {
        key: found[0].activity_id
        for key, found in fitting.items()
        if len(found) == 1 and count[found[0].activity_id] == 1 and not any(may_be_of(found[0], o) for o in others)
    }


def is_task_of(task: ForeignTask, mail: MailFacts) -> bool:
    """Whether it fits the mail, whatever else it fits."""
    if task.message_ids and not task.message_ids & mail.message_ids:
        return False
    if task.authors and not task.authors & mail.authors:
        return False
    subject, is_inbound = _read_task(task)
    return (
        task.who_id in mail.people
        and task.day in mail.days
        and is_inbound == mail.is_inbound
        and not _is_older(task, mail.sent_at)
        and _is_same_subject(subject, strip_prefixes(mail.subject))
    )


def may_be_of(task: ForeignTask, mail: EarlierMail) -> bool:
    """Whether it may stand for a mail of which less is known. A Message-ID says of itself whose it is."""
    subject, is_inbound = _read_task(task)
    return (
        not task.message_ids
        and task.who_id in mail.people
        and task.day in mail.days
        and mail.is_inbound in (None, is_inbound)
        and not _is_older(task, mail.sent_at)
        and any(ours == HIDDEN or _is_same_subject(subject, ours) for ours in _list_own_subjects(mail.subject))
    )


def _read_task(task: ForeignTask) -> tuple[str, bool]:
    """Its subject, and whether it came in.

    A Task without a record of the email behind it reads "You sent an email" in Salesforce: it is outbound.
    """
    subject, marked_inbound = _read_subject(task.subject)
    return subject, task.is_inbound if task.is_inbound is not None else bool(marked_inbound)


def _is_older(task: ForeignTask, sent_at: int) -> bool:
    """What was there before the mail was sent is another mail's."""
    return 0 < task.created_at < sent_at - CLOCKS_APART


def _list_own_subjects(subject: str) -> list[str]:
    """What the mail's own may be: we put its sender before that of a mail that came in, and a name may hold a colon."""
    parts = subject.split(": ") if subject.startswith("From ") else [subject]
    return [strip_prefixes(": ".join(parts[at:])) for at in range(len(parts))]


def _read_subject(text: str) -> tuple[str, bool | None]:
    """The subject without what tools and answers put before it; and whether a mark says that the mail came in."""
    is_inbound: bool | None = None
    at = 0
    while mark := _MARKS.match(text, at):
        is_inbound = True if mark.group("in") else False if mark.group("out") else is_inbound
        at = mark.end()
    return strip_prefixes(text[at:]), is_inbound


def _is_same_subject(theirs: str, ours: str) -> bool:
    """A mail without a subject is never found by it. A long one may be cut in theirs."""
    whole = theirs.removesuffix("...").removesuffix("…").rstrip()
    return bool(ours) and (theirs == ours or (len(whole) >= CUT_AT and ours.startswith(whole)))


def list_people(ids: Collection[SalesforceId]) -> frozenset[SalesforceId]:
    """Of the records of a mail those that can be the Who of a Task: contacts and leads."""
    return frozenset(i for i in ids if i[:3] in ("003", "00Q"))
