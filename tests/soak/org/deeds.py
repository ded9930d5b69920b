"""What people do in the org, at its time or between a look-up and the insert that goes by it."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from simulator.salesforce.errors import RecordError
from simulator.salesforce.org import Org
from simulator.salesforce.switches import AUTOMATION, OrgSwitches
from tests.soak.org import town
from tests.soak.org.planning import Deed, Done
from tests.soak.org.weather import Weather

KEY = "TrulyActivity__Message_Key__c"
WRITING = ("/composite", "/composite/sobjects")
UNSEEN = "ambush: task into the bin unseen"
RECENT = 30
BORNE = (1, 2, 3, 5, 8, 25)
CLOSED = (
    KEY, "WhoId", "ActivityDate", "Description", "Type", "TrulyActivity__Direction__c", "TrulyActivity__Mailbox__c",
    "WhatId", "TaskSubtype", "TrulyActivity__Sent_At__c",
)  # fmt: skip
"""Fields that every email needs, and some that it can spare."""
LOCKED = (20.0, 400.0)
"""Seconds for which a record is locked."""
AMBUSHES = (Deed.DELETE_CONTACT, Deed.MERGE, Deed.CONVERT, Deed.LEAVE, Deed.LOCK)
QUIET = frozenset((*(town.account(i) for i in range(town.QUIET)), town.SHUT_ACCOUNT))
"""Accounts whose people are left alone."""


class Deeds:
    """Thread-safe: ambushes come from the threads that answer."""

    def __init__(self, org: Org, weather: Weather, seed: int) -> None:
        self._org = org
        self._weather = weather
        self._chance = random.Random(f"deeds {seed}")
        self._lock = threading.Lock()
        self._armed: deque[Done] = deque()
        self._away: list[str] = []
        self.done: Counter[str] = Counter()
        self._how: dict[Deed, Callable[[Done, dict[str, Any]], bool]] = {
            Deed.DELETE_CONTACT: self._delete_contact,
            Deed.UNDELETE_CONTACT: self._undelete_contact,
            Deed.MERGE: self._merge,
            Deed.CONVERT: self._convert,
            Deed.NEW_CONTACT: self._new_contact,
            Deed.LEAVE: self._leave,
            Deed.RETURN: self._return,
            Deed.BIN: self._bin,
            Deed.RESTORE: self._restore,
            Deed.EDIT: self._edit,
            Deed.LOCK: self._hold,
            Deed.REQUIRE: self._require,
            Deed.RELAX: self._relax,
            Deed.LIMIT: self._limit,
            Deed.LIFT: lambda _event, _record: self._switch(automation_bears=None),
            Deed.CLOSE: self._close,
            Deed.OPEN: lambda _event, _record: self._switch(read_only_fields=(), unreadable=()),
        }
        self.least_borne: int | None = None

    def play(self, event: Done) -> None:
        """What finds nothing to be done to is not done."""
        if event.deed is Deed.AMBUSH:
            with self._lock:
                self._armed.append(event)
            return
        self._do(event.deed, event, None)

    def before(self, path: str, body: bytes) -> None:
        """Of each request: one that inserts tasks may find that somebody was faster."""
        with self._lock:
            if not self._armed or not path.endswith(WRITING):
                return
            records = _inserted(body)
            if not records:
                return
            event = self._armed.popleft()
        record = records[int(event.chance * len(records))]
        deed = AMBUSHES[int(event.chance * 1_000) % len(AMBUSHES)]
        self._do(deed, event, record, "ambush: ")

    def after(self, path: str, body: bytes) -> None:
        """Of each request: what was inserted and never answered for, a person may throw away before anybody looks."""
        is_lost = self._weather.lost_at[-1:] == [self._org.clock.now()]
        records = _inserted(body) if is_lost and path.endswith(WRITING) else []
        with self._lock:
            gone = self._chance.sample(records, min(len(records), self._chance.randint(0, 2)))
        for record in gone:
            for row in self._org.tables.where("Task", KEY, record[KEY]):
                with suppress(RecordError):  # it may be locked
                    self._org.remove(row["Id"], by="person")
                    self.done[UNSEEN] += 1

    def everybody_back(self) -> None:
        """At the end of the day nobody is away, and nothing is locked or required any more."""
        while self._away:
            self._org.change("User", {"Id": self._away.pop(), "IsActive": True})
        self._org.rules[:] = [rule for rule in self._org.rules if rule["kind"] != "required"]
        self._org.switches = OrgSwitches()
        with self._lock:
            self._armed.clear()

    def _do(self, deed: Deed, event: Done, record: dict[str, Any] | None, how: str = "") -> None:
        try:
            if self._how[deed](event, record or {}):
                self.done[how + deed] += 1
        except RecordError:
            return  # somebody else changed it in the same moment

    def _one(self, event: Done, kind: str, *, deleted: bool = False, of: str | None = None) -> str | None:
        """A record to be treated: the one that is named if it may be, else any that may."""
        rows = [
            row
            for row in self._org.everything(kind)
            if bool(row["IsDeleted"]) is deleted
            and not row.get("MasterRecordId")
            and not row.get("IsConverted")
            and row.get("AccountId") not in QUIET
        ]
        if of is not None:
            rows = [row for row in rows if row["Id"] == of]
        return str(rows[int(event.chance * len(rows))]["Id"]) if rows else None

    def _delete_contact(self, event: Done, record: dict[str, Any]) -> bool:
        found = self._one(event, "Contact", of=record.get("WhoId"))
        if found:
            self._org.remove(found, by="person")
        return found is not None

    def _undelete_contact(self, event: Done, _record: dict[str, Any]) -> bool:
        found = self._one(event, "Contact", deleted=True)
        if found:
            self._org.restore(found)
        return found is not None

    def _merge(self, event: Done, record: dict[str, Any]) -> bool:
        """With another of its account: its twin where it has one."""
        loser = self._one(event, "Contact", of=record.get("WhoId"))
        if loser is None:
            return False
        _, lost = self._org.record(loser)
        others = [
            row
            for row in self._org.everything("Contact")
            if row["AccountId"] == lost["AccountId"] and row["Id"] != loser and not row["IsDeleted"]
        ]
        others.sort(key=lambda row: (row["Email"] != lost["Email"], row["Id"]))
        if others:
            self._org.merge(str(others[0]["Id"]), loser)
        return bool(others)

    def _convert(self, event: Done, record: dict[str, Any]) -> bool:
        found = self._one(event, "Lead", of=record.get("WhoId"))
        if found:
            self._org.convert(found, town.account(town.QUIET + int(event.chance * (town.ACCOUNTS - town.QUIET))))
        return found is not None

    def _new_contact(self, event: Done, _record: dict[str, Any]) -> bool:
        """Of an address whose mail went to the account so far."""
        number = town.QUIET + int(event.chance * (town.ACCOUNTS - town.QUIET))
        address = f"somebody{int(event.chance * 1_000) % 6}@customer{number}.example"
        owner = town.user(0)
        self._org.change(
            "Contact", {"LastName": "New", "Email": address, "AccountId": town.account(number), "OwnerId": owner}
        )
        return True

    def _leave(self, event: Done, record: dict[str, Any]) -> bool:
        users = [u["Id"] for u in self._org.everything("User") if u["IsActive"] and u["Id"] != town.INTEGRATION_USER]
        wanted = record.get("OwnerId")
        users = [u for u in users if wanted in (None, u)]
        if not users or len(self._away) > 2:
            return False
        gone = str(users[int(event.chance * len(users))])
        self._org.change("User", {"Id": gone, "IsActive": False})
        self._away.append(gone)
        return True

    def _return(self, _event: Done, _record: dict[str, Any]) -> bool:
        if not self._away:
            return False
        self._org.change("User", {"Id": self._away.pop(0), "IsActive": True})
        return True

    def _bin(self, event: Done, _record: dict[str, Any]) -> bool:
        """A recent task, rather one whose insert was never answered."""
        tasks = [e for e in self._org.journal[-20 * RECENT :] if e.what == "insert" and e.kind == "Task"]
        lost = [e for e in tasks if e.at in self._weather.lost_at[-3:]]
        if not tasks:
            return False
        chosen = (lost or tasks)[-1 - int(event.chance * min(RECENT, len(lost or tasks)))]
        self._org.remove(chosen.identifier, by="person")
        return True

    def _restore(self, event: Done, _record: dict[str, Any]) -> bool:
        found = self._one(event, "Task", deleted=True)
        if found:
            self._org.restore(found)
        return found is not None

    def _edit(self, event: Done, _record: dict[str, Any]) -> bool:
        """A rep's own words on a task."""
        found = self._one(event, "Task")
        if found:
            self._org.change("Task", {"Id": found, "Description": "Called back.", "Priority": "High"})
        return found is not None

    def _hold(self, event: Done, record: dict[str, Any]) -> bool:
        account = record.get("WhatId") or town.account(int(event.chance * town.ACCOUNTS))
        self._org.lock(account, self._org.clock.now() + LOCKED[0] + event.chance * (LOCKED[1] - LOCKED[0]))
        return True

    def _require(self, _event: Done, _record: dict[str, Any]) -> bool:
        self._org.rules.append(town.REQUIRED)
        return True

    def _relax(self, _event: Done, _record: dict[str, Any]) -> bool:
        self._org.rules.remove(town.REQUIRED)
        return True

    def _limit(self, event: Done, _record: dict[str, Any]) -> bool:
        """From now on the org's automation bears so few records in one transaction, and says so in some words."""
        bears = BORNE[int(event.chance * len(BORNE))]
        words = sorted(AUTOMATION)[int(event.chance * 1_000) % len(AUTOMATION)]
        self.least_borne = min(bears, self.least_borne or bears)
        return self._switch(automation_bears=bears, automation_fails_with=words)

    def _close(self, event: Done, _record: dict[str, Any]) -> bool:
        """An admin takes away the right to write a field, or to see it."""
        name = f"Task.{CLOSED[int(event.chance * len(CLOSED))]}"
        if int(event.chance * 1_000) % 2:
            return self._switch(read_only_fields=(name,))
        return self._switch(unreadable=(name,))

    def _switch(self, **switches: Any) -> bool:
        self._org.switches = replace(self._org.switches, **switches)
        return True


def _inserted(body: bytes) -> list[dict[str, Any]]:
    """The new tasks of a collection, or of all collections of a composite; none where it asks something else."""
    found = json.loads(body or b"{}")
    parts = (
        [part.get("body") or {} for part in found.get("compositeRequest", ())] if "records" not in found else [found]
    )
    return [
        record for part in parts for record in part.get("records", ()) if "Subject" in record and "id" not in record
    ]
