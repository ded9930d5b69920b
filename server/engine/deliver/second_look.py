"""A second look, hours after a mail was logged: did another tool log it too? Some are hours late."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from server.domain.errors import (
    ConfigurationError,
    ConflictError,
    OtherOrgError,
    ReconnectRequiredError,
    SealBrokenError,
    TransientError,
)
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState
from server.domain.second_look import LoggedMail, MailFacts, SecondLook
from server.engine.deliver.other_tools import find_foreign_activities, is_taken
from server.engine.ledger.sealing import Sealing
from server.ports.clock import Clock
from server.ports.crm import ACTIVITIES_PER_CALL, Crm
from server.ports.store import ActivityStore, SecondLookStore, Store

log = logging.getLogger(__name__)

COLLECTION, PURPOSE = "second_looks", "mails"
_SETS = ("people", "days", "message_ids", "authors")
LOOK_AFTER = 6 * 3_600.0
"""Seconds from logging to the second look. Einstein Activity Capture took three hours for a sent reply."""
LOOKS_APART = 3_600.0
"""Seconds: what falls due within one such span is looked for together, so that a trickle of mail costs few calls."""
MARKING_TRIES = 5
LOOKS_AT_ONCE = 200
"""Rounds that are read together, until they hold a thousand mails."""


@dataclass(frozen=True)
class LookPlanner:
    store: SecondLookStore
    sealing: Sealing
    clock: Clock

    def plan(self, mails: Sequence[LoggedMail]) -> None:
        """Before the activities are closed: a crash in between leaves a look that finds them closed by another try."""
        if not mails:
            return
        name = uuid.uuid4().hex
        due_at = self.clock.now() + LOOK_AFTER
        due_at += -due_at % LOOKS_APART
        content = json.dumps([_write_mail(mail) for mail in mails]).encode()
        self.store.plan_look(SecondLook(name, due_at, self.sealing.seal(COLLECTION, name, PURPOSE, content)))


@dataclass(frozen=True)
class SecondLooker:
    """Tells what is in Salesforce twice; it deletes nothing. Thread-safe."""

    crm: Crm
    store: Store
    sealing: Sealing
    clock: Clock

    def look_or_wait(self) -> None:
        """As ``look``, at the end of other work that must not fail by it: the next one looks."""
        try:
            self.look()
        except (TransientError, ReconnectRequiredError, OtherOrgError) as error:
            log.info("the second look waits: %s", type(error).__name__)

    def look(self) -> int:
        """Look once for what is due, at most some thousand mails; returns how many another tool logged too.

        Nothing is looked for while background work has no calls left. Raises what the ports raise; then the same mails
        are looked for the next time.
        """
        looks, mails = self._read_due()
        if not looks or self._is_allowance_spent():
            return 0
        mails = self._leave_out_gone(mails)
        count = 0
        try:
            found = find_foreign_activities(self.crm, self.store, mails) if mails else {}
        except ConfigurationError:
            found = {}  # an org that shows neither emails nor Tasks of others
        for key, activity_id in found.items():
            count += self._mark(key, activity_id)
        self.store.drop_looks(looks)
        if count:
            log.warning("another tool logged emails that stand in Salesforce already: %d", count)
        return count

    def _read_due(self) -> tuple[list[SecondLook], list[LoggedMail]]:
        looks: list[SecondLook] = []
        mails: list[LoggedMail] = []
        for look in self.store.due_looks(self.clock.now(), LOOKS_AT_ONCE):
            if len(mails) >= ACTIVITIES_PER_CALL:
                break
            looks.append(look)
            try:
                content = self.sealing.open(COLLECTION, look.name, PURPOSE, look.sealed)
            except SealBrokenError:
                continue  # what no longer opens is not looked for
            mails += map(_read_mail, json.loads(content))
        return looks, mails

    def _leave_out_gone(self, mails: Sequence[LoggedMail]) -> list[LoggedMail]:
        activities = self.store.activities([mail.key for mail in mails])
        standing = [mail for mail in mails if mail.key in activities and _stands(activities[mail.key])]
        return [replace(mail, conversation=activities[mail.key].conversation) for mail in standing]

    def _mark(self, key: ActivityKey, activity_id: SalesforceId) -> bool:
        for _ in range(MARKING_TRIES):
            activity = self.store.activities([key]).get(key)
            if activity is None or not _stands(activity) or activity_id in (activity.activity_id, activity.doubled_by):
                return False
            if is_taken(self.store, key, activity_id) or not self.store.take_record(activity_id, key):
                return False  # ours would go for a record that stands for another mail
            with suppress(ConflictError):  # somebody moved or stopped it at this moment
                self.store.save_activities([replace(activity, doubled_by=activity_id)], [])
                return True
        return False

    def _is_allowance_spent(self) -> bool:
        allowance = self.crm.allowance()
        return allowance is not None and allowance.is_spent


def count_doubles(store: ActivityStore) -> int:
    return sum(_stands(activity) for activity in store.doubled_activities())


def _stands(activity: ActivityRow) -> bool:
    return activity.state is ActivityState.LOGGED and activity.own_activity_id is not None


def _write_mail(mail: LoggedMail) -> dict[str, Any]:
    facts = mail.facts
    sets = {name: sorted(getattr(facts, name)) for name in _SETS}
    return {"key": mail.key, "subject": facts.subject, "is_inbound": facts.is_inbound, "sent_at": facts.sent_at, **sets}


def _read_mail(fields: Mapping[str, Any]) -> LoggedMail:
    sets: dict[str, Any] = {name: frozenset(fields[name]) for name in _SETS}
    sent_at = fields.get("sent_at", 0)  # a look that an older version planned has none
    facts = MailFacts(subject=fields["subject"], is_inbound=fields["is_inbound"], sent_at=sent_at, **sets)
    return LoggedMail(fields["key"], facts)
