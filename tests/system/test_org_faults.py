"""A short day of a failing org ends well; and whoever breaks a promise in it is found out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from server.domain.decision import Outcome, Reason
from simulator.salesforce.journal import API, Entry
from tests.soak.org.checks import MESSAGE_ID, End, violations
from tests.soak.org.deeds import KEY
from tests.soak.org.planning import Arrival, Deed, plan
from tests.soak.org.run import Day
from tests.soak.org.town import Kind

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
SEED, MAILBOXES, MESSAGES, KILLS = 2, 8, 220, 6


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    made = Day(tmp_path_factory.mktemp("day"), SEED, MAILBOXES, MESSAGES, KILLS)
    made.play()
    return made


@pytest.fixture
def end(day: Day) -> End:
    return day.end()


def test_a_day_of_a_failing_org_loses_and_doubles_nothing(day: Day, end: End) -> None:
    assert violations(end) == []
    assert day.violations == []
    # How much of the weather a day meets depends on the machine's speed; that it met some does not.
    assert day.crew.deaths >= 1
    assert sum(day.weather.suffered.values()) > 5
    assert sum(day.deeds.done.values()) > 3
    assert day.deeds.least_borne
    assert {Deed.LIMIT, Deed.LIFT, Deed.CLOSE, Deed.OPEN} <= day.deeds.done.keys()
    assert len(end.tasks) > 80
    assert {row.outcome for row in end.rows.values()} >= {Outcome.LOGGED, Outcome.SKIPPED, Outcome.FAILED}


def logged(end: End) -> str:
    """A row of mail to a contact that nobody touched."""
    return next(
        key
        for key, row in sorted(end.rows.items())
        if row.reason is Reason.CONTACT_MATCH and end.mails[end.copies[key]].kind is Kind.CONTACT
    )


def task_of(end: End, key: str) -> dict[str, Any]:
    return next(dict(task) for task in end.tasks if task["Id"] == end.rows[key].activity_id)


def with_row(end: End, key: str, **values: Any) -> End:
    return replace(end, rows={**end.rows, key: replace(end.rows[key], **values)})


def failed(end: End) -> str:
    return next(key for key, row in sorted(end.rows.items()) if row.outcome is Outcome.FAILED)


def without_row(end: End) -> End:
    return replace(end, rows={key: row for key, row in end.rows.items() if key != logged(end)})


def with_strange_row(end: End) -> End:
    return replace(end, rows={**end.rows, "1.x": end.rows[logged(end)]})


def with_row_that_waits(end: End) -> End:
    return with_row(end, logged(end), reason=Reason.RETRYING)


def with_key_twice(end: End) -> End:
    return replace(end, tasks=[*end.tasks, {**task_of(end, logged(end)), "IsDeleted": True}])


def with_mail_twice(end: End) -> End:
    return replace(end, tasks=[*end.tasks, {**task_of(end, logged(end)), KEY: "another", "IsDeleted": True}])


def without_task(end: End) -> End:
    gone = end.rows[logged(end)].activity_id
    return replace(end, tasks=[task for task in end.tasks if task["Id"] != gone])


def with_strangers_task(end: End) -> End:
    return replace(end, tasks=[*end.tasks, {**task_of(end, logged(end)), KEY: "k", MESSAGE_ID: "<nobody@x>"}])


def with_another_task_named(end: End) -> End:
    return with_row(end, logged(end), activity_id="00T000000000000AAA")


def with_logged_row_refused(end: End) -> End:
    return with_row(end, logged(end), reason=Reason.REJECTED, cause="UNABLE_TO_LOCK_ROW")


def with_refused_row_silent(end: End) -> End:
    return with_row(end, failed(end), cause=None)


def with_refusal_in_no_words(end: End) -> End:
    return replace(end, sentences={**end.sentences, failed(end): "It failed."})


def with_refused_row_skipped(end: End) -> End:
    return with_row(end, failed(end), reason=Reason.NO_MATCH)


def with_logged_row_taken_back(end: End) -> End:
    key = next(
        key
        for key, row in sorted(end.rows.items())
        if row.outcome is Outcome.LOGGED
        and not any(e.identifier == row.activity_id and e.what == "delete" for e in end.journal)
    )
    return with_row(end, key, reason=Reason.TAKEN_BACK)


def is_plain(entry: Entry) -> bool:
    """An insert of ours about a contact, owned by somebody."""
    is_ours = (entry.what, entry.kind, entry.by) == ("insert", "Task", API)
    return is_ours and str(entry.values.get("WhoId")).startswith("003") and bool(entry.values.get("OwnerId"))


def with_link(end: End, **links: str | None) -> End:
    """As if the first insert of a mail to a contact had been for another record."""
    refused = {str(e.values.get(MESSAGE_ID)) for e in end.journal if e.what == "refuse"}
    at = next(n for n, e in enumerate(end.journal) if is_plain(e) and str(e.values[MESSAGE_ID]) not in refused)
    entry = end.journal[at]
    return replace(
        end, journal=[*end.journal[:at], replace(entry, values={**entry.values, **links}), *end.journal[at + 1 :]]
    )


def with_task_changed(end: End) -> End:
    last = end.journal[-1]
    return replace(end, journal=[*end.journal, Entry(last.at, API, "update", "Task", task_of(end, logged(end))["Id"])])


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (without_row, "lost: no row"),
        (with_strange_row, "a row for no message"),
        (with_row_that_waits, "still waiting"),
        (with_key_twice, "one key, several activities"),
        (with_mail_twice, "doubled activity"),
        (without_task, "no activity"),
        (with_strangers_task, "an activity of no mail"),
        (with_another_task_named, "a row names another activity"),
        (with_logged_row_refused, "refused without a rule"),
        (with_refused_row_silent, "refused without a rule"),
        (with_refusal_in_no_words, "refused without the org's own sentence"),
        (with_refused_row_skipped, "no activity"),
        (with_logged_row_taken_back, "taken back, and nobody did it"),
        (lambda end: with_link(end, WhoId="003F00000000002IAA"), "an activity on the wrong record"),
        (lambda end: with_link(end, OwnerId=None), "an activity on the wrong record"),
        (lambda end: with_link(end, WhatId=None), "an activity on the wrong record"),
        (with_task_changed, "the sync changed an activity"),
    ],
)
def test_a_planted_violation_is_found(end: End, plant: Callable[[End], End], expected: str) -> None:
    found = violations(plant(end))

    assert expected in {violation.what for violation in found}
    assert all("@" not in f"{violation.where} {violation.detail}" for violation in found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_half_of_all_messages_of_the_full_run_are_shared(seed: int) -> None:
    made = plan(seed, 40, 10_000)
    copies: dict[int, int] = {}
    for event in made.events:
        if isinstance(event, Arrival):
            copies[event.mail] = copies.get(event.mail, 0) + 1

    assert sum(copies.values()) >= 10_000
    assert 0.42 < sum(count for count in copies.values() if count > 1) / sum(copies.values()) < 0.58
    assert len({event.box for event in made.events if isinstance(event, Arrival)}) == 40
