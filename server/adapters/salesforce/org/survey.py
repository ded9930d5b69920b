"""What the doctor asks of an org, one small question each. What may not be read is left out."""

from __future__ import annotations

from typing import Any

from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm_survey import OrgSurvey, TaskAutomation
from server.domain.errors import (
    ConfigurationError,
    InvariantError,
    ReconnectRequiredError,
    RejectedError,
    TransientError,
)
from server.domain.ids import SalesforceId

CAPTURED = "SELECT COUNT() FROM ActivityUsrConnectionStatus"
SOURCES = "SELECT Source FROM EmailMessage ORDER BY CreatedDate DESC LIMIT 200"
TASK, OBJECT = "Task", "TriggerObjectOrEventLabel"
TRIGGERS = "SELECT Name, NamespacePrefix FROM ApexTrigger WHERE TableEnumOrId = 'Task' AND Status = 'Active'"
FLOWS = (
    "SELECT Label, NamespacePrefix, TriggerObjectOrEventLabel FROM FlowDefinitionView"
    " WHERE IsActive = true AND TriggerType IN ('RecordBeforeSave', 'RecordAfterSave', 'RecordBeforeDelete')"
)
ACCOUNTS = "SELECT COUNT() FROM Account"
UNREADABLE = (ConfigurationError, InvariantError, ReconnectRequiredError, RejectedError, TransientError)
"""A right that is missing, a field that an older org does not have, a count that takes a large org too long."""


def survey_org(client: OrgClient, org: OrgShape) -> OrgSurvey:
    """Raises OtherOrgError."""
    with_domain = None
    if org.domains:
        filled = " OR ".join(f"{name} != null" for name in org.domains)
        with_domain = _count(client, f"{ACCOUNTS} WHERE {filled}")
    return OrgSurvey(
        accounts=_count(client, ACCOUNTS),
        accounts_with_domain=with_domain,
        captured_users=_count(client, CAPTURED),
        email_sources=_list_sources(client),
        an_account=_find_one(client, "Account"),
        a_contact=_find_one(client, "Contact"),
    )


def list_automation(client: OrgClient) -> TaskAutomation:
    """Raises OtherOrgError."""
    return TaskAutomation(_list_names(client, TRIGGERS, "Name"), _list_names(client, FLOWS, "Label"))


def ask(client: OrgClient, statement: str) -> dict[str, Any] | None:
    """The answer to a query; None where it may not be asked."""
    try:
        answer = client.call("query", params={"q": statement})
    except UNREADABLE:
        return None
    return answer if isinstance(answer, dict) else None


def _list_names(client: OrgClient, statement: str, field: str) -> tuple[str, ...] | None:
    answer = ask(client, statement)
    if answer is None:
        return None
    rows = [row for row in answer.get("records", ()) if row.get(OBJECT, TASK) == TASK]
    return tuple(sorted("__".join(filter(None, (row.get("NamespacePrefix"), row[field]))) for row in rows))


def _find_one(client: OrgClient, kind: str) -> SalesforceId | None:
    answer = ask(client, f"SELECT Id FROM {kind} LIMIT 1") or {}  # noqa: S608  # it is only SOQL, of a constant
    return next((SalesforceId(str(row["Id"])) for row in answer.get("records", ())), None)


def _count(client: OrgClient, statement: str) -> int | None:
    answer = ask(client, statement)
    return None if answer is None else int(answer.get("totalSize") or 0)


def _list_sources(client: OrgClient) -> tuple[str, ...]:
    answer = ask(client, SOURCES) or {}
    return tuple(sorted({str(row["Source"]) for row in answer.get("records", ()) if row.get("Source")}))
