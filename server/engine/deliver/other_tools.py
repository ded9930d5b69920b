"""Mail that another program put into Salesforce already: joined, not logged a second time.

A setting, off by default; but what one of our people sent from Salesforce itself is always looked for there.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from server.domain.crm import ForeignTask, OwnTask
from server.domain.errors import ConfigurationError
from server.domain.ids import ActivityKey, KeyedHash, SalesforceId
from server.domain.ledger import ActivityRow
from server.domain.mail import Mail
from server.domain.mailbox import Workspace
from server.domain.message import Header
from server.domain.second_look import EarlierMail, LoggedMail, MailFacts
from server.engine.deliver.wanted import Claimed, Wanted
from server.ports.crm import Crm
from server.ports.store import ActivityStore
from server.rules.decision.activity import local_day_of
from server.rules.decision.other_tools import (
    HIDDEN,
    choose_tasks,
    is_sent_by_salesforce,
    is_task_of,
    list_people,
    may_be_of,
)
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
        keys = {wanted.key for wanted in asked}
        beside = [self.note_mail(wanted) for wanted in mails if wanted.key not in keys]
        try:
            return find_foreign_activities(self.crm, self.store, [self.note_mail(w) for w in asked], beside)
        except ConfigurationError:
            log.warning("what other tools logged cannot be read: every mail is logged")
            return {}

    def take_found(
        self, mails: Sequence[Claimed], found: Mapping[ActivityKey, SalesforceId]
    ) -> list[tuple[Claimed, SalesforceId]]:
        """The mails that their record stands for from now on. Another worker's mail has the others' meanwhile."""
        pairs = [(claimed, found[claimed.key]) for claimed in mails if claimed.key in found]
        return [(claimed, record_id) for claimed, record_id in pairs if self.store.take_record(record_id, claimed.key)]

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
            sent_at=moment,
        )
        return LoggedMail(mail.key, facts, mail.conversation)


def is_taken(store: ActivityStore, key: ActivityKey, activity_id: SalesforceId) -> bool:
    """Whether the record stands for another mail already, of whatever conversation: one record is one mail."""
    return any(activity.key != key for activity in store.activities_by_id(activity_id))


def find_foreign_activities(
    crm: Crm, store: ActivityStore, mails: Sequence[LoggedMail], beside: Sequence[LoggedMail] = ()
) -> dict[ActivityKey, SalesforceId]:
    """By Message-ID, else the only email Task that fits: this mail alone of all that are ours, those ``beside`` too.

    What stands for a mail already, or may, is none. Two workers may find the same one: ``take_record`` decides.
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
        if mail is None or not is_of or mail.key in found or foreign.activity_id in taken:
            continue
        if not is_taken(store, mail.key, foreign.activity_id):
            found[mail.key] = foreign.activity_id
            taken.add(foreign.activity_id)
    left = [mail for mail in mails if mail.key not in found]
    fitting = [task for task in records.tasks if any(is_task_of(task, mail.facts) for mail in left)]
    free = [t for t in fitting if t.activity_id not in taken and not store.activities_by_id(t.activity_id)]
    if not free:
        return found
    earlier = [mail for mail in list_earlier_mails(store, records.own) if mail.key not in found]
    chosen = choose_tasks([*left, *beside], free, earlier)
    tasks = {task.activity_id: task for task in free}
    keys = {mail.key for mail in (*mails, *beside)}
    for mail in left:
        task = tasks.get(chosen.get(mail.key, SalesforceId("")))
        if task and not may_be_of_thread(store, task, mail.conversation, keys):
            found[mail.key] = task.activity_id
    return found


def may_be_of_thread(
    store: ActivityStore, task: ForeignTask, conversation: KeyedHash | None, without: Collection[ActivityKey]
) -> bool:
    """Whether the Task may be of another mail of the conversation, as the ledger knows it.

    That one need not stand in the CRM yet, or by another of its people.
    """
    others = store.activities_of(conversation) if conversation else []
    return any(
        may_be_of(task, _read_of_thread(other, task))
        for other in others
        if other.key not in without and not other.is_joined
    )


def _read_of_thread(activity: ActivityRow, task: ForeignTask) -> EarlierMail:
    """What the ledger does not know, a mail that is only claimed most of all, is as the Task would have it."""
    people = list_people([*activity.related_ids, *([activity.record_id] if activity.record_id else [])])
    is_known = activity.sent_at > 0
    return EarlierMail(
        activity.key,
        people or frozenset({task.who_id}),
        HIDDEN,
        frozenset({local_day_of(activity.sent_at, "") if is_known else task.day}),
        is_inbound=activity.is_inbound if is_known else None,
        sent_at=activity.sent_at,
    )


def list_earlier_mails(store: ActivityStore, tasks: Sequence[OwnTask]) -> list[EarlierMail]:
    """The mails of our own Tasks, but for those that another tool's stands for since."""
    activities = store.activities(list({task.key for task in tasks}))
    return [
        _read_earlier(task, activities.get(task.key))
        for task in tasks
        if task.key not in activities or not activities[task.key].is_joined
    ]


def _read_earlier(task: OwnTask, activity: ActivityRow | None) -> EarlierMail:
    people, days = frozenset({task.who_id}), frozenset({task.day})
    if activity is None or not activity.sent_at:
        return EarlierMail(task.key, people, task.subject, days)
    return EarlierMail(
        task.key,
        people | list_people(activity.related_ids),
        task.subject,
        days | {local_day_of(activity.sent_at, "")},
        is_inbound=activity.is_inbound,
        sent_at=activity.sent_at,
    )


def _list_message_ids(mail: Mail) -> frozenset[str]:
    return frozenset(message_id for copy in mail.copies for message_id in list_message_ids(copy.headers))


def _list_author_addresses(mail: Mail) -> frozenset[str]:
    """The author's, and those in From: other tools do not look behind a form's or a list's address."""
    authors = frozenset({mail.author.address}) if mail.author else frozenset()
    return authors | {p.address for p in mail.canonical.people.participants if p.header is Header.FROM}
