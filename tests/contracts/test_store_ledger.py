"""What the Store port promises of the ledger, held over each backend."""

from dataclasses import replace

import pytest

from server.adapters.documents import MOST_WRITES
from server.adapters.store import DocumentStore
from server.adapters.store import rows as row_store
from server.domain.decision import Evidence, Outcome, Reason
from server.domain.errors import ConflictError
from server.domain.ledger import ActivityRow, ActivityState, Held, Row, Unread, Waiting
from server.domain.mail_names import CopyName, MailFamily, NamedMail
from server.rules.headers.copy_names import add_copy
from tests.support.threads import at_once


def a_row(name="1", mailbox="m1", reason=Reason.NO_MATCH, **fields):
    return Row(mailbox, name, f"t{name}", reason, **fields)


def waiting_row(name="1", shard=3, due=100.0, **fields):
    return a_row(name, reason=Reason.READY, wait=Waiting(shard, due), **fields)


def an_activity(key="k1", **fields):
    return ActivityRow(key, ActivityState.CLAIMED, 1.5, "m1", "1", **fields)


def stored(store, *rows):
    """The rows with the versions that they have in the store."""
    store.add_rows(rows)
    return [store.existing_rows(row.mailbox_id, [row.message_id])[row.message_id] for row in rows]


def ids(rows):
    return [row.message_id for row in rows]


def test_a_row_is_read_back_as_it_was_written(store):
    full = a_row(
        reason=Reason.HELD, internal_date=1, conversation="v1:c", activity_key="k1", wait=Waiting(0, 1.5), attempts=2,
        cause="Throttled", evidence=(Evidence("bulk", 3, -2), Evidence("list")), record_id="003A", activity_id="00TA",
        hashes=("v1:a", "v1:b"), sealed_headers=b"\x00sealed", policy_version=4, updated_at=9.25,
    )  # fmt: skip

    assert stored(store, full, a_row("2")) == [full, a_row("2")]
    assert sorted(store.rows("m1"), key=lambda r: r.key) == [full, a_row("2")]


def test_known_finds_rows_of_this_mailbox_only(store):
    store.add_rows([a_row("1"), a_row("2"), a_row("3", mailbox="m11")])

    assert sorted(store.existing_rows("m1", ["1", "2", "3", "4"])) == ["1", "2"]
    assert store.existing_rows("m1", []) == {}
    assert ids(store.rows("m11")) == ["3"]


def test_rows_that_exist_are_left_as_they_are(store):
    [before] = stored(store, a_row("7", reason=Reason.CONTACT_MATCH))

    store.add_rows([a_row(str(i), reason=Reason.NO_MATCH) for i in range(450)])

    rows = {row.message_id: row for row in store.rows("m1")}
    assert len(rows) == 450
    assert (rows["7"], rows["7"].version) == (before, before.version)
    assert all(row.reason is Reason.NO_MATCH for name, row in rows.items() if name != "7")


def test_changed_rows_come_back_with_versions_fit_for_the_next_change(store):
    rows = stored(store, *(a_row(str(i)) for i in range(3)))

    for attempts in (1, 2):
        rows = store.change_rows([replace(row, attempts=attempts, record_id=None) for row in rows])

    assert {row.attempts for row in store.rows("m1")} == {2}
    assert {r.version for r in rows} == {r.version for r in store.rows("m1")}


def test_one_row_that_somebody_else_changed_keeps_all_as_they_are(store):
    rows = stored(store, a_row("1"), a_row("2"), a_row("3"))
    store.change_rows([replace(rows[1], attempts=9)])

    with pytest.raises(ConflictError):
        store.change_rows([replace(row, attempts=1) for row in rows])

    assert [row.attempts for row in stored(store, *rows)] == [0, 9, 0]


