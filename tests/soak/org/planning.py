"""A day's plan out of a seed: who writes to whom, when each copy arrives, and what people do in the org meanwhile."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum

from tests.soak.org import town
from tests.soak.org.town import Kind
from tests.soak.script import DAY, HOUR, START
from tests.soak.town import DOMAIN, rep

BEGINS = START + DAY / 3
LONGEST, SHORTEST = 6 * HOUR, 1.5 * HOUR
FULL = 10_000
"""Messages of the longest day."""
GRID = 120.0
"""Seconds: mail arrives in bursts at these moments."""
KINDS = {
    Kind.CONTACT: 44, Kind.TWIN: 10, Kind.ACCOUNT: 14, Kind.LEAD: 10, Kind.HOMELESS: 6, Kind.SHUT: 2, Kind.STRANGER: 8,
    Kind.COLLEAGUE: 7,
}  # fmt: skip
SHARED = 0.25
"""Share of mails that have two to four copies: so about half of all messages are of these."""
MAILS_A_DEED = 12
"""Mails for each thing that somebody does in the org."""


class Deed(StrEnum):
    """What somebody does in the org; AMBUSH does it between a look-up and the insert that goes by it."""

    DELETE_CONTACT = "delete contact"
    UNDELETE_CONTACT = "undelete contact"
    MERGE = "merge"
    CONVERT = "convert"
    NEW_CONTACT = "new contact"
    LEAVE = "user leaves"
    RETURN = "user returns"
    BIN = "task into the bin"
    RESTORE = "task out of the bin"
    EDIT = "task edited"
    LOCK = "account locked"
    REQUIRE = "field required"
    RELAX = "field not required any more"
    LIMIT = "automation bears less"
    LIFT = "automation bears all"
    CLOSE = "right taken away"
    OPEN = "rights given back"
    AMBUSH = "ambush"


DEEDS = {
    Deed.DELETE_CONTACT: 6, Deed.UNDELETE_CONTACT: 4, Deed.MERGE: 5, Deed.CONVERT: 3, Deed.NEW_CONTACT: 4,
    Deed.LEAVE: 3, Deed.BIN: 12, Deed.RESTORE: 4, Deed.EDIT: 8, Deed.LOCK: 8, Deed.AMBUSH: 43,
}  # fmt: skip
SPELLS = {Deed.LIMIT: Deed.LIFT, Deed.CLOSE: Deed.OPEN}
"""What lasts for a part of a hard org's day, and how it ends."""
SPELLS_A_DAY = 5
"""Of each."""


@dataclass(frozen=True)
class Mail:
    """One real mail; ``word`` is one in its subject that matters to the org's rules."""

    number: int
    kind: Kind
    sender: str
    to: tuple[str, ...]
    outsider: str
    root: str
    sent_at: float
    word: str = ""

    @property
    def message_id(self) -> str:
        return f"<o{self.number}@faults.example>"

    @property
    def subject(self) -> str:
        return f"{self.word} matter {self.number}".strip()

    def raw(self) -> bytes:
        """Plain enough to be written without a library, which would take a tenth of the run."""
        date = format_datetime(datetime.fromtimestamp(int(self.sent_at), UTC))
        lines = [f"From: {self.sender}", f"To: {', '.join(self.to)}", f"Subject: {self.subject}", f"Date: {date}"]
        lines.append(f"Message-ID: {self.message_id}")
        if self.root != self.message_id:
            lines += [f"In-Reply-To: {self.root}", f"References: {self.root}"]
        lines += ["MIME-Version: 1.0", 'Content-Type: text/plain; charset="utf-8"', "", f"Number {self.number}.", ""]
        return "\n".join(lines).encode()


@dataclass(frozen=True)
class Arrival:
    """A copy of a mail comes into a mailbox."""

    at: float
    box: str
    mail: int


@dataclass(frozen=True)
class Done:
    """Somebody does something; ``chance`` from 0 to 1 settles to what, among what is there then."""

    at: float
    deed: Deed
    chance: float


@dataclass
class Plan:
    """``events`` are in order of time."""

    mails: list[Mail] = field(default_factory=list)
    events: list[Arrival | Done] = field(default_factory=list)


def ends(messages: int) -> float:
    """A day with fewer messages is shorter, as epoch seconds of its end."""
    return BEGINS + min(LONGEST, max(SHORTEST, LONGEST * messages / FULL))


def plan(seed: int, mailboxes: int, messages: int, *, is_hard: bool = True) -> Plan:
    """About ``messages`` messages in ``mailboxes`` mailboxes.

    ``is_hard``: the org's automation bears less for a while, and rights are taken away and given back.
    """
    made = _Planner(seed, mailboxes, ends(messages))
    while made.copies < messages:
        made.talk()
    made.deeds()
    if is_hard:
        made.spells()
    made.plan.events.sort(key=lambda event: event.at)
    return made.plan


