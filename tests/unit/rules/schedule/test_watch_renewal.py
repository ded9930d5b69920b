"""Which mailboxes' watches are renewed, in which order."""

from hypothesis import given
from hypothesis import strategies as st

from server.domain.mailbox import DirectoryState, Mailbox, Stage
from server.rules.schedule.watch_renewal import (
    LOSS_WARNING,
    RENEW_AFTER,
    RETRY_AFTER,
    is_alive,
    is_being_lost,
    is_due,
    select_due,
    select_leftovers,
)

NOW = 1_790_000_000.0
HOUR = 3_600.0


def box(name="a", stage=Stage.LIVE, **fields):
    return Mailbox(name, (f"{name}@acme.example",), stage, **fields)


def watched(name="a", ago=0.0, lives=7 * 86_400.0, **fields):
    return box(name, watched_at=NOW - ago, watch_expires_at=NOW - ago + lives, **fields)


def names(mailboxes):
    return [m.mailbox_id for m in mailboxes]


def test_whoever_has_no_watch_comes_first_and_then_the_soonest_to_end():
    mailboxes = [
        watched("later", ago=RENEW_AFTER + HOUR), watched("soon", ago=6 * RENEW_AFTER), watched("over", ago=9 * RENEW_AFTER), box("new"),
    ]  # fmt: skip

    assert names(select_due(mailboxes, NOW)) == ["new", "over", "soon", "later"]


def test_a_watch_is_renewed_when_it_is_a_day_old_and_not_before():
    assert not is_due(watched(ago=RENEW_AFTER - 1), NOW)
    assert is_due(watched(ago=RENEW_AFTER), NOW)


def test_a_watch_that_ended_early_is_renewed_at_once():
    assert is_due(watched(ago=HOUR, lives=HOUR), NOW)


def test_only_mailboxes_that_collect_are_watched():
    assert names(select_due([box(stage.value, stage) for stage in Stage if not stage.collects], NOW)) == []


def test_nobody_is_watched_who_left_or_is_out_of_scope():
    gone = box("gone", directory_state=DirectoryState.SUSPENDED)
    outside = box("outside", is_in_scope=False)

    assert select_due([gone, outside], NOW) == []


def test_whoever_failed_is_tried_again_in_the_next_hour_s_pass():
    assert not is_due(box(watch_failed_at=NOW - RETRY_AFTER + 1), NOW)
    assert is_due(box(watch_failed_at=NOW - RETRY_AFTER), NOW)
    assert RETRY_AFTER < HOUR


def test_a_paused_mailbox_is_left_in_peace_until_its_watch_is_being_lost():
    assert not is_due(box(paused_until=NOW + 1), NOW)
    assert not is_due(watched(ago=2 * RENEW_AFTER, paused_until=NOW + 1), NOW)
    assert is_due(watched(ago=6 * RENEW_AFTER, paused_until=NOW + 1), NOW)


def test_a_watch_is_being_lost_two_days_before_its_end_and_after_it():
    assert not is_being_lost(box(), NOW)
    assert not is_being_lost(watched(lives=LOSS_WARNING), NOW)
    assert is_being_lost(watched(lives=LOSS_WARNING - 1), NOW)
    assert is_being_lost(watched(lives=-1), NOW)


def test_what_is_watched_for_nobody_is_left_over():
    mailboxes = [watched("off", stage=Stage.OFF), watched("on"), box("never", Stage.OFF),
                 watched("failed", stage=Stage.OFF, watch_failed_at=NOW - 1)]  # fmt: skip

    assert names(select_leftovers(mailboxes, NOW)) == ["off"]


times = st.none() | st.floats(NOW - 9 * RENEW_AFTER, NOW + 9 * RENEW_AFTER)


@given(st.lists(st.builds(box, st.text("abc", min_size=1), st.sampled_from(Stage), watched_at=times,
                          watch_expires_at=times, watch_failed_at=times)))  # fmt: skip
def test_nobody_due_is_behind_somebody_whose_watch_ends_later(mailboxes):
    found = select_due(mailboxes, NOW)

    ends = [m.watch_expires_at or 0.0 for m in found]
    assert ends == sorted(ends)
    assert all(m in found for m in mailboxes if m.reads and not is_alive(m, NOW) and m.watch_failed_at is None)
