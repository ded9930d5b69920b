"""Where a mail belongs, moment by moment: written from the design, out of the world and the org's own journal."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.salesforce.journal import PERSON, Entry
from tests.soak.org.planning import Mail
from tests.soak.town import DOMAIN, DOMAIN_FIELD

WINDOW = 900.0
"""Seconds from a round's look-up to its insert, at most: its calls, and what time does while workers are busy."""


@dataclass(frozen=True)
class Place:
    """What an activity must point at."""

    who: str | None
    what: str | None
    owner: str | None


@dataclass
class State:
    """The records that decide, as they stand after some of the journal; by id, accounts by domain."""

    contacts: dict[str, dict[str, Any]]
    leads: dict[str, dict[str, Any]]
    accounts: dict[str, str]
    users: dict[str, tuple[str, bool]]
    became: dict[str, str] = field(default_factory=dict)
    """The contact that a converted lead's address became."""

    @classmethod
    def of(cls, org: Mapping[str, Any]) -> State:
        return cls(
            {c["Id"]: {**c, "gone": False, "touched": 0.0} for c in org["Contact"]},
            {c["Id"]: {**c, "gone": False} for c in org["Lead"]},
            {a[DOMAIN_FIELD]: a["Id"] for a in org["Account"]},
            {u["Id"]: (u["Email"], u["IsActive"]) for u in org["User"]},
        )

    def copy(self) -> State:
        contacts = {i: dict(c) for i, c in self.contacts.items()}
        return State(
            contacts, {i: dict(c) for i, c in self.leads.items()}, self.accounts, dict(self.users), dict(self.became)
        )

    def place(self, mail: Mail) -> Place | None:
        """None where nobody and nothing explains it."""
        owner = self._owner(mail)
        address = mail.outsider
        people = [c for c in self.contacts.values() if c["Email"] == address and not c["gone"]]
        if people:
            best = min(people, key=lambda c: (owner is None or c["OwnerId"] != owner, -c["touched"], c["Id"]))
            return Place(best["Id"], best["AccountId"], owner)
        if (winner := self._winner(self.became.get(address))) is not None:
            return Place(winner["Id"], winner["AccountId"], owner)
        leads = [c for c in self.leads.values() if c["Email"] == address and not c["gone"]]
        if leads:
            return Place(min(c["Id"] for c in leads), None, owner)
        company = self.accounts.get(address.partition("@")[2])
        return Place(None, company, owner) if company else None

    def apply(self, entry: Entry) -> None:
        """What a person did."""
        if entry.kind == "User":
            self.users[entry.identifier] = (self.users[entry.identifier][0], bool(entry.values["IsActive"]))
        elif entry.what == "convert":
            lead = self.leads[entry.identifier]
            lead["gone"] = True
            self.became[lead["Email"]] = entry.other
            self._add(entry.other, {**lead, **entry.values}, entry.at)
        elif entry.kind != "Contact":
            return
        elif entry.what == "insert":
            self._add(entry.identifier, entry.values, entry.at)
        elif entry.what in ("delete", "undelete"):
            self.contacts[entry.identifier].update(gone=entry.what == "delete", touched=entry.at)
        elif entry.what == "merge":
            self.contacts[entry.other].update(gone=True, master=entry.identifier)
            self.contacts[entry.identifier]["touched"] = entry.at

    def _winner(self, contact: str | None) -> dict[str, Any] | None:
        """Of a lead's contact that lost in a merge: who won, where that one stands."""
        lost = self.contacts.get(contact or "", {})
        winner = self.contacts.get(lost.get("master") or "")
        return winner if winner and not winner["gone"] else None

    def _add(self, identifier: str, values: Mapping[str, Any], at: float) -> None:
        names = ("Email", "AccountId", "OwnerId")
        new = {name: values.get(name) for name in names}
        self.contacts[identifier] = {"Id": identifier, **new, "gone": False, "touched": at}

    def _owner(self, mail: Mail) -> str | None:
        """Of what one of our people wrote the author alone; of received mail the first in To who is an active user."""
        is_ours = mail.sender.endswith(f"@{DOMAIN}")
        for address in (mail.sender,) if is_ours else mail.to:
            for identifier, (email, is_active) in self.users.items():
                if email == address and is_active:
                    return identifier
        return None


class History:
    """Answers for any stretch of the journal; asks must come with ends that never go back."""

    def __init__(self, org: Mapping[str, Any], journal: Sequence[Entry]) -> None:
        self._org = org
        self._journal = journal
        self._times = [entry.at for entry in journal]
        self._deeds = [n for n, entry in enumerate(journal) if entry.by == PERSON and _matters(entry)]
        self._state = State.of(org)
        self._applied = 0

    def places(self, mail: Mail, last: int, since: float | None = None) -> set[Place | None]:
        """Where it belonged at any moment of the window before the journal's entry ``last``."""
        begins = bisect_left(self._times, (self._times[last] if last < len(self._times) else 0.0) - WINDOW)
        if since is not None:
            begins = bisect_left(self._times, since - WINDOW)
        return set(self._walk(mail, begins, last))

    def index(self, at: float) -> int:
        """The first entry after this moment."""
        return bisect_left(self._times, at + 1e-6)

    def _walk(self, mail: Mail, first: int, last: int) -> Iterator[Place | None]:
        """A state of its own for each ask would be slow, one that moves on is kept."""
        state = self._at(first)
        yield state.place(mail)
        for number in self._deeds[bisect_left(self._deeds, first) : bisect_left(self._deeds, last)]:
            state.apply(self._journal[number])
            yield state.place(mail)

    def _at(self, first: int) -> State:
        """A copy of the state before an entry."""
        until = bisect_left(self._deeds, first)
        if until < self._applied:
            self._state, self._applied = State.of(self._org), 0
        for number in self._deeds[self._applied : until]:
            self._state.apply(self._journal[number])
        self._applied = until
        return self._state.copy()


def _matters(entry: Entry) -> bool:
    return entry.kind in ("User", "Contact", "Lead") and entry.what != "refuse"
