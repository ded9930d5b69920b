"""The README's table of reasons has the code's reasons, their outcomes and their order."""

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
