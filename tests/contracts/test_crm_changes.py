"""SalesforceCrm: activities that stand are moved and removed; records are searched, named, and shown to whom they may be."""

from dataclasses import replace

import pytest

from server.domain.crm import Target
from server.domain.errors import (
    ConfigurationError,
    NotFoundError,
    OtherOrgError,
    RejectedError,
    StaleTargetError,
    ThrottledError,
    TransientError,
)
from simulator.faults import Fault
from simulator.salesforce.switches import OrgSwitches
from tests.contracts.test_crm import ADA_ID, ANN_ID, BEN_ID, BYRON_ID, LEO_ID, activity, calls


@pytest.fixture
def crm(scene):
    return scene.services.ports.crm


@pytest.fixture
def filed(scene, crm):
    return [f.activity_id for f in crm.file([activity(n) for n in range(3)])]


def links(scene):
    return {t["Id"]: (t["WhoId"], t["WhatId"]) for t in scene.tasks()}


def test_an_activity_is_moved_between_all_kinds_of_records(scene, crm, filed):
    for who, what in ((LEO_ID, None), (None, BYRON_ID), (ADA_ID, BYRON_ID), (LEO_ID, None)):
        assert crm.retarget([Target(filed[0], who, what, "thread_override")]) == [None]
        assert links(scene)[filed[0]] == (who, what)
        assert links(scene)[filed[1]] == (ADA_ID, None)
    assert {t["TrulyActivity__Match_Type__c"] for t in scene.tasks()} == {"thread_override", "contact_match"}


def test_one_call_moves_two_hundred(scene, crm):
    ids = [f.activity_id for f in crm.file([activity(n) for n in range(200)])]
    before = len(calls(scene))

    assert crm.retarget([Target(i, LEO_ID, None, "x") for i in ids]) == [None] * 200
    assert len(calls(scene)) == before + 1


def test_an_activity_is_given_to_a_user_and_nothing_else_of_it_changes(scene, crm, filed):
    before = {t["Id"]: t for t in scene.tasks()}
    scene.universe.faults.plan(Fault("salesforce", "update", "UNABLE_TO_LOCK_ROW"))

    first, second = crm.give([(filed[0], BEN_ID), (filed[1], BEN_ID)])

    assert (type(first), second) == (TransientError, None)
    after = {t["Id"]: t for t in scene.tasks()}
    changed = {name for name in before[filed[1]] if before[filed[1]][name] != after[filed[1]][name]}
    assert changed <= {"OwnerId", "AccountId", "LastModifiedDate", "SystemModstamp"}  # AccountId is the platform's own
    assert [after[i]["OwnerId"] for i in filed] == [ANN_ID, BEN_ID, ANN_ID]
    assert isinstance(crm.give([("00T000000000000AAA", BEN_ID)])[0], StaleTargetError)


def test_moved_together_is_all_or_none(scene, crm, filed):
    scene.universe.org.remove(filed[1])
    before = links(scene)

    answers = crm.retarget([Target(i, LEO_ID, None, "x") for i in filed], together=True)

    assert isinstance(answers[1], StaleTargetError)
    assert all(type(a) is TransientError for a in (answers[0], answers[2]))
    assert links(scene) == before
    assert crm.retarget([Target(i, LEO_ID, None, "x") for i in (filed[0], filed[2])], together=True) == [None, None]


def test_a_move_s_failures_are_values_in_order(scene, crm, filed):
    scene.universe.org.remove(filed[1])

    answers = crm.retarget(
        [
            Target(filed[0], LEO_ID, None, "x"),
            Target(filed[1], LEO_ID, None, "x"),
            Target(filed[2], LEO_ID, BYRON_ID, "x"),
        ]
    )

    assert answers[0] is None
    assert isinstance(answers[1], StaleTargetError)
    assert isinstance(answers[2], RejectedError)
    assert "WhatId cannot be specified" in answers[2].reason


def test_removing_is_for_the_recycle_bin_and_twice_is_once(scene, crm, filed):
    for _ in range(2):
        assert crm.remove(filed[:2]) == [None, None]

    assert list(links(scene)) == [filed[2]]
    assert crm.find_by_key([activity(0).key])[activity(0).key].is_deleted


def test_what_the_org_does_not_show_is_not_called_removed(crm):
    [failure] = crm.remove(["00TS0000000zzzzAAA"])
    assert isinstance(failure, RejectedError)
    assert "cannot see this activity" in failure.reason


