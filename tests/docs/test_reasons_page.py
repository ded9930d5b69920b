"""The tables of reasons in README and docs/commands.md have the code's reasons, their outcomes and their order."""

from __future__ import annotations

import pytest

from server.domain.decision import OUTCOME_OF, Outcome, Reason
from tests.docs.pages import find_code_spans, read_page, read_rows

WORDS = {"logged": Outcome.LOGGED, "not logged": Outcome.SKIPPED}
BY_PEOPLE = {Reason.RULE_MATCH, Reason.THREAD_OVERRIDE}
"""Reasons that somebody's word gives and no rule of the table."""


def compare_reasons(rows: list[list[str]]) -> list[str]:
    """What the table says otherwise than the code."""
    problems, listed = [], []
    for _text, outcome, spans in rows:
        for name in find_code_spans(spans):
            if name not in set(Reason):
                problems.append(f"{name} is no reason")
                continue
            listed.append(Reason(name))
            if OUTCOME_OF[Reason(name)] is not WORDS[outcome]:
                problems.append(f"{name} is not {outcome}")
    decided = [reason for reason in Reason if OUTCOME_OF[reason] in WORDS.values() and reason not in BY_PEOPLE]
    problems += [f"{reason.value} is not in the table" for reason in decided if reason not in listed]
    if listed != sorted(listed, key=list(Reason).index):
        problems.append("the order is another")
    return problems


def read_reasons() -> list[list[str]]:
    return read_rows(read_page("README.md"), "an email")


def compare_all_reasons(rows: list[list[str]]) -> list[str]:
    """What the table of every reason says otherwise than the code."""
    on_page = [(outcome.strip("`"), reason.strip("`")) for outcome, reason, _meaning in rows]
    in_code = [(OUTCOME_OF[reason].value, reason.value) for reason in Reason]
    problems = [
        f"{reason} is not {outcome}, or no reason" for outcome, reason in on_page if (outcome, reason) not in in_code
    ]
    problems += [f"{reason} is not on the page" for outcome, reason in in_code if (outcome, reason) not in on_page]
    for outcome, reason, meaning in rows:
        if meaning.startswith("not logged: ") != (outcome.strip("`") == Outcome.SKIPPED):
            problems.append(f"{reason} does not say whether it is logged")
    return problems if problems or on_page == in_code else ["the order is another"]


def read_all_reasons() -> list[list[str]]:
    return read_rows(read_page("docs/commands.md"), "outcome")


def test_the_commands_page_has_every_reason_with_its_outcome():
    assert compare_all_reasons(read_all_reasons()) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("`taken_back`", "`withdrawn`", "taken_back is not on the page"),
        ("`taken_back`", "`withdrawn`", "withdrawn is not removed, or no reason"),
        ("`removed`", "`gone`", "erased is not gone, or no reason"),
        ("not logged: nobody on it is in Salesforce", "nobody", "`no_match` does not say whether it is logged"),
    ],
)
def test_a_wrong_row_of_all_reasons_is_caught(old, new, problem):
    rows = [[new if cell == old else cell for cell in row] for row in read_all_reasons()]
    assert problem in compare_all_reasons(rows)


def test_another_order_of_all_reasons_is_caught():
    rows = read_all_reasons()
    assert compare_all_reasons([*rows[1:], rows[0]]) == ["the order is another"]


def test_the_readme_has_each_reason_in_its_order():
    assert compare_reasons(read_reasons()) == []


def test_a_reason_in_the_wrong_place_is_caught():
    rows = read_reasons()
    assert compare_reasons([rows[1], rows[0], *rows[2:]]) == ["the order is another"]


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        (1, "logged", "not_mail is not logged"),
        (2, "`no_mail`", "no_mail is no reason"),
        (2, "`no_mail`", "not_mail is not in the table"),
    ],
)
def test_a_wrong_reason_is_caught(column, cell, problem):
    rows = read_reasons()
    rows[0][column] = cell
    assert problem in compare_reasons(rows)
