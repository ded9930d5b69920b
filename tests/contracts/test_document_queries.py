"""What ``Documents`` promises of its queries, held by each backend."""

import math
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.adapters.documents import Create, Where
from tests.support.documents import keys, write


def fill(documents):
    rows = {
        "a": {"shard": 1, "due_at": 30.0, "mailbox_id": "m1", "outcome": "waiting"},
        "b": {"shard": 1, "due_at": 10, "mailbox_id": "m1", "outcome": "logged"},
        "c": {"shard": 1, "due_at": 20.5, "mailbox_id": "m2", "outcome": "waiting"},
        "d": {"shard": 2, "due_at": 5.0, "mailbox_id": "m1", "outcome": "waiting"},
        "e": {"shard": 1, "mailbox_id": "m1", "outcome": "waiting"},
        "f": {"due_at": 1.0, "mailbox_id": "m1", "yes": True},
        "g": {"shard": 1, "due_at": 20.5, "yes": False},
    }
    documents.commit([Create("messages", key, data) for key, data in rows.items()])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["a", "b", "c", "d", "e", "f", "g"]),
        ({"limit": 2}, ["a", "b"]),
        ({"where": [Where("shard", "==", 2)]}, ["d"]),
        ({"where": [Where("shard", "==", "2")]}, []),
        ({"where": [Where("mailbox_id", "==", "m1"), Where("outcome", "==", "waiting")]}, ["a", "d", "e"]),
        ({"where": [Where("yes", "==", True)]}, ["f"]),
        ({"where": [Where("yes", "==", False)]}, ["g"]),
        ({"where": [Where("never", "==", 1)]}, []),
        ({"order_by": "due_at"}, ["f", "d", "b", "c", "g", "a"]),
        ({"where": [Where("shard", "==", 1)], "order_by": "due_at"}, ["b", "c", "g", "a"]),
        ({"where": [Where("shard", "==", 1)], "order_by": "due_at", "limit": 1}, ["b"]),
        ({"where": [Where("shard", "==", 1), Where("due_at", "<=", 20.5)], "order_by": "due_at"}, ["b", "c", "g"]),
        ({"where": [Where("shard", "==", 1), Where("due_at", "<=", 9.99)], "order_by": "due_at"}, []),
    ],
)
def test_a_query_finds_these_in_this_order(documents, asked, expected):
    fill(documents)

    assert keys(documents.query("messages", **asked)) == expected


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"order_by": "due_at"},
        {"where": [Where("due_at", "<=", 20.5)], "order_by": "due_at"},
        {"where": [Where("shard", "==", 1)], "order_by": "due_at"},
    ],
)
def test_a_query_goes_on_after_any_document_of_its_answer(documents, asked):
    """Also between two that are alike in the order."""
    fill(documents)
    whole = documents.query("messages", **asked)

    assert len(whole) > 3
    for number, document in enumerate(whole, start=1):
        assert keys(documents.query("messages", **asked, after=document)) == keys(whole[number:])
        assert keys(documents.query("messages", **asked, after=document, limit=1)) == keys(whole[number : number + 1])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(1.6e9, 2.2e9))
def test_a_time_is_due_at_that_very_time_and_not_before(documents, due_at):
    """Else a worker that sleeps until the next row is due finds nothing then."""
    shard = uuid.uuid4().hex
    write(documents, shard, {"shard": shard, "due_at": due_at})

    def found(now):
        where = [Where("shard", "==", shard), Where("due_at", "<=", now)]
        return keys(documents.query("messages", where=where, order_by="due_at"))

    assert found(due_at) == [shard]
    assert found(math.nextafter(due_at, 0)) == []


@pytest.mark.parametrize("page", [1, 2, 4, 5, 500])
def test_a_scan_goes_page_by_page_in_the_order_of_keys(documents, page):
    names = [f"m{i}.{x}" for i in (1, 2) for x in ("10", "2", "a", "b")]
    documents.commit([Create("messages", n, {"mailbox_id": n[:2]}) for n in reversed(names)])

    assert keys(documents.scan("messages", page=page)) == sorted(names)
    only = documents.scan("messages", where=[Where("mailbox_id", "==", "m1")], page=page)
    assert keys(only) == sorted(names)[:4]


@pytest.mark.parametrize("page", [1, 2, 7])
def test_a_scan_begins_after_any_key(documents, page):
    for name in ("a", "b/1", "b:2", "c"):
        write(documents, name, {"n": 1})

    assert keys(documents.scan("messages", page=page, after="b/1")) == ["b:2", "c"]
    assert keys(documents.scan("messages", page=page, after="b")) == ["b/1", "b:2", "c"]
    assert keys(documents.scan("messages", page=page, after="d")) == []
