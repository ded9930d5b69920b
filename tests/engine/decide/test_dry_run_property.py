"""Over random worlds: what the dry run counts is what going live then does, to the message."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.domain.history import MessageRef
from server.domain.ids import MessageId, SalesforceId, ThreadId
from server.domain.ledger import BACKFILL, LIVE, Row
from server.domain.mailbox import Mailbox, Stage
from server.engine.mailboxes.stages import find_mailbox, set_stage
from simulator.salesforce.ids import to_18
from tests.support.scene import Scene, eml

ANN, BEN, CEM = REPS = ("ann@acme.example", "ben@acme.example", "cem@acme.example")
CUSTOMERS = (
    "ada@byron.example",  # a contact
    "bob@byron.example",  # found by the account's domain
    "leo@brandt.example",  # a lead
    "pat@harbor.example",  # the account wants contact matches only
    "who@nova.example",  # nobody
    "eva@gmail.com",  # nobody, at a public provider
    "noreply@nova.example",
)
GROUP = "sales@acme.example"
RECORDS = {ANN: to_18("003A00000000001"), BEN: to_18("00QA00000000001")}
"""A record that the rep owns, and so may choose."""
DAY = 86_400


@dataclass(frozen=True)
class PlannedMail:
    """``conversation`` is None for a mail that answers nothing. ``day`` of September 2026 is when it was written."""

    author: str
    recipients: tuple[str, ...]
    conversation: int | None
    day: int
    label: str


@dataclass(frozen=True)
class PlannedChoice:
    """What a rep does with the first conversation that the rep has mail of."""

    rep: str
    act: str


MAILS = st.builds(
    PlannedMail,
    author=st.sampled_from((*REPS, *CUSTOMERS)),
    recipients=st.lists(st.sampled_from((*REPS, GROUP, *CUSTOMERS)), min_size=1, max_size=4, unique=True).map(tuple),
    conversation=st.sampled_from((None, 0, 0, 1)),
    day=st.integers(1, 20),
    label=st.sampled_from(("", "", "", "CATEGORY_PROMOTIONS", "Don't log")),
)
CHOICES = st.lists(
    st.builds(PlannedChoice, st.sampled_from((ANN, BEN)), st.sampled_from(("stop", "move", "log"))), max_size=3
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    earlier=st.lists(MAILS, min_size=1, max_size=5),
    choices=CHOICES,
    later=st.lists(MAILS, min_size=1, max_size=6),
    live=st.sampled_from((None, None, BEN)),
    is_broken=st.booleans(),
    limit=st.sampled_from((1, 2, 60)),
)
@example(
    # The chosen record covers the second mail only because the first, not logged yet, is in both mailboxes.
    earlier=[PlannedMail("ada@byron.example", (ANN, BEN), 0, 1, "")],
    choices=[PlannedChoice(ANN, "move")],
    later=[
        PlannedMail("who@nova.example", (BEN,), 0, 2, ""),
        PlannedMail("ada@byron.example", (ANN, BEN), 0, 3, ""),
    ],
    live=None,
    is_broken=False,
    limit=1,
)
def test_going_live_does_what_the_dry_run_counted(
    earlier: list[PlannedMail],
    choices: list[PlannedChoice],
    later: list[PlannedMail],
    live: str | None,
    *,
    is_broken: bool,
    limit: int,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), NEW_MAILBOX_STAGE="dry_run")
        try:
            scene.sync()
            if live:
                set_stage(scene.services.ports.store, scene.clock, mailbox_of(scene, live), Stage.LIVE)
            deliver_all(scene, earlier, 0)
            scene.sync()
            for choice in choices:
                choose(scene, choice)
            deliver_all(scene, later, len(earlier))
            scene.sync()
            if is_broken:
                break_one(scene)
            assert_preview_comes_true(scene, limit)
        finally:
            scene.close()


def assert_preview_comes_true(scene: Scene, limit: int) -> None:
    """``limit`` is how many activities a round takes."""
    services = scene.services
    store = services.ports.store
    mailboxes = [m for m in store.mailboxes() if m.stage is Stage.DRY_RUN]
    tasks = len(scene.tasks())
    preview = services.rooms.dry_run.preview(services.workspaces.current(), mailboxes)
    for mailbox in mailboxes:
        set_stage(store, scene.clock, mailbox, Stage.LIVE)
    while services.rooms.deliverer.deliver(services.workspaces.current(), (*LIVE, *BACKFILL), limit).read:
        pass
    assert scene.sync().is_at_rest
    rows = [row for mailbox in mailboxes for row in store.rows(mailbox.mailbox_id)]
    assert preview.rows == Counter((row.outcome.value, row.reason.value) for row in rows)
    assert preview.activities == len(scene.tasks()) - tasks


def mailbox_of(scene: Scene, address: str) -> Mailbox:
    return find_mailbox(scene.services.ports.store, address)


def deliver_all(scene: Scene, mails: list[PlannedMail], number: int) -> None:
    """A copy to every mailbox that the mail concerns, with one Message-ID."""
    for i, mail in enumerate(mails, start=number):
        root = f"<root{mail.conversation}@mail.example>"
        headers = {} if mail.conversation is None else {"References": root, "In_Reply_To": root}
        raw = eml(
            sender=mail.author, to=", ".join(mail.recipients), subject=f"Re: Lamps {mail.conversation or i}",
            message_id=f"<{i}@mail.example>", date=f"Mon, {mail.day} Sep 2026 09:00:00 +0000", **headers,
        )  # fmt: skip
        for rep in REPS:
            if rep == mail.author:
                deliver(scene, rep, raw, "SENT", mail.label if mail.label == "Don't log" else "")
            elif rep in mail.recipients or (GROUP in mail.recipients and rep != CEM):
                deliver(scene, rep, raw, "INBOX", mail.label)


def deliver(scene: Scene, rep: str, raw: bytes, place: str, label: str) -> None:
    label_id = scene.universe.mailboxes[rep].label_id(label) if label == "Don't log" else label
    scene.deliver(rep, raw, place, *([label_id] if label_id else []))


def choose(scene: Scene, choice: PlannedChoice) -> None:
    """As the card's buttons do. A rep without mail in a conversation has nothing to click."""
    mailbox, services = mailbox_of(scene, choice.rep), scene.services
    row = next(iter(sorted(services.ports.store.rows(mailbox.mailbox_id), key=lambda row: row.key)), None)
    if row is None:
        return
    ref = MessageRef(MessageId(row.message_id), ThreadId(row.thread_id))
    workspace = services.workspaces.current()
    services.rooms.access.user_of(mailbox)
    if choice.act == "stop":
        services.rooms.stopper.stop(mailbox, ref)
    elif choice.act == "move":
        services.rooms.choices.move(workspace, mailbox, ref, SalesforceId(RECORDS[choice.rep]))
    else:
        services.rooms.choices.log(workspace, mailbox, ref)


def break_one(scene: Scene) -> None:
    """The first waiting row of Ann's does not open any more."""
    store = scene.services.ports.store
    rows: list[Row] = sorted(store.waiting_rows(mailbox_of(scene, ANN).mailbox_id), key=lambda row: row.key)
    if rows:
        store.change_rows([replace(rows[0], sealed_headers=b"another key sealed this")])
