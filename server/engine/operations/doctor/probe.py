"""The live probe: one activity inserted, found, moved and deleted, for a User who is not the integration user.

It goes the way of every activity, so that what fails here fails there too. It writes, so that only an explicit option
runs it. What it made is deleted whatever happens; what a process that died has left, the next probe deletes first.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from server.domain.crm import Activity, CrmUser, Direction, Found, Query, Target
from server.domain.crm_survey import OrgSurvey
from server.domain.errors import ConfigurationError, DoubtError, RejectedError, TrulyError
from server.domain.ids import ActivityKey, SalesforceId
from server.engine.operations.doctor.owners import Addresses
from server.engine.operations.doctor.registry import Finding
from server.ports.clock import Clock
from server.ports.crm import Crm

SUBJECT = "Set-up check of the email sync. It is deleted at once."
KEYS = 20
"""Keys of probes. A deleted one may hold its key for the 15 days that it lies in the Recycle Bin."""
OWNERS_ASKED = 200
INSERT = (
    "The integration user needs our permission set, Edit Tasks, and access to accounts and contacts. A trigger, flow or"
    " required field of the org may refuse it too."
)
OWNER = (
    "The integration user must be allowed to save tasks for other owners: see docs/salesforce.md, The integration user."
)
FIND = (
    "The integration user must see our key field, and tasks that others own: where Activities are Private, it needs"
    " View All Data."
)
CHANGE = "It needs access to the task through its owner: a role above, or Modify All Data."


@dataclass(frozen=True)
class Probe:
    """Yields findings as the doctor's checks do. Raises OtherOrgError and what else keeps every activity away."""

    crm: Crm
    list_owners: Callable[[], Sequence[Addresses]]
    clock: Clock
    organisation: str

    def examine(self) -> Iterator[Finding]:
        survey = self.crm.survey()
        owners = self.list_owners()
        owner = self._find_owner(owners)
        key = self._choose_key()
        yield from _Run(self.crm, self._make_activity(key, owner, survey), survey).examine()
        yield self._list_automation()
        if owner is None:
            why = "None of the mailboxes has a Salesforce User" if owners else "No mailbox is known yet"
            advice = "Give one a User" if owners else "Run sync"
            text = f"{why}, so the activity was not saved for another owner. {advice}, then run the probe again."
            yield Finding("Probe: owner", is_good=False, text=text)

    def _find_owner(self, owners: Sequence[Addresses]) -> CrmUser | None:
        """A User who is not the integration user, which look-ups never find."""
        addresses = frozenset(address for of_one in owners[:OWNERS_ASKED] for address in of_one)
        users = self.crm.look_up(Query(users=addresses)).users if addresses else {}
        return next((users[address] for address in sorted(users)), None)

    def _choose_key(self) -> ActivityKey:
        """One that no probe holds any more. What a probe that died has left is deleted."""
        keys = [_hash(f"probe.{self.organisation}.{number}") for number in range(KEYS)]
        try:
            held = self.crm.find_by_key(keys)
        except ConfigurationError:
            return _hash(secrets.token_hex())  # without our key field nothing is found, as the probe then says
        left = [found.activity_id for found in held.values() if not found.is_deleted]
        if left:
            self.crm.remove(left)
        return next((key for key in keys if key not in held), _hash(secrets.token_hex()))

    def _make_activity(self, key: ActivityKey, owner: CrmUser | None, survey: OrgSurvey) -> Activity:
        now = self.clock.now()
        return Activity(
            key=key, subject=SUBJECT, body=SUBJECT, sent_at=int(now * 1000),
            day=datetime.fromtimestamp(now, UTC).date().isoformat(), direction=Direction.OUTBOUND,
            owner_id=owner.user_id if owner else None, who_id=None, what_id=survey.an_account, related_ids=(),
            from_address="", to_addresses=(), cc_addresses=(), rfc822_message_id="", thread_id="", mailbox="",
            match_type="probe", is_backfilled=False,
        )  # fmt: skip

    def _list_automation(self) -> Finding:
        automation = self.crm.list_automation()
        parts = []
        has_any = False
        for kind, names in (("triggers", automation.triggers), ("flows", automation.flows)):
            if names is None:
                parts.append(f"The integration user may not read which {kind} there are.")
            elif names:
                parts.append(f"Active {kind} on Task: {', '.join(names)}.")
                has_any = True
            else:
                parts.append(f"No active {kind} on Task.")
        if has_any:
            parts.append("Their conditions decide whether they ran.")
        return Finding("Probe: automation", is_good=True, text=" ".join(parts))


