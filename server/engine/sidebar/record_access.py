"""Which records a rep may read, asked of Salesforce and remembered for a few minutes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace

from server.domain.crm import Candidates, Query, Record
from server.domain.errors import TrulyError
from server.domain.ids import MailboxId, SalesforceId
from server.domain.mailbox import Mailbox
from server.engine.ports import Ports

FRESH = 600.0
"""Seconds for which an answer holds."""
MOST_KEPT = 50_000


class RecordAccess:
    """Thread-safe. Where Salesforce does not answer, nothing counts as readable."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._users: dict[MailboxId, SalesforceId] = {}
        self._kept: dict[tuple[SalesforceId, SalesforceId], tuple[float, bool]] = {}

    def learn(self, mailbox: Mailbox, candidates: Candidates) -> None:
        """Take from an answer that was asked for anyway who the mailbox is in Salesforce."""
        user = next((candidates.users[a] for a in mailbox.addresses if a in candidates.users), None)
        if user is None or user.user_id == mailbox.crm_user_id:
            return
        with self._lock:
            self._users[mailbox.mailbox_id] = user.user_id
        self._ports.store.save_mailbox(
            mailbox.mailbox_id, lambda before: replace(before or mailbox, crm_user_id=user.user_id)
        )

    def known_user(self, mailbox: Mailbox) -> SalesforceId | None:
        with self._lock:
            return self._users.get(mailbox.mailbox_id) or mailbox.crm_user_id

    def user_of(self, mailbox: Mailbox) -> SalesforceId | None:
        """The active Salesforce User with one of the mailbox's addresses."""
        if self.known_user(mailbox) is None:
            self.learn(mailbox, self._ports.crm.look_up(Query(users=frozenset(mailbox.addresses))))
        return self.known_user(mailbox)

    def readable(self, mailbox: Mailbox, records: Sequence[Record]) -> frozenset[SalesforceId]:
        """What the rep owns is readable without a question."""
        if not records:
            return frozenset()
        try:
            user = self.user_of(mailbox)
            if user is None:
                return frozenset()
            owned = {r.record_id for r in records if r.owner_id == user}
            return frozenset(owned | self._asked(user, [r.record_id for r in records if r.record_id not in owned]))
        except TrulyError:
            return frozenset()

    def _asked(self, user: SalesforceId, record_ids: Iterable[SalesforceId]) -> set[SalesforceId]:
        now = self._ports.clock.now()
        wanted = list(dict.fromkeys(record_ids))
        with self._lock:
            known = {i: kept[1] for i in wanted if (kept := self._kept.get((user, i))) and now - kept[0] < FRESH}
        missing = [i for i in wanted if i not in known]
        if missing:
            found = self._ports.crm.readable(user, missing)
            known |= {i: i in found for i in missing}
            with self._lock:
                while len(self._kept) + len(missing) > MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept.update({(user, i): (now, known[i]) for i in missing})
        return {i for i, may in known.items() if may}
