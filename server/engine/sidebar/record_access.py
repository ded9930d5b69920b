"""Which records a rep may read: Salesforce says so, and we remember its answer for a few minutes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace

from server.domain.crm import Candidates, Query, Record
from server.domain.errors import OtherOrgError, TrulyError
from server.domain.ids import MailboxId, SalesforceId
from server.domain.mailbox import Mailbox
from server.ports.clock import Clock
from server.ports.crm import Crm
from server.ports.store import Store

FRESH = 600.0
"""Seconds for which we trust what Salesforce said about a user and a record."""
MAX_REMEMBERED = 50_000


class RecordAccess:
    """Thread-safe. Where Salesforce does not answer, nothing counts as readable."""

    def __init__(self, crm: Crm, store: Store, clock: Clock) -> None:
        self._crm = crm
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._users: dict[MailboxId, SalesforceId] = {}
        self._remembered: dict[tuple[SalesforceId, SalesforceId], tuple[float, bool]] = {}

    def learn(self, mailbox: Mailbox, candidates: Candidates) -> None:
        """Remember the mailbox's Salesforce user, where a query for something else returned that user too."""
        user = next((candidates.users[a] for a in mailbox.addresses if a in candidates.users), None)
        if user is None or user.user_id == mailbox.crm_user_id:
            return
        with self._lock:
            self._users[mailbox.mailbox_id] = user.user_id
        self._store.save_mailbox(
            mailbox.mailbox_id, lambda current: replace(current or mailbox, crm_user_id=user.user_id)
        )

    def known_user(self, mailbox: Mailbox) -> SalesforceId | None:
        with self._lock:
            return self._users.get(mailbox.mailbox_id) or mailbox.crm_user_id

    def user_of(self, mailbox: Mailbox) -> SalesforceId | None:
        """The active Salesforce user with one of the mailbox's addresses."""
        if self.known_user(mailbox) is None:
            self.learn(mailbox, self._crm.look_up(Query(users=frozenset(mailbox.addresses))))
        return self.known_user(mailbox)

    def readable(self, mailbox: Mailbox, records: Sequence[Record]) -> frozenset[SalesforceId]:
        """The ids of those records that the rep may read. A rep may read the records that the rep owns."""
        return self.ask(mailbox, records)[0]

    def ask(self, mailbox: Mailbox, records: Sequence[Record]) -> tuple[frozenset[SalesforceId], bool]:
        """The same, and whether Salesforce answered. Where it did not, the records that we know of are readable.

        Raises OtherOrgError: what is logged is not in the org that answers.
        """
        if self._crm.other_org:
            # The last call met it. Another one may tell that it is the right org again.
            self._crm.shape()
        if not records:
            return frozenset(), True
        try:
            user = self.user_of(mailbox)
            if user is None:
                return frozenset(), True
            owned = {r.record_id for r in records if r.owner_id == user}
            rest = [r.record_id for r in records if r.record_id not in owned]
            return frozenset(owned | self._readable_by(user, rest)), True
        except OtherOrgError:
            raise
        except TrulyError:
            return self.remembered(mailbox, records), False

    def remembered(self, mailbox: Mailbox, records: Sequence[Record]) -> frozenset[SalesforceId]:
        """The same without a question: what the rep owns, and what Salesforce said within the last minutes.

        Raises OtherOrgError where the last call met another org.
        """
        if other := self._crm.other_org:
            raise other
        user = self.known_user(mailbox)
        if user is None:
            return frozenset()
        owned = {r.record_id for r in records if r.owner_id == user}
        access = self._recall(user, [r.record_id for r in records])
        return frozenset(owned | {record_id for record_id, may_read in access.items() if may_read})

    def _readable_by(self, user: SalesforceId, record_ids: Iterable[SalesforceId]) -> set[SalesforceId]:
        now = self._clock.now()
        unique_ids = list(dict.fromkeys(record_ids))
        access = self._recall(user, unique_ids)
        unknown_ids = [record_id for record_id in unique_ids if record_id not in access]
        if unknown_ids:
            # Outside the lock: a slow answer must not hold up other reps.
            readable = self._crm.readable(user, unknown_ids)
            access |= {record_id: record_id in readable for record_id in unknown_ids}
            self._remember(user, {record_id: access[record_id] for record_id in unknown_ids}, now)
        return {record_id for record_id, is_readable in access.items() if is_readable}

    def _recall(self, user: SalesforceId, record_ids: Sequence[SalesforceId]) -> dict[SalesforceId, bool]:
        now = self._clock.now()
        with self._lock:
            return {
                record_id: entry[1]
                for record_id in record_ids
                if (entry := self._remembered.get((user, record_id))) and now - entry[0] < FRESH
            }

    def _remember(self, user: SalesforceId, access: dict[SalesforceId, bool], now: float) -> None:
        with self._lock:
            # The oldest entries go first: a dict keeps the order of insertion.
            while self._remembered and len(self._remembered) + len(access) > MAX_REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered.update({(user, record_id): (now, may_read) for record_id, may_read in access.items()})
