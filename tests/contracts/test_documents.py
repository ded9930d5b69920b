"""What ``Documents`` promises, held by each backend."""

import pytest

from server.adapters.documents import MOST_WRITES, Create, Delete, Replace, Version, Where
from server.domain.errors import ConflictError, InvariantError
from tests.support.documents import keys, write
from tests.support.threads import THREADS, at_once

ALL_TYPES = {
    "text": "Grüße, 東京 🙂 'x' \"y\" \x00",
    "empty": "",
    "whole": -(2**53),
    "fraction": 1790000000.123456,
    "yes": True,
    "no": False,
    "none": None,
    "list": [1, "two", None, True, 2.5],
    "maps": [{"mark": "bulk", "at": None, "deep": {"list": [1], "none": None}}, {}],
    "map": {"a.b": 1, "ü": {"c": []}},
    "raw": bytes(range(256)),
    "more": b"\x00\xff",
    "nothing": b"",
}
ODD_KEYS = ["a/b", "shard/3", "v1:ab:c", "100%", "a%2Fb", "a+b c", "Zoë", "東京/🙂", "..a", "a'b\"c", "#?&="]


def test_what_is_written_is_read_back_with_every_type(documents):
    version = write(documents, "a", ALL_TYPES)

    found = documents.get("messages", "a")

    assert (found.key, found.version, found.data) == ("a", version, ALL_TYPES)
    assert {n: type(v) for n, v in found.data.items()} == {n: type(v) for n, v in ALL_TYPES.items()}


@pytest.mark.parametrize("data", [{}, {"raw": b""}, {"a": b"", "b": b"1", "c": b""}, {"a": {"x": None}}])
def test_small_documents_are_read_back(documents, data):
    write(documents, "a", data)

    assert documents.get("messages", "a").data == data


def test_what_is_not_there_is_none(documents):
    assert documents.get("messages", "a") is None
    assert documents.get_many("messages", []) == {}
    assert documents.query("messages") == []
    assert list(documents.scan("messages")) == []


def test_a_replaced_document_has_nothing_left_of_the_old_one(documents):
    version = write(documents, "a", ALL_TYPES)

    [after] = documents.commit([Replace("messages", "a", {"text": "new", "map": {"only": 1}}, version)])

    found = documents.get("messages", "a")
    assert found.data == {"text": "new", "map": {"only": 1}}
    assert found.version == after != version


def test_writing_the_same_again_is_a_new_version(documents):
    first = write(documents, "a", {"x": 1})

    [second] = documents.commit([Replace("messages", "a", {"x": 1}, first)])

    assert second != first
    with pytest.raises(ConflictError):
        documents.commit([Replace("messages", "a", {"x": 2}, first)])


def test_deleting_ends_a_document(documents):
    version = write(documents, "a", {"x": 1})

    assert documents.commit([Delete("messages", "a", version)]) == [""]
    assert documents.get("messages", "a") is None


def test_deleting_whatever_stands_there_also_takes_nothing(documents):
    write(documents, "a", {"x": 1})

    documents.commit([Delete("messages", "a", None), Delete("messages", "never", None)])

    assert documents.query("messages") == []


def test_creating_what_exists_is_a_conflict_and_changes_nothing(documents):
    write(documents, "a", {"x": 1})

    with pytest.raises(ConflictError):
        documents.commit([Create("messages", "a", {"x": 2})])

    assert documents.get("messages", "a").data == {"x": 1}


def stale_writes(documents):
    """Each fails; ``old`` is the version of a document written again since."""
    old = write(documents, "stale", {"x": 1})
    documents.commit([Replace("messages", "stale", {"x": 2}, old)])
    return {
        "create": Create("messages", "stale", {"x": 9}),
        "replace": Replace("messages", "stale", {"x": 9}, old),
        "replace absent": Replace("messages", "absent", {"x": 9}, old),
        "replace never stored": Replace("messages", "stale", {"x": 9}, Version("")),
        "delete": Delete("messages", "stale", old),
        "delete absent": Delete("messages", "absent", old),
        "delete never stored": Delete("messages", "stale", Version("")),
    }


@pytest.mark.parametrize(
    "name",
    ["create", "replace", "replace absent", "replace never stored", "delete", "delete absent", "delete never stored"],
)
@pytest.mark.parametrize("position", ["first", "last"])
def test_one_stale_write_takes_the_whole_commit_with_it(documents, name, position):
    stale = stale_writes(documents)[name]
    kept, gone = write(documents, "kept", {"x": 1}), write(documents, "gone", {"x": 1}, "leases")
    sound = [
        Create("activities", "new", {"x": 1}),
        Replace("messages", "kept", {"x": 2}, kept),
        Delete("leases", "gone", gone),
    ]
    before = dict(documents.writes)

    with pytest.raises(ConflictError):
        documents.commit([stale, *sound] if position == "first" else [*sound, stale])

    assert documents.get("activities", "new") is None
    assert documents.get("messages", "kept").data == {"x": 1}
    assert documents.get("messages", "stale").data == {"x": 2}
    assert documents.get("leases", "gone") is not None
    assert documents.writes == before


