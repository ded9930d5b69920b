"""The integration user's permission set gives what the server sends and reads of standard fields.

The set beside a managed package has the part of it that such a package cannot carry.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from server.adapters.salesforce import soql
from server.adapters.salesforce.activities.tasks import make_retargeting, make_task
from server.adapters.salesforce.org import shape
from server.domain.crm import Activity, Direction, Target
from tests.support import package

SHAPE = shape.OrgShape(
    domains=("Email_Domain__c",),
    boxes=("Email_Only_Sync_Contact_Matches__c",),
    task={ours: names[0] for ours, names in shape.ACTIVITY.items()},
    lengths={},
    closed_status="Completed",
    relates_many=True,
    has_person_accounts=True,
)
ACTIVITY = Activity(
    key="k", subject="Offer", body="Text", sent_at=0, day="2026-11-02", direction=Direction.INBOUND, owner_id="0051",
    who_id="0031", what_id="0011", related_ids=("0031", "0032"), from_address="ann@acme.example",
    to_addresses=("rita@northlight.example",), cc_addresses=("bob@acme.example",), rfc822_message_id="a@acme.example",
    thread_id="t", mailbox="rita@northlight.example", match_type="contact_match",
)  # fmt: skip
ARGUMENTS = {
    "shape": SHAPE, "record_id": "003000000000001AAA", "message_ids": ["a@b"], "user_id": "005000000000001AAA",
    "first_day": "2026-11-01", "last_day": "2026-11-02",
}  # fmt: skip
"""By a parameter's name; every other one takes a custom field, a list of texts, or is a switch that is on."""
LOOKED_UP = {
    "Owner": "User", "Account": "Account", "ConvertedContact": "Contact", "MasterRecord": "Contact",
    "Opportunity": "Opportunity",
}  # fmt: skip
NO_RIGHT = frozenset(
    {"Id", "Name", "OwnerId", "LastModifiedDate", "IsDeleted", "MasterRecordId", "IsConverted", "ConvertedContactId"}
    | {"IsClosed", "IsPersonAccount", "Company"}
)
"""Fields that everybody who reads the record reads: Salesforce takes no right on them."""
OUTSIDE = frozenset({"User", "UserRecordAccess", "OpportunityContactRole", "EmailMessage", "Task", "TaskStatus"})
"""Objects without such rights; Task has what is held below. View All Users opens User, Access Activities the last ones."""
NEVER_TAKEN = frozenset({"attributes", "id", "Subject", "Status", "TaskSubtype", "OwnerId", "TaskWhoIds", "Priority"})
"""What a Task has for whoever may edit tasks."""
USER_RIGHTS = {"ActivitiesAccess", "ApiEnabled", "EditTask", "ViewAllUsers"}
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


def list_statements() -> Iterator[str]:
    """What each function of the module says that makes a statement of values."""
    for name, function in inspect.getmembers(soql, inspect.isfunction):
        parameters = inspect.signature(function).parameters.values()
        if function.__module__ == soql.__name__ and not name.startswith("_") and parameters:
            given = [
                _argument(each) for each in parameters if each.kind is not each.KEYWORD_ONLY and not _has_own(each)
            ]
            made = function(*given, **{each.name: True for each in parameters if each.kind is each.KEYWORD_ONLY})
            if isinstance(made, str) and made.startswith("SELECT"):
                yield made


def _has_own(parameter: inspect.Parameter) -> bool:
    """Contact's and Lead's statements name their fields, unless a setting has more."""
    return parameter.default is not parameter.empty


def _argument(parameter: inspect.Parameter) -> object:
    return ARGUMENTS.get(parameter.name, "Message_Key__c" if parameter.annotation == "str" else ["a"])


def read_fields(statement: str) -> Iterator[str]:
    """As ``Object.Field``, through look-ups, of what a statement shows and compares."""
    found = re.fullmatch(r"SELECT (.+?) FROM (\w+) WHERE (.+)", statement, re.DOTALL)
    assert found is not None, statement
    compared = re.findall(r"([A-Z][\w.]*) (?:=|IN|LIKE)", re.sub(r"'[^']*'", "''", found[3]))
    for name in (*found[1].split(", "), *compared):
        *way, field = name.split(".")
        yield f"{LOOKED_UP[way[-1]] if way else found[2]}.{field}"


def test_the_statements_are_found() -> None:
    assert len(list(list_statements())) >= 10


def test_every_standard_field_that_is_read_has_its_right_and_no_other() -> None:
    asked = {field for statement in list_statements() for field in read_fields(statement)}
    asked |= {f"{kind}.{field}" for kind, names in soql.SEARCHED.items() for field in names if "." not in field}
    standard = {each for each in asked if not each.endswith("__c")}
    wanted = {
        each for each in standard if each.partition(".")[0] not in OUTSIDE and each.partition(".")[2] not in NO_RIGHT
    }
    assert wanted == package.READ_STANDARD
    rights = package.rights()["Email_Sync_Integration"]
    assert {each for each in package.READ_STANDARD if each not in rights} == set()


def test_every_standard_field_that_is_sent_may_be_written_on_tasks_and_events() -> None:
    moved = make_retargeting(Target("00T1", who_id="0031", what_id="0011", match_type="contact_match"), SHAPE)
    sent = {*make_task(ACTIVITY, SHAPE), *moved}
    standard = {name for name in sent if not name.endswith("__c")} - NEVER_TAKEN
    rights = package.rights()["Email_Sync_Integration"]
    assert {f"Task.{name}" for name in standard} <= package.WRITTEN_STANDARD
    assert {each for each in package.WRITTEN_STANDARD if not rights.get(each)} == set()


def test_users_are_seen_and_email_messages_are_not_changed() -> None:
    assert find_user_rights("Email_Sync_Integration") == USER_RIGHTS


def test_the_set_beside_a_managed_package_is_the_rest_exactly() -> None:
    """A managed package carries no right on a standard object or field, and none of a user."""
    whole, beside = "Email_Sync_Integration", "Email_Sync_Standard_Rights"
    standard = {field: edits for field, edits in package.rights()[whole].items() if not field.endswith("__c")}
    assert package.rights()[beside] == standard
    assert find_user_rights(beside) == find_user_rights(whole)
    assert list_object_rights(beside) == {
        name: rights for name, rights in list_object_rights(whole).items() if not name.endswith("__c")
    }
    assert all(rights["viewAllRecords"] == "true" for rights in list_object_rights(beside).values())


def list_object_rights(name: str) -> dict[str, dict[str, str]]:
    return {
        package.text(each, "object"): {child.tag.removeprefix(NAMESPACE): child.text or "" for child in each}
        for each in _root(name).iter(f"{NAMESPACE}objectPermissions")
    }


def find_user_rights(name: str) -> set[str]:
    return {package.text(each, "name") for each in _root(name).iter(f"{NAMESPACE}userPermissions")}


def _root(name: str) -> ET.Element:
    return package.parse(package.find_file(package.PROJECT, f"permissionsets/{name}.permissionset-meta.xml"))
