"""The simulated org: the customer's rules, what people do in it, and what the API's own user may touch."""

import pytest

from simulator.app import Simulator
from simulator.clock import Clock
from simulator.faults import Fault
from simulator.inprocess import InProcessTransport
from simulator.salesforce.errors import RecordError
from simulator.salesforce.ids import to_18
from simulator.salesforce.org import Org
from simulator.universe import Universe
from tests.support.scene import START, small_world

ANN, BEN = to_18("005A00000000001"), to_18("005A00000000002")
BYRON, HARBOR = to_18("001A00000000001"), to_18("001A00000000002")
ADA, LEO = to_18("003A00000000001"), to_18("00QA00000000001")
EVE = to_18("003A00000000009")
KEY = "TrulyActivity__Message_Key__c"
TASK = {"Subject": "From Ada: Lamps", "Status": "Completed", "ActivityDate": "2026-09-14", "OwnerId": ANN}
EVES = {"Id": EVE, "LastName": "Second", "Email": "ada@byron.example", "AccountId": HARBOR, "OwnerId": BEN}


def org_of(**more):
    made = Org.of({**small_world().org, **more}, Clock(START, frozen=True))
    made.is_journalled = True
    return made


@pytest.fixture
def org():
    made = org_of()
    made.change("Contact", EVES)
    return made


def refused(do, *args, **kwargs):
    with pytest.raises(RecordError) as caught:
        do(*args, **kwargs)
    return caught.value.code, caught.value.message


def row(org, identifier):
    return org.tables.find(identifier)


# the customer's rules


def test_a_validation_rule_refuses_with_its_own_sentence():
    org = org_of(
        rules=[{"kind": "validation", "when": {"Subject": "LAMPS"}, "message": "No lamps.", "field": "Subject"}]
    )

    assert refused(org.insert, "Task", TASK) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No lamps.")
    assert org.insert("Task", {**TASK, "Subject": "Chairs"})


def test_a_required_field_is_in_describe_and_missed_where_it_is_empty():
    org = org_of(rules=[{"kind": "required", "field": "Region__c"}])

    assert "Region__c" in {field["name"] for field in org.describe("Task")["fields"]}
    expected = ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Region__c]")
    assert refused(org.insert, "Task", TASK) == expected
    identifier = org.insert("Task", {**TASK, "Region__c": "EMEA"})
    org.update(identifier, {"Subject": "It is there already"})
    assert refused(org.update, identifier, {"Region__c": None}) == expected


def test_a_trigger_speaks_in_the_platforms_words():
    org = org_of(rules=[{"kind": "trigger", "name": "Guard", "when": {"Subject": "lamps"}, "message": "Closed."}])

    code, message = refused(org.insert, "Task", TASK)
    assert code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert message.startswith("Guard: execution of AfterInsert\n\ncaused by: ")
    assert "Closed." in message


def test_a_lock_is_felt_by_open_tasks_changes_and_triggers_that_write_to_the_parent():
    org = org_of(rules=[{"kind": "trigger", "when": {"Subject": "counted"}, "updates": "WhatId"}])
    identifier = org.insert("Task", {**TASK, "WhatId": BYRON})
    org.lock(BYRON, START + 60)

    assert org.insert("Task", {**TASK, "WhatId": BYRON})
    assert refused(org.insert, "Task", {**TASK, "WhatId": BYRON, "Status": "Not Started"})[0] == "UNABLE_TO_LOCK_ROW"
    assert refused(org.update, identifier, {"Subject": "x"})[0] == "UNABLE_TO_LOCK_ROW"
    assert refused(org.remove, identifier)[0] == "UNABLE_TO_LOCK_ROW"
    code, message = refused(org.insert, "Task", {**TASK, "WhatId": BYRON, "Subject": "Counted"})
    assert code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert "UNABLE_TO_LOCK_ROW" in message
    org.clock.advance(61)
    org.remove(identifier)


# what people do


def test_a_merge_moves_what_pointed_at_the_loser(org):
    identifier = org.insert("Task", {**TASK, "WhoId": ADA, "WhatId": BYRON, "TaskWhoIds": [ADA, EVE]})
    org.clock.advance(5)

    org.merge(EVE, ADA)

    task = row(org, identifier)
    assert (task["WhoId"], task["WhatId"], task["TaskWhoIds"]) == (EVE, BYRON, [EVE])
    lost = org.query(f"SELECT Id, MasterRecordId FROM Contact WHERE Id = '{ADA}'", everything=True)
    assert [found["MasterRecordId"] for found in lost] == [EVE]
    assert org.query(f"SELECT Id FROM Contact WHERE Id = '{ADA}'") == []
    assert refused(org.insert, "Task", {**TASK, "WhoId": ADA})[0] == "ENTITY_IS_DELETED"
    assert refused(org.restore, ADA)[0] == "UNDELETE_FAILED"
    assert row(org, EVE)["LastModifiedDate"] > row(org, ANN)["LastModifiedDate"]
    with pytest.raises(RecordError):
        org.merge(EVE, BYRON)


