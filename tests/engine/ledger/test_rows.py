"""Every change of a row, over rows with every field set: none leaves behind what the row no longer needs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.decision import Evidence, Outcome, Reason
from server.domain.history import MessageRef
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, MessageId, SalesforceId, ThreadId
from server.domain.ledger import ActivityRow, ActivityState, Held, Row, Unread, Waiting
from server.engine.ledger import rows

NOW = 1_000.0
ENDED = [reason for reason in Reason if reason not in (Reason.READY, Reason.HELD, Reason.RETRYING)]
WAITS = st.one_of(
    st.builds(Unread, st.floats(0, 2_000)),
    st.builds(Waiting, st.integers(0, 31), st.floats(0, 2_000)),
    st.builds(Held, st.integers(0, 31), st.sampled_from(["off", "dry_run", "out_of_scope"])),
)
SCREENED_WAITS = WAITS.filter(lambda wait: not isinstance(wait, Unread))
FULL = {
    "mailbox_id": st.just(MailboxId("m1")),
    "message_id": st.just(MessageId("1")),
    "thread_id": st.just(ThreadId("t1")),
    "internal_date": st.integers(1, 10),
    "conversation": st.just(KeyedHash("v1:c")),
    "activity_key": st.just(ActivityKey("k")),
    "attempts": st.integers(0, 9),
    "cause": st.sampled_from([None, "ThrottledError", "FIELD_CUSTOM_VALIDATION_EXCEPTION"]),
    "evidence": st.just((Evidence("bulk", 3),)),
    "record_id": st.just(SalesforceId("003A")),
    "activity_id": st.just(SalesforceId("00TA")),
    "hashes": st.just((KeyedHash("v1:a"),)),
    "sealed_headers": st.just(b"headers"),
    "sealed_cause": st.just(b"sentence"),
    "policy_version": st.just(4),
    "version": st.just("7"),
}
WAITING_ROWS = st.builds(Row, reason=st.sampled_from([Reason.READY, Reason.RETRYING]), wait=SCREENED_WAITS, **FULL)
ENDED_ROWS = st.builds(Row, reason=st.sampled_from(ENDED), wait=st.none(), **FULL)
LOGGED = ActivityRow(
    ActivityKey("k"), ActivityState.LOGGED, 1.0, MailboxId("m1"), MessageId("1"), reason=Reason.LEAD_MATCH,
    record_id=SalesforceId("00QB"), activity_id=SalesforceId("00TB"),
)  # fmt: skip
ENDINGS: dict[str, Callable[[Row], Row]] = {
    "skip_row": lambda row: rows.skip_row(row, Reason.AUTOMATED, NOW, evidence=(Evidence("bounce"),)),
    "skip_row with hashes": lambda row: rows.skip_row(row, Reason.NO_MATCH, NOW, hashes=[KeyedHash("v1:new")]),
    "keep_out_row": lambda row: rows.keep_out_row(row, NOW, (Evidence("conversation"),)),
    "log_row": lambda row: rows.log_row(row, LOGGED, NOW),
    "fail_row": lambda row: rows.fail_row(row, Reason.UNREADABLE, "UnreadableError", 2, NOW),
    "lose_row": lambda row: rows.lose_row(row, NOW),
    "remove_row": lambda row: rows.remove_row(row, Reason.TAKEN_BACK, NOW),
    "erase_row": lambda row: rows.erase_row(row, NOW),
}
ALL_ROWS = st.one_of(WAITING_ROWS, ENDED_ROWS)


def assert_is_consistent(row: Row) -> None:
    """A row waits for something exactly while it has no outcome, and keeps only what that takes."""
    assert (row.outcome is Outcome.WAITING) == (row.wait is not None)
    if row.shard is None:
        assert row.sealed_headers is None
    if row.reason is not Reason.REJECTED:
        assert row.sealed_cause is None
    if row.outcome is not Outcome.SKIPPED:
        assert row.hashes == ()


def identity_of(row: Row) -> tuple[object, ...]:
    return (
        row.mailbox_id, row.message_id, row.thread_id, row.internal_date, row.conversation, row.activity_key,
        row.policy_version, row.version,
    )  # fmt: skip


@pytest.mark.parametrize("name", ENDINGS)
@given(row=ALL_ROWS)
def test_an_outcome_leaves_nothing_of_the_wait(name: str, row: Row) -> None:
    ended = ENDINGS[name](row)

    assert_is_consistent(ended)
    assert ended.outcome is not Outcome.WAITING
    assert identity_of(ended) == identity_of(row)
    assert ended.updated_at == NOW


@given(row=ALL_ROWS)
def test_a_deleted_message_keeps_neither_hashes_nor_a_sealed_sentence(row: Row) -> None:
    lost = rows.lose_row(row, NOW)

    assert (lost.reason, lost.cause, lost.hashes, lost.sealed_cause) == (Reason.GONE, "deleted", (), None)


@given(row=ALL_ROWS)
def test_a_refused_row_keeps_its_sentence_and_a_reopened_one_drops_it(row: Row) -> None:
    refused = rows.fail_row(row, Reason.REJECTED, "CODE", 3, NOW, b"Region is required.")
    reopened = rows.reopen_row(refused, "replayed", NOW)

    assert (refused.sealed_cause, refused.cause, refused.attempts) == (b"Region is required.", "CODE", 3)
    assert_is_consistent(reopened)
    assert (reopened.wait, reopened.cause, reopened.attempts) == (Unread(NOW), "replayed", 0)


@given(row=ENDED_ROWS)
def test_a_reopened_row_waits_to_be_read_with_nothing_of_its_past(row: Row) -> None:
    reopened = rows.reopen_row(row, "label_off", NOW)

    assert_is_consistent(reopened)
    assert identity_of(reopened) == identity_of(row)
    assert (reopened.evidence, reopened.record_id, reopened.activity_id) == ((), None, None)


@given(row=WAITING_ROWS)
def test_a_held_row_and_a_freed_one_keep_their_shard_and_headers(row: Row) -> None:
    held = rows.hold_row(row, "dry_run", NOW)
    freed = rows.free_row(held, NOW + 1)

    assert (held.wait, held.due, rows.name_cause(held)) == (Held(row.shard, "dry_run"), None, "dry_run")
    assert (freed.wait, freed.reason) == (Waiting(row.shard, NOW + 1), Reason.READY)
    assert held.sealed_headers == freed.sealed_headers == row.sealed_headers


@given(row=WAITING_ROWS)
def test_a_failed_try_waits_where_it_stood(row: Row) -> None:
    retried = rows.retry_row(row, 2_000.0, "ThrottledError", 4, NOW)

    assert (retried.wait, retried.attempts, retried.reason) == (Waiting(row.shard, 2_000.0), 4, Reason.RETRYING)
    assert retried.sealed_headers == row.sealed_headers


def test_a_message_that_was_never_read_is_tried_again_unread() -> None:
    row = rows.note_unread(MailboxId("m1"), MessageRef(MessageId("1"), ThreadId("t1")), rows.MISSED, NOW)

    retried = rows.retry_row(row, 2_000.0, "ThrottledError", 1, NOW)

    assert (row.wait, retried.wait) == (Unread(NOW), Unread(2_000.0))
    with pytest.raises(ValueError, match="not screened"):
        rows.hold_row(row, "off", NOW)


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (ActivityState.LOGGED, Reason.LEAD_MATCH, Reason.LEAD_MATCH),
        (ActivityState.LOGGED, None, Reason.CONTACT_MATCH),
        (ActivityState.REMOVED, Reason.LEAD_MATCH, Reason.TAKEN_BACK),
    ],
)
def test_a_copy_shares_the_fate_of_the_activity_that_it_joins(
    state: ActivityState, reason: Reason | None, expected: Reason
) -> None:
    activity = ActivityRow(ActivityKey("k"), state, 1.0, MailboxId("m1"), MessageId("1"), reason=reason)
    row = rows.note_unread(MailboxId("m2"), MessageRef(MessageId("2"), ThreadId("t")), "missed", NOW)

    assert rows.log_row(row, activity, NOW).reason is expected


@given(WAITING_ROWS, ENDED_ROWS)
def test_a_row_waits_again_for_a_change_of_what_stands_in_salesforce(waiting: Row, ended: Row) -> None:
    kept_out = rows.await_change(waiting, ended, LOGGED, NOW, (Evidence("conversation"),))
    assert (kept_out.reason, kept_out.wait) == (Reason.RETRYING, Waiting(waiting.shard or 0, NOW))
    assert (kept_out.activity_id, kept_out.record_id, kept_out.version) == ("00TB", "00QB", ended.version)
    assert (kept_out.attempts, kept_out.cause, kept_out.sealed_headers) == (0, None, b"headers")
    assert kept_out.is_unwanted
    assert not kept_out.is_wanted_in_crm

    chosen = rows.await_change(waiting, ended, LOGGED, NOW)
    assert chosen.is_wanted_in_crm
    assert not chosen.is_unwanted


@given(WAITING_ROWS, ENDED_ROWS)
def test_reading_it_again_forgets_no_change_that_is_to_come(waiting: Row, ended: Row) -> None:
    earlier = rows.await_change(waiting, ended, LOGGED, NOW, (Evidence("label"),))
    assert rows.take_place_of(rows.skip_row(waiting, Reason.KEPT_OUT, NOW), earlier) == earlier
    assert rows.take_place_of(rows.reopen_row(waiting, "ThrottledError", NOW), earlier) == earlier

    let_in = Row(
        earlier.mailbox_id, earlier.message_id, earlier.thread_id, Reason.READY, wait=Waiting(3, NOW), internal_date=5
    )
    again = rows.take_place_of(let_in, earlier)
    assert (again.wait, again.activity_id, again.version) == (let_in.wait, "00TB", earlier.version)
    assert not again.is_unwanted


@given(WAITING_ROWS, ENDED_ROWS)
def test_another_org_knows_nothing_of_such_a_change(waiting: Row, ended: Row) -> None:
    earlier = rows.await_change(waiting, ended, LOGGED, NOW)
    again = rows.forget_org(earlier, NOW, NOW + 60)
    assert again is not None
    assert (again.cause, again.wait, again.activity_id) == (rows.NEW_ORG, Unread(NOW + 60), None)
