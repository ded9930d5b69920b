"""Alarms over each backend: said at most once an hour, always counted, and never in the way of what raised them."""

import pytest

from server.adapters.store.alarms import DocumentAlarms
from server.domain.alarm import Alarm, AlarmCode
from server.domain.errors import TransientError
from simulator.clock import Clock


@pytest.fixture
def clock():
    return Clock(1000.0, frozen=True)


@pytest.fixture
def alarms(documents, clock):
    return DocumentAlarms(documents, clock)


def said(caplog):
    return [message for message in caplog.messages if message.startswith("ALARM")]


def test_an_alarm_is_said_once_an_hour_and_counted_each_time(alarms, clock, caplog):
    for _ in range(3):
        alarms.raise_alarm(AlarmCode.LEFT_SCOPE, "m1")
        clock.advance(1000)
    assert said(caplog) == ["ALARM left_scope mailbox=m1"]
    assert alarms.since(0) == [Alarm("left_scope", "m1", 3, 1000.0, 3000.0)]

    clock.advance(1000)
    alarms.raise_alarm(AlarmCode.LEFT_SCOPE, "m1")
    assert len(said(caplog)) == 2


def test_each_mailbox_and_each_code_is_an_alarm_of_its_own(alarms, clock):
    alarms.raise_alarm(AlarmCode.LEFT_SCOPE, "m1")
    clock.advance(10)
    alarms.raise_alarm(AlarmCode.LEFT_SCOPE, "m2")
    alarms.raise_alarm(AlarmCode.WITNESS_MISSED)

    assert {(a.code, a.mailbox_id) for a in alarms.since(0)} == {
        ("left_scope", "m1"), ("left_scope", "m2"), ("witness_missed", None),
    }  # fmt: skip
    assert {a.mailbox_id for a in alarms.since(1005)} == {"m2", None}


def test_another_process_sees_it(opener, clock):
    DocumentAlarms(opener(), clock).raise_alarm(AlarmCode.LEFT_SCOPE, "m1")

    assert len(DocumentAlarms(opener(), clock).since(0)) == 1


def test_state_that_is_away_costs_the_count_and_not_the_word(documents, clock, caplog):
    class Away:
        def get(self, *_arguments):
            raise TransientError("The state is away.")

    DocumentAlarms(Away(), clock).raise_alarm(AlarmCode.LEFT_SCOPE, "m1")

    assert said(caplog) == ["ALARM left_scope mailbox=m1"]
