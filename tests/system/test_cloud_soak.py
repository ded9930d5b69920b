"""Some minutes of the cloud engine under kills and failures; and whoever loses or doubles a mail is found out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from simulator.demo.deployment import ROOT
from tests.soak.cloud.__main__ import list_problems
from tests.soak.cloud.findings import KEY, MESSAGE_ID, Delivered, Findings, Lags, compare
from tests.soak.cloud.meter import read_meters
from tests.soak.cloud.plan import MAILS_A_DAY, Planner
from tests.soak.cloud.run import Outcome, describe_memory

MINUTES, MAILBOXES = 2.5, 40
BEGAN = 1_790_000_000.0
Tasks = list[dict[str, Any]]


@pytest.fixture(scope="module")
def delivered() -> list[Delivered]:
    arrivals = Planner(1, 50, BEGAN).plan(600)
    return [Delivered(a, BEGAN + a.at, f"rep{a.mailbox}", f"{n:x}") for n, a in enumerate(arrivals)]


@pytest.fixture
def ledger(delivered: list[Delivered]) -> dict[str, Any]:
    rows = [
        {
            "mailbox": mail.mailbox, "gmail_message_id": mail.message, "reason": "contact_match", "cause": None,
            "outcome": "logged" if mail.arrival.is_wanted else "skipped",
        }
        for mail in delivered
    ]  # fmt: skip
    return {"messages": rows}


@pytest.fixture
def tasks(delivered: list[Delivered]) -> Tasks:
    """Each customer's mail is one task, two seconds after it came."""
    wanted = [mail for mail in delivered if mail.arrival.is_wanted]
    return [
        {
            MESSAGE_ID: mail.arrival.mail.message_id, KEY: f"key{number}", "CreatedDate": _write_time(mail.at + 2),
            "WhoId": mail.arrival.mail.record, "WhatId": mail.arrival.mail.record,
        }
        for number, mail in enumerate(wanted)
    ]  # fmt: skip


def _write_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def test_mail_comes_at_its_pace_and_in_bursts(delivered: list[Delivered]) -> None:
    steady = [mail for mail in delivered if not mail.arrival.is_burst]
    assert 0.4 < len(steady) / (50 * MAILS_A_DAY * 600 / 86_400) < 1.8
    assert any(mail.arrival.is_burst for mail in delivered)
    assert len({mail.arrival.mail.message_id for mail in delivered}) == len(delivered)


def test_what_came_as_it_must_is_no_problem(delivered: list[Delivered], tasks: Tasks, ledger: dict[str, Any]) -> None:
    findings = compare(delivered, tasks, ledger)
    assert list_problems(Outcome(findings)) == []
    assert findings.logged == len(tasks) > 10
    assert findings.bursts.p95 == findings.bursts.p50 == pytest.approx(2.0, abs=0.01)


def _lose_task(tasks: Tasks, _ledger: dict[str, Any]) -> None:
    del tasks[0]


def _lose_row(_tasks: Tasks, ledger: dict[str, Any]) -> None:
    del ledger["messages"][0]


def _double_mail(tasks: Tasks, _ledger: dict[str, Any]) -> None:
    tasks.append({**tasks[0], KEY: "another"})


def _double_key(tasks: Tasks, _ledger: dict[str, Any]) -> None:
    tasks.append({**tasks[0], MESSAGE_ID: "<other@faults.example>"})


def _move(tasks: Tasks, _ledger: dict[str, Any]) -> None:
    tasks[0].update(WhoId="003F", WhatId="001F")


def _let_wait(_tasks: Tasks, ledger: dict[str, Any]) -> None:
    ledger["messages"][0].update(outcome="waiting", reason="retrying")


