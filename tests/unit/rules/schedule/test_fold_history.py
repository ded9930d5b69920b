"""A stretch of history as one fact a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.history import HistoryEvent, MessageRef
from server.domain.ids import MessageId, ThreadId
from server.rules.schedule.fold_history import Fate, fold_events, is_deciding_label


def event(message: str, kind: str, *labels: str) -> HistoryEvent:
    return HistoryEvent(MessageRef(MessageId(message), ThreadId("t")), kind, frozenset(labels))


@pytest.mark.parametrize(
    ("events", "fates"),
    [
        ([], {}),
        ([event("a", "added")], {"a": Fate.ADDED}),
        ([event("a", "added"), event("a", "added")], {"a": Fate.ADDED}),
        ([event("a", "added"), event("a", "unlabelled", "INBOX")], {"a": Fate.ADDED}),
        ([event("a", "added"), event("a", "deleted")], {"a": Fate.DELETED}),
        ([event("a", "deleted"), event("a", "labelled", "TRASH")], {"a": Fate.DELETED}),
        ([event("a", "labelled", "UNREAD")], {}),
        ([event("a", "labelled", "UNREAD", "SPAM")], {"a": Fate.RELABELLED}),
        ([event("a", "labelled", "Label_3")], {"a": Fate.RELABELLED}),
        ([event("b", "added"), event("a", "added")], {"b": Fate.ADDED, "a": Fate.ADDED}),
    ],
)
def test_fold(events: list[HistoryEvent], fates: dict[str, Fate]) -> None:
    found = {c.ref.message_id: c.fate for c in fold_events(events)}
    assert found == fates
    assert list(found) == list(fates)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["added"], False),
        (["added", "labelled"], True),
        (["unlabelled", "added"], True),
        (["labelled", "unlabelled"], True),
    ],
)
def test_a_move_is_remembered_beside_the_arrival(kinds: list[str], expected: bool) -> None:
    [change] = fold_events([event("a", kind, *(["INBOX"] if kind.endswith("labelled") else [])) for kind in kinds])
    assert change.has_moved is expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("INBOX", True),
        ("SPAM", True),
        ("CATEGORY_SOCIAL", True),
        ("Label_9", True),
        ("UNREAD", False),
        ("STARRED", False),
    ],
)
def test_labels_that_can_alter_a_decision(label: str, expected: bool) -> None:
    assert is_deciding_label(label) is expected


EVENTS = st.lists(
    st.builds(
        event,
        st.sampled_from("abc"),
        st.sampled_from(["added", "deleted", "labelled", "unlabelled"]),
        st.sampled_from(["INBOX", "UNREAD"]),
    ),
    max_size=12,
)


@given(EVENTS, EVENTS)
def test_history_that_is_read_twice_says_the_same(first: list[HistoryEvent], second: list[HistoryEvent]) -> None:
    once = {c.ref: c.fate for c in fold_events([*first, *second])}
    again = {c.ref: c.fate for c in fold_events([*first, *first, *second, *second])}
    assert once.keys() == again.keys()
    assert {r for r, f in once.items() if f is Fate.DELETED} == {r for r, f in again.items() if f is Fate.DELETED}


@given(st.data(), EVENTS)
def test_any_order_of_a_history_says_the_same(data: st.DataObject, events: list[HistoryEvent]) -> None:
    assert set(fold_events(data.draw(st.permutations(events)))) == set(fold_events(events))
