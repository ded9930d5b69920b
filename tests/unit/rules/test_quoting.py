"""History is taken off; no word of the author's is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.bodies.replies import score
from server.rules.quoting import own_text


def test_nothing_is_over_cut_in_other_peoples_fixtures():
    found = score(own_text)

    assert found.over == []
    assert len(found.exact) >= 47


@pytest.mark.parametrize(
    "text", ["A\n\n> q\n\nanswer", "See:\n\n---------- Forwarded message ---------\nFrom: a@b.example\n\nx", "> q"]
)
def test_answers_between_quotes_and_forwards_are_kept(text):
    assert own_text(text) == text


@given(st.text(max_size=300))
def test_lines_of_the_rest_stand_in_the_text_in_order(text):
    assert own_text(text) in text
