"""The simulated company as the week goes by, and what really happened: what the ledger is held against."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from simulator.gmail.mailbox import Mailbox
from simulator.mailfiles import MailFile
from simulator.universe import Universe
from tests.soak.people import People
from tests.soak.planning import DONT_LOG
from tests.soak.script import Act, Event, Mail, Plan

NOT_PRIMARY = frozenset(
    {
        "SPAM",
        "TRASH",
        "CATEGORY_PROMOTIONS",
        "CATEGORY_UPDATES",
        "CATEGORY_SOCIAL",
        "CATEGORY_FORUMS",
        "CATEGORY_PURCHASES",
    }
)


@dataclass
class Copy:
    """One message in one mailbox. ``states`` are its labels by time, by our own names; ``moments`` when any changed."""

    name: str
    box: str
    mail: Mail
    message_id: str
    arrived_at: float
    states: list[tuple[float, frozenset[str]]]
    moments: list[float] = field(default_factory=list)
    deleted_at: float | None = None

    @property
    def labels(self) -> frozenset[str]:
        return self.states[-1][1]

    @property
    def is_primary(self) -> bool:
        return is_primary(self.labels)

    @property
    def was_primary(self) -> bool:
        return any(is_primary(labels) for _, labels in self.states)


def is_primary(labels: frozenset[str]) -> bool:
    """Sent mail is not out of it for a category; a draft is no mail yet."""
    if "DRAFT" in labels:
        return False
    out = labels & NOT_PRIMARY
    return not out or ("SENT" in labels and not out & {"SPAM", "TRASH"})


@dataclass
class Word:
    """The label "Don't log" on a conversation of one mailbox. ``lifted_at`` is None while it holds."""

    put_at: float
    lifted_at: float | None = None


class Truth:
    """Plays a plan's events in the simulator. ``boxes`` are the mailboxes by their first address."""

    def __init__(self, universe: Universe, plan: Plan) -> None:
        self.universe = universe
        self.plan = plan
        self.copies: dict[str, Copy] = {}
        self.words: dict[tuple[str, str], Word] = {}
        self.left_at: dict[str, float] = {}
        self.played: Counter[str] = Counter()
        self._people = People(universe)
        self._threads: dict[tuple[str, str], str] = {}
        for event in plan.events:
            if event.act is Act.JOIN:
                self._people.hide(event.box)
        self.boxes: dict[str, Mailbox] = dict(universe.mailboxes)
        self.ids: dict[str, str] = {box: self._people.user_id(box) for box in self.boxes}

    def play(self, event: Event) -> None:
        self.played[event.act] += 1
        if event.act is Act.ARRIVE:
            self._arrive(event)
        elif event.act is Act.RELABEL:
            self._relabel(event)
        elif event.act is Act.DELETE:
            self._delete(event)
        elif event.act is Act.EXPIRE:
            self.boxes[event.box].expire_history()
        else:
            self._people.change(event.act, event.box)
            if event.act is Act.LEAVE:
                self.left_at[event.box] = event.at
            elif event.act is Act.JOIN:
                self.boxes[event.box] = self.universe.mailboxes[event.box]
                self.ids[event.box] = self._people.user_id(event.box)

    def by_id(self) -> dict[tuple[str, str], Copy]:
        """By the mailbox's immutable id and Gmail's id of the message."""
        return {(self.ids[copy.box], copy.message_id): copy for copy in self.copies.values()}

    def word_on(self, copy: Copy) -> Word | None:
        return self.words.get((copy.box, copy.mail.root))

    def _arrive(self, event: Event) -> None:
        mail, box = self.plan.mails[event.mail], self.boxes[event.box]
        thread = self._threads.get((event.box, mail.root))
        now_ms = self.universe.clock.now_ms()
        stored = box.add(MailFile(event.copy, mail.raw()), now_ms, set(event.add), thread)
        self._threads.setdefault((event.box, mail.root), stored.thread_id)
        self.copies[event.copy] = Copy(
            event.copy, event.box, mail, stored.message_id, event.at, [(event.at, event.add)], [event.at]
        )

    def _relabel(self, event: Event) -> None:
        """What is gone cannot be moved; a move that changes nothing is none."""
        copy, box = self.copies[event.copy], self.boxes[event.box]
        after = (copy.labels | event.add) - event.remove
        if copy.deleted_at is not None or after == copy.labels:
            return
        ids = [{box.label_id(n) if n == DONT_LOG else n for n in names} for names in (event.add, event.remove)]
        box.relabel(copy.message_id, *ids)
        copy.states.append((event.at, after))
        copy.moments.append(event.at)
        if DONT_LOG in event.add:
            self.words[event.box, copy.mail.root] = Word(event.at)
        elif DONT_LOG in event.remove:
            self.words[event.box, copy.mail.root].lifted_at = event.at
        if DONT_LOG in event.add | event.remove:
            for other in self.copies.values():
                if (other.box, other.mail.root) == (copy.box, copy.mail.root) and other is not copy:
                    other.moments.append(event.at)

    def _delete(self, event: Event) -> None:
        copy = self.copies[event.copy]
        if copy.deleted_at is None:
            self.boxes[event.box].delete(copy.message_id)
            copy.deleted_at = event.at
            copy.moments.append(event.at)