def test_an_accounts_merge_moves_its_people(org):
    org.merge(HARBOR, BYRON)

    assert row(org, ADA)["AccountId"] == HARBOR


def test_a_converted_lead_is_a_contact_and_takes_no_more_tasks(org):
    identifier = org.insert("Task", {**TASK, "WhoId": LEO})

    contact = org.convert(LEO, BYRON)

    assert row(org, identifier)["WhoId"] == contact
    assert row(org, identifier)["AccountId"] == BYRON
    assert row(org, contact)["Email"] == "leo@brandt.example"
    assert row(org, LEO)["ConvertedContactId"] == contact
    assert refused(org.insert, "Task", {**TASK, "WhoId": LEO})[0] == "CANNOT_UPDATE_CONVERTED_LEAD"
    assert refused(org.convert, LEO, BYRON)[0] == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_a_deleted_contact_takes_its_own_tasks_along_and_brings_them_back(org):
    alone = org.insert("Task", {**TASK, "WhoId": ADA})
    both = org.insert("Task", {**TASK, "WhoId": ADA, "WhatId": BYRON})

    org.remove(ADA, by="person")

    assert row(org, alone)["IsDeleted"]
    assert (row(org, both)["IsDeleted"], row(org, both)["WhoId"]) == (False, None)
    org.restore(ADA)
    assert not row(org, alone)["IsDeleted"]
    assert not row(org, ADA)["IsDeleted"]


def test_a_deleted_account_takes_its_people_along(org):
    org.remove(BYRON, by="person")

    assert row(org, ADA)["IsDeleted"]
    org.restore(BYRON)
    assert not row(org, ADA)["IsDeleted"]


def test_a_key_in_the_recycle_bin_is_free_and_then_the_bin_cannot_be_emptied_back(org):
    first = org.insert("Task", {**TASK, KEY: "k"})
    code, message = refused(org.insert, "Task", {**TASK, KEY: "k"})
    assert (code, message) == (
        "DUPLICATE_VALUE",
        f"duplicate value found: {KEY} duplicates value on record with id: {first[:15]}",
    )
    assert org.insert("Task", {**TASK, KEY: "K"})
    org.remove(first)

    org.insert("Task", {**TASK, KEY: "k"})

    assert refused(org.restore, first)[0] == "DUPLICATE_VALUE"


def test_who_does_what_is_written_down(org):
    task = org.insert("Task", {**TASK, "WhoId": ADA})
    org.remove(task, by="person")
    refused(org.update, task, {"Subject": "x"})
    refused(org.insert, "Task", {**TASK, "WhoId": to_18("003A00000000999")})
    org.merge(EVE, ADA)

    found = [(e.by, e.what, e.kind, e.code) for e in org.journal[1:]]
    assert found == [
        ("api", "insert", "Task", ""),
        ("person", "delete", "Task", ""),
        ("api", "refuse", "Task", "INVALID_CROSS_REFERENCE_KEY"),
        ("person", "merge", "Contact", ""),
    ]


# who may


def test_nothing_is_assigned_to_somebody_who_left(org):
    org.change("User", {"Id": ANN, "IsActive": False})

    assert refused(org.insert, "Task", TASK)[0] == "INACTIVE_OWNER_OR_USER"


def test_the_integration_user_sees_and_touches_what_is_shared_with_it():
    org = org_of(integration_user=BEN, hidden=[[BEN, ADA]], read_only=[[BEN, BYRON]])

    assert org.query("SELECT Id FROM Contact") == []
    assert len(org.query("SELECT Id FROM Account")) == 2
    for link in ({"WhoId": ADA}, {"WhatId": BYRON}):
        assert refused(org.insert, "Task", {**TASK, **link})[0] == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    unowned = {name: value for name, value in TASK.items() if name != "OwnerId"}
    assert row(org, org.insert("Task", unowned))["OwnerId"] == BEN


# the API's own failures


@pytest.fixture
def api():
    universe = Universe.of(small_world(), Clock(START, frozen=True))
    universe.org.is_journalled = True
    universe.org.register({"consumer_key": "app", "secret": "word"})
    session = InProcessTransport(Simulator(universe)).session()
    login = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "word"}
    token = session.post("https://acme.my.salesforce.com/services/oauth2/token", data=login).json()["access_token"]

    def call(verb, path, **more):
        url = f"https://acme.my.salesforce.com/services/data/v67.0/{path}"
        return session.request(verb, url, headers={"Authorization": f"Bearer {token}"}, **more)

    return universe, call


