"""In random worlds, what a dry run counts is what going live then does, to the message."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from server.domain.errors import TrulyError
from server.domain.history import MessageRef
from server.domain.ids import MessageId, SalesforceId, ThreadId
from server.domain.ledger import BACKFILL, LIVE, Row
from server.domain.mailbox import Stage
from server.engine.decide import dry_run
from server.engine.decide.dry_run import Preview
from tests.support.scene import BOX_FIELD, DOMAIN_FIELD, Scene, eml, small_world

ANN, BEN, CEM, SALES = "ann@acme.example", "ben@acme.example", "cem@acme.example", "sales@acme.example"
REPS = (ANN, BEN, CEM)
"""Cem is no Salesforce User."""
MEMBERS = {SALES: (ANN, BEN), **{rep: (rep,) for rep in REPS}}
"""In whose mailboxes a mail to an address arrives."""
CONTACT, LEAD, BOXED_LEAD = "ada@byron.example", "leo@brandt.example", "lia@harbor.example"
OUTSIDERS = (
    CONTACT,
    LEAD,
    BOXED_LEAD,
    "pat@byron.example",  # an account has the domain
    "sue@eu.byron.example",  # and a parent domain
    "zoe@harbor.example",  # an account has the domain and wants mail with its contacts only
    "carl@gmail.example",  # a contact, at a public mail domain
    "nemo@gmail.example",  # nobody, at a public mail domain
    "ned@nowhere.example",  # nobody
)
RECORDS = ("003A00000000001IAA", "001A00000000001IAA", "00QA00000000001MAA", "001A00000000002IAA")
PLACES = (*["INBOX"] * 7, "CATEGORY_PROMOTIONS", "SPAM", "Don't log")
"""Where a received copy lies. Most mail lies in the inbox."""
DATES = (
    *["Mon, 14 Sep 2026 09:00:00 +0000", "Tue, 15 Sep 2026 09:00:00 +0000", "Wed, 16 Sep 2026 09:00:00 +0000"] * 2,
    "Tue, 02 Jun 2020 09:00:00 +0000",
)
"""The last is before the start of a mailbox that has one."""


@dataclass(frozen=True)
class Letter:
    """A mail that arrives in the mailbox of its sender and of each recipient.

    Letters with the same ``conversation`` answer each other by References; None begins one of its own. ``places`` has
    the label of Ann's, Ben's and Cem's copy, where they received one. A letter that ``is_apart`` lies in a Gmail thread
    of its own, although it answers others.
    """

    sender: str
    recipients: tuple[str, ...]
    conversation: int | None
    date: str = DATES[0]
    is_automatic: bool = False
    places: tuple[str, str, str] = ("INBOX", "INBOX", "INBOX")
    is_apart: bool = False


@dataclass(frozen=True)
class Word:
    """What a rep says of a conversation.

    ``letter`` and ``rep`` choose among the letters so far and the mailboxes that have a copy, counted round and round.
    """

    verb: str
    letter: int
    rep: int
    record: str = RECORDS[0]


@dataclass(frozen=True)
class Story:
    """``stages`` are Ann's, Ben's and Cem's while the ``steps`` happen; ``months`` is the backfill's depth.

    At most ``mails_at_once`` are decided together. The waiting row with the number ``broken``, counted round and round,
    does not open.
    """

    stages: tuple[Stage, Stage, Stage]
    steps: tuple[Letter | Word, ...]
    months: str = "all"
    mails_at_once: int = 200
    broken: int | None = None

    @property
    def tried_out(self) -> tuple[str, ...]:
        """The mailboxes of the dry run."""
        return tuple(rep for rep, stage in zip(REPS, self.stages, strict=True) if stage is Stage.DRY_RUN)


plain_letters = st.builds(
    Letter,
    sender=st.sampled_from(OUTSIDERS),
    recipients=st.lists(st.sampled_from(REPS), min_size=1, max_size=2, unique=True).map(tuple),
    conversation=st.just(0),
    date=st.sampled_from(DATES[:3]),
    is_apart=st.sampled_from((False, False, True)),
)
"""Mail of one conversation, written by a customer, in the inboxes of one rep or two."""


def addresses(pool: Sequence[str], least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(pool), min_size=least, max_size=most, unique=True)


@st.composite
def letters(draw: st.DrawFn) -> Letter:
    """Mail of a customer to us, of a rep to a customer, or among reps."""
    kind = draw(st.sampled_from(("in", "in", "in", "out", "out", "among")))
    sender = draw(st.sampled_from(OUTSIDERS if kind == "in" else REPS))
    ours = draw(addresses(tuple(MEMBERS), kind != "out", 2))
    theirs = draw(addresses(OUTSIDERS, kind == "out", 2 if kind == "out" else 1)) if kind != "among" else []
    recipients = tuple(address for address in (*ours, *theirs) if address != sender)
    return Letter(
        sender,
        recipients or (SALES,),
        draw(st.sampled_from((None, 0, 0, 0, 1))),
        draw(st.sampled_from(DATES)),
        is_automatic=draw(st.sampled_from((False, False, False, False, True))),
        places=draw(st.tuples(*[st.sampled_from(PLACES)] * 3)),
        is_apart=draw(st.sampled_from((False, False, False, False, True))),
    )


def words(verbs: Sequence[str]) -> st.SearchStrategy[Word]:
    return st.builds(
        Word,
        verb=st.sampled_from(verbs),
        letter=st.integers(0, 9),
        rep=st.integers(0, 2),
        record=st.sampled_from(RECORDS),
    )


def stories(steps: st.SearchStrategy[list[Letter | Word]]) -> st.SearchStrategy[Story]:
    stages = st.tuples(*[st.sampled_from((Stage.DRY_RUN, Stage.DRY_RUN, Stage.DRY_RUN, Stage.LIVE))] * 3)
    return st.builds(
        Story,
        stages=stages.filter(lambda three: Stage.DRY_RUN in three),
        steps=steps.map(tuple),
        months=st.sampled_from(("all", "12")),
        mails_at_once=st.sampled_from((200, 1, 2)),
        broken=st.one_of(st.none(), st.none(), st.integers(0, 9)),
    )


of_many_kinds = stories(
    st.lists(
        st.one_of(letters(), letters(), letters(), words(("move", "move", "log", "stop", "withdraw"))),
        min_size=2, max_size=14,
    )
)  # fmt: skip
of_one_conversation = stories(
    st.lists(st.one_of(plain_letters, plain_letters, words(("move", "move", "stop"))), min_size=3, max_size=8)
)
"""Most mail of the other kind of story is decided by its labels, its people or its author alone."""


@contextmanager
def scene_of(story: Story) -> Iterator[Scene]:
    plain = small_world().org
    org = {
        "Account": [
            {**plain["Account"][0], DOMAIN_FIELD: "byron.example"},
            {**plain["Account"][1], BOX_FIELD: True},
        ],
        "Contact": [
            *plain["Contact"],
            {"Id": "003A00000000002", "LastName": "Twin", "Email": CONTACT, "OwnerId": "005A00000000002"},
            {"Id": "003A00000000003", "LastName": "Carl", "Email": "carl@gmail.example", "OwnerId": "005A00000000002"},
        ],
        "Lead": [
            *plain["Lead"],
            {"Id": "00QA00000000002", "LastName": "Lia", "Company": "Harbor", "Email": BOXED_LEAD, "OwnerId": "005A00000000001", "IsConverted": False},
        ],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), small_world(org), BACKFILL_MONTHS=story.months, PUBLIC_MAIL_DOMAINS="gmail.example")
        try:
            yield scene
        finally:
            scene.close()


class Play:
    """Lets a story happen in a scene. ``copies`` holds the Gmail ids of each letter by mailbox."""

    def __init__(self, scene: Scene, story: Story) -> None:
        self.scene = scene
        self.copies: list[dict[str, str]] = []
        self.sent: dict[int, list[str]] = {}
        scene.sync()
        for rep, stage in zip(REPS, story.stages, strict=True):
            scene.set_stage(rep, stage)
        for step in story.steps:
            if isinstance(step, Letter):
                self.deliver(step)
            else:
                self.say(step)
        self.settle()

    def settle(self) -> None:
        assert self.scene.sync(patience=7200).is_at_rest

    def deliver(self, letter: Letter) -> None:
        number = len(self.copies)
        message_id = f"<{number}@mail.example>"
        earlier = self.sent.setdefault(letter.conversation, []) if letter.conversation is not None else []
        headers = {"References": " ".join(earlier), "In_Reply_To": earlier[-1]} if earlier else {}
        headers |= {"Auto_Submitted": "auto-replied"} if letter.is_automatic else {}
        raw = eml(
            letter.sender, ", ".join(letter.recipients), f"Lamps {letter.conversation}", f"Number {number}.",
            message_id, letter.date, **headers,
        )  # fmt: skip
        earlier.append(message_id)
        receivers = {rep for address in letter.recipients for rep in MEMBERS.get(address, ())}
        thread = f"{number:016x}" if letter.is_apart else None
        self.copies.append({})
        for rep, place in zip(REPS, letter.places, strict=True):
            if rep == letter.sender:
                self.copies[-1][rep] = self.scene.deliver(rep, raw, "SENT", thread=thread)
            elif rep in receivers:
                self.copies[-1][rep] = self.scene.deliver(rep, raw, *self.labels(rep, place), thread=thread)

    def labels(self, rep: str, place: str) -> Sequence[str]:
        own = place == "Don't log"
        return ("INBOX", self.scene.universe.mailboxes[rep].label_id(place)) if own else (place,)

    def say(self, word: Word) -> None:
        """A word that the rep may not say changes nothing."""
        self.settle()
        copies = self.copies[word.letter % len(self.copies)] if self.copies else {}
        if not copies:
            return
        rep = list(copies)[word.rep % len(copies)]
        message_id = copies[rep]
        thread_id = self.scene.universe.mailboxes[rep].messages[message_id].thread_id
        ref = MessageRef(MessageId(message_id), ThreadId(thread_id))
        rooms, workspace = self.scene.services.rooms, self.scene.services.workspaces.current()
        mailbox = self.scene.mailbox(rep)
        rooms.access.user_of(mailbox)  # a card that is open has asked who the rep is in Salesforce
        with suppress(TrulyError):
            if word.verb == "log":
                rooms.choices.log(workspace, mailbox, ref)
            elif word.verb == "move":
                rooms.choices.move(workspace, mailbox, ref, SalesforceId(word.record))
            elif word.verb == "stop":
                rooms.stopper.stop(mailbox, ref)
            else:
                rooms.choices.withdraw(workspace, mailbox, ref)
        self.settle()

    def deliver_portions(self, limit: int) -> None:
        """Few mails bring the rounds that many mails would."""
        services = self.scene.services
        while services.rooms.deliverer.deliver(services.workspaces.current(), (*LIVE, *BACKFILL), limit).read:
            pass

    def list_rows(self, addresses: Sequence[str]) -> list[Row]:
        store = self.scene.services.ports.store
        return [row for address in addresses for row in store.rows(self.scene.mailbox(address).mailbox_id)]

    def break_seal(self, addresses: Sequence[str], number: int | None) -> int:
        """Returns how many rows do not open from now on: none where none waits."""
        waiting = [row for row in self.list_rows(addresses) if row.sealed_headers]
        if number is None or not waiting:
            return 0
        row = waiting[number % len(waiting)]
        self.scene.services.ports.store.change_rows([replace(row, sealed_headers=b"another day's bytes" * 4)])
        return 1

    def preview(self, addresses: Sequence[str]) -> Preview:
        services = self.scene.services
        mailboxes = [self.scene.mailbox(address) for address in addresses]
        return services.rooms.dry_run.preview(services.workspaces.current(), mailboxes)

    def list_activities(self) -> set[str]:
        return {task["Id"] for task in self.scene.tasks()}


@dataclass(frozen=True)
class Compared:
    """What the dry run counted, and what going live then did: rows by outcome and reason, and activities."""

    foreseen: tuple[Counter[tuple[str, str]], int]
    done: tuple[Counter[tuple[str, str]], int]
    unreadable: tuple[int, int]
    """Rows that did not open, as the first dry run counts them, and those whose seal was broken."""


def go_live(story: Story) -> Compared:
    """Runs the dry run, then goes live with all mailboxes."""
    with scene_of(story) as scene, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dry_run, "MAILS_PER_QUESTION", story.mails_at_once)
        play = Play(scene, story)
        earlier = play.list_activities()
        broken = play.break_seal(story.tried_out, story.broken)
        first = shown = play.preview(story.tried_out)
        if broken:
            # What did not open is read from Gmail again, and then the dry run knows it.
            play.settle()
            shown = play.preview(story.tried_out)
            assert shown.unreadable == 0
        note(f"dry run: {dict(shown.rows)}, {shown.activities} activities, {shown.unreadable} unreadable")

        for rep in story.tried_out:
            scene.set_stage(rep, Stage.LIVE)
        play.deliver_portions(story.mails_at_once)
        play.settle()

        rows = count(play.list_rows(story.tried_out))
        activities = len(play.list_activities() - earlier)
        note(f"live: {dict(rows)}, {activities} activities")
        return Compared((shown.rows, shown.activities), (rows, activities), (first.unreadable, broken))


def count(rows: Iterable[Row]) -> Counter[tuple[str, str]]:
    return Counter((row.outcome.value, row.reason.value) for row in rows)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(of_many_kinds)
def test_a_dry_run_counts_what_going_live_does(story: Story) -> None:
    compared = go_live(story)
    assert compared.foreseen == compared.done
    assert compared.unreadable[0] == compared.unreadable[1]


ALL_DRY = (Stage.DRY_RUN, Stage.DRY_RUN, Stage.DRY_RUN)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(of_one_conversation)
@example(
    # Ann's choice covers the second mail only because the first, which is not logged yet, is in both mailboxes.
    Story(
        ALL_DRY,
        (
            Letter(CONTACT, (ANN, BEN), 0, DATES[0]),
            Word("move", letter=0, rep=0),
            Letter("ned@nowhere.example", (BEN,), 0, DATES[1]),
        ),
        mails_at_once=1,
    )
)
@example(
    # Ben stops the conversation in one of its two threads: his copy of the other mail stays out, and Ann's does not.
    Story(
        ALL_DRY,
        (
            Letter(CONTACT, (ANN, BEN), 0, DATES[0]),
            Letter(CONTACT, (ANN, BEN), 0, DATES[1], is_apart=True),
            Word("stop", letter=0, rep=1),
        ),
    )
)
def test_a_dry_run_carries_its_own_decisions_along_a_conversation(story: Story) -> None:
    compared = go_live(story)
    assert compared.foreseen == compared.done
    assert compared.unreadable[0] == compared.unreadable[1]