@pytest.mark.parametrize(
    ("change", "word"),
    [(_lose_task, "lost"), (_lose_row, "lost"), (_double_mail, "doubled"), (_double_key, "doubled"), (_move, "wrong"),
     (_let_wait, "still waiting")],
)  # fmt: skip
def test_what_must_not_be_is_found(
    delivered: list[Delivered], tasks: Tasks, ledger: dict[str, Any], change: Callable[[Tasks, dict[str, Any]], None],
    word: str,
) -> None:  # fmt: skip
    change(tasks, ledger)
    problems = list_problems(Outcome(compare(delivered, tasks, ledger)))
    assert [problem for problem in problems if problem.startswith(word)]


def test_what_is_on_its_way_when_a_short_run_ends_is_not_lost(
    delivered: list[Delivered], tasks: Tasks, ledger: dict[str, Any]
) -> None:
    first = delivered.index(next(mail for mail in delivered if mail.arrival.is_wanted))
    names = [f"mail {mail.arrival.mail.number}" for mail in delivered]
    _lose_task(tasks, ledger)
    ledger["messages"][first].update(outcome="waiting", reason="retrying", cause="a dead worker's")
    unread = ledger["messages"].pop()
    read_to = {mail.mailbox: mail.at + 60 for mail in delivered}
    findings = compare(delivered, tasks, ledger, {**read_to, unread["mailbox"]: BEGAN})
    assert list_problems(Outcome(findings)) == []
    assert [name.partition(": ")[0] for name in findings.late] == [names[first], names[-1]]
    ledger["messages"][first].update(outcome="logged", cause=None)
    lost = compare(delivered, tasks, ledger, read_to).lost
    assert {name.partition(": ")[0] for name in lost} == {names[first], names[-1]}


def test_memory_that_grows_is_a_problem() -> None:
    flat = Outcome(Findings(), memory={"start": 200_000_000, "end": 210_000_000, "most": 220_000_000, "seconds": 900})
    assert list_problems(flat) == []
    grown = replace(flat, memory={**flat.memory, "end": 900_000_000})
    assert list_problems(grown) == ["memory grew from 200000000 to 900000000 bytes"]


def test_percentiles_are_of_mails_that_were() -> None:
    lags = Lags.of(float(n) for n in range(1, 101))
    assert (lags.p50, lags.p95, lags.p99, lags.worst) == (50, 95, 99, 100)
    assert Lags.of([]).count == 0


def test_meters_add_up_over_processes_and_seconds(tmp_path: Path) -> None:
    line = {"second": 10, "pid": 1, "rss": 5, "calls": 2, "reads": {"leases": 1}, "writes": {"leases": 2}}
    lines = [
        {**line, "documents": {"leases/a": 2}},
        {**line, "second": 11, "rss": 7, "documents": {"leases/a": 1}},
        {**line, "pid": 2, "documents": {"leases/a": 2, "leases/b": 1}},
    ]
    for number, one in enumerate(lines):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(one) + '\n{"second": 12, "cut')
    readings = read_meters(tmp_path)
    assert (readings.calls, readings.writes["leases"], readings.hottest()) == (6, 6, ("leases/a", 4))
    assert describe_memory(readings) == {"start": 7, "end": 7, "most": 7, "seconds": 1}
    assert read_meters(tmp_path, since=11).calls == 2


@pytest.mark.slow
@pytest.mark.firestore
@pytest.mark.xdist_group("soak")
def test_minutes_of_kills_and_failures_lose_and_double_nothing(firestore_emulator: str) -> None:
    """Nothing here is about time: on a machine that is busy with other things, more is on its way at the end."""
    assert firestore_emulator
    command = [sys.executable, "-m", "tests.soak.cloud", "--minutes", str(MINUTES)]
    command += ["--mailboxes", str(MAILBOXES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    report = json.loads((ROOT / "build" / "soak.json").read_text())
    assert report["problems"] == []
    assert report["findings"]["logged"] > 0
    assert report["findings"]["logged"] + len(report["findings"]["late"]) > 10
    assert report["kills"] > 0
    assert report["failures"]
