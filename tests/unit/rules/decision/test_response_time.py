"""How long a customer waited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rules.decision.response_time import measure_response_minutes

IN, OUT = True, False
M = 60_000


@pytest.mark.parametrize(
    ("sent_at", "earlier", "minutes"),
    [
        (10 * M, [], None),
        (10 * M, [(4 * M, IN)], 6),
        (10 * M, [(4 * M, OUT)], None),
        (10 * M, [(1 * M, IN), (4 * M, OUT)], None),
        (10 * M, [(1 * M, IN), (2 * M, OUT), (4 * M, IN), (7 * M, IN)], 6),
        (10 * M, [(12 * M, IN)], None),
        (10 * M, [(10 * M, IN)], None),
        (10 * M, [(10 * M - 1, IN)], 0),
    ],
)
def test_the_wait_is_counted_from_the_first_unanswered_mail(sent_at, earlier, minutes):
    assert measure_response_minutes(sent_at, earlier) == minutes


@given(st.integers(1, 10**13), st.lists(st.tuples(st.integers(1, 10**13), st.booleans()), max_size=20))
def test_no_wait_is_negative_and_order_says_nothing(sent_at, earlier):
    found = measure_response_minutes(sent_at, earlier)
    assert found is None or found >= 0
    assert measure_response_minutes(sent_at, reversed(earlier)) == found
