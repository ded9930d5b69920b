"""A backfill uses what Gmail allows, and not a unit more: the figure of ``make bench``, as an assertion."""

from __future__ import annotations

from bench import quota


def test_a_backfill_beside_live_work_uses_ninety_five_percent_and_is_never_refused():
    usage = quota.measured(messages=900)

    assert usage.refusals == 0
    assert len(usage.minutes) >= 3
    assert usage.share >= 0.95
    assert max(usage.minutes) <= quota.ALLOWANCE
