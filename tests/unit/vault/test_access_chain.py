"""The chain of access entries: whatever is done to the ledger shows."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.vault.access_chain import NO_PREVIOUS_HASH, make_next_entry, verify_chain


def chain(count):
    entries = []
    for i in range(count):
        last = entries[-1] if entries else None
        entries.append(make_next_entry(last, 1_700_000_000_000 + i, f"actor{i % 2}", f"key{i}", f"case {i}"))
    return entries


def test_an_empty_ledger_holds():
    assert verify_chain([]).ok


def test_entries_count_from_one_and_each_names_the_one_before():
    first, second = chain(2)

    assert (first.sequence, first.previous_hash) == (1, NO_PREVIOUS_HASH)
    assert (second.sequence, second.previous_hash) == (2, first.entry_hash)
    assert verify_chain([first, second]).ok


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at_ms", 1),
        ("actor", "nobody"),
        ("activity_key", "other"),
        ("reason", "none"),
        ("entry_hash", "0" * 64),
        ("previous_hash", "1" * 64),
    ],
)
@pytest.mark.parametrize("position", [0, 2, 4])
def test_a_changed_field_is_found_where_it_is(field, value, position):
    entries = chain(5)
    entries[position] = replace(entries[position], **{field: value})

    verdict = verify_chain(entries)

    assert not verdict.ok
    assert verdict.first_bad_sequence == position + 1
    assert verdict.why


@given(st.integers(2, 8), st.data())
def test_a_removed_entry_is_missed_unless_it_was_the_last(count, data):
    entries = chain(count)
    position = data.draw(st.integers(0, count - 2))
    del entries[position]

    assert verify_chain(entries).first_bad_sequence == position + 1


@given(st.integers(2, 8), st.data())
def test_moved_entries_are_found(count, data):
    entries = chain(count)
    order = data.draw(st.permutations(range(count)))

    assert verify_chain([entries[i] for i in order]).ok == (list(order) == list(range(count)))


def test_a_ledger_that_was_written_anew_from_some_entry_on_has_another_end():
    """It verifies, which is why the last hash is kept elsewhere too."""
    entries = chain(4)
    forged = entries[:2]
    for old in entries[2:]:
        forged.append(make_next_entry(forged[-1], old.at_ms, "somebody else", old.activity_key, old.reason))

    assert verify_chain(forged).ok
    assert forged[-1].entry_hash != entries[-1].entry_hash


@given(st.text(), st.text(), st.text())
def test_no_two_entries_have_one_hash(actor, key, reason):
    plain = make_next_entry(None, 1, actor, key, reason)
    shifted = make_next_entry(None, 1, actor + key, "", reason)

    assert (plain.entry_hash == shifted.entry_hash) == (key == "")
