"""A short week of failures and kills ends well; and whoever breaks a promise in it is found out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from server.domain.decision import Outcome, Reason
from tests.soak.checks import End, violations
from tests.soak.journal import Change
from tests.soak.week import Week

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
MAILBOXES, MESSAGES, KILLS = 5, 200, 12


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    made = Week(tmp_path_factory.mktemp("week"), 2, MAILBOXES, MESSAGES, KILLS)
    made.play()
    return made


@pytest.fixture
def end(week: Week) -> End:
    return week.end()


def test_a_week_of_failures_and_kills_loses_and_doubles_nothing(week: Week, end: End) -> None:
    assert violations(end) == []
    assert week.crew.deaths >= KILLS // 2
    assert sum(week.weather.suffered.values()) > 50
    struck = {what.partition(" ")[0] for what in week.weather.suffered}
    assert struck >= {"gmail", "directory", "salesforce", "google_token", "pubsub"}
    assert len(end.tasks) > 20


def logged(end: End) -> str:
    return next(key for key, row in sorted(end.rows.items()) if row.outcome is Outcome.LOGGED)


def skipped(end: End) -> str:
    """Of a message that Gmail still lists, in the mailbox of somebody who is still there."""
    truth = end.truth
    there = {f"{truth.ids[a]}.{i}" for a, box in truth.boxes.items() if a not in truth.left_at for i in box.messages}
    return next(key for key, row in sorted(end.rows.items()) if row.reason is Reason.NO_MATCH and key in there)


def without_row(end: End) -> End:
    return replace(end, rows={key: row for key, row in end.rows.items() if key != skipped(end)})


def with_row_that_waits(end: End) -> End:
    key = skipped(end)
    return replace(end, rows={**end.rows, key: replace(end.rows[key], reason=Reason.RETRYING)})


def with_wrong_reason(end: End) -> End:
    key = skipped(end)
    return replace(end, rows={**end.rows, key: replace(end.rows[key], reason=Reason.AUTOMATED)})


def with_task_twice(end: End) -> End:
    return replace(end, tasks=[*end.tasks, end.tasks[0]])


def with_task_under_another_key(end: End) -> End:
    return replace(end, tasks=[*end.tasks, {**end.tasks[0], "TrulyActivity__Message_Key__c": "another"}])


def without_tasks(end: End) -> End:
    return replace(end, tasks=[])


def with_wrong_record(end: End) -> End:
    return replace(end, tasks=[{**end.tasks[0], "WhoId": "003F", "WhatId": None}, *end.tasks[1:]])


def with_changes(end: End, *more: Change) -> End:
    return replace(end, changes=[*end.changes, *more])


def with_logged_row_closed_again(end: End) -> End:
    key, late = logged(end), max(change.at for change in end.changes)
    row = end.rows[key]
    return with_changes(end, Change(key, late, row.reason, row.reason, row.activity_id, row.activity_id))


def with_skipped_row_closed_anew(end: End) -> End:
    key, late = skipped(end), max(change.at for change in end.changes)
    steps = [Reason.NOT_PRIMARY, Reason.NO_MATCH] * 6
    return with_changes(end, *(Change(key, late, Reason.READY, step, None, None) for step in steps))


def with_row_removed(end: End) -> End:
    return with_changes(end, Change(skipped(end), 0.0, Reason.NO_MATCH, None, None, None))


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (without_row, "lost: no row"),
        (with_row_that_waits, "still waiting"),
        (with_wrong_reason, "wrong outcome"),
        (with_task_twice, "one key, several activities"),
        (with_task_under_another_key, "doubled activity"),
        (without_tasks, "no activity"),
        (with_wrong_record, "an activity on the wrong record"),
        (with_logged_row_closed_again, "a final row was written again"),
        (with_skipped_row_closed_anew, "closed twice without an event between"),
        (with_row_removed, "a row was removed"),
    ],
)
def test_a_planted_violation_is_found(end: End, plant: Callable[[End], End], expected: str) -> None:
    found = violations(plant(end))
    assert expected in {violation.what for violation in found}
    assert all("@" not in f"{violation.where} {violation.detail}" for violation in found)


def test_what_salesforce_refused_may_be_tried_again_once_for_each_time_it_is_closed(end: End) -> None:
    key, late = skipped(end), max(change.at for change in end.changes)
    nights = [
        step
        for night in range(6)
        for step in (
            Change(key, late + night, Reason.REJECTED, Reason.RETRYING, None, None),
            Change(key, late + night, Reason.RETRYING, Reason.REJECTED, None, None),
        )
    ]

    assert violations(with_changes(end, *nights)) == []
    twice = [*nights, *(replace(nights[-1], activity=f"00T{n}") for n in range(6))]
    assert {v.what for v in violations(with_changes(end, *twice))} == {"closed twice without an event between"}
