"""Older mail under a budget of units a day: it yields and says so, new mail is never late, and the next day goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from server.domain.decision import Outcome
from server.domain.quota import AFTER_TURN, Purpose, find_day
from server.engine.operations.quota.day_budget import TURN_SPREAD
from server.rules.schedule.day_budget import USED, read_purposes
from tests.support.scene import eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
UNITS = 3_700
OLD = 120
"""Messages of a stranger: 20 units each, so two mailboxes take two days of 2,590."""


@pytest.fixture
def scene(make_scene):
    scene = make_scene(GMAIL_UNITS_PER_DAY=str(UNITS), GMAIL_UNITS_PER_MINUTE="6000")
    scene.universe.quota.set({"project_units_per_day": UNITS, "units_per_minute": 6_000})
    for number in range(OLD):
        for mailbox in (ANN, BEN):
            scene.deliver(
                mailbox, eml("x@nowhere.example", mailbox, f"Old {number}", message_id=f"<{mailbox}{number}@x>")
            )
    return scene


def refused(scene):
    return [c for c in scene.universe.calls.calls("gmail") if c.status in (403, 429)]


def count_rows(scene, mailbox):
    return sum(1 for _ in scene.services.ports.store.rows(scene.mailbox(mailbox).mailbox_id))


def test_older_mail_yields_at_the_budget_and_goes_on_the_next_day(scene):
    scene.sync()

    waiting = [m for m in scene.services.ports.store.mailboxes() if m.backfill]
    assert waiting
    turn = find_day(scene.clock.now()).ends
    for mailbox in waiting:
        assert mailbox.last_error is None
        assert mailbox.backfill.last_error == "DayBudgetError"
        assert turn + AFTER_TURN - 1 < mailbox.backfill.paused_until < turn + AFTER_TURN + TURN_SPREAD + 1
    assert refused(scene) == []
    assert scene.universe.quota.used_on(scene.clock.now()) <= UNITS

    days = 0
    while any(m.backfill for m in scene.services.ports.store.mailboxes()):
        scene.clock.advance(find_day(scene.clock.now()).ends + AFTER_TURN + TURN_SPREAD - scene.clock.now())
        scene.sync()
        days += 1
        assert scene.universe.quota.used_on(scene.clock.now()) <= UNITS
    assert days == 1
    assert refused(scene) == []
    assert count_rows(scene, ANN) == count_rows(scene, BEN) == OLD


def test_new_mail_is_logged_at_once_while_older_mail_waits(scene):
    scene.sync()
    new = scene.deliver(ANN, eml(subject="New"))

    scene.sync()

    assert scene.outcomes()[new] == "contact_match"
    assert [task["Subject"] for task in scene.tasks()] == ["From ada@byron.example: New"]
    assert any(m.backfill for m in scene.services.ports.store.mailboxes())


def test_status_and_coverage_tell_why_older_mail_waits(scene):
    scene.sync()
    [waiting, *_] = [m for m in scene.services.ports.store.mailboxes() if m.backfill]
    at = datetime.fromtimestamp(waiting.backfill.paused_until, UTC)

    for shown in (scene.flask("mailbox", waiting.address), scene.flask("coverage", waiting.address)):
        text = " ".join(shown.output.split())
        assert "Older mail waits: today's Gmail units for it are used up (GMAIL_UNITS_PER_DAY)." in text
        assert f"It goes on by itself at {at:%Y-%m-%d %H:%M} UTC" in text


def test_status_measures_the_day_against_the_budget_that_is_set(scene):
    scene.sync()

    used = sum(count_used(scene).values())
    figures = json.loads(scene.flask("status", "--json").stdout)

    assert used > UNITS / 2
    assert figures["gmail_percent"] == pytest.approx(100 * used / UNITS, abs=1)


def test_the_bodies_of_older_mail_wait_for_the_next_day_too(make_scene):
    scene = make_scene(GMAIL_UNITS_PER_DAY="1000")
    for number in range(40):
        scene.deliver(ANN, eml(subject=f"Old {number}", message_id=f"<{number}@c>"))
    for _ in range(8):
        scene.sync()
        assert scene.universe.quota.used_on(scene.clock.now()) <= 1_000
        scene.clock.advance(find_day(scene.clock.now()).ends + AFTER_TURN + TURN_SPREAD - scene.clock.now())

    assert len(scene.tasks()) == 40
    rows = scene.services.ports.store.rows(scene.mailbox().mailbox_id)
    assert all(row.outcome is Outcome.LOGGED for row in rows)


def count_live(scene):
    scene.services.budget.settle()
    return scene.services.ports.store.quota(find_day(scene.clock.now()).name).get("used_live", 0)


def test_older_mail_that_was_refused_is_not_read_as_new_mail(scene):
    """The portion at which the budget ends is half read: the other half waits for older mail's next turn."""
    scene.sync()
    store = scene.services.ports.store
    latest = scene.clock.now() + 10 * 86_400
    assert [row for m in store.mailboxes() for row in store.unscreened_rows(m.mailbox_id, latest)] == []

    scene.clock.advance(find_day(scene.clock.now()).ends + AFTER_TURN + TURN_SPREAD - scene.clock.now())
    scene.sync()

    assert not any(m.backfill for m in store.mailboxes())
    assert count_rows(scene, ANN) == count_rows(scene, BEN) == OLD
    assert count_live(scene) < 50  # polls alone


def test_bodies_that_waited_for_the_next_day_come_with_it_and_whole(make_scene):
    """Each at a time of its own they came up to half a day later, and cost 20 units where a conversation costs 40."""
    scene = make_scene(GMAIL_UNITS_PER_DAY="1600")
    for number in range(80):
        scene.deliver(ANN, eml(subject=f"Old {number}", message_id=f"<{number}@c>"), thread=f"{number // 5:x}")
    scene.sync()
    assert 0 < len(scene.tasks()) < 80

    scene.clock.advance(find_day(scene.clock.now()).ends + AFTER_TURN + TURN_SPREAD - scene.clock.now())
    scene.sync(patience=0)

    assert len(scene.tasks()) == 80
    assert all(c.method != "messages.get" for c in scene.universe.calls.calls("gmail"))


@pytest.mark.parametrize(
    "command",
    [
        ["coverage", ANN],
        ["export", "{folder}/e.json"],
        ["dry-run", ANN],
        ["witness", "--days", "30"],
        ["first-day", "--to", "{folder}/a.json"],
    ],
    ids=lambda command: command[0],
)
def test_a_report_takes_nothing_that_new_mail_needs(make_scene, tmp_path, command):
    """What a command lists and looks at leaves new mail its units; coverage reads new mail first, and first-day asks as doctor does."""
    scene = make_scene(GMAIL_UNITS_PER_DAY="100000", REPORTS_WITNESS="yes", SCOPE_GROUPS="")
    scene.deliver(ANN, eml(subject="New"))
    for number in range(3):
        mail = eml("x@nowhere.example", ANN, f"Promotion {number}", message_id=f"<{number}@x>")
        scene.deliver(ANN, mail, "INBOX", "CATEGORY_PROMOTIONS")
    scene.sync()
    before = count_used(scene)

    done = scene.flask(*(part.format(folder=tmp_path) for part in command))

    assert done.code == 0, done.output
    after = count_used(scene)
    assert after[Purpose.AUDIT] > before[Purpose.AUDIT]
    assert after[Purpose.LIVE] - before[Purpose.LIVE] <= (20 if command[0] in ("coverage", "first-day") else 0)


def count_used(scene):
    scene.services.budget.settle()
    return read_purposes(scene.services.ports.store.quota(find_day(scene.clock.now()).name), USED)
