"""Mail that another program put into Salesforce already: joined, not logged a second time.

A setting, off by default; but what one of our people sent from Salesforce itself is always looked for there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.errors import ConfigurationError
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.mail import Mail
from server.domain.mailbox import Workspace
from server.domain.message import Header
from server.domain.second_look import LoggedMail, MailFacts
from server.engine.deliver.wanted import Wanted
from server.ports.crm import Crm
from server.ports.store import ActivityStore
from server.rules.decision.activity import local_day_of
from server.rules.decision.other_tools import choose_tasks, is_sent_by_salesforce, list_people
from server.rules.headers.dates import read_sent_at
from server.rules.headers.header_text import read_subject
from server.rules.headers.identity_key import list_message_ids

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ForeignFinder:
    """``joins_others``: all mail is looked for, and not only what was sent from Salesforce."""

    crm: Crm
    store: ActivityStore
    workspace: Workspace
    joins_others: bool

    def find_activities(self, mails: Sequence[Wanted]) -> dict[ActivityKey, SalesforceId]:
        """The other programs' activities by our key. An org that shows none has none to join; the doctor says so."""
        asked = [w for w in mails if self.joins_others or is_sent_by_salesforce(w.mail, self.workspace)]
        if not asked:
            return {}
        try:
            found = find_foreign_activities(self.crm, [self.note_mail(wanted) for wanted in asked])
        except ConfigurationError:
            log.warning("what other tools logged cannot be read: every mail is logged")
            return {}
        return {key: activity_id for key, activity_id in found.items() if not is_taken(self.store, key, activity_id)}

    def note_mail(self, wanted: Wanted) -> LoggedMail:
        mail, copy = wanted.mail, wanted.mail.canonical
        is_own = mail.author is not None and self.workspace.is_internal(mail.author.address)
        moment = read_sent_at(copy.headers, copy.internal_date, is_own=copy.is_sent or is_own)
        zones = {"", wanted.owner.time_zone if wanted.owner else ""}
        facts = MailFacts(
            people=list_people([record.record_id for record in wanted.decision.related]),
            subject=read_subject(copy.headers.first("Subject") or ""),
            is_inbound=not is_own,
            days=frozenset(local_day_of(moment, zone) for zone in zones),
            message_ids=_list_message_ids(mail),
            authors=_list_author_addresses(mail),
        )
        return LoggedMail(mail.key, facts)


def is_taken(store: ActivityStore, key: ActivityKey, activity_id: SalesforceId) -> bool:
    """Whether the record stands for another mail already, of whatever conversation: one record is one mail."""
    return any(activity.key != key for activity in store.activities_by_id(activity_id))


def find_foreign_activities(crm: Crm, mails: Sequence[LoggedMail]) -> dict[ActivityKey, SalesforceId]:
    """By Message-ID, else the only email Task that fits.

    An email record counts if it names no other author: an id that somebody used again is another mail. Of a mail that
    a server renamed, the other program may know either id. Raises ConfigurationError where nothing can be read.
    """
    by_message_id = {message_id: mail for mail in mails for message_id in sorted(mail.facts.message_ids)}
    people = {person for mail in mails for person in mail.facts.people}
    days = {day for mail in mails for day in mail.facts.days}
    records = crm.foreign_records(list(by_message_id), people, days)
    found: dict[ActivityKey, SalesforceId] = {}
    taken: set[SalesforceId] = set()
    for message_id, foreign in records.by_message_id.items():
        mail = by_message_id.get(message_id)
        is_of = mail is not None and (not foreign.author or foreign.author in mail.facts.authors)
        if mail is not None and is_of and mail.key not in found and foreign.activity_id not in taken:
            found[mail.key] = foreign.activity_id
            taken.add(foreign.activity_id)
    left = [mail for mail in mails if mail.key not in found]
    chosen = choose_tasks([mail.facts for mail in left], [t for t in records.tasks if t.activity_id not in taken])
    return found | {left[place].key: activity_id for place, activity_id in chosen.items()}


def _list_message_ids(mail: Mail) -> frozenset[str]:
    return frozenset(message_id for copy in mail.copies for message_id in list_message_ids(copy.headers))


def _list_author_addresses(mail: Mail) -> frozenset[str]:
    """The author's, and those in From: other tools do not look behind a form's or a list's address."""
    authors = frozenset({mail.author.address}) if mail.author else frozenset()
    return authors | {p.address for p in mail.canonical.people.participants if p.header is Header.FROM}
