"""A comparison that would not see a difference proves nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.compare_runs import list_differences

MESSAGE = {
    "mailbox": "rita@acme.example", "source": "001.eml", "gmail_message_id": "18c2", "rfc822_message_id": "<a@b>",
    "outcome": "logged", "reason": "contact_match", "record": "003A", "activity": "00T1",
}  # fmt: skip
RUN = {
    "messages": [MESSAGE],
    "coverage": {"rita@acme.example": {"gmail": 1, "logged": 1}},
    "salesforce": {"Task": [{"Id": "00T1", "WhoId": "003A", "Description": "Hello."}]},
    "calls": {"gmail": {"units": 5}},
}


def test_two_runs_that_differ_in_ids_alone_are_the_same() -> None:
    later = copy.deepcopy(RUN)
    later["messages"][0]["activity"] = later["salesforce"]["Task"][0]["Id"] = "00T9"  # type: ignore[index]

    assert list(list_differences(RUN, later)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("messages", 0, "reason"), "lead_match"),
        (("messages", 0, "record"), None),
        (("messages", 0, "source"), "002.eml"),
        (("salesforce", "Task", 0, "Description"), "Other."),
        (("coverage", "rita@acme.example", "gmail"), 2),
        (("calls", "gmail", "units"), 6),
    ],
)
def test_every_other_difference_is_told(path: tuple[Any, ...], value: object) -> None:
    later: Any = copy.deepcopy(RUN)
    target = later
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value

    assert list(list_differences(RUN, later))
