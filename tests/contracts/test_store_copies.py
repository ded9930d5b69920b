"""What the Store port promises of sealed copies and of the access ledger, held over each backend."""

import hashlib
from dataclasses import replace

import pytest

from server.adapters.documents import Create, Delete, Replace
from server.adapters.store import DocumentStore, codec
from server.domain.errors import TransientError
from server.domain.ledger import SealedMail
from server.engine.copies.opening import verify_access
from server.vault.access_chain import make_next_entry, verify_chain
from tests.support.documents import keys
from tests.support.threads import THREADS, at_once

CHUNK = 900_000
SIZES = [31, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5_000_000, 12_500_000]


def a_copy(key="k1", size=100, dek="d1"):
    stream = hashlib.shake_128(f"{key}{dek}".encode()).digest(size)
    return SealedMail(key, dek, stream, f"wrapped-{dek}".encode(), "kek-1")


def left(documents):
    """What is stored: keys of copies with their chunks, and ids of DEKs."""
    return sorted(keys(documents.scan("copies"))), sorted(keys(documents.scan("deks")))


class Power:
    """A backend whose power fails at the n-th commit, before it or just after it."""

    def __init__(self, documents, at, after):
        self._documents = documents
        self._left = at
        self._after = after
        self.failed = False

    def __getattr__(self, name):
        return getattr(self._documents, name)

    def commit(self, writes):
        self._left -= 1
        if self._left == 0:
            self.failed = True
            if self._after:
                self._documents.commit(writes)
            raise TransientError("The power failed.")
        return self._documents.commit(writes)


@pytest.mark.parametrize("size", SIZES)
def test_a_copy_of_any_size_is_read_back(store, documents, size):
    store.keep_copies([a_copy(size=size)])

    assert store.copy("k1") == a_copy(size=size)
    assert all(len(d.data["bytes"]) <= CHUNK for d in documents.scan("copies"))


def test_many_copies_are_kept_at_once(store):
    sizes = [10, 2_000_000, 9_000_000, 50, CHUNK, 3_000_000, 3_000_000, *[40] * 250]
    copies = [a_copy(f"k{i}", size, f"d{i}") for i, size in enumerate(sizes)]

    store.keep_copies(copies)

    assert [store.copy(c.key) for c in copies] == copies
    store.keep_copies([])


def test_no_copy_is_none(store):
    assert store.copy("k1") is None
    store.drop_copies(["k1"])
    assert store.copy("k1") is None


@pytest.mark.parametrize(
    ("before", "after"), [(5_000_000, 40), (40, 5_000_000), (2_000_000, 2_000_001), (40, 9_000_000)]
)
def test_a_second_keep_replaces_the_first_and_forgets_its_dek(store, documents, before, after):
    store.keep_copies([a_copy(size=before, dek="d1"), a_copy("k2", dek="d2")])

    store.keep_copies([a_copy(size=after, dek="d3")])

    assert store.copy("k1") == a_copy(size=after, dek="d3")
    assert store.copy("k2") == a_copy("k2", dek="d2")
    names, deks = left(documents)
    assert deks == ["d2", "d3"]
    assert not [name for name in names if ".d1." in name]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("size", [40, 2_000_000, 9_000_000])
def test_a_keep_that_died_anywhere_leaves_no_second_dek_once_it_is_tried_again(opener, size, after):
    for at in range(1, 10):
        documents, key = opener(), f"k{at}"
        store = DocumentStore(documents)
        store.keep_copies([a_copy(key, 2_000_000, f"{key}-old")])
        power = Power(documents, at, after)
        try:
            DocumentStore(power).keep_copies([a_copy(key, size, f"{key}-died")])
        except TransientError:
            pass

        store.keep_copies([a_copy(key, size, f"{key}-new")])

        assert store.copy(key) == a_copy(key, size, f"{key}-new")
        assert [d for d in left(documents)[1] if d.startswith(f"{key}-")] == [f"{key}-new"]
        if not power.failed:
            break
    assert not power.failed


def test_dropping_leaves_nothing_of_this_copy_and_all_of_others(store, documents):
    store.keep_copies([a_copy(size=3_000_000), a_copy("k2", 2_000_000, "d2")])

    store.drop_copies(["k1", "k3"])

    assert store.copy("k1") is None
    assert store.copy("k2") == a_copy("k2", 2_000_000, "d2")
    assert left(documents) == (["k2", "k2.d2.1", "k2.d2.2"], ["d2"])


def test_a_drop_that_died_has_deleted_the_dek_and_is_finished_by_the_next(store, documents):
    store.keep_copies([a_copy(size=3_000_000)])

    with pytest.raises(TransientError):
        DocumentStore(Power(documents, at=2, after=False)).drop_copies(["k1"])

    assert left(documents) == (["k1", "k1.d1.1", "k1.d1.2", "k1.d1.3"], [])
    assert store.copy("k1") is None
    store.drop_copies(["k1"])
    assert left(documents) == ([], [])


@pytest.mark.parametrize("lost", ["dek", "chunk"])
def test_a_copy_of_which_a_part_is_gone_is_none(store, documents, lost):
    store.keep_copies([a_copy(size=2_000_000)])

    documents.commit([Delete("deks", "d1", None) if lost == "dek" else Delete("copies", "k1.d1.1", None)])

    assert store.copy("k1") is None


