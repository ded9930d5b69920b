"""What older mail costs is told before it begins, in units and days, and comes true."""

from __future__ import annotations

import json

import pytest

from bench import backfill_days, plan_domain
from server.domain.quota import Purpose, find_day
from server.rules.forecast.past_price import Pace, PastSize, count_days, price_past
from tests.support.scene import eml
from tests.support.troubles import give_trouble

ANN = "ann@acme.example"
NOTHING = dict.fromkeys(Purpose, 0)


def test_a_domain_of_twenty_mailboxes_takes_the_days_that_were_told():
    domain = plan_domain.Domain(mailboxes=20, messages=600, per_day=60_000, processes=3, mails_a_day=20.0, kinds=4)

    result = plan_domain.plan(domain)

    assert result.messages == 20 * 600
    assert result.took > 1
    assert result.error <= 0.05
    assert max(result.days.values()) <= domain.per_day
    assert max(result.lags) <= 10


def test_a_real_backfill_takes_the_days_that_were_told_and_delays_no_new_mail(tmp_path):
    work = backfill_days.Work(mailboxes=3, messages=200, per_day=5_000, poll=10_000, news_every=14_400.0)

    outcome = backfill_days.measure(work, tmp_path)

    assert outcome.took > 1
    assert outcome.error <= 0.05
    assert outcome.lag <= 10
    assert outcome.refusals == 0
    assert max(outcome.days.values()) <= work.per_day


def test_more_live_work_makes_older_mail_longer_and_too_much_endless():
    pace = Pace(100_000, 6_000, 0, 4, 1)
    now = find_day(1_806_000_000.0).begins
    none, some, all_of_it = ({Purpose.LIVE: live, Purpose.AUDIT: 0} for live in (0, 40_000, 90_000))

    days = [count_days([500_000.0] * 4, pace, now, NOTHING, NOTHING, usual) for usual in (none, some, all_of_it)]

    assert 20 < days[0] < days[1] < 42
    assert days[2] == float("inf")


def test_one_mailbox_is_bound_by_its_own_minutes():
    pace = Pace(0, 6_000, 0, 4, 1)
    [alone, together] = [count_days(units, pace, 0.0, {}, {}, {}) for units in ([95.5 * 86_400], [95.5 * 86_400] * 4)]
    assert (alone, together) == (pytest.approx(1.0), pytest.approx(1.0))


@pytest.fixture
def scene(make_scene):
    scene = make_scene(GMAIL_UNITS_PER_DAY="3000", GMAIL_UNITS_PER_MINUTE="6000", BACKFILL_MONTHS="1")
    scene.sync()
    for number in range(200):
        thread = f"{number // 4:x}"
        labels = ("INBOX", "CATEGORY_PROMOTIONS") if number < 40 else ("INBOX",)
        mail = eml("x@nowhere.example", ANN, f"Old {number}", message_id=f"<{number}@x>")
        scene.deliver(ANN, mail, *labels, thread=thread)
    return scene


def test_the_price_is_the_planners_own(scene):
    """Of 200 messages in conversations of four 40 are decided by their label: 40 conversations are read whole."""
    quota = scene.services.rooms.quota
    look = quota.look(scene.mailbox(), 0)

    assert look.size == PastSize(200, 160, 40 * 40.0)
    # Nobody is logged here, and 30 percent is what is believed where nothing is known.
    assert price_past(look.size, 0.0) == 12 + 12.5 + 1_600
    assert quota.foresee([look]).units == 12 + 12.5 + 1_600 + 60 * 10


def test_backfill_tells_units_and_time_before_a_unit_is_used(scene):
    before = [c.method for c in scene.universe.calls.calls("gmail")].count("threads.get")

    told = scene.flask("backfill", ANN, "--since", "2026-01-01", "--preview")

    text = " ".join(told.stdout.split())
    assert told.code == 0, told.output
    assert "Older mail to be read: 200 messages, about 2,224 Gmail units if 30% of it is logged." in text
    assert [c.method for c in scene.universe.calls.calls("gmail")].count("threads.get") == before
    assert scene.mailbox().backfill is None


