"""The verdicts on the committed corpora, so that no later rule takes people for machines unseen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.authorship import bounces, modern, second
from bench.authorship.hostile import make_hostile
from bench.authorship.measure import judge_sample, measure_rule
from bench.authorship.samples import PEOPLE
from server.domain.message import Headers
from server.rules.authorship.rule import AuthorKind, judge_authorship

MADE_UP = list(modern.make_samples())
SECOND = list(second.make_samples())
KINDS = frozenset(AuthorKind)


def test_the_made_up_set_is_large_and_its_names_are_its_own() -> None:
    assert len(MADE_UP) >= 400
    assert len({sample.name for sample in MADE_UP}) == len(MADE_UP)
    assert {sample.label for sample in MADE_UP} == KINDS


def test_no_person_of_the_made_up_set_is_taken_for_a_machine() -> None:
    wrong = [s.name for s in MADE_UP if not s.is_machine and judge_sample(s) not in PEOPLE]
    assert wrong == []


def test_the_second_set_is_as_large_by_families_and_each_gives_a_reason() -> None:
    families = second.read_families()
    assert len(families) >= 60
    assert all(len(family.why) > 20 for family in families)
    assert len({sample.name for sample in SECOND}) == len(SECOND) >= 400
    assert {sample.label for sample in SECOND} == KINDS


def test_no_person_of_the_second_set_is_taken_for_a_machine() -> None:
    wrong = [s.name for s in SECOND if not s.is_machine and judge_sample(s) not in PEOPLE]
    assert wrong == []


def test_machines_of_the_second_set_are_found_but_for_those_that_are_explained() -> None:
    found = measure_rule(SECOND)
    assert [sample.name for sample, _ in found.misses if not sample.miss] == []
    assert found.machine.recall > 0.97


@pytest.mark.parametrize(("held_out", "least"), [(False, 0.98), (True, 0.96)])
def test_machines_of_the_made_up_set_are_found(*, held_out: bool, least: float) -> None:
    found = measure_rule([s for s in MADE_UP if modern.is_held_out(s) is held_out])
    assert found.machine.recall >= least


def test_bounces_are_found_but_for_those_that_are_explained() -> None:
    found = measure_rule(list(bounces.read_samples()))
    assert [sample.name for sample, _ in found.misses if not sample.miss] == []
    assert found.machine.recall > 0.98


@pytest.mark.parametrize(
    ("name", "headers"), list(make_hostile(20_000)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_hostile_headers_have_a_verdict(name: str, headers: Headers) -> None:
    assert name
    assert judge_authorship(headers, is_outbound=False, own_group=False, label_ids=frozenset()).kind in KINDS


UNRELATED = st.lists(
    st.tuples(
        st.sampled_from(("Received", "X-Spam-Score", "DKIM-Signature", "ARC-Seal", "X-Received", "X-Originating-IP")),
        st.text(max_size=80),
    ),
    max_size=8,
)


@given(st.sampled_from([*MADE_UP, *SECOND]), UNRELATED, st.booleans(), st.randoms())
def test_unrelated_headers_their_order_and_the_case_of_names_change_nothing(sample, more, upper, chance) -> None:  # type: ignore[no-untyped-def]
    pairs = [*more, *sample.headers]
    chance.shuffle(pairs)
    changed = Headers.of((name.upper() if upper else name.lower(), value) for name, value in pairs)
    again = judge_authorship(
        changed, is_outbound=sample.is_outbound, own_group=sample.own_group, label_ids=sample.label_ids
    )
    assert again.kind is judge_sample(sample)