def test_unscreened_rows_are_those_that_wait_without_a_shard_and_are_due(store):
    store.add_rows(
        [
            a_row("due", reason=Reason.RETRYING, wait=Unread(100.0)),
            a_row("always", reason=Reason.RETRYING, wait=Unread(0.0)),
            a_row("later", reason=Reason.RETRYING, wait=Unread(100.1)),
            a_row("skipped", reason=Reason.NOT_MAIL, wait=Unread(100.0)),
            a_row("other", mailbox="m2", reason=Reason.RETRYING, wait=Unread(1.0)),
            a_row("settled"),
            waiting_row("screened", due=1.0),
        ]
    )

    assert sorted(ids(store.unscreened_rows("m1", now=100.0))) == ["always", "due", "skipped"]
    assert ids(store.unscreened_rows_of("m1", Outcome.SKIPPED, 100.0)) == ["skipped"]
    assert ids(store.unscreened_rows_of("m1", Outcome.WAITING, 100.0, 1)) == ["always"]


def test_rows_of_one_mailbox_do_not_hide_those_of_another_that_are_to_be_read_again(store, monkeypatch):
    """A mailbox that is off is not read: its rows stay due, and wait the longest."""
    monkeypatch.setattr(row_store, "ROWS_PER_LOOK", 2)
    store.add_rows([a_row(f"off{n}", reason=Reason.RETRYING, wait=Unread(1.0)) for n in range(4)])
    store.add_rows([a_row("late", mailbox="m2", reason=Reason.RETRYING, wait=Unread(100.0))])
    store.add_rows([a_row("later", mailbox="m3", reason=Reason.RETRYING, wait=Unread(100.1))])

    assert store.mailboxes_to_read_again(0.9) == set()
    assert store.mailboxes_to_read_again(1.0) == {"m1"}
    assert store.mailboxes_to_read_again(100.0) == {"m1", "m2"}


def test_waiting_rows_come_longest_waiting_first_and_only_when_due(store):
    times = {"c": 30.0, "a": 10.0, "b": 20.0, "late": 101.0}
    store.add_rows([waiting_row(name, due=due) for name, due in times.items()])
    store.add_rows([waiting_row("other", shard=4, due=1.0), a_row("settled")])

    assert ids(store.due_rows(3, now=100.0, limit=10)) == ["a", "b", "c"]
    assert ids(store.due_rows(3, now=100.0, limit=2)) == ["a", "b"]
    assert ids(store.due_rows(3, now=20.0, limit=10)) == ["a", "b"]
    assert store.due_rows(5, now=100.0, limit=10) == []


def test_next_due_is_the_earliest_row_of_the_shard(store):
    store.add_rows([waiting_row("a", due=300.5), waiting_row("b", due=200), waiting_row("c", shard=4, due=1.0)])

    assert store.next_due(3) == 200.0
    assert store.next_due(5) is None


def test_a_held_row_is_read_back_with_its_cause_and_never_due(store):
    held = a_row(reason=Reason.HELD, wait=Held(3, "dry_run"))

    assert stored(store, held) == [held]
    assert store.next_due(3) is None
    assert store.due_rows(3, now=1e10, limit=10) == []
    assert list(store.waiting_rows("m1")) == [held]


def test_a_settled_row_waits_no_more(store):
    [row] = stored(store, waiting_row("a"))

    store.change_rows([replace(row, reason=Reason.NO_MATCH, wait=None)])

    assert store.next_due(3) is None
    assert store.due_rows(3, now=1e9, limit=10) == []
    assert [r.outcome for r in store.rows("m1")] == [Outcome.SKIPPED]


def test_copies_of_one_mail_are_found_over_all_mailboxes(store):
    store.add_rows([a_row("1", mailbox=m, activity_key="k1") for m in ("m1", "m2")])
    store.add_rows([a_row("2", activity_key="k2"), a_row("3")])

    assert sorted(row.mailbox_id for row in store.copies_of("k1")) == ["m1", "m2"]
    assert store.copies_of("k9") == []


def test_rows_of_one_conversation_are_found_over_all_mailboxes(store):
    store.add_rows([a_row("1", mailbox=m, conversation="v1:c") for m in ("m1", "m2")])
    store.add_rows([a_row("2", conversation="v1:d"), a_row("3")])

    assert sorted(row.mailbox_id for row in store.rows_of("v1:c")) == ["m1", "m2"]
    assert store.rows_of("v1:e") == []


