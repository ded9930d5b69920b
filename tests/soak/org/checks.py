"""What must hold at the end of a day, looking at the world, at the org and its journal, and at the rows; ids only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.domain.decision import Outcome, Reason
from server.domain.ledger import Row
from simulator.salesforce.journal import API, PERSON, Entry
from tests.soak.org import town
from tests.soak.org.deeds import KEY
from tests.soak.org.oracle import History, Place
from tests.soak.org.planning import Mail
from tests.soak.org.town import Kind
from tests.soak.play import Violation

MESSAGE_ID = "TrulyActivity__Message_Id__c"
NOBODYS = {Kind.STRANGER: Reason.NO_MATCH, Kind.COLLEAGUE: Reason.INTERNAL_ONLY}
SHUT_PEOPLE = frozenset(town.shut(number)[0] for number in range(town.SHUT_PEOPLE))
REFUSED = {refusal.word: {refusal.code: refusal.says} for refusal in town.REFUSALS}


@dataclass(frozen=True)
class End:
    """All that is looked at. ``copies`` maps a row's key to its mail; ``tasks`` are the org's, deleted ones too.

    ``sentences`` are what a rep reads of each refused row.
    """

    mails: Sequence[Mail]
    copies: Mapping[str, int]
    rows: Mapping[str, Row]
    sentences: Mapping[str, str]
    tasks: Sequence[Mapping[str, Any]]
    journal: Sequence[Entry]
    org: Mapping[str, Any]


def violations(end: End) -> list[Violation]:
    return _Look(end).all()


class _Look:
    def __init__(self, end: End) -> None:
        self._end = end
        self._numbers = {mail.message_id.strip("<>"): mail.number for mail in end.mails}
        self._tasks: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
        self._inserts: dict[int, list[tuple[int, Entry]]] = defaultdict(list)
        self._refusals: dict[int, set[str]] = defaultdict(set)
        self._binned: set[str] = set()
        self._named = {row.activity_id for row in end.rows.values() if row.activity_id}
        self._history = History(end.org, end.journal)
        for task in end.tasks:
            self._tasks[self._mail_of(task)].append(task)
        for place, entry in enumerate(end.journal):
            self._note(place, entry)

    def all(self) -> list[Violation]:
        return [*self._sets(), *self._org(), *self._targets(), *self._rows()]

    def _note(self, place: int, entry: Entry) -> None:
        if entry.kind != "Task":
            return
        if entry.what == "insert":
            self._inserts[self._mail_of(entry.values)].append((place, entry))
        elif entry.what == "refuse":
            self._refusals[self._mail_of(entry.values)].add(entry.code)
        elif entry.what == "delete" and entry.by == PERSON:
            self._binned.add(entry.identifier)

    def _mail_of(self, values: Mapping[str, Any]) -> int:
        return self._numbers.get(str(values.get(MESSAGE_ID)).strip("<>"), -1)

    def _sets(self) -> Iterator[Violation]:
        """Each message has one row, and there is no other."""
        for key in sorted(self._end.copies.keys() - self._end.rows.keys()):
            yield Violation("lost: no row", key)
        for key in sorted(self._end.rows.keys() - self._end.copies.keys()):
            yield Violation("a row for no message", key)

    def _org(self) -> Iterator[Violation]:
        """One mail, one task, deleted ones counted; the sync inserts, and changes nothing that is there."""
        for key, count in Counter(str(task[KEY]) for task in self._end.tasks).items():
            if count > 1:
                yield Violation("one key, several activities", key, str(count))
        for number, tasks in sorted(self._tasks.items()):
            if number < 0:
                yield Violation("an activity of no mail", str(tasks[0]["Id"]))
            elif len(tasks) > 1:
                yield Violation("doubled activity", f"mail {number}", self._story(number, tasks))
            elif self._end.mails[number].kind in NOBODYS:
                yield Violation("an activity that must not be", f"mail {number}")
        for entry in self._end.journal:
            if entry.kind == "Task" and entry.by == API and entry.what in ("update", "delete"):
                yield Violation("the sync changed an activity", entry.identifier, entry.what)

    def _story(self, number: int, tasks: Sequence[Mapping[str, Any]]) -> str:
        """What happened to a mail's activities, in order, for whoever looks for the cause."""
        ours = {str(task["Id"]) for task in tasks}
        told = [
            f"{entry.at:.1f} {entry.by} {entry.what} {entry.identifier}"
            for entry in self._end.journal
            if entry.kind == "Task" and (entry.identifier in ours or self._mail_of(entry.values) == number)
        ]
        return f"{len(tasks)}: " + "; ".join(told)

    def _targets(self) -> Iterator[Violation]:
        """Who, what and owner were right when it was inserted, or a moment before."""
        for number, found in sorted(self._inserts.items(), key=lambda item: item[1][0][0]):
            for place, entry in found if number >= 0 else ():
                got = Place(*(entry.values.get(name) for name in ("WhoId", "WhatId", "OwnerId")))
                allowed = self._spared(number, self._history.places(self._end.mails[number], place))
                if got not in allowed:
                    where = f"mail {number}"
                    yield Violation(
                        "an activity on the wrong record", where, f"{got}, expected {sorted(map(str, allowed))}"
                    )

    def _spared(self, number: int, places: set[Place | None]) -> set[Place | None]:
        """What the org refused to link may be left out: an owner who left, an account that may not be edited."""
        found = set(places)
        if town.NO_OWNER in self._refusals[number]:
            found |= {replace(place, owner=None) for place in found if place}
        if town.NO_ACCESS in self._refusals[number]:
            found |= {replace(place, what=None) for place in found if place and place.who}
        return found

    def _rows(self) -> Iterator[Violation]:
        rows = self._end.rows
        ordered = sorted((rows[key].updated_at, key) for key in self._end.copies if key in rows)
        for _, key in ordered:
            yield from self._row(rows[key], self._end.mails[self._end.copies[key]])

    def _row(self, row: Row, mail: Mail) -> Iterator[Violation]:
        if row.outcome is Outcome.WAITING:
            yield Violation("still waiting", row.key, f"{row.reason} {row.cause or ''}".strip())
        elif mail.kind in NOBODYS:
            if row.reason is not NOBODYS[mail.kind]:
                yield Violation("wrong outcome", row.key, str(row.reason))
        elif row.outcome is Outcome.FAILED:
            yield from self._refused(row, mail)
        elif tasks := self._tasks.get(mail.number):
            yield from self._logged(row, mail, str(tasks[0]["Id"]), is_deleted=bool(tasks[0]["IsDeleted"]))
        else:
            yield from self._without(row, mail)

    def _logged(self, row: Row, mail: Mail, task: str, *, is_deleted: bool) -> Iterator[Violation]:
        """It names its task, which is there, or which a person deleted."""
        if row.reason is Reason.NO_MATCH and self._is_older(row, mail):
            return
        was_binned = task in self._binned or is_deleted
        if row.outcome is Outcome.REMOVED and not was_binned:
            yield Violation("taken back, and nobody did it", row.key, f"mail {mail.number}")
        elif row.outcome not in (Outcome.LOGGED, Outcome.REMOVED):
            yield Violation("its activity is there, and the row says not", row.key, f"{row.reason}, mail {mail.number}")
        elif row.activity_id != task:
            yield Violation("a row names another activity", row.key, f"{row.activity_id}, not {task}")

    def _is_older(self, row: Row, mail: Mail) -> bool:
        """Nothing explained the mail when this copy was decided; another one came when something did, and says so."""
        inserted = [(entry.at, entry.identifier) for _, entry in self._inserts[mail.number]]
        named = [task for at, task in inserted if row.updated_at < at and task in self._named]
        return bool(named) and None in self._places_at(row, mail)

    def _places_at(self, row: Row, mail: Mail) -> set[Place | None]:
        return self._history.places(mail, self._history.index(row.updated_at), row.updated_at)

    def _without(self, row: Row, mail: Mail) -> Iterator[Violation]:
        """Nothing is in the org: then nothing explained the mail when its row was closed."""
        if row.reason is not Reason.NO_MATCH or None not in self._places_at(row, mail):
            yield Violation("no activity", row.key, f"{row.reason}, {mail.kind} mail {mail.number}")

    def _refused(self, row: Row, mail: Mail) -> Iterator[Violation]:
        """The org's rules refuse it, and the row says so in their code and words; nothing else ends as refused."""
        said = dict(REFUSED.get(mail.word, {}))
        if mail.kind is Kind.SHUT and mail.outsider not in SHUT_PEOPLE:  # a person's mail goes in without the account
            said[town.NO_ACCESS] = town.NO_ACCESS_SAYS
        if row.reason is not Reason.REJECTED or row.cause not in said.keys() & self._refusals[mail.number]:
            where = f"{row.reason} {row.cause}, {mail.kind} mail {mail.number}"
            yield Violation("refused without a rule", row.key, where)
        elif said[row.cause] not in self._end.sentences.get(row.key, ""):
            yield Violation("refused without the org's own sentence", row.key, f"mail {mail.number}")
        elif self._tasks.get(mail.number):
            yield Violation("refused, and it is there", row.key, f"mail {mail.number}")


def refusals(rows: Mapping[str, Row]) -> dict[str, int]:
    """How many rows each code has."""
    return dict(sorted(Counter(row.cause or "" for row in rows.values() if row.outcome is Outcome.FAILED).items()))