def test_nothing_to_change_is_no_call(crm):
    assert crm.remove([]) == []
    assert crm.retarget([]) == []


@pytest.mark.parametrize(
    ("kind", "error"),
    [("503", TransientError), ("REQUEST_LIMIT_EXCEEDED", ThrottledError), ("timeout", TransientError)],
)
def test_salesforce_away_while_changing(scene, crm, filed, kind, error):
    scene.universe.faults.plan(Fault("salesforce", "*", kind, times=-1))

    with pytest.raises(error):
        crm.retarget([Target(filed[0], LEO_ID, None, "x")])
    with pytest.raises(error):
        crm.remove(filed)
    assert len(scene.tasks()) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ada", {ADA_ID}), ("Byron", {ADA_ID, BYRON_ID}), ("ada@byron.example", {ADA_ID}), ("leo brandt", {LEO_ID}),
        ("zebra", set()), ("a", set()), ("", set()), ("' OR Name != '", set()), ("*?\\", set()), ("日本", set()),
    ],
)  # fmt: skip
def test_a_search(crm, text, found):
    assert {record.record_id for record in crm.search(text)} == found


def test_a_converted_lead_is_not_found(scene, crm):
    scene.universe.org.change("Lead", {"Id": LEO_ID, "IsConverted": True})

    assert crm.search("leo") == []


def test_a_record_by_its_id(crm):
    ada, leo, byron = crm.record(ADA_ID), crm.record(LEO_ID), crm.record(BYRON_ID)

    assert (ada.name, ada.account_id, ada.account_name, ada.owner_id) == ("Ada Byron", BYRON_ID, "Byron Works", ANN_ID)
    assert (leo.name, leo.account_id, leo.account_name) == ("Leo Brandt", None, "Brandt")
    assert (byron.name, byron.account_id) == ("Byron Works", BYRON_ID)


@pytest.mark.parametrize(
    "record_id", ["003S00000000zzzAAA", "006A00000000001IAA", "", "x' OR Id != '", "005A00000000001IAA"]
)
def test_what_is_no_contact_lead_or_account_is_not_found(crm, record_id):
    with pytest.raises(NotFoundError):
        crm.record(record_id)


def test_only_what_a_user_may_read_is_readable(scene, crm):
    scene.universe.org.hidden = frozenset({(BEN_ID, ADA_ID)})

    assert crm.readable(ANN_ID, [ADA_ID, BYRON_ID]) == {ADA_ID, BYRON_ID}
    assert crm.readable(BEN_ID, [ADA_ID, BYRON_ID]) == {BYRON_ID}
    assert crm.readable(BEN_ID, []) == frozenset()


def test_a_thousand_records_are_asked_for_in_one_call(scene, crm):
    crm.shape()
    before = len(calls(scene))

    assert crm.readable(ANN_ID, [f"003S0000000{i:04d}AAA" for i in range(1_000)]) == frozenset()
    assert len(calls(scene)) == before + 1


def test_an_org_that_cannot_say_who_may_read_raises(scene, crm):
    scene.universe.faults.plan(Fault("salesforce", "composite", "500", times=1))

    with pytest.raises((TransientError, ConfigurationError)):
        crm.readable(ANN_ID, [ADA_ID])


@pytest.mark.parametrize("apart", [False, True])
def test_no_change_goes_to_an_org_that_is_not_the_state_s_any_more(scene, crm, apart):
    """Several collections, and changes of one record each, go out as a POST, which may be a question as well."""
    scene.universe.org.switches = OrgSwitches(no_people_in_collections=apart)
    ids = [f.activity_id for f in crm.file([activity(n) for n in range(250)])]
    crm.retarget([Target(ids[0], ADA_ID, None, "x", (ADA_ID,))])
    scene.services.ports.store.save_identity(lambda identity: replace(identity, salesforce_org="00DX00000000099MAA"))
    before, sent = links(scene), len(calls(scene))

    for together in (False, True):
        with pytest.raises(OtherOrgError):
            crm.retarget([Target(i, LEO_ID, None, "x") for i in ids], together=together)
    with pytest.raises(OtherOrgError):
        crm.give([(i, BEN_ID) for i in ids])
    with pytest.raises(OtherOrgError):
        crm.remove(ids)

    assert links(scene) == before
    assert len(calls(scene)) == sent
