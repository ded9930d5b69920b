"""The first day's questions to Salesforce: what kind of org it is, and what the integration user sees of Task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from server.adapters.first_day.asking import answer
from server.adapters.salesforce.client import OrgClient
from server.ports.survey import Answer, Sample, Value

OBJECTS = ("Task", "TaskRelation", "EmailMessage", "Contact", "Lead", "Account", "User", "Opportunity")
FIELDS = (
    "Subject", "Description", "WhoId", "WhatId", "OwnerId", "Status", "ActivityDate", "TaskSubtype", "Type",
    "CompletedDateTime", "IsClosed", "Email", "LastModifiedDate", "IsConverted", "UserType", "FederationIdentifier",
)  # fmt: skip
LIMITS = ("DailyApiRequests", "DataStorageMB", "DailyBulkApiBatches")
KINDS = frozenset(
    {"Developer Edition", "Enterprise Edition", "Unlimited Edition", "Professional Edition", "Base Edition"}
)


class OrgSurvey:
    """Implements ``server.ports.survey.Survey``."""

    def __init__(self, client: OrgClient) -> None:
        self._client = client

    def answers(self, _sample: Sample) -> Iterator[Answer]:
        yield _describe("Which org answers?", self._client.name_org, _describe_org)
        yield _describe("Which limits has the org?", lambda: self._client.call("limits"), _describe_limits)
        for name in OBJECTS:
            yield _describe(
                f"What does describe say of {name}?",
                partial(self._client.call, f"sobjects/{name}/describe"),
                _describe_object,
            )


def _describe(question: str, ask: Callable[[], Any], read: Callable[[Any], dict[str, Value]]) -> Answer:
    return answer(question, lambda: read(ask()))


def _describe_org(row: Any) -> dict[str, Value]:
    kind = str(row.get("OrganizationType", ""))
    return {
        "kind": kind if kind in KINDS else "another",
        "is_sandbox": bool(row.get("IsSandbox")),
        "has_namespace": bool(row.get("NamespacePrefix")),
    }


def _describe_limits(limits: Any) -> dict[str, Value]:
    return {
        f"{name}_{part}": int(limits[name][part]) for name in LIMITS if name in limits for part in ("Max", "Remaining")
    }


def _describe_object(described: Any) -> dict[str, Value]:
    fields = {str(field["name"]): field for field in described.get("fields", ())}
    known = [name for name in FIELDS if name in fields]
    return {
        "fields": len(fields),
        "custom_fields": sum(bool(field.get("custom")) for field in fields.values()),
        "is_createable": bool(described.get("createable")),
        "known_fields": known,
        "known_fields_to_write": [name for name in known if fields[name].get("createable")],
        "known_fields_to_filter": [name for name in known if fields[name].get("filterable")],
    }
