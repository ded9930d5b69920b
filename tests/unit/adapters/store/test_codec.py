"""The stored form is a format: what old files hold is read, and what is written has the same names and values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.adapters.store import codec
from server.domain.access import AccessEntry
from server.domain.decision import OUTCOME_OF, Evidence, Outcome, Reason
from server.domain.ids import Cursor
from server.domain.ledger import (
    ActivityRow,
    ActivityState,
    Conversation,
    DayCoverage,
    Held,
    LabelledThread,
    Row,
    Unread,
    Waiting,
)  # fmt: skip
from server.domain.mailbox import Backfill, DirectoryState, Mailbox, Stage

DAY = DayCoverage(
    "2026-01-31", 3, 1, {**dict.fromkeys(Outcome, 0), Outcome.LOGGED: 2}, 1, (("B", 3), ("A", 1), ("C", 1))
)
COUNTS = {"logged": 2, "skipped": 0, "waiting": 0, "failed": 0, "gone": 0, "removed": 0}
LOGGED_ROW = Row(
    "m1", "18c2", "18c1", Reason.CONTACT_MATCH, 17, "v1:c", "k1", None, 2, None, (Evidence("bulk", 3, -2), Evidence("list")),
    "003A", "00TA", ("v1:a", "v1:b"), b"\x00headers", b"cause", 4, 9.25,
)  # fmt: skip
FULL_ACTIVITY = ActivityRow(
    "k1", ActivityState.LOGGED, 1.5, "m1", "18c2", "v1:c", Reason.LEAD_MATCH, "00QA", ("00QA", "003A"), "005A", "00TA",
    b"snapshot", 17, is_inbound=True, is_joined=True, unanswered_at=3.5, generation=2,
)  # fmt: skip
FULL_MAILBOX = Mailbox(
    "9", ("ann@acme.example", "a@acme.example"), Stage.DRAINING, 5, Cursor(7), "Ann", 1.5, 2, "Throttled", 3.5, 4.5, "005A",
    DirectoryState.SUSPENDED, 6.5, is_in_scope=False, returns_to=Stage.LIVE, asked_at=7.5,
    backfill=Backfill(1.5, 2, 3, 4, 5, is_again=True), dont_log_label="Label_1", watch_expires_at=8.5, watched_at=9.5,
    watch_failed_at=10.5, cursor_at=11.5, unpublished=(DAY,), push_heard_at=12.5,
    unannounced=2, unannounced_at=13.5, more_dont_log_labels=("Label_2",),
)  # fmt: skip
BARE_ROW = {
    "mailbox_id": "m1",
    "gmail_message_id": "1",
    "gmail_thread_id": "2",
    "internal_date": 0,
    "attempts": 0,
    "policy_version": 0,
    "updated_at": 0.0,
}
GOLDEN_ROWS = [
    (LOGGED_ROW, {
        "mailbox_id": "m1", "gmail_message_id": "18c2", "gmail_thread_id": "18c1", "outcome": "logged",
        "reason": "contact_match", "internal_date": 17, "conversation": "v1:c", "activity_key": "k1", "attempts": 2,
        "evidence": [{"mark": "bulk", "at": 3, "weight": -2}, {"mark": "list", "at": None, "weight": 0}],
        "record_id": "003A", "activity_id": "00TA", "hashes": ["v1:a", "v1:b"], "sealed_headers": b"\x00headers",
        "sealed_cause": b"cause", "policy_version": 4, "updated_at": 9.25,
    }),
    (Row("m1", "1", "2", Reason.NO_MATCH), BARE_ROW | {"outcome": "skipped", "reason": "no_match"}),
    (Row("m1", "1", "2", Reason.RETRYING, wait=Unread(2.5), cause="Transient"),
     BARE_ROW | {"outcome": "waiting", "reason": "retrying", "due_at": 2.5, "unread_at": 2.5, "cause": "Transient"}),
    (Row("m1", "1", "2", Reason.RETRYING, wait=Waiting(0, 2.5), cause="Transient", waits_for_group_since=1.5),
     BARE_ROW | {"outcome": "waiting", "reason": "retrying", "shard": 0, "due_at": 2.5, "cause": "Transient",
                 "waits_for_group_since": 1.5}),
    (Row("m1", "1", "2", Reason.READY, wait=Waiting(0, 2.5)),
     BARE_ROW | {"outcome": "waiting", "reason": "ready", "shard": 0, "due_at": 2.5}),
    (Row("m1", "1", "2", Reason.HELD, wait=Held(31, "off")),
     BARE_ROW | {"outcome": "waiting", "reason": "held", "shard": 31, "due_at": 253_402_300_799.0, "cause": "off"}),
]  # fmt: skip
GOLDEN_ACTIVITIES = [
    (FULL_ACTIVITY, {
        "state": "logged", "claimed_at": 1.5, "mailbox_id": "m1", "gmail_message_id": "18c2", "conversation": "v1:c",
        "reason": "lead_match", "record_id": "00QA", "related_ids": ["00QA", "003A"], "owner_id": "005A",
        "activity_id": "00TA", "sealed_snapshot": b"snapshot", "sent_at": 17, "is_inbound": True, "is_joined": True,
        "unanswered_at": 3.5, "generation": 2,
    }),
    (ActivityRow("k1", ActivityState.CLAIMED, 0.0, "m1", "1"),
     {"state": "claimed", "claimed_at": 0.0, "mailbox_id": "m1", "gmail_message_id": "1", "generation": 1}),
]  # fmt: skip
BARE_MAILBOX = {
    "addresses": ["a@b"], "stage": "off", "start": 0, "name": "", "paused_until": 0.0, "failures": 0,
    "directory_state": "active", "directory_since": 0.0, "is_in_scope": True, "asked_at": 0.0, "cursor_at": 0.0,
    "unannounced": 0,
}  # fmt: skip
GOLDEN_MAILBOXES = [
    (FULL_MAILBOX, {
        "addresses": ["ann@acme.example", "a@acme.example"], "stage": "draining", "start": 5, "cursor": 7, "name": "Ann",
        "paused_until": 1.5, "failures": 2, "last_error": "Throttled", "last_synced_at": 3.5, "last_audit_at": 4.5,
        "crm_user_id": "005A", "directory_state": "suspended", "directory_since": 6.5, "is_in_scope": False,
        "returns_to": "live", "asked_at": 7.5,
        "backfill": {"begun_at": 1.5, "until": 2, "width": 3, "size": 4, "seen": 5, "is_again": True, "paused_until": 0.0,
                     "failures": 0, "last_error": None},
        "dont_log_label": "Label_1", "more_dont_log_labels": ["Label_2"], "watch_expires_at": 8.5, "watched_at": 9.5, "watch_failed_at": 10.5,
        "cursor_at": 11.5, "push_heard_at": 12.5, "unannounced": 2, "unannounced_at": 13.5,
        "unpublished": [{"day": "2026-01-31", "gmail": 3, "left": 1, "missing": 1, "outcomes": COUNTS,
                         "causes": {"B": 3, "A": 1, "C": 1}}],
    }),
    (Mailbox("9", ("a@b",)), BARE_MAILBOX),
]  # fmt: skip
GOLDEN_CONVERSATIONS = [
    (Conversation("v1:c", "003A", b"sealed", log_anyway=True, is_record_gone=True, said_by="a@b", kept_out_by=frozenset({"m2", "m1"}), labelled_by=frozenset({LabelledThread("m3", "18c1"), LabelledThread("m2", "")}), message_ids=frozenset({"v1:b", "v1:a"})),
     {"record_id": "003A", "sealed_record": b"sealed", "log_anyway": True, "is_record_gone": True, "said_by": "a@b",
      "kept_out_by": ["m1", "m2"], "labelled_by": ["m2", "m3 18c1"], "message_ids": ["v1:a", "v1:b"]}),
    (Conversation("v1:c"),
     {"record_id": None, "sealed_record": None, "log_anyway": False, "is_record_gone": False, "said_by": "", "kept_out_by": []}),
]  # fmt: skip
ENTRY = AccessEntry(1, 2, "a@b", "k1", "why", "0" * 64, "1" * 64)
STORED_ENTRY = {
    "sequence": 1, "at_ms": 2, "actor": "a@b", "activity_key": "k1", "reason": "why", "previous_hash": "0" * 64,
    "entry_hash": "1" * 64,
}  # fmt: skip


def same(stored, expected):
    """The same values of the same types: a backend need not know an enum or a tuple."""
    assert stored == expected
    kinds = {name: type(value) for name, value in stored.items()}
    assert kinds == {name: type(value) for name, value in expected.items()}


@pytest.mark.parametrize(("row", "expected"), GOLDEN_ROWS)
def test_a_row_is_stored_as_ever(row, expected):
    same(codec.from_row(row), expected)
    assert codec.to_row(expected, "7") == row
    assert codec.to_row(expected, "7").version == "7"


@pytest.mark.parametrize(("activity", "expected"), GOLDEN_ACTIVITIES)
def test_an_activity_is_stored_as_ever(activity, expected):
    same(codec.from_activity(activity), expected)
    assert codec.to_activity("k1", expected, "7") == activity
    assert codec.to_activity("k1", expected, "7").version == "7"


@pytest.mark.parametrize(("mailbox", "expected"), GOLDEN_MAILBOXES)
def test_a_mailbox_is_stored_as_ever(mailbox, expected):
    same(codec.from_mailbox(mailbox), expected)
    assert codec.to_mailbox("9", expected) == mailbox


@pytest.mark.parametrize(("conversation", "expected"), GOLDEN_CONVERSATIONS)
def test_a_conversation_is_stored_as_ever(conversation, expected):
    same(codec.from_conversation(conversation), expected)
    assert codec.to_conversation("v1:c", expected, "7") == conversation
    assert codec.to_conversation("v1:c", expected, "7").version == "7"


def test_an_access_entry_is_stored_as_ever():
    same(codec.from_access(ENTRY), STORED_ENTRY)
    assert codec.to_access(STORED_ENTRY) == ENTRY


def test_documents_of_older_programs_open():
    """They lack what was added since, and may hold what is no longer used."""
    row = codec.to_row(
        {
            "mailbox_id": "m1",
            "gmail_message_id": "1",
            "gmail_thread_id": "2",
            "outcome": "skipped",
            "reason": "no_match",
            "colour": 1,
        },
        "1",
    )
    activity = codec.to_activity(
        "k1", {"state": "logged", "claimed_at": 1.5, "mailbox_id": "m1", "gmail_message_id": "1"}, "1"
    )
    mailbox = codec.to_mailbox(
        "9",
        {
            "addresses": ["a@b"],
            "stage": "live",
            "crm_user_id": "",
            "backfill": {"begun_at": 1.0, "until": 2, "width": 3, "size": 4},
        },
    )

    assert row == Row("m1", "1", "2", Reason.NO_MATCH)
    assert activity == ActivityRow("k1", ActivityState.LOGGED, 1.5, "m1", "1")
    assert mailbox == Mailbox("9", ("a@b",), Stage.LIVE, backfill=Backfill(1.0, 2, 3, 4))
    assert codec.to_conversation("v1:c", {}, "1") == Conversation("v1:c")
    waiting = {
        "mailbox_id": "m1",
        "gmail_message_id": "1",
        "gmail_thread_id": "2",
        "outcome": "waiting",
        "reason": "ready",
    }
    assert codec.to_row(waiting, "1").wait == Unread(0.0)


texts = st.text(min_size=1, max_size=5)
moments = st.floats(0, 4e9)
numbers = st.integers(0, 2**53)
waits = st.one_of(
    st.builds(Unread, moments),
    st.builds(Waiting, st.integers(0, 31), moments),
    st.builds(Held, st.integers(0, 31), texts),
)
marks = st.builds(Evidence, texts, st.none() | st.integers(0, 99), st.integers(-9, 9))


@st.composite
def rows(draw):
    reason = draw(st.sampled_from(Reason))
    wait = draw(waits) if OUTCOME_OF[reason] is Outcome.WAITING else None
    cause = None if isinstance(wait, Held) else draw(st.none() | texts)
    return draw(st.builds(
        Row, texts, texts, texts, st.just(reason), numbers, st.none() | texts, st.none() | texts, st.just(wait), numbers,
        st.just(cause), st.lists(marks, max_size=3).map(tuple), st.none() | texts, st.none() | texts,
        st.lists(texts, max_size=3).map(tuple), st.none() | st.binary(), st.none() | st.binary(), numbers, moments,
    ))  # fmt: skip


activities = st.builds(
    ActivityRow, st.just("k1"), st.sampled_from(ActivityState), moments, texts, texts, st.none() | texts,
    st.none() | st.sampled_from(Reason), st.none() | texts, st.lists(texts, max_size=3).map(tuple), st.none() | texts,
    st.none() | texts, st.none() | st.binary(), numbers, st.booleans(), st.booleans(), moments, numbers,
)  # fmt: skip
causes = st.dictionaries(texts, numbers, max_size=3).map(
    lambda counts: tuple(sorted(counts.items(), key=lambda count: (-count[1], count[0])))
)
days = st.builds(
    DayCoverage, texts, numbers, numbers, st.fixed_dictionaries(dict.fromkeys(Outcome, numbers)), numbers, causes
)
mailboxes = st.builds(
    Mailbox, st.just("9"), st.lists(texts, min_size=1, max_size=3).map(tuple), st.sampled_from(Stage), numbers,
    st.none() | numbers, st.text(), moments, numbers, st.none() | texts, st.none() | moments, st.none() | moments,
    st.none() | texts, st.sampled_from(DirectoryState), moments, st.booleans(), st.none() | st.sampled_from(Stage), moments,
    st.none() | st.builds(Backfill, moments, numbers, numbers, numbers, numbers, st.booleans(), moments, numbers, st.none() | texts),
    st.none() | texts, st.none() | moments, st.none() | moments, st.none() | moments, moments, st.lists(days, max_size=2).map(tuple),
    st.none() | moments, numbers, st.none() | moments,
)  # fmt: skip
conversations = st.builds(
    Conversation, st.just("v1:c"), st.none() | texts, st.none() | st.binary(), st.booleans(), st.booleans(), st.text(),
    st.frozensets(texts, max_size=3),
)  # fmt: skip


def through_json(data):
    """As SQLite keeps it: JSON, with the bytes beside it."""
    plain = {name: value for name, value in data.items() if not isinstance(value, bytes)}
    return json.loads(json.dumps(plain)) | {name: value for name, value in data.items() if isinstance(value, bytes)}


@given(rows())
def test_every_row_comes_back(row):
    data = codec.from_row(row)
    assert codec.to_row(through_json(data), "1") == row
    assert all(value is not None and value != [] for value in data.values())


@given(activities)
def test_every_activity_comes_back(activity):
    data = codec.from_activity(activity)
    assert codec.to_activity("k1", through_json(data), "1") == activity
    assert all(value is not None and value != [] for value in data.values())


@given(mailboxes)
def test_every_mailbox_comes_back(mailbox):
    data = codec.from_mailbox(mailbox)
    assert codec.to_mailbox("9", through_json(data)) == mailbox
    assert all(value is not None and value != [] for value in data.values())


@given(conversations)
def test_every_conversation_comes_back(conversation):
    assert codec.to_conversation("v1:c", through_json(codec.from_conversation(conversation)), "1") == conversation
