"""Which Task of another program stands for which mail: the only one that fits, or none."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import ForeignTask
from server.domain.ids import SalesforceId
from server.domain.second_look import MailFacts
from server.rules.decision.other_tools import choose_tasks, list_people

ADA = SalesforceId("003A00000000001AAA")
MAIL = MailFacts(
    frozenset({ADA}), "Re: Lamps", is_inbound=False, days=frozenset({"2026-09-14"}), message_ids=frozenset({"1@x"}),
    authors=frozenset({"ann@acme.example"}),
)  # fmt: skip
TASK = ForeignTask(SalesforceId("00T1"), ADA, "Email: Lamps", "2026-09-14")
LONG = "A subject that is so long that another tool has cut it somewhere in its middle, as some do"


def test_a_cut_subject_is_the_same_and_a_short_beginning_is_not():
    mail = replace(MAIL, subject=LONG)
    assert choose_tasks([mail], [replace(TASK, subject=f"{LONG[:70]}...")]) == {0: TASK.activity_id}
    assert choose_tasks([mail], [replace(TASK, subject="A subject")]) == {}


def test_a_mail_without_a_subject_is_found_by_none():
    assert choose_tasks([replace(MAIL, subject="Re:")], [replace(TASK, subject="Email:")]) == {}


def test_people_are_contacts_and_leads():
    assert list_people([ADA, SalesforceId("001A"), SalesforceId("00QA")]) == {ADA, "00QA"}


@given(
    st.lists(st.sampled_from(["Lamps", "Re: Lamps", "Chairs", "[x] chairs"]), max_size=4),
    st.lists(st.sampled_from(["Email: Lamps", "lamps", "Chairs", "Email: >> Chairs", "<< Chairs"]), max_size=4),
)
def test_a_task_stands_for_one_mail_at_most_and_only_if_nothing_else_fits(ours: list[str], theirs: list[str]):
    mails = [replace(MAIL, subject=subject) for subject in ours]
    tasks = [replace(TASK, activity_id=SalesforceId(f"00T{n}"), subject=subject) for n, subject in enumerate(theirs)]
    chosen = choose_tasks(mails, tasks)
    assert len(set(chosen.values())) == len(chosen)
    for word in ("lamps", "chairs"):
        places = [place for place, subject in enumerate(ours) if word in subject.lower()]
        fitting = [s for s in theirs if word in s.lower() and "<<" not in s]
        is_clear = len(places) == len(fitting) == 1
        assert [place in chosen for place in places] == [is_clear] * len(places)
