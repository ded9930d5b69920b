"""docs/architecture.md names files and functions that are there, and every kind of change."""

from __future__ import annotations

import ast
import re

import pytest

from tests.docs.pages import ROOT, find_code_spans, read_page, read_rows, read_section
from tests.support.sources import parse_source

PAGE = "docs/architecture.md"
TYPES = (
    "MessageRef", "Message", "Row", "Copy", "Mail", "Wanted", "Claimed", "Activity", "Filed", "SealedMail", "ActivityRow",
)  # fmt: skip
CHANGES = (
    "a new reason", "a new field of the activity", "a new card button", "a new text", "a new header that counts",
    "a new mail provider", "a new doctor check", "a new setting", "a new command", "a new job kind",
)  # fmt: skip
_NAME_IN_FILE = re.compile(r"`(\w+)` (?:in|of|\() ?\(?`([\w./]+\.py)`")
_FILE = re.compile(r"(?:[\w-]+/)*[\w.-]+\.(?:py|md|yaml)|(?:[\w-]+/)+[\w-]+")


def find_missing_names(text: str) -> list[str]:
    """Of each `name` in `file.py`: whether the module defines it."""
    missing = []
    for name, path in _NAME_IN_FILE.findall(text):
        if not (ROOT / path).is_file():
            missing.append(f"{path} is not there")
        elif name not in list_names(path):
            missing.append(f"{name} is not in {path}")
    return missing


def list_names(path: str) -> set[str]:
    """The functions, classes and constants of a module."""
    names: set[str] = set()
    for node in parse_source((ROOT / path).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def compare_changes(rows: list[list[str]]) -> list[str]:
    """Every kind of change has a row, and each row names files that are there."""
    problems = [f"{change} has no row" for change in CHANGES if change not in [row[0] for row in rows]]
    for change, where in rows:
        files = [span for span in find_code_spans(where) if _FILE.fullmatch(span)]
        problems += [] if files else [f"{change} names no file"]
        problems += [f"{name} is not there" for name in files if not (ROOT / name).exists()]
    return problems


def read_changes() -> list[list[str]]:
    return read_rows(read_page(PAGE), "to add")


def test_each_name_is_in_the_file_that_is_named_with_it():
    assert len(_NAME_IN_FILE.findall(read_page(PAGE))) > 20
    assert find_missing_names(read_page(PAGE)) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("`Rows` (`server/domain/ledger.py`)", "Rows is not in server/domain/ledger.py"),
        ("`screens` in `server/rules/decision/screen.py`", "screens is not in server/rules/decision/screen.py"),
        ("`screen` in `server/rules/screen.py`", "server/rules/screen.py is not there"),
    ],
)
def test_a_name_in_another_file_is_caught(text, problem):
    assert find_missing_names(text) == [problem]


def test_the_life_of_an_email_has_each_type_in_its_order():
    rows = read_rows(read_page(PAGE), "type")
    assert tuple(find_code_spans(row[0])[0] for row in rows) == TYPES
    assert all(len(row) == 4 and all(row) for row in rows)


def test_the_picture_has_each_type():
    picture = (ROOT / "docs" / "life-of-an-email.svg").read_text()
    assert [name for name in TYPES if f">{name}</text>" not in picture] == []


def test_both_engines_stand_in_the_table_and_in_the_picture():
    """Each setting that chooses an engine is one, and the picture shows what the table names."""
    rows = {row[0]: row for row in read_rows(read_section(read_page(PAGE), "The two engines"), "part")}
    chosen = {name for row in rows.values() for name in find_code_spans(row[3])}
    settings = {row[0].strip("`") for row in read_rows(read_page("docs/settings.md"), "setting")}
    assert chosen >= {"STATE", "KEYS", "HASH_KEYS", "QUEUE", "ROLE"}
    assert chosen <= settings
    picture = (ROOT / "docs" / "engines.svg").read_text()
    services = ("Firestore", "Cloud KMS", "Secret Manager", "Cloud Tasks", "SQLite", "key files", "sidebar", "workers")
    assert [name for name in services if name not in picture] == []
    assert [f"{name}=" for name in ("STATE", "KEYS", "HASH_KEYS", "QUEUE", "ROLE") if f"{name}=" not in picture] == []


def test_each_change_names_files_that_are_there():
    assert compare_changes(read_changes()) == []


@pytest.mark.parametrize(
    ("index", "row", "problem"),
    [
        (0, ["a new rule", "`server/settings.py`"], "a new reason has no row"),
        (0, ["a new reason", "some files"], "a new reason names no file"),
        (0, ["a new reason", "`server/domain/decisions.py`"], "server/domain/decisions.py is not there"),
        (0, ["a new reason", "`server/rules/matching`"], "server/rules/matching is not there"),
    ],
)
def test_a_wrong_row_is_caught(index, row, problem):
    rows = read_changes()
    rows[index] = row
    assert problem in compare_changes(rows)
