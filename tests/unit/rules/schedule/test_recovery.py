"""Each class of failure has one reaction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import errors
from server.domain.decision import Reason
from server.rules.schedule.recovery import (
    LONGEST_WAIT,
    Reaction,
    choose_reaction,
    compute_backoff,
    count_tries,
    spread_wait,
)

NOW = 1000.0


@pytest.mark.parametrize(
    ("error", "attempts", "expected"),
    [
        (errors.NotFoundError("x"), 1, Reaction(Reason.RETRYING, NOW + 3, "NotFoundError")),
        (errors.NotFoundError("x"), 3, Reaction(Reason.RETRYING, NOW + 300, "NotFoundError")),
        (errors.NotFoundError("x"), 4, Reaction(Reason.GONE, None, "NotFoundError")),
        (errors.UnreadableError("x"), 1, Reaction(Reason.UNREADABLE, None, "UnreadableError")),
        (errors.SealBrokenError("x"), 1, Reaction(Reason.RETRYING, 1001.0, "SealBrokenError")),
        (
            errors.RejectedError("REQUIRED_FIELD_MISSING", "text"),
            1,
            Reaction(Reason.REJECTED, None, "REQUIRED_FIELD_MISSING"),
        ),
        (errors.StaleTargetError("x"), 3, Reaction(Reason.RETRYING, NOW + 4, "StaleTargetError")),
        (errors.StaleTargetError("x"), 4, Reaction(Reason.REJECTED, None, "StaleTargetError")),
        (errors.ThrottledError("x", 90), 1, Reaction(Reason.RETRYING, NOW + 90, "ThrottledError")),
        (errors.TransientError("x"), 5, Reaction(Reason.RETRYING, NOW + 16, "TransientError")),
        (errors.DoubtError("x"), 1, Reaction(Reason.RETRYING, NOW + 1, "DoubtError")),
        (KeyError("secret"), 1, Reaction(Reason.RETRYING, NOW + 1, "KeyError")),
    ],
)
def test_reactions(error: Exception, attempts: int, expected: Reaction) -> None:
    assert choose_reaction(error, attempts, NOW) == expected


@given(st.integers(1, 10_000))
def test_waits_grow_and_end_at_an_hour(attempts: int) -> None:
    assert 1 <= compute_backoff(attempts) <= compute_backoff(attempts + 1) <= LONGEST_WAIT


def test_every_class_of_failure_has_a_reaction() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.TrulyError)]
    assert len(classes) > 15
    for each in classes:
        error = each("x", "00D1", "00D2") if issubclass(each, errors.OtherOrgError) else each("x")
        reaction = choose_reaction(error, 1, NOW)
        assert (reaction.due_at is None) == (reaction.reason is not Reason.RETRYING)


@pytest.mark.parametrize(
    ("error", "before", "cause", "expected"),
    [
        (errors.NotFoundError("x"), 0, None, 1),
        (errors.NotFoundError("x"), 5, "TransientError", 1),
        (errors.NotFoundError("x"), 2, "NotFoundError", 3),
        (errors.StaleTargetError("x"), 5, "DoubtError", 1),
        (errors.TransientError("x"), 2, "NotFoundError", 3),
        (errors.TransientError("x"), 2, "ThrottledError", 3),
    ],
)
def test_what_ends_a_message_is_counted_from_its_own_first_time(
    error: Exception, before: int, cause: str | None, expected: int
) -> None:
    assert count_tries(error, before, cause) == expected


@given(st.text(max_size=80), st.integers(0, 40), st.floats(0, 3_600))
def test_tries_apart_are_never_earlier_and_at_most_half_as_late_again(key, attempts, wait):
    assert wait <= spread_wait(key, attempts, wait) <= 1.5 * wait


def test_two_mails_that_collided_do_not_meet_again():
    assert len({spread_wait(str(number), 1, 1.0) for number in range(100)}) > 90
