"""GoogleReports, through Google's own client library, against the simulated Reports API."""

import pytest

from server.domain.errors import ReconnectRequiredError, ThrottledError, TransientError
from server.ports.witness import Sighting
from simulator.faults import Fault
from tests.support.scene import START, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
DAY = 86_400.0
NINE = 1_789_376_400.0
"""Epoch seconds of the mail in ``eml``: 14 September 2026, 09:00 UTC."""


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.fixture
def scene(make_scene):
    return make_scene(REPORTS_WITNESS="yes")


def told(scene, since=START - 10 * DAY, until=START):
    return sorted(
        scene.services.rooms.comparer.witness.sightings(since, until), key=lambda d: (d.rfc822_message_id, d.address)
    )


def test_what_came_and_what_was_sent_is_told_with_the_mailbox_it_lies_in(scene):
    scene.deliver(ANN, eml(message_id="<in@x>"))
    scene.deliver(ANN, eml(sender=ANN, to="ada@byron.example", message_id="<out@x>"), "SENT")
    scene.deliver(BEN, eml(message_id="<spam@x>"), "SPAM")
    scene.deliver(BEN, eml(message_id="<draft@x>"), "DRAFT")

    assert told(scene) == [
        Sighting(ANN, "<in@x>", NINE),
        Sighting(ANN, "<out@x>", NINE),
        Sighting(BEN, "<spam@x>", NINE),
    ]


def test_it_is_told_in_pages(scene):
    for number in range(1100):
        scene.deliver(ANN, eml(message_id=f"<{number}@x>"))

    assert len(told(scene)) == 1100
    # Two pages of what came, and one for what was sent: the other events of each mail are not asked for.
    assert len(scene.universe.calls.calls("reports")) == 3


@pytest.mark.parametrize("is_ignored", [False, True])
def test_each_mail_is_told_once_also_where_google_ignores_the_filter(scene, monkeypatch, is_ignored):
    if is_ignored:
        monkeypatch.setattr("simulator.reports._read_filters", lambda _text: [])
    scene.deliver(ANN, eml(message_id="<in@x>"))
    scene.deliver(ANN, eml(sender=ANN, to="ada@byron.example", message_id="<out@x>"), "SENT")

    assert told(scene) == [Sighting(ANN, "<in@x>", NINE), Sighting(ANN, "<out@x>", NINE)]


def test_only_what_lies_between_the_two_moments(scene):
    scene.deliver(ANN, eml(message_id="<in@x>"))

    assert told(scene, NINE + 1, START) == []
    assert len(told(scene, NINE, NINE)) == 1


def test_google_is_late(scene):
    scene.deliver(ANN, eml(message_id="<in@x>"))
    scene.universe.reports_lag = 10 * DAY
    assert told(scene) == []

    scene.clock.advance(4 * DAY)
    assert len(told(scene)) == 1


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("503", TransientError),
        ("drop_answer", TransientError),
        ("429", ThrottledError),
        ("404", ReconnectRequiredError),
        ("domainPolicy", ReconnectRequiredError),
    ],
)
def test_every_failure_names_nobody(scene, kind, expected):
    scene.universe.faults.plan(Fault("reports", "activities.list", kind, times=-1))

    with pytest.raises(expected) as caught:
        told(scene)

    assert type(caught.value) is expected
    assert "acme" not in repr(caught.value)


def test_more_than_thirty_days_are_refused(scene):
    with pytest.raises(ReconnectRequiredError):
        told(scene, START - 31 * DAY, START)


def test_an_admin_who_is_none_is_told(scene):
    scene.restart(GOOGLE_ADMIN=BEN)

    with pytest.raises(ReconnectRequiredError):
        told(scene)


def test_without_the_setting_there_is_no_witness(scene):
    scene.restart(REPORTS_WITNESS="no")

    assert scene.services.rooms.comparer is None
