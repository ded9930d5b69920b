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
from server.engine.deliver.wanted import Wanted
from server.ports.crm import Crm
from server.ports.store import ActivityStore
from server.rules.decision.activity import local_day_of
from server.rules.decision.other_tools import MailFacts, choose_tasks, is_sent_by_salesforce, list_people
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
        """The other programs' activities by our key: by Message-ID, else the only email Task that fits.

        An org that shows no email records has none to join, and the doctor says so.
        """
        asked = [w for w in mails if self.joins_others or is_sent_by_salesforce(w.mail, self.workspace)]
        if not asked:
            return {}
        joined = self._find_by_message_id([wanted.mail for wanted in asked])
        return self._find_tasks([wanted for wanted in asked if wanted.key not in joined]) | joined

    def _find_by_message_id(self, mails: Sequence[Mail]) -> dict[ActivityKey, SalesforceId]:
        """The same Message-ID, and no other author where one is named: an id that somebody used again is another mail.

        Of a mail that a server renamed, the other program may know either id.
        """
        by_message_id = {message_id: mail for mail in mails for message_id in _list_message_ids(mail)}
        if not by_message_id:
            return {}
        try:
            foreign_activities = self.crm.foreign_activities(list(by_message_id))
        except ConfigurationError:
            log.warning("email records cannot be read: what other tools logged is not found by them")
            return {}
        joined: dict[ActivityKey, SalesforceId] = {}
        for message_id, foreign in foreign_activities.items():
            mail = by_message_id.get(message_id)
            if mail is not None and (not foreign.author or foreign.author in _list_author_addresses(mail)):
                joined.setdefault(mail.key, foreign.activity_id)
        return joined

    def _find_tasks(self, mails: Sequence[Wanted]) -> dict[ActivityKey, SalesforceId]:
        facts = [(wanted, self._read_facts(wanted)) for wanted in mails]
        facts = [(wanted, fact) for wanted, fact in facts if fact.people]
        if not facts:
            return {}
        people = frozenset(i for _, fact in facts for i in fact.people)
        days = sorted(day for _, fact in facts for day in fact.days)
        try:
            tasks = self.crm.foreign_tasks(people, days[0], days[-1])
        except ConfigurationError:
            log.warning("Tasks of other tools cannot be looked for")
            return {}
        chosen = choose_tasks([fact for _, fact in facts], tasks)
        found = {facts[place][0]: activity_id for place, activity_id in chosen.items()}
        return {w.key: i for w, i in found.items() if not self._is_taken(w.mail, i)}

    def _is_taken(self, mail: Mail, activity_id: SalesforceId) -> bool:
        """Whether an earlier mail of the conversation joined that Task: one Task is one mail."""
        activities = self.store.activities_of(mail.conversation) if mail.conversation else []
        return any(a.activity_id == activity_id and a.key != mail.key for a in activities)

    def _read_facts(self, wanted: Wanted) -> MailFacts:
        mail, copy = wanted.mail, wanted.mail.canonical
        is_own = mail.author is not None and self.workspace.is_internal(mail.author.address)
        moment = read_sent_at(copy.headers, copy.internal_date, is_own=copy.is_sent or is_own)
        zones = {"", wanted.owner.time_zone if wanted.owner else ""}
        return MailFacts(
            people=list_people([record.record_id for record in wanted.decision.related]),
            subject=read_subject(copy.headers.first("Subject") or ""),
            is_inbound=not is_own,
            days=frozenset(local_day_of(moment, zone) for zone in zones),
            message_ids=frozenset(_list_message_ids(mail)),
            authors=frozenset(_list_author_addresses(mail)),
        )


def _list_message_ids(mail: Mail) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for copy in mail.copies for i in list_message_ids(copy.headers)))


def _list_author_addresses(mail: Mail) -> set[str]:
    """The author's, and those in From: other tools do not look behind a form's or a list's address."""
    authors = {mail.author.address} if mail.author else set()
    return authors | {p.address for p in mail.canonical.people.participants if p.header is Header.FROM}