def test_an_activity_is_read_back_as_it_was_claimed(store):
    full = an_activity(
        conversation="v1:c", reason=Reason.LEAD_MATCH, record_id="00Q1", related_ids=("00Q1", "0031"), owner_id="0051",
        activity_id="00T1", generation=2,
    )  # fmt: skip

    assert store.claim([full, an_activity("k2")]) == [full, an_activity("k2")]
    assert store.activities(["k1", "k2", "k3"]) == {"k1": full, "k2": an_activity("k2")}
    assert store.claim([]) == []


def test_dropped_activities_can_be_claimed_again_and_others_stay(store):
    store.claim([an_activity("k1"), an_activity("k2")])

    store.drop_activities(["k1", "unknown"])

    assert list(store.activities(["k1", "k2"])) == ["k2"]
    assert [a.key for a in store.claim([an_activity("k1"), an_activity("k2")])] == ["k1"]
    store.drop_activities([])


def test_a_second_claim_loses_and_the_rest_of_its_batch_wins(store):
    [first] = store.claim([an_activity("k2", owner_id="first")])

    won = store.claim([an_activity(key, owner_id="second") for key in ("k1", "k2", "k3")])

    assert [a.key for a in won] == ["k1", "k3"]
    found = store.activities(["k1", "k2", "k3"])
    assert {key: a.owner_id for key, a in found.items()} == {"k1": "second", "k2": "first", "k3": "second"}
    assert {a.key: a.version for a in (first, *won)} == {key: a.version for key, a in found.items()}


def test_of_many_claimants_one_wins_each_activity(store):
    names = ["k1", "k2", "k3", "k4"]

    won = at_once(lambda n: store.claim([an_activity(key, owner_id=str(n)) for key in names]))

    assert sorted(a.key for part in won for a in part) == names
    owners = {a.key: a.owner_id for part in won for a in part}
    assert owners == {key: a.owner_id for key, a in store.activities(names).items()}


def test_closing_settles_activities_and_rows_together(store):
    rows = stored(store, waiting_row("1", activity_key="k1"))
    activities = store.claim([an_activity("k1")])

    logged = [replace(a, state=ActivityState.LOGGED, activity_id="00T1") for a in activities]
    settled = [replace(r, reason=Reason.CONTACT_MATCH, wait=None) for r in rows]
    store.save_activities(logged, settled)

    assert store.activities(["k1"]) == {"k1": logged[0]}
    assert list(store.rows("m1")) == settled
    with pytest.raises(ConflictError):
        store.save_activities(logged, settled)


def test_a_closing_that_finds_a_changed_row_settles_nothing(store):
    rows = stored(store, waiting_row("1", activity_key="k1"))
    activities = store.claim([an_activity("k1")])
    store.change_rows([replace(rows[0], attempts=1)])

    with pytest.raises(ConflictError):
        store.save_activities([replace(a, state=ActivityState.LOGGED) for a in activities], rows)

    assert store.activities(["k1"])["k1"].state is ActivityState.CLAIMED


def test_a_mail_in_more_mailboxes_than_a_commit_takes_is_closed_too(store):
    many = [a_row("1", mailbox=f"m{i}", activity_key="k1") for i in range(MOST_WRITES + 50)]
    store.add_rows([*many, *(a_row(f"x{i}", activity_key=f"a{i}") for i in range(200))])
    claimed = store.claim([an_activity("k1"), *(an_activity(f"a{i}") for i in range(200))])
    rows = [row for a in claimed for row in store.copies_of(a.key)]

    store.save_activities(
        [replace(a, state=ActivityState.LOGGED) for a in claimed], [replace(r, attempts=7) for r in rows]
    )

    assert {a.state for a in store.activities([a.key for a in claimed]).values()} == {ActivityState.LOGGED}
    assert {row.attempts for a in claimed for row in store.copies_of(a.key)} == {7}
    assert len(rows) == MOST_WRITES + 250