def test_a_version_does_not_outlive_its_document(documents):
    old = write(documents, "a", {"x": 1})
    documents.commit([Delete("messages", "a", old)])
    fresh = write(documents, "a", {"x": 1})

    assert fresh != old
    for stale in (Replace("messages", "a", {"x": 2}, old), Delete("messages", "a", old)):
        with pytest.raises(ConflictError):
            documents.commit([stale])


def test_versions_come_in_the_order_of_the_writes(documents):
    old = write(documents, "b", {"x": 1})

    versions = documents.commit(
        [Create("messages", "a", {}), Delete("messages", "b", old), Create("deks", "c", {}), Create("leases", "d", {})]
    )

    assert versions[1] == ""
    assert versions[0] == documents.get("messages", "a").version
    assert versions[2] == documents.get("deks", "c").version
    assert versions[3] == documents.get("leases", "d").version


def test_many_are_read_at_once(documents):
    names = [f"k{i:04}" for i in range(1_100)]
    for start in range(0, 1_000, 250):
        documents.commit([Create("messages", n, {"n": n}) for n in names[start : start + 250]])

    found = documents.get_many("messages", [*names, "k0001", "never"])

    assert sorted(found) == names[:1_000]
    assert all(d.key == n and d.data == {"n": n} for n, d in found.items())


@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_text_is_a_key(documents, key):
    version = write(documents, key, {"x": 1})

    assert documents.get("messages", key).key == key
    assert keys(documents.get_many("messages", ODD_KEYS).values()) == [key]
    assert keys(documents.query("messages", where=[Where("x", "==", 1)])) == [key]
    assert keys(documents.scan("messages")) == [key]
    documents.commit([Replace("messages", key, {"x": 2}, version)])
    assert documents.get("messages", key).data == {"x": 2}


def test_odd_keys_are_different_documents_and_scanned_once_each(documents):
    documents.commit([Create("messages", key, {"k": key}) for key in ODD_KEYS])

    found = list(documents.scan("messages", page=3))

    assert sorted(keys(found)) == sorted(ODD_KEYS)
    assert all(d.data["k"] == d.key for d in found)


def test_a_commit_has_room_for_so_many_writes_and_no_more(documents):
    writes = [Create("messages", f"k{i:04}", {}) for i in range(MOST_WRITES + 1)]

    with pytest.raises(InvariantError):
        documents.commit(writes)
    assert documents.query("messages") == []
    assert len(set(documents.commit(writes[:MOST_WRITES]))) >= 1
    assert documents.commit([]) == []


def test_writes_are_counted_by_collection(documents):
    version = write(documents, "a", {})
    documents.commit([Delete("messages", "a", version), Create("deks", "a", {}), Create("copies", "a", {})])

    assert documents.writes == {"messages": 2, "deks": 1, "copies": 1}


def test_two_openings_of_the_same_state_see_each_other(opener):
    one, other = opener(), opener()
    version = write(one, "a", {"x": 1})

    assert other.get("messages", "a").version == version
    other.commit([Replace("messages", "a", {"x": 2}, version), Create("deks", "d", {"wrapped": b"1"})])

    assert one.get("messages", "a").data == {"x": 2}
    assert keys(one.query("deks")) == ["d"]
    with pytest.raises(ConflictError):
        one.commit([Replace("messages", "a", {"x": 3}, version)])


def test_of_many_creators_exactly_one_wins(opener):
    openings = [opener(), opener()]

    def create(number):
        try:
            write(openings[number % 2], "a", {"by": number})
        except ConflictError:
            return None
        return number

    winners = [n for n in at_once(create) if n is not None]

    assert [openings[0].get("messages", "a").data["by"]] == winners


def test_no_change_is_lost_where_many_read_change_and_replace(opener):
    openings = [opener(), opener()]
    write(openings[0], "a", {"n": 0})

    def count(number):
        done = 0
        while done < 5:
            documents = openings[number % 2]
            found = documents.get("messages", "a")
            try:
                documents.commit([Replace("messages", "a", {"n": found.data["n"] + 1}, found.version)])
            except ConflictError:
                continue
            done += 1

    at_once(count)

    assert openings[0].get("messages", "a").data == {"n": 5 * THREADS}
