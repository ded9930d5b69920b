"""Which Task of another program stands for which mail: the only one that fits, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import ForeignTask
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.second_look import EarlierMail, LoggedMail, MailFacts
from server.rules.decision.other_tools import choose_tasks, list_people

ADA = SalesforceId("003A00000000001AAA")
MAIL = MailFacts(
    frozenset({ADA}), "Re: Lamps", is_inbound=False, days=frozenset({"2026-09-14"}), message_ids=frozenset({"1@x"}),
    authors=frozenset({"ann@acme.example"}),
)  # fmt: skip
TASK = ForeignTask(SalesforceId("00T1"), ADA, "Email: Lamps", "2026-09-14")
LONG = "A subject that is so long that another tool has cut it somewhere in its middle, as some do"


def choose(
    mails: Sequence[MailFacts], tasks: Sequence[ForeignTask], earlier: Sequence[EarlierMail] = ()
) -> dict[int, SalesforceId]:
    """By the mail's place, which is its key here."""
    logged = [LoggedMail(ActivityKey(str(place)), mail) for place, mail in enumerate(mails)]
    return {int(key): activity_id for key, activity_id in choose_tasks(logged, tasks, earlier).items()}


def test_a_cut_subject_is_the_same_and_a_short_beginning_is_not():
    mail = replace(MAIL, subject=LONG)
    assert choose([mail], [replace(TASK, subject=f"{LONG[:70]}...")]) == {0: TASK.activity_id}
    assert choose([mail], [replace(TASK, subject="A subject")]) == {}


def test_a_mail_without_a_subject_is_found_by_none():
    assert choose([replace(MAIL, subject="Re:")], [replace(TASK, subject="Email:")]) == {}


@pytest.mark.parametrize(
    ("changed", "is_rival"),
    [
        ({}, True), ({"subject": "RE: lamps"}, True), ({"subject": "Email"}, True), ({"subject": "Chairs"}, False),
        ({"subject": "From Ada: Byron: Re: Lamps"}, True), ({"subject": "From Ada Byron: Email"}, True),
        ({"is_inbound": False}, True), ({"is_inbound": True}, False), ({"people": frozenset({"003B"})}, False),
        ({"days": frozenset({"2026-09-13"})}, False), ({"sent_at": 1_000}, True), ({"sent_at": 900_000}, False),
        ({"key": "0"}, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_task_that_may_be_an_earlier_mails_is_nobodys(changed: dict[str, Any], *, is_rival: bool):
    """But for the mail's own Task, which says nothing new."""
    task = replace(TASK, created_at=10_000)
    earlier = replace(EarlierMail(ActivityKey("k"), MAIL.people, "Lamps", MAIL.days), **changed)
    assert choose([MAIL], [task], [earlier]) == ({} if is_rival else {0: TASK.activity_id})
    assert choose([MAIL], [replace(task, message_ids=MAIL.message_ids)], [earlier]) == {0: TASK.activity_id}


@pytest.mark.parametrize(
    ("sent_at", "created_at", "is_chosen"),
    [(0, 1, True), (1, 0, True), (300_001, 1, True), (300_002, 1, False), (1, 900_000, True)],
)
def test_a_task_older_than_the_mail_by_more_than_clocks_differ_is_not_its(
    sent_at: int, created_at: int, *, is_chosen: bool
):
    found = choose([replace(MAIL, sent_at=sent_at)], [replace(TASK, created_at=created_at)])
    assert found == ({0: TASK.activity_id} if is_chosen else {})


def test_people_are_contacts_and_leads():
    assert list_people([ADA, SalesforceId("001A"), SalesforceId("00QA")]) == {ADA, "00QA"}


@given(
    st.lists(st.sampled_from(["Lamps", "Re: Lamps", "Chairs", "[x] chairs"]), max_size=4),
    st.lists(st.sampled_from(["Email: Lamps", "lamps", "Chairs", "Email: >> Chairs", "<< Chairs"]), max_size=4),
)
def test_a_task_stands_for_one_mail_at_most_and_only_if_nothing_else_fits(ours: list[str], theirs: list[str]):
    mails = [replace(MAIL, subject=subject) for subject in ours]
    tasks = [replace(TASK, activity_id=SalesforceId(f"00T{n}"), subject=subject) for n, subject in enumerate(theirs)]
    chosen = choose(mails, tasks)
    assert len(set(chosen.values())) == len(chosen)
    for word in ("lamps", "chairs"):
        places = [place for place, subject in enumerate(ours) if word in subject.lower()]
        fitting = [s for s in theirs if word in s.lower() and "<<" not in s]
        is_clear = len(places) == len(fitting) == 1
        assert [place in chosen for place in places] == [is_clear] * len(places)