def append(store, actor="ann", count=1):
    for i in range(count):
        store.append_access(lambda last, i=i: make_next_entry(last, 1_000 + i, actor, "k1", f"audit {i}"))
    return list(store.access_entries())


def test_access_entries_follow_each_other(store):
    assert list(store.access_entries()) == []

    entries = append(store, count=12)

    assert [e.sequence for e in entries] == list(range(1, 13))
    assert [e.reason for e in entries] == [f"audit {i}" for i in range(12)]
    assert verify_chain(entries).ok


def test_many_who_append_at_once_make_one_chain(opener):
    stores = [DocumentStore(opener()), DocumentStore(opener())]

    at_once(lambda n: append(stores[n % 2], actor=f"actor{n}", count=3))

    entries = list(stores[0].access_entries())
    assert [e.sequence for e in entries] == list(range(1, 3 * THREADS + 1))
    assert sorted(e.actor for e in entries) == sorted(f"actor{n}" for n in range(THREADS) for _ in range(3))
    assert verify_chain(entries).ok


@pytest.mark.parametrize("position", [1, 3, 5])
def test_an_entry_that_is_taken_out_of_the_store_is_missed(store, documents, position):
    append(store, count=6)

    documents.commit([Delete("access", keys(documents.scan("access"))[position - 1], None)])

    entries = list(store.access_entries())
    assert len(entries) == 5
    assert verify_chain(entries).first_bad_sequence == position
    assert verify_chain(append(store)).first_bad_sequence == position


def test_an_entry_that_is_changed_in_the_store_is_found(store, documents):
    append(store, count=3)
    entries = list(store.access_entries())

    changed = [replace(entries[0], actor="nobody"), *entries[1:]]

    assert verify_chain(changed).first_bad_sequence == 1


class ReadCounter:
    """The documents of a scan, counted."""

    def __init__(self, documents, monkeypatch):
        self.count = 0
        scan = documents.scan

        def counted(*args, **kwargs):
            for document in scan(*args, **kwargs):
                self.count += 1
                yield document

        monkeypatch.setattr(documents, "scan", counted)


def test_an_append_reads_the_end_of_the_ledger_alone(store, documents, monkeypatch):
    append(store, count=30)
    reads = ReadCounter(documents, monkeypatch)

    store.append_access(lambda last: make_next_entry(last, 2_000, "ann", "k1", "audit"))

    assert reads.count == 1
    assert [e.sequence for e in store.access_entries()] == list(range(1, 32))
    assert store.highest_access() == 31


def test_entries_that_an_earlier_version_appended_are_followed(store, documents):
    """It knew no head: the head stays behind, or is not there at all."""
    first = append(store, count=3)
    later = make_next_entry(first[-1], 2_000, "ben", "k1", "audit")
    documents.commit([Create("access", f"{later.sequence:012d}", codec.from_access(later))])

    assert verify_chain(append(store)).ok
    documents.commit([Delete("state", "access", None)])
    assert store.highest_access() == 0
    entries = append(store)
    assert [e.sequence for e in entries] == [1, 2, 3, 4, 5, 6]
    assert verify_chain(entries, store.highest_access()).ok


@pytest.mark.parametrize("head", [1, 2, 99])
def test_a_head_that_was_changed_hides_no_entry(store, documents, head):
    append(store, count=3)
    written = documents.get("state", "access")
    documents.commit([Replace("state", "access", {"sequence": head}, written.version)])

    assert [e.sequence for e in append(store)] == [1, 2, 3, 4]


def test_a_ledger_whose_end_was_cut_off_shows_it_for_ever(store, documents):
    append(store, count=5)

    documents.commit([Delete("access", key, None) for key in keys(documents.scan("access"))[3:]])

    assert verify_chain(list(store.access_entries()), store.highest_access()).first_bad_sequence == 4
    append(store)
    assert verify_access(store)[1].why == "entries were cut off its end"


def test_a_wrapped_key_is_replaced_unless_it_went_or_changed(store):
    store.keep_copies([SealedMail(f"k{i}", f"d{i}", b"c", b"old", "key 1") for i in range(4)])
    deks = list(store.wrapped_deks())
    assert [(dek.dek_id, dek.wrapped, dek.kek_name) for dek in deks] == [(f"d{i}", b"old", "key 1") for i in range(4)]
    assert [dek.dek_id for dek in store.wrapped_deks("d1")] == ["d2", "d3"]
    fresh = [replace(dek, wrapped=b"new", kek_name="key 2") for dek in deks]
    store.drop_copies(["k1"])
    assert store.replace_deks(fresh[3:]) == 1

    assert store.replace_deks(fresh) == 2

    assert store.copy("k1") is None
    assert [(dek.dek_id, dek.wrapped, dek.kek_name) for dek in store.wrapped_deks()] == [
        (f"d{i}", b"new", "key 2") for i in (0, 2, 3)
    ]
    assert store.copy("k2").wrapped_dek == b"new"
    assert store.replace_deks([]) == 0


def test_the_position_of_a_rewrapping_is_one_keys(store):
    assert store.rewrap_position("key 2") == ""
    store.keep_rewrap_position("key 2", "d1")
    store.keep_rewrap_position("key 2", "d2")
    assert (store.rewrap_position("key 2"), store.rewrap_position("key 3")) == ("d2", "")