def test_a_stage_of_many_tells_what_it_will_cost(make_scene):
    scene = make_scene(GMAIL_UNITS_PER_DAY="30000", GMAIL_UNITS_PER_MINUTE="6000", NEW_MAILBOX_STAGE="off")
    for number in range(300):
        scene.deliver(ANN, eml("x@nowhere.example", ANN, f"Old {number}", message_id=f"<{number}@x>"))

    text = " ".join(scene.flask("mailbox", "--all", "--include-off", "--stage", "live", "--preview").output.split())

    assert "Older mail to be read: 300 messages" in text
    # 7,848 units at 95.5 a second in one mailbox.
    assert "That takes about 1 min." in text


def test_status_and_doctor_and_coverage_show_what_was_used(scene):
    scene.sync()
    scene.services.budget.settle()

    figures = json.loads(scene.flask("status", "--json").stdout)
    shown = " ".join(scene.flask("doctor").stdout.split())
    counted = " ".join(scene.flask("coverage").stdout.split())

    used = scene.universe.quota.used_on(scene.clock.now())
    assert figures["quota_live_today"] > 0
    assert sum(figures[f"quota_{purpose.word}_today"] for purpose in Purpose) <= used
    assert "of 3,000 Gmail units (new mail and cards" in shown
    assert "Gmail units (new mail and cards" in counted
    assert "of them for older mail." in counted


def test_a_mailbox_that_begins_says_in_the_log_what_it_will_cost(make_scene, caplog):
    scene = make_scene(GMAIL_UNITS_PER_DAY="3000")
    for number in range(5):
        scene.deliver(ANN, eml("x@nowhere.example", ANN, f"Old {number}", message_id=f"<{number}@x>"))
    caplog.set_level("INFO")

    scene.sync()

    events = [r.truly for r in caplog.records if getattr(r, "truly", {}).get("event") == "past_begins"]
    assert {event["past_messages"] for event in events} == {0, 5}
    assert all(event["past_units"] >= 20 * event["past_messages"] for event in events)
    assert all(event["past_days"] < 1 for event in events)


def test_mail_that_was_read_before_is_in_no_price(scene):
    scene.sync()
    quota = scene.services.rooms.quota

    assert quota.look(scene.mailbox(), 0).size == PastSize(0, 0, 0.0, known=200)
    told = " ".join(scene.flask("backfill", ANN, "--since", "2026-01-01", "--preview").stdout.split())
    assert told == "Older mail to be read: 0 messages."


@pytest.fixture
def unread(make_scene):
    scene = make_scene(NEW_MAILBOX_STAGE="off")
    for number in range(300):
        scene.deliver(ANN, eml("x@nowhere.example", ANN, f"Old {number}", message_id=f"<{number}@x>"))
    return scene


def test_trial_mode_pays_for_no_body(unread):
    costs = {}
    for stage in ("dry_run", "live"):
        shown = unread.flask("mailbox", "--all", "--include-off", "--stage", stage, "--preview").output
        costs[stage] = " ".join(shown.split())
        assert "Never read yet" not in costs[stage]

    # 20 units for the header of each; 30 percent of them are read once more.
    assert "300 messages, about 6,048 Gmail units, for trial mode reads no body." in costs["dry_run"]
    assert "300 messages, about 7,848 Gmail units if 30% of it is logged." in costs["live"]


def test_one_mailbox_tells_its_price_before_it_begins(unread):
    told = " ".join(unread.flask("mailbox", ANN, "--stage", "live").stdout.split())

    assert "Older mail to be read: 300 messages, about 7,824 Gmail units if 30% of it is logged." in told
    assert told.index("Older mail to be read") < told.index(f"{ANN} is now live.")


def test_where_gmail_cannot_be_asked_nothing_is_called_free(unread):
    give_trouble(unread, "domain_policy", ANN)

    told = " ".join(unread.flask("mailbox", ANN, "--stage", "live").stdout.split())

    assert "older mail there is is not known, because Gmail could not be asked: 1 mailbox." in told
    assert "0 messages" not in told
    assert "min." not in told
