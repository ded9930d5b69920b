"""Mail that other products' users reported: each message ends as a person expects, with the author's words in Salesforce.

A case is a world of its own in tests/cases/mail, and `make demo WORLD=tests/cases/mail/NAME` shows it. Its case.json
names the report that it follows, and for each message what is wanted: the outcome, the record, the words that Salesforce
must get (``has``) and must not get (``lacks``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.cases import CASES, CaseResult, join_words, read_case, run_case

FOLDERS = {folder.name: folder for folder in sorted((CASES / "mail").iterdir()) if folder.is_dir()}
MESSAGES = [(name, stem) for name, folder in FOLDERS.items() for stem in read_case(folder)["messages"]]
OWNER = "rita@quayside.example"
RECORDS: dict[str | None, str | None] = {
    "MINA": "003A00000000001IAA", "OTTO": "003A00000000002IAA", "JUN": "003A00000000003IAA", "JORG": "003A00000000004IAA",
    "ANNA": "003A00000000009IAA", "LIA": "00QA00000000001IAA", "TARN": "001A00000000001IAA", "FJORD": "001A00000000002IAA",
    "KELP": "001A00000000003IAA", "OEFEN": "001A00000000004IAA", "BUCH": "001A00000000005IAA", None: None,
}  # fmt: skip
Run = Callable[[str], CaseResult]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    @cache
    def run_once(name: str) -> CaseResult:
        return run_case(FOLDERS[name], Path(tmp_path_factory.mktemp("case")))

    return run_once


@pytest.mark.parametrize(("name", "stem"), MESSAGES)
def test_each_message_ends_as_a_person_expects(run: Run, name: str, stem: str) -> None:
    want = read_case(FOLDERS[name])["messages"][stem]["want"]
    place = (want.get("mailbox", OWNER), f"{stem}.eml")
    result = run(name)
    row, task = result.rows[place], result.task_of(*place)
    ending = {"outcome": row.outcome.value, "reason": row.reason.value, "record": row.record_id}
    wanted = {key: want[key] for key in ("outcome", "reason") if key in want}
    wanted |= {"record": RECORDS[want["record"]]} if "record" in want else {}
    assert {key: ending[key] for key in wanted} == wanted
    assert list_faults_of_text(want, task.get("Description") or "") == []
    fields = want.get("task", {}) | ({"Subject": want["subject"]} if "subject" in want else {})
    wanted_fields = {key.removeprefix("TrulyActivity__"): value for key, value in fields.items()}
    assert {key: task.get(key) for key in wanted_fields} == wanted_fields


@pytest.mark.parametrize("name", [name for name, folder in FOLDERS.items() if "tasks_want" in read_case(folder)])
def test_copies_of_one_mail_are_one_activity(run: Run, name: str) -> None:
    assert len(run(name).tasks) == read_case(FOLDERS[name])["tasks_want"]


def list_faults_of_text(want: dict[str, Any], text: str) -> list[str]:
    words = join_words(text)
    faults = [f"lacks {s!r}" for s in (*want.get("has", ()), *want.get("own_has", ())) if join_words(s) not in words]
    faults += [f"has {s!r}" for s in (*want.get("lacks", ()), *want.get("own_lacks", ())) if join_words(s) in words]
    faults += [f"does not keep the lines {s!r}" for s in want.get("raw_has", ()) if s not in text]
    if "count" in want and words.count(want["count"][0]) != want["count"][1]:
        faults.append(f"{want['count'][0]!r} stands {words.count(want['count'][0])} times")
    return faults
