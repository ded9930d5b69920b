"""What the Store port promises of mailboxes, leases and people's word, held over each backend."""

from dataclasses import replace

import pytest

from server.adapters.documents import Create
from server.adapters.store import DocumentStore
from server.domain.decision import Outcome
from server.domain.ledger import Conversation, DayCoverage
from server.domain.mailbox import DirectoryState, Mailbox, Stage
from tests.support.threads import THREADS, at_once

ANN = Mailbox("m1", ("ann@acme.example", "a@acme.example"), Stage.LIVE, start=5, cursor=77, name="Ann")


def test_a_free_lease_is_taken_by_one(store):
    assert store.lease("shard/1", "a", now=100, seconds=60)
    assert not store.lease("shard/1", "b", now=100, seconds=60)
    assert store.lease("shard/2", "b", now=100, seconds=60)


def test_a_lease_ends_with_its_time_and_is_renewed_by_its_holder(store):
    store.lease("shard/1", "a", now=100, seconds=60)

    assert store.lease("shard/1", "a", now=150, seconds=60)
    assert not store.lease("shard/1", "b", now=209.9, seconds=60)
    assert store.lease("shard/1", "b", now=210, seconds=60)
    assert not store.lease("shard/1", "a", now=211, seconds=60)


def test_only_a_lease_that_nobody_had_since_is_renewed(store):
    store.lease("shard/1", "a", now=100, seconds=60)

    assert store.renew_lease("shard/1", "a", until=700)
    assert not store.lease("shard/1", "b", now=699, seconds=60)
    assert not store.renew_lease("shard/1", "b", until=900)
    assert store.lease("shard/1", "b", now=700, seconds=60)
    assert not store.renew_lease("shard/1", "a", until=900)
    store.release("shard/1", "b")
    assert not store.renew_lease("shard/1", "a", until=900)
    assert store.lease("shard/1", "c", now=701, seconds=60)


def test_a_lease_is_given_back_by_its_holder_only(store):
    store.lease("shard/1", "a", now=100, seconds=60)

    store.release("shard/1", "b")
    assert not store.lease("shard/1", "b", now=100, seconds=60)
    store.release("shard/1", "a")
    store.release("shard/1", "a")
    assert store.lease("shard/1", "b", now=100, seconds=60)


def test_a_dead_holder_s_lease_is_free(documents):
    asked = []
    store = DocumentStore(documents, is_dead=lambda holder: asked.append(holder) or holder == "dead/1")
    for name, holder in (("shard/1", "dead/1"), ("shard/2", "alive/1")):
        store.lease(name, holder, now=100, seconds=60)

    assert store.lease("shard/1", "b", now=101, seconds=60)
    assert not store.lease("shard/2", "b", now=101, seconds=60)
    assert asked == ["dead/1", "alive/1"]


@pytest.mark.parametrize("before", ["nobody", "expired", "dead"])
def test_of_many_who_want_a_lease_one_gets_it(documents, before):
    store = DocumentStore(documents, is_dead=lambda holder: holder == "dead")
    if before != "nobody":
        store.lease("shard/1", before, now=0, seconds=1_000 if before == "dead" else 10)

    got = at_once(lambda n: store.lease("shard/1", f"h{n}", now=100, seconds=60))

    assert sum(got) == 1


def test_a_mailbox_is_read_back_as_it_was_saved(store):
    days = (
        DayCoverage("2026-09-13", 3, 1, dict.fromkeys(Outcome, 0) | {Outcome.FAILED: 4}, 2, (("B.C_D", 3), ("A", 1))),
        DayCoverage("2026-09-14", 0, 0, dict.fromkeys(Outcome, 0)),
    )
    full = replace(
        ANN, paused_until=1.5, failures=2, last_error="X", last_synced_at=3.5, last_audit_at=4.5, unpublished=days
    )

    assert store.save_mailbox("m1", lambda _before: full) == full
    assert store.mailbox("m1") == full
    assert store.mailbox("m2") is None
    store.save_mailbox("m2", lambda _before: Mailbox("m2", ("aaa@acme.example",)))
    assert [m.mailbox_id for m in store.mailboxes()] == ["m2", "m1"]


def test_some_mailboxes_are_read_by_their_ids(store):
    for name in ("m1", "m2"):
        store.save_mailbox(name, lambda _m, name=name: Mailbox(name, (f"{name}@acme.example",)))
    found = store.find_mailboxes({"m1", "m3"})
    assert {key: mailbox.address for key, mailbox in found.items()} == {"m1": "m1@acme.example"}


def test_what_the_directory_says_of_a_mailbox_is_kept(store):
    away = replace(ANN, is_in_scope=False, asked_at=8.0).seen(DirectoryState.SUSPENDED, 9.0)

    store.save_mailbox("m1", lambda _before: away)

    assert store.mailbox("m1") == away
    assert (away.returns_to, away.directory_since) == (Stage.LIVE, 9.0)


def test_a_mailbox_written_before_there_was_a_directory_state_reads_as_active_and_in_scope(documents):
    documents.commit([Create("mailboxes", "m1", {"addresses": ["ann@acme.example"], "stage": "live"})])

    found = DocumentStore(documents).mailbox("m1")

    assert (found.directory_state, found.is_in_scope, found.returns_to) == (DirectoryState.ACTIVE, True, None)


def test_a_mailbox_that_did_not_change_costs_no_write(store):
    store.save_mailbox("m1", lambda _before: ANN)
    before = store.writes()

    assert store.save_mailbox("m1", lambda before: before) == ANN
    assert store.writes() == before == {"mailboxes": 1}


def test_no_change_of_a_mailbox_is_lost_under_contention(store):
    def count(_number):
        for _ in range(3):
            store.save_mailbox("m1", lambda before: replace(before or ANN, failures=(before or ANN).failures + 1))

    at_once(count)

    assert store.mailbox("m1").failures == 3 * THREADS


def test_people_s_word_is_kept(store):
    full = Conversation(
        "v1:a", "0031", "Contact", log_anyway=True, said_by="ann@acme.example", kept_out_by={"m2", "m1"}
    )

    assert store.save_conversation("v1:a", lambda _before: full) == full
    assert store.conversations(["v1:a", "v1:b", "v1:a"]) == {"v1:a": full}
    after = store.save_conversation("v1:a", lambda before: replace(before, record_id=None, kept_out_by=frozenset()))
    assert store.conversations(["v1:a"]) == {"v1:a": after}
    assert (after.record_id, after.log_anyway) == (None, True)


def test_no_word_is_lost_under_contention(store):
    def keep_out(number):
        store.save_conversation("v1:a", lambda before: replace(before, kept_out_by=before.kept_out_by | {f"m{number}"}))

    at_once(keep_out)

    assert store.conversations(["v1:a"])["v1:a"].kept_out_by == {f"m{n}" for n in range(THREADS)}