class _Planner:
    def __init__(self, seed: int, mailboxes: int, ends: float) -> None:
        self._length = ends - BEGINS
        self._chance = random.Random(f"org {seed}")
        self._boxes = [rep(i) for i in range(mailboxes)]
        self.plan = Plan()
        self.copies = 0

    def talk(self) -> None:
        """A conversation of one mail or some; with some of the mailboxes each of them is shared."""
        chance = self._chance
        [kind] = chance.choices(list(KINDS), list(KINDS.values()))
        count = chance.randint(2, 4) if chance.random() < SHARED else 1
        boxes = tuple(chance.sample(self._boxes, min(count, len(self._boxes))))
        outsider, word = self._outsider(kind), self._word(kind)
        if word in (town.VALIDATION.word, town.TRIGGER.word):
            outsider = town.contact(chance.randrange(town.QUIET), chance.randrange(town.PEOPLE))[0]
        root = ""
        at = BEGINS + chance.random() * self._length * 0.85
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            mail = self._mail(kind, boxes, outsider, root, at // GRID * GRID, word)
            root = root or mail.message_id
            self._arrive(mail, boxes)
            at += chance.uniform(0, self._length / 24)

    def deeds(self) -> None:
        """Spread over the day; a user who leaves comes back, and a required field is not required any more."""
        chance = self._chance
        for _ in range(len(self.plan.mails) // MAILS_A_DEED + 4):
            [deed] = chance.choices(list(DEEDS), list(DEEDS.values()))
            at = BEGINS + chance.random() * self._length
            self._do(at, deed)
            if deed is Deed.LEAVE:
                self._do(at + chance.uniform(0.03, 0.3) * self._length, Deed.RETURN)
        begins = BEGINS + chance.uniform(0.2, 0.5) * self._length
        self._do(begins, Deed.REQUIRE)
        self._do(begins + chance.uniform(0.05, 0.15) * self._length, Deed.RELAX)

    def spells(self) -> None:
        """Drawn last, so that an easy day with the same seed is the same otherwise."""
        for deed, end in SPELLS.items():
            for number in range(SPELLS_A_DAY):
                at = BEGINS + (number + self._chance.random() * 0.4) / SPELLS_A_DAY * self._length
                self._do(at, deed)
                self._do(at + self._chance.uniform(0.02, 0.5) / SPELLS_A_DAY * self._length, end)

    def _do(self, at: float, deed: Deed) -> None:
        self.plan.events.append(Done(at, deed, self._chance.random()))

    def _outsider(self, kind: Kind) -> str:
        chance = self._chance
        if kind is Kind.TWIN:
            return town.twin(chance.randrange(town.TWINS))[0]
        if kind is Kind.ACCOUNT:
            return f"somebody{chance.randrange(6)}@customer{chance.randrange(town.QUIET, town.ACCOUNTS)}.example"
        if kind is Kind.LEAD:
            return town.lead(chance.randrange(town.LEADS))[0]
        if kind is Kind.HOMELESS:
            return town.homeless(chance.randrange(town.HOMELESS))[0]
        if kind is Kind.SHUT:
            number = chance.randrange(town.SHUT_PEOPLE)
            return town.shut(number)[0] if chance.random() < 0.5 else f"anybody{number}@{town.SHUT}"
        if kind is Kind.CONTACT:
            return town.contact(chance.randrange(town.ACCOUNTS), chance.randrange(town.PEOPLE))[0]
        return f"who{chance.randrange(500)}@nowhere{chance.randrange(500)}.example"

    def _word(self, kind: Kind) -> str:
        if kind is not Kind.CONTACT:
            return ""
        words = ["", town.OFFER.word, town.VALIDATION.word, town.TRIGGER.word]
        return self._chance.choices(words, [84, 10, 3, 3])[0]

    def _mail(self, kind: Kind, boxes: tuple[str, ...], outsider: str, root: str, at: float, word: str) -> Mail:
        number = len(self.plan.mails)
        sender, to = outsider, boxes
        if kind is Kind.COLLEAGUE:
            sender = f"nobody@{DOMAIN}"
        elif self._chance.random() < 0.35:
            sender, to = boxes[0], (outsider, *boxes[1:])
        mail = Mail(number, kind, sender, to, outsider, root or f"<o{number}@faults.example>", at, word)
        self.plan.mails.append(mail)
        return mail

    def _arrive(self, mail: Mail, boxes: tuple[str, ...]) -> None:
        """The first copy at once, the others now and then much later."""
        for place, box in enumerate(boxes):
            late = self._chance.choice((0, 0, 1, 2, 15)) * GRID if place else 0.0
            self.plan.events.append(Arrival(mail.sent_at + late, box, mail.number))
            self.copies += 1
