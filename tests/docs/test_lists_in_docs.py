"""Short lists that the docs repeat: rooms, collections, alarms, log lines and Google's scopes."""

from __future__ import annotations

import re

import pytest

from server.adapters.documents import COLLECTIONS
from server.domain.alarm import AlarmCode
from tests import test_architecture
from tests.docs.pages import ROOT, find_code_spans, list_pages_of_today, read_page, read_rows

ARCHITECTURE = "docs/architecture.md"
_SCOPE = re.compile(r"https://www\.googleapis\.com/auth/[\w.]+")
_ALARM = re.compile(r"ALARM (\w+)")


def compare_names(on_page: list[str], in_code: set[str]) -> list[str]:
    problems = [f"{name} stands twice" for name in sorted(set(on_page)) if on_page.count(name) > 1]
    problems += [f"{name} is not in the code" for name in sorted(set(on_page) - in_code)]
    return problems + [f"{name} is not on the page" for name in sorted(in_code - set(on_page))]


def first_cells(page: str, column: str) -> list[str]:
    """The names in the first column, without the folder's slash."""
    return [span.rstrip("/") for row in read_rows(read_page(page), column) for span in find_code_spans(row[0])]


def list_rooms(folder: str) -> set[str]:
    """The packages in a folder."""
    return {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}


def list_scopes() -> set[str]:
    """What the service asks Google for when it acts for a person or an admin."""
    return set(_SCOPE.findall((ROOT / "server/adapters/google/credentials.py").read_text())) - {
        "https://www.googleapis.com/auth/iam"  # asked for to sign, not delegated
    }


def find_unknown_alarms(text: str) -> list[str]:
    return [name for name in _ALARM.findall(text) if name not in set(AlarmCode)]


def test_the_rooms_of_the_engine_are_its_folders():
    assert compare_names(first_cells(ARCHITECTURE, "room of `server/engine/`"), list_rooms("server/engine")) == []


def test_the_rooms_of_the_rules_and_the_adapters_are_named():
    rows = {row[0].strip("`"): row[1] for row in read_rows(read_page(ARCHITECTURE), "room")}
    for folder in ("server/rules/", "server/adapters/"):
        assert compare_names(find_code_spans(rows[folder]), list_rooms(folder)) == []


def test_every_folder_of_the_server_is_a_room():
    rooms = {f"server/{name}" for name in list_rooms("server")}
    assert rooms - set(first_cells(ARCHITECTURE, "room")) == set()


def compare_imports(rows: list[list[str]]) -> list[str]:
    """Which of our packages each folder may import, by the architecture test; its own it always may."""
    on_page = {row[0].strip("`").rstrip("/"): row[2] for row in rows}
    problems = []
    for folder, prefixes in test_architecture.ALLOWED.items():
        names = {prefix.removeprefix("server.").partition(".")[0] for prefix in prefixes}
        allowed = names - {folder.rpartition("/")[2]}
        cell = on_page.get(folder, "")
        written = set() if cell == "nothing of this project" else set(cell.split(", "))
        problems += [] if written == allowed else [f"{folder} may import {', '.join(sorted(allowed)) or 'nothing'}"]
    return problems


def test_the_rooms_may_import_what_the_architecture_test_allows():
    assert compare_imports(read_rows(read_page(ARCHITECTURE), "room")) == []


@pytest.mark.parametrize(
    ("cell", "problem"),
    [("ports", "server/rules may import domain"), ("domain, ports", "server/rules may import domain")],
)
def test_a_wrong_import_is_caught(cell, problem):
    rows = read_rows(read_page(ARCHITECTURE), "room")
    [row] = [row for row in rows if row[0] == "`server/rules/`"]
    row[2] = cell
    assert compare_imports(rows) == [problem]


def test_the_collections_are_the_stores():
    assert compare_names(first_cells(ARCHITECTURE, "collection"), set(COLLECTIONS)) == []


def test_the_scopes_to_delegate_are_those_that_are_asked_for():
    assert compare_names(_SCOPE.findall(read_page("docs/google.md")), list_scopes()) == []


@pytest.mark.parametrize("page", list_pages_of_today())
def test_each_alarm_is_known(page):
    assert find_unknown_alarms(read_page(page)) == []


def test_the_log_lines_of_pushes_are_written():
    source = (ROOT / "server/web/push.py").read_text()
    lines = [line for line in first_cells("docs/push.md", "in the log") if line.startswith("a push")]
    assert len(lines) == 2
    assert [line for line in lines if line.partition(":")[0] not in source] == []


@pytest.mark.parametrize(
    ("on_page", "problem"),
    [
        (["collect", "decide", "decide"], "decide stands twice"),
        (["collect", "decide", "judge"], "judge is not in the code"),
        (["collect"], "decide is not on the page"),
    ],
)
def test_a_wrong_list_is_caught(on_page, problem):
    assert problem in compare_names(on_page, {"collect", "decide"})


def test_an_unknown_alarm_is_caught():
    assert find_unknown_alarms("`ALARM watch_end` means") == ["watch_end"]
