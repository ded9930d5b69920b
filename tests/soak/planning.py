"""A week's plan out of a seed: who writes to whom, what people do with it, and who comes and goes."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

from tests.soak.script import DAY, END, HOUR, START, WEEK, Act, Event, Mail, Plan
from tests.soak.town import (
    ACCOUNTS,
    ADMIN,
    CONTACTS,
    DOMAIN,
    LEADS,
    QUIET,
    Kind,
    account_of,
    contact,
    lead,
    rep,
)

GRID = 900.0
"""Seconds: what happens, happens in bursts at these moments, as a mail server hands mail over."""
KINDS = {
    Kind.CONTACT: 38, Kind.ACCOUNT: 12, Kind.LEAD: 6, Kind.REFUSED: 1, Kind.QUIET: 3, Kind.STRANGER: 16,
    Kind.COLLEAGUE: 12, Kind.MACHINE: 12,
}  # fmt: skip
PAST = 0.15
"""Share of conversations that began before the service came."""
INBOX = frozenset({"INBOX", "UNREAD"})
SENT = frozenset({"SENT"})
DRAFT = frozenset({"DRAFT"})
DONT_LOG = "Don't log"
OUT = (
    (frozenset({"TRASH"}), frozenset({"INBOX"})),
    (frozenset({"SPAM"}), frozenset({"INBOX"})),
    (frozenset({"CATEGORY_PROMOTIONS"}), frozenset[str]()),
    (frozenset({"CATEGORY_UPDATES"}), frozenset[str]()),
)
"""Ways out of the primary inbox: labels that come, labels that go."""


@dataclass(frozen=True)
class _Talk:
    """A conversation: ``boxes`` have a copy of each mail, the first of them leads it."""

    kind: Kind
    boxes: tuple[str, ...]
    outsider: str
    record: str | None
    is_kept_out: bool


def plan(seed: int, mailboxes: int, messages: int) -> Plan:
    """About ``messages`` messages in ``mailboxes`` mailboxes, drafts included."""
    return _Planner(seed, mailboxes).run(messages)


class _Planner:
    def __init__(self, seed: int, mailboxes: int) -> None:
        self._chance = random.Random(seed)
        self._plan = Plan(seed, mailboxes)
        self._boxes = [rep(i) for i in range(mailboxes)]
        self._copies = 0
        self._names = itertools.count()

    def run(self, messages: int) -> Plan:
        self._people()
        while self._copies < messages:
            self._talk()
        self._plan.events.sort(key=lambda event: event.at)
        return self._plan

    # people

    def _people(self) -> None:
        """Somebody is renamed, suspended for hours, leaves, and joins; some mailboxes' history expires."""
        chance = self._chance
        others = [box for box in self._boxes if box != ADMIN]
        chance.shuffle(others)
        few = max(1, len(others) // 25)
        for _ in range(few):
            self._do(START + chance.uniform(0.5, 6) * DAY, Act.RENAME, others[-1])
            box = others.pop()
            begins = START + chance.uniform(1, 4) * DAY
            ends = begins + chance.uniform(4, 40) * HOUR
            self._plan.away[box] = [(begins, ends)]
            self._do(begins, Act.SUSPEND, box)
            self._do(ends, Act.UNSUSPEND, box)
            if len(others) > 2:
                gone, new = others.pop(), others.pop()
                at = START + chance.uniform(3, 6) * DAY
                self._plan.away[gone] = [(at, END + WEEK)]
                self._do(at, Act.LEAVE, gone)
                at = START + chance.uniform(1, 4) * DAY
                self._plan.away[new] = [(0.0, at)]
                self._do(at, Act.JOIN, new)
        for box in self._boxes:
            at = self._moment()
            if chance.random() < 0.15 and self._plan.is_there(box, at):
                self._do(at, Act.EXPIRE, box)

    def _do(self, at: float, act: Act, box: str) -> None:
        self._plan.events.append(Event(at, act, box))

    def _moment(self) -> float:
        """Within the week, four in five in working hours."""
        chance = self._chance
        if chance.random() < 0.8:
            return _grid(START + chance.randrange(5) * DAY + chance.uniform(8, 18) * HOUR)
        return _grid(START + chance.uniform(0, WEEK - HOUR))

    # mail

    def _talk(self) -> None:
        chance = self._chance
        [kind] = chance.choices(list(KINDS), list(KINDS.values()))
        outsider, record = self._outsider(kind)
        shared = chance.random() < 0.25
        boxes = chance.sample(self._boxes, min(chance.randint(2, 4) if shared else 1, len(self._boxes)))
        is_kept_out = kind is Kind.CONTACT and not shared and chance.random() < 0.06
        talk = _Talk(kind, tuple(boxes), outsider, record, is_kept_out)
        size = chance.choice((1, 1, 2, 3, 5)) + (2 if is_kept_out else 0)
        at = self._moment() if is_kept_out or chance.random() > PAST else _before(chance)
        root, marked, names = "", -1, []
        for position in range(size):
            if at >= END - HOUR:
                break
            mail = self._mail(talk, root, at)
            root = root or mail.message_id
            names += self._handed_over(talk, mail)
            marked = position if marked < 0 and names else marked
            at = _grid(at + chance.choice((0.25, 0.5, 1.0, 6.0, 20.0, 30.0)) * HOUR)
        if is_kept_out and names:
            self._keep_out(talk.boxes[0], names[0])

    def _outsider(self, kind: Kind) -> tuple[str, str | None]:
        chance = self._chance
        number = chance.randrange(ACCOUNTS)
        if kind in (Kind.CONTACT, Kind.REFUSED):
            return contact(number, chance.randrange(CONTACTS))
        if kind is Kind.ACCOUNT:
            domain, record = account_of(number)
            return f"somebody{chance.randrange(20)}@{domain}", record
        if kind is Kind.LEAD:
            return lead(chance.randrange(LEADS))
        if kind is Kind.QUIET:
            return f"whisper@{QUIET}", None
        if kind is Kind.MACHINE:
            return f"news@letters{number}.example", None
        return f"who{chance.randrange(500)}@nowhere{chance.randrange(500)}.example", None

    def _mail(self, talk: _Talk, root: str, at: float) -> Mail:
        chance, number = self._chance, len(self._plan.mails)
        message_id = f"<m{number}@faults.example>"
        sender, to = talk.outsider, talk.boxes
        if talk.kind is Kind.COLLEAGUE:
            sender = chance.choice([b for b in self._boxes if b not in talk.boxes] or [f"nobody@{DOMAIN}"])
        elif talk.kind is not Kind.MACHINE and chance.random() < 0.35:
            sender, to = talk.boxes[0], (talk.outsider, *talk.boxes[1:])
        mail = Mail(number, talk.kind, sender, to, root or message_id, at, talk.record)
        self._plan.mails.append(mail)
        return mail

    def _handed_over(self, talk: _Talk, mail: Mail) -> list[str]:
        """The names of the copies that came to stay."""
        names = []
        for box in talk.boxes:
            if not self._plan.is_there(box, mail.sent_at):
                continue
            name = self._name(mail, box)
            if box == mail.sender:
                self._written(mail, box)
                self._add(mail.sent_at, box, name, mail, SENT)
            else:
                self._add(mail.sent_at, box, name, mail, self._labels(talk))
            names.append(name)
            if not talk.is_kept_out:
                self._touched_later(name, mail, box)
        return names

    def _labels(self, talk: _Talk) -> frozenset[str]:
        """As it arrives; what begins outside the primary inbox may be moved in later."""
        share = {Kind.MACHINE: 0.5, Kind.STRANGER: 0.2}.get(talk.kind, 0.0 if talk.is_kept_out else 0.05)
        if self._chance.random() >= share:
            return INBOX
        label, gone = self._chance.choice(OUT[1:])
        return (INBOX | label) - gone

    def _written(self, mail: Mail, box: str) -> None:
        """Saved again and again, each time under a new id, before it is sent."""
        saves = self._chance.choice((0, 0, 1, 2, 3)) if mail.sent_at > START + HOUR else 0
        at, before = mail.sent_at - 120.0 * saves, ""
        for _ in range(saves + 1):
            if before:
                self._plan.events.append(Event(at, Act.DELETE, box, before))
            if at >= mail.sent_at or not self._plan.is_there(box, at):
                break
            before = self._name(mail, box)
            self._add(at, box, before, mail, DRAFT)
            at += 120.0
        if self._chance.random() < 0.05 and mail.sent_at > START:
            self._add(mail.sent_at, box, self._name(mail, box), mail, DRAFT)  # never sent

    def _touched_later(self, name: str, mail: Mail, box: str) -> None:
        """What a person does with a message: read, archive, move out and back, delete for good."""
        chance, at = self._chance, max(mail.sent_at, START) + GRID * _delay(self._chance)
        what = chance.random()
        if what < 0.08:
            self._change(at, box, name, frozenset(), frozenset({"UNREAD"}))
        elif what < 0.12:
            self._change(at, box, name, frozenset(), frozenset({"INBOX"}))
        elif what < 0.24 and mail.sender != box:
            label, gone = chance.choice(OUT)
            self._change(at, box, name, label, gone)
            if chance.random() < 0.5:
                self._change(at + GRID * _delay(chance), box, name, gone | {"INBOX"}, label)
        elif what < 0.30 and mail.sender != box:
            every = frozenset({"SPAM", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES"})
            self._change(at, box, name, frozenset({"INBOX"}), every)
        elif what < 0.33 and at < END and self._plan.is_there(box, at):
            self._plan.events.append(Event(at, Act.DELETE, box, name))

    def _keep_out(self, box: str, name: str) -> None:
        """The label for a whole conversation, on one of its messages; half of the time taken off again."""
        [arrived] = [e.at for e in self._plan.events if e.copy == name]
        at = arrived + self._chance.choice((60.0, 0.3 * HOUR, 3 * HOUR, 12 * HOUR))
        label = frozenset({DONT_LOG})
        self._change(at, box, name, label, frozenset())
        if self._chance.random() < 0.5:
            self._change(at + self._chance.uniform(0.2, 30) * HOUR, box, name, frozenset(), label)

    def _change(self, at: float, box: str, name: str, add: frozenset[str], remove: frozenset[str]) -> None:
        if at < END and self._plan.is_there(box, at):
            self._plan.events.append(Event(at, Act.RELABEL, box, name, add=add, remove=remove))

    def _add(self, at: float, box: str, name: str, mail: Mail, labels: frozenset[str]) -> None:
        self._plan.events.append(Event(at, Act.ARRIVE, box, name, mail.number, labels))
        self._copies += 1

    def _name(self, mail: Mail, box: str) -> str:
        return f"{mail.number}.{box.partition('@')[0]}.{next(self._names)}"


def _delay(chance: random.Random) -> int:
    """Grid steps until somebody touches a message: often soon, sometimes after a day."""
    return chance.choice((0, 1, 1, 2, 4, 12, 40, 96))


def _before(chance: random.Random) -> float:
    """Before the week; clear of the month that a new mailbox's past is read."""
    days = chance.uniform(3, 27) if chance.random() < 0.7 else chance.uniform(40, 60)
    return _grid(START - days * DAY)


def _grid(at: float) -> float:
    return at // GRID * GRID
