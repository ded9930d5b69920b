"""Whose state it is, over each backend: pinned once, compared, and extended by rotations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.adapters.documents import Replace
from server.adapters.store import DocumentStore
from server.domain.decision import Reason
from server.domain.errors import ConfigurationError, UserError
from server.domain.identity import KeyNames, StateIdentity
from server.domain.ledger import ActivityRow, ActivityState, Row, SealedMail, Waiting
from server.domain.mailbox import Mailbox
from server.engine.operations.identity import Origins, pin_or_refuse
from server.vault.envelope import Place, WorkSealer
from tests.support.threads import at_once
from tests.support.work_deks import MemoryDeks, WatchedKek

RING = "ab" * 16
"""The hash of a key's name in KMS."""
NAMES = KeyNames("kms:1:ffff", f"kms:1:{RING}", ("1:aaaa",))
OTHER_RING = f"kms:1:{'cd' * 16}"


def sealer(key=bytes(32), organisation="acme"):
    return WorkSealer(WatchedKek(key), MemoryDeks(), organisation)


def start(store, names=NAMES, **fields):
    return pin_or_refuse(store, sealer(**fields), fields.get("organisation", "acme"), names)


def test_an_identity_is_read_back_as_it_was_written(store):
    full = StateIdentity("acme", ("v1", "v2"), ("w1",), ("1:a", "2:b"), ("v0",), "C01", "00D")

    assert store.identity() is None
    assert store.save_identity(lambda _current: full) == full
    assert store.identity() == full


def test_what_a_newer_version_wrote_of_an_identity_stays_when_this_one_changes_it(opener):
    documents = opener()
    store = DocumentStore(documents)
    start(store)
    document = documents.get("state", "identity")
    newer = {**document.data, "signing_keys": ["s1"], "lost_keys": ["v0"]}
    documents.commit([Replace("state", "identity", newer, document.version)])

    Origins(store).meet_customer("C01")
    store.save_identity(lambda current: replace(current, lost_keys=()))

    data = documents.get("state", "identity").data
    assert data["signing_keys"] == ["s1"]
    assert data["google_customer"] == "C01"
    assert "lost_keys" not in data


def test_processes_that_start_at_once_pin_one_identity(opener):
    stores = [DocumentStore(opener()), DocumentStore(opener())]

    pinned = at_once(lambda n: start(stores[n % 2]))

    assert set(pinned) == {StateIdentity("acme", ("kms:1:ffff",), (f"kms:1:{RING}",), ("1:aaaa",))}


def test_of_two_first_starts_with_different_keys_one_is_refused(opener):
    stores = [DocumentStore(opener()), DocumentStore(opener())]

    def try_start(number):
        try:
            start(stores[number % 2], replace(NAMES, work=OTHER_RING if number % 2 else NAMES.work))
        except ConfigurationError:
            return False
        return True

    answers = at_once(try_start)
    assert answers in ([True, False] * 4, [False, True] * 4)


def test_a_work_key_that_kms_rotated_by_itself_is_this_states(store):
    start(store)

    later = start(store, replace(NAMES, work=f"kms:2:{RING}"))

    assert later.work_keys == (f"kms:1:{RING}", f"kms:2:{RING}")
    # A process from before the rotation still starts, and changes nothing.
    assert start(store) == later


@pytest.mark.parametrize("name", [OTHER_RING, f"kms:2:{'cd' * 16}", f"local:{RING}", RING, "kms:", ""])
def test_another_work_key_is_refused_whatever_its_name(store, name):
    start(store)

    with pytest.raises(ConfigurationError, match="work key"):
        start(store, replace(NAMES, work=name))


@pytest.mark.parametrize("name", ["kms:2:ffff", "kms:1:eeee"])
def test_a_version_of_the_vault_key_that_nobody_pinned_is_refused(store, name):
    start(store)

    with pytest.raises(ConfigurationError, match="vault key"):
        start(store, replace(NAMES, vault=name))


@pytest.mark.parametrize("collection", ["messages", "activities"])
def test_a_state_without_pins_is_pinned_by_any_value_that_opens(store, collection):
    seal = sealer().seal
    if collection == "messages":
        store.save_mailbox("m1", lambda _current: Mailbox("m1", ("ann@acme.example",)))
        sealed = seal(b"x", Place("acme", "messages", "m1.1", "headers"), "2026-11-24")
        store.add_rows([Row("m1", "1", "t1", Reason.READY, wait=Waiting(0, 1.0), sealed_headers=sealed)])
    else:
        sealed = seal(b"x", Place("acme", "activities", "k1", "snapshot"), "2026-11-24")
        store.claim([ActivityRow("k1", ActivityState.LOGGED, 1.0, "m1", "1", sealed_snapshot=sealed)])

    for wrong in ({"key": bytes([1]) * 32}, {"organisation": "byron"}):
        with pytest.raises(ConfigurationError, match="Nothing that is sealed in this state opens"):
            start(store, **wrong)
    assert store.identity() is None
    assert start(store).organisation == "acme"


def test_a_state_without_pins_whose_copies_name_another_vault_key_is_refused(store):
    store.keep_copies([SealedMail("k1", "d1", b"c", b"w", "kms:1:eeee")])

    with pytest.raises(ConfigurationError, match="another vault key"):
        start(store)
    assert store.identity() is None


def test_workspace_and_org_are_pinned_when_they_are_met_and_others_refused(opener):
    store = DocumentStore(opener())
    start(store)
    first, second = Origins(store), Origins(DocumentStore(opener()))

    for _ in range(2):
        first.meet_customer("")
        first.meet_customer("C01")
        first.meet_org("00DA")

    assert (store.identity().google_customer, store.identity().salesforce_org) == ("C01", "00DA")
    second.meet_customer("C01")
    for meet, other in ((second.meet_customer, "C02"), (second.meet_org, "00DB"), (first.meet_org, "00DB")):
        with pytest.raises(UserError, match="this state belongs to"):
            meet(other)
    assert store.identity().google_customer == "C01"
