"""SalesforceCrm with fixed values of Task fields, as an admin names them, and with what a rep reads of each Task."""

from dataclasses import replace

import pytest

from server.adapters.salesforce.org.task_values import ActivityChoices, read_task_values
from simulator.salesforce.schema import Field
from tests.contracts.test_crm import activity
from tests.support.scene import small_world

REQUIRED = {"object": "Task", "kind": "required", "field": "Business_Unit__c"}


def describe(**fields):
    """A describe of Task; each field by its type, or by more of its describe."""
    plain = {"Type": {"type": "picklist", "picklistValues": [{"value": "Call"}, {"value": "Email"}]}}
    named = {**plain, **fields}
    return {
        "fields": [{"name": name, **(f if isinstance(f, dict) else {"type": f})} for name, f in named.items()],
        "recordTypeInfos": [
            {"recordTypeId": "012A00000000001AAA", "name": "Mail", "developerName": "E_Mail", "available": True},
            {"recordTypeId": "012A00000000002AAA", "name": "Call", "developerName": "Call", "available": False},
        ],
    }


def read(task, *pairs):
    return read_task_values(task, ActivityChoices(values=pairs), ("Message_Key__c",))


def test_a_required_field_of_the_orgs_own_is_filled_by_setting(make_scene):
    scene = make_scene(small_world({"rules": [REQUIRED]}), TASK_FIELDS="business_unit__c = North East, Priority=Low")

    [answer] = scene.services.ports.crm.file([activity()])

    assert answer.activity_id
    [task] = scene.tasks()
    assert (task["Business_Unit__c"], task["Priority"], task["Type"]) == ("North East", "Low", "Email")


def test_a_value_that_describe_refutes_is_told_and_not_sent(make_scene):
    scene = make_scene(small_world(), TASK_FIELDS="Region__c=North, Type=Fax, Subject=x")

    [answer] = scene.services.ports.crm.file([activity()])

    assert answer.activity_id
    assert scene.tasks()[0]["Type"] == "Email"
    bad = [f.text for f in scene.services.rooms.doctor.examine() if not f.is_good]
    assert "TASK_FIELDS: Task.Region__c is not there, or the integration user may not see it." in bad
    assert "TASK_FIELDS: Task.Type has no value Fax in its picklist." in bad
    assert "TASK_FIELDS: Task.Subject is filled with what each email says." in bad


def test_a_fixed_value_that_the_org_refuses_after_all_is_spared(make_scene):
    scene = make_scene(small_world({"rules": [REQUIRED]}), TASK_FIELDS="Business_Unit__c=North")
    fields = scene.universe.org.schema["Task"]
    crm = scene.services.ports.crm
    crm.shape()
    scene.universe.org.rules.clear()
    fields["Business_Unit__c"] = replace(fields["Business_Unit__c"], is_restricted=True, picklist=("South",))

    [answer] = crm.file([activity()])

    assert answer.activity_id
    assert scene.tasks()[0]["Business_Unit__c"] is None


def test_no_type_is_sent_where_the_orgs_picklist_has_no_email(make_scene):
    scene = make_scene(small_world())
    scene.universe.org.schema["Task"]["Type"] = Field("Type", "picklist", 40, picklist=("Call",), is_restricted=True)

    [answer] = scene.services.ports.crm.file([activity()])

    assert answer.activity_id
    assert scene.tasks()[0]["Type"] is None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("boolean", "Yes", True), ("boolean", "false", False), ("double", "1.5", 1.5), ("int", "-3", -3),
        ("string", "a = b", "a = b"), ("multipicklist", "a;b", "a;b"), ("picklist", "any", "any"),
    ],
)  # fmt: skip
def test_a_value_has_the_type_of_its_field(kind, text, value):
    assert read(describe(X__c=kind), ("x__C", text)) == ({"Type": "Email", "X__c": value}, ())


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("boolean", "maybe", "takes true or false"),
        ("double", "many", "takes a number"),
        ({"type": "picklist", "picklistValues": [{"value": "a", "active": False}, {"value": "b"}]}, "a", "no value a"),
        ({"type": "string", "createable": False}, "a", "cannot be written by the integration user"),
    ],
)
def test_a_value_that_its_field_does_not_take(field, text, sentence):
    values, [problem] = read(describe(X__c=field), ("X__c", text))
    assert "X__c" not in values
    assert problem.startswith("TASK_FIELDS: Task.X__c ")
    assert sentence in problem


@pytest.mark.parametrize("text", ["012A00000000001", "012A00000000001AAA", "Mail", "E_Mail"])
def test_a_record_type_by_any_of_its_names(text):
    values, problems = read(describe(RecordTypeId="reference"), ("RecordTypeId", text))
    assert (values["RecordTypeId"], problems) == ("012A00000000001AAA", ())


@pytest.mark.parametrize(("text", "sentence"), [("Fax", "has no record type Fax"), ("Call", "may use")])
def test_a_record_type_that_cannot_be_used(text, sentence):
    values, [problem] = read(describe(RecordTypeId="reference"), ("RecordTypeId", text))
    assert "RecordTypeId" not in values
    assert sentence in problem


def test_the_key_is_never_a_fixed_value():
    assert "is filled" in read(describe(Message_Key__c="string"), ("Message_Key__c", "x"))[1][0]


def test_a_setting_of_another_form_is_refused(make_scene):
    with pytest.raises(Exception, match="TASK_FIELDS must be like"):
        make_scene(small_world(), TASK_FIELDS="North")


@pytest.mark.parametrize("is_on", [True, False])
def test_a_rep_who_opens_the_task_reads_whose_mail_it_is(make_scene, is_on):
    scene = make_scene(small_world(), HEADER_BLOCK="yes" if is_on else "no")

    scene.services.ports.crm.file([activity(body="Hello.", cc_addresses=("a@x.example", "b@x.example"))])

    header = (
        "From: ada@byron.example\nTo: ann@acme.example\nCc: a@x.example; b@x.example\nDate: 2026-09-14 09:00 UTC\n\n"
    )
    assert scene.tasks()[0]["Description"] == (header if is_on else "") + "Hello."


def test_a_mail_to_hundreds_does_not_push_its_own_words_out(make_scene):
    scene = make_scene(small_world())
    many = tuple(f"person{n}@x.example" for n in range(900))

    scene.services.ports.crm.file([activity(body="Hello.", to_addresses=many)])

    [task] = scene.tasks()
    assert task["Description"].endswith("Hello.")
    assert len(task["Description"]) < 1_300