@pytest.mark.parametrize(("kind", "says"), [("rival", KEY), ("rival_unnamed", "<unknown>")])
def test_another_process_inserts_the_key_first(api, kind, says):
    universe, call = api
    universe.faults.plan(Fault("salesforce", "insert", kind))
    record = {"attributes": {"type": "Task"}, **TASK, KEY: "k"}

    [answer] = call("POST", "composite/sobjects", json={"allOrNone": False, "records": [record]}).json()

    assert answer["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    assert says in answer["errors"][0]["message"]
    assert len(universe.org.dump()["Task"]) == 1


@pytest.mark.parametrize(
    ("kind", "status", "says"),
    [
        ("REQUEST_LIMIT_EXCEEDED", 403, "TotalRequests"),
        ("REQUEST_LIMIT_EXCEEDED:concurrent", 403, "ConcurrentRequests"),
        ("502", 502, "<html>"),
        ("503", 503, "<html>"),
        ("504", 504, "<html>"),
    ],
)
def test_refusals_of_a_whole_call(api, kind, status, says):
    universe, call = api
    universe.faults.plan(Fault("salesforce", "limits", kind))

    answer = call("GET", "limits")

    assert answer.status_code == status
    assert says in answer.text
    is_used_up = answer.headers["Sforce-Limit-Info"] == "api-usage=100000/100000"
    assert is_used_up is (kind == "REQUEST_LIMIT_EXCEEDED")


def test_a_session_may_end_within_a_composite(api):
    universe, call = api
    universe.faults.plan(Fault("salesforce", "composite.parts", "401"))
    part = {"method": "GET", "url": "/services/data/v67.0/limits", "referenceId": "r"}

    answer = call("POST", "composite", json={"compositeRequest": [part]})

    assert answer.status_code == 200
    assert answer.json()["compositeResponse"][0]["httpStatusCode"] == 401
    assert call("GET", "limits").status_code == 401


def test_the_daily_limit_rolls(api):
    universe, call = api
    universe.org.daily_limit = 2
    assert [call("GET", "limits").status_code for _ in range(3)] == [200, 200, 403]

    universe.clock.advance(86_400 + 900)

    assert call("GET", "limits").headers["Sforce-Limit-Info"] == "api-usage=1/2"


@pytest.mark.parametrize("where", ["Email = 'NEW@x.example'", "Email IN ('new@x.example', 'ada@byron.example')"])
def test_an_index_follows_what_changes(org, where):
    soql = f"SELECT Id FROM Contact WHERE {where} AND LastName != null"
    before = [found["Id"] for found in org.query(soql)]
    org.change("Contact", {"Id": ADA, "Email": "new@x.example"})

    found = [found["Id"] for found in org.query(soql)]

    assert found == [i for i in (ADA, EVE) if i == ADA or "IN" in where]
    assert before == ([ADA, EVE] if "IN" in where else [])


def collection(*records, **more):
    return {"records": [{"attributes": {"type": "Task"}, **record} for record in records], **more}


def test_all_or_none_of_a_collection(api):
    universe, call = api
    bad = {**TASK, "WhoId": to_18("003A00000000999")}

    some = call("POST", "composite/sobjects", json=collection(TASK, bad)).json()
    none = call("POST", "composite/sobjects", json=collection(TASK, bad, allOrNone=True)).json()
    every = call("POST", "composite/sobjects", json=collection(TASK, TASK, allOrNone=True)).json()

    codes = [[error["statusCode"] for answer in answers for error in answer["errors"]] for answers in (some, none)]
    assert codes == [
        ["INVALID_CROSS_REFERENCE_KEY"],
        ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_CROSS_REFERENCE_KEY"],
    ]
    assert [answer["success"] for answer in every] == [True, True]
    assert len(universe.org.dump()["Task"]) == 3
    assert len(universe.org.query("SELECT Id FROM Task WHERE Subject = 'from ada: lamps'")) == 3


def test_all_or_none_of_a_composite_takes_every_part_back(api):
    universe, call = api
    url = "/services/data/v67.0/sobjects/Task"
    parts = [
        {"method": "POST", "url": url, "body": TASK, "referenceId": "one"},
        {"method": "POST", "url": url, "body": {**TASK, "OwnerId": ADA}, "referenceId": "two"},
    ]

    answer = call("POST", "composite", json={"allOrNone": True, "compositeRequest": parts}).json()

    found = [(part["httpStatusCode"], part["body"][0]["errorCode"]) for part in answer["compositeResponse"]]
    assert found == [(400, "PROCESSING_HALTED"), (400, "FIELD_INTEGRITY_EXCEPTION")]
    assert universe.org.everything("Task") == []
    assert universe.org.journal == []