class _Run:
    """One probe."""

    def __init__(self, crm: Crm, activity: Activity, survey: OrgSurvey) -> None:
        self._crm = crm
        self._activity = activity
        self._survey = survey
        self._activity_id: SalesforceId | None = None

    def examine(self) -> Iterator[Finding]:
        findings: list[Finding] = []
        try:
            findings += self._insert()
            if self._activity_id is not None:
                findings += self._find()
                findings += self._move()
        finally:
            findings += self._delete()
        yield from findings

    def _insert(self) -> Iterator[Finding]:
        try:
            filed = self._crm.file([self._activity])[0]
        except DoubtError as error:
            self._activity_id = self._look()
            yield _fail("insert", error, INSERT)
            return
        except TrulyError as error:
            yield _fail("insert", error, INSERT)
            return
        self._activity_id = filed.activity_id
        if filed.error is not None:
            if isinstance(filed.error, DoubtError):
                self._activity_id = self._look()
            yield _fail("insert", filed.error, INSERT)
        else:
            yield Finding("Probe: insert", is_good=True, text="One activity was inserted.")

    def _look(self) -> SalesforceId | None:
        """After a lost answer: what may have been made."""
        found = self._read()
        return found.activity_id if found and not found.is_deleted else None

    def _read(self) -> Found | None:
        try:
            return self._crm.find_by_key([self._activity.key]).get(self._activity.key)
        except TrulyError:
            return None

    def _find(self) -> Iterator[Finding]:
        found = self._read()
        if found is None or found.is_deleted:
            yield Finding("Probe: find", is_good=False, text=f"It could not be found by its key. {FIND}")
            return
        yield Finding("Probe: find", is_good=True, text="It was found by its key.")
        if self._activity.owner_id is None:
            return
        if found.owner_id != self._activity.owner_id:
            text = f"It was saved for another owner than the User who was asked for. {OWNER}"
            yield Finding("Probe: owner", is_good=False, text=text)
        else:
            yield Finding("Probe: owner", is_good=True, text="A User who is not the integration user owned it.")

    def _move(self) -> Iterator[Finding]:
        contact = self._survey.a_contact
        assert self._activity_id is not None
        target = Target(self._activity_id, contact, None if contact else self._activity.what_id, "probe")
        try:
            failure = self._crm.retarget([target])[0]
        except TrulyError as error:
            failure = error
        if failure is not None:
            yield _fail("move", failure, CHANGE)
            return
        found = self._read()
        if found is not None and found.who_id != contact:
            text = "Salesforce took the move, and yet it is where it was: a trigger or flow of the org moves it back."
            yield Finding("Probe: move", is_good=False, text=text)
            return
        text = "It was moved to a contact."
        if contact is None:
            text = "It could be changed. The integration user sees no contact, so it was not moved to another record."
        yield Finding("Probe: move", is_good=True, text=text)

    def _delete(self) -> Sequence[Finding]:
        if self._activity_id is None:
            return ()
        try:
            failure = self._crm.remove([self._activity_id])[0]
        except TrulyError as error:
            failure = error
        if failure is not None:
            by_hand = f"{CHANGE} Delete the Task {self._activity_id} by hand, or run the probe again."
            return (_fail("delete", failure, by_hand),)
        return (Finding("Probe: delete", is_good=True, text="It was deleted."),)


def _fail(step: str, error: Exception, advice: str) -> Finding:
    said = f"{error.code}: {error.reason}" if isinstance(error, RejectedError) and error.reason else str(error)
    return Finding(f"Probe: {step}", is_good=False, text=f"This failed ({said.rstrip('.')}). {advice}")


def _hash(text: str) -> ActivityKey:
    return ActivityKey(hashlib.sha256(text.encode()).hexdigest())
