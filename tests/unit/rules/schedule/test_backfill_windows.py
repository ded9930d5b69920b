"""The past is cut so that nothing falls between two windows, whatever a mailbox holds."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from server.domain.history import EVERYTHING, Span
from server.rules.schedule.backfill_windows import (
    DAY,
    FIRST_WIDTH,
    TARGET,
    begin_backfill,
    finish_window,
    narrow_window,
    next_window,
)

NOW = 1_790_000_000.0
YEAR = 365 * DAY


def walked(state, start_ms, counts):
    """All windows, with so many messages found in each in turn."""
    out = []
    while found := next_window(state, start_ms):
        out.append(found)
        state = finish_window(state, found, next(counts))
        assert len(out) < 5_000
    return out


def test_a_small_mailbox_is_one_window_and_it_is_everything():
    [only] = walked(begin_backfill(NOW, TARGET, is_again=False), 0, iter([TARGET]))

    assert only.span == EVERYTHING
    assert not only.is_too_old


def test_a_small_mailbox_with_a_start_is_two():
    start = int(NOW) - YEAR

    new, old = walked(begin_backfill(NOW, 10, is_again=False), start * 1000, iter([5, 5]))

    assert (new.span, new.is_too_old) == (Span(start - DAY, None), False)
    assert (old.span, old.is_too_old) == (Span(None, start - DAY // 2), True)


def test_a_large_mailbox_begins_with_its_last_month():
    found = next_window(begin_backfill(NOW, TARGET + 1, is_again=False), 0)

    assert found.span == Span(int(NOW) + DAY - FIRST_WIDTH, None)


def test_windows_widen_where_little_is_found_and_narrow_where_much_is():
    state = begin_backfill(NOW, 100_000, is_again=False)
    first = next_window(state, 0)

    assert finish_window(state, first, 10).width == 2 * FIRST_WIDTH
    assert finish_window(state, first, TARGET + 1).width == FIRST_WIDTH // 2
    assert finish_window(state, first, TARGET).width == FIRST_WIDTH
    assert narrow_window(state).width == FIRST_WIDTH // 4
    assert narrow_window(replace(state, width=DAY)) is None


times = st.integers(min_value=1, max_value=int(NOW) + DAY - 1)


@given(
    moment=times,
    start=st.one_of(st.just(0), times),
    size=st.integers(0, 10**6),
    counts=st.lists(st.integers(0, 3 * TARGET), max_size=200),
    inclusive=st.tuples(st.booleans(), st.booleans()),
)
def test_every_moment_is_in_a_window_however_the_edges_count(moment, start, size, counts, inclusive):
    after_counts, before_counts = inclusive

    def holds(span):
        after = span.after is None or moment > span.after or (after_counts and moment == span.after)
        before = span.before is None or moment < span.before or (before_counts and moment == span.before)
        return after and before

    def endless():
        yield from counts
        while True:
            yield 0

    windows = walked(begin_backfill(NOW, size, is_again=False), start * 1000, endless())

    holding = [w for w in windows if holds(w.span)]
    assert holding
    if start and moment >= start:
        assert not any(w.is_too_old for w in holding), "mail since the start counts as too old nowhere"