def test_a_conversation_s_rows_are_one_mailbox_s_and_in_order(store):
    rows = [
        a_row("1", internal_date=30), a_row("2", internal_date=10), a_row("3", internal_date=20),
        a_row("4", mailbox="m2", internal_date=5), a_row("5", internal_date=1),
    ]  # fmt: skip
    store.add_rows([replace(row, thread_id="t" if row.message_id != "5" else "u") for row in rows])

    assert ids(store.thread("m1", "t")) == ["2", "3", "1"]
    assert ids(store.thread("m2", "t")) == ["4"]
    assert store.thread("m3", "t") == []


def test_the_activities_of_a_conversation(store):
    store.claim(
        [
            an_activity("k1", conversation="c1"),
            an_activity("k2", conversation="c1"),
            an_activity("k3", conversation="c2"),
            an_activity("k4"),
        ]
    )

    assert {a.key for a in store.activities_of("c1")} == {"k1", "k2"}
    assert store.activities_of("c9") == []


def test_the_activities_that_one_record_stands_for(store):
    """Whichever tool made it, and whatever conversation they belong to."""
    store.claim(
        [
            an_activity("k1", activity_id="00T1", conversation="c1"),
            an_activity("k2", activity_id="00T2", conversation="c2", doubled_by="00T1"),
            an_activity("k3", activity_id="00T3", is_joined=True),
            an_activity("k4", activity_id="00T4", doubled_by="00T4"),
            an_activity("k5"),
        ]
    )

    assert [sorted(a.key for a in store.activities_by_id(f"00T{n}")) for n in (1, 2, 3, 4, 9)] == [
        ["k1", "k2"], ["k2"], ["k3"], ["k4"], [],
    ]  # fmt: skip


def test_an_activity_that_left_a_record_is_not_found_by_it(store):
    [claimed] = store.claim([an_activity("k1", activity_id="00T1", doubled_by="00T2")])
    store.save_activities([replace(claimed, activity_id="00T2", doubled_by=None, is_joined=True)], [])

    assert store.activities_by_id("00T1") == []
    assert [a.key for a in store.activities_by_id("00T2")] == ["k1"]


def test_one_record_of_another_tool_is_taken_by_one_mail(store):
    assert store.take_record("00T1", "k1")
    assert not store.take_record("00T1", "k2")
    assert store.take_record("00T1", "k1"), "a try that died goes on"
    assert store.take_record("00T2", "k2")


def test_a_later_generation_has_a_key_of_its_own_in_salesforce():
    first, *later = [an_activity("k1", generation=n).crm_key for n in (1, 2, 3)]

    assert first == "k1"
    assert len({first, *later}) == 3
    assert {len(key) for key in later} == {64}


def test_a_family_is_read_back_as_it_was_written(store):
    first = NamedMail("k1", "v1:c", sent="k1", sent_site="v1:s", received="k2", received_site="v1:t")
    full = MailFamily("v1:f", (first, NamedMail("k3")))

    assert store.families(["v1:f"]) == {}
    store.save_family("v1:f", lambda _: full)
    assert store.families(["v1:f", "v1:g"]) == {"v1:f": full}


def test_processes_that_name_one_mail_at_the_same_moment_agree(opener):
    """A SENT copy and a renamed one, each read by four threads."""
    copies = [
        CopyName(("v1:f",), f"k{number}", f"v1:{number}", is_sent=number == 0, conversation=f"v1:{number}")
        for number in (0, 1)
    ]
    stores = [DocumentStore(opener()) for _ in copies]

    def name(number):
        named = []

        def add(family):
            changed, mail = add_copy(family, copies[number % 2])
            named.append(mail.activity_key)
            return changed

        stores[number % 2].save_family("v1:f", add)
        return named[-1]

    assert len(set(at_once(name))) == 1
    [mail] = stores[0].families(["v1:f"])["v1:f"].mails
    assert (mail.sent, mail.received) == ("k0", "k1")
