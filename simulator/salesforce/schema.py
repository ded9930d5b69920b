"""What an org's objects look like: standard fields, and custom ones by the world's naming."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator.salesforce.ids import prefix_of

SOAP = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "date": "xsd:date", "datetime": "xsd:dateTime",
    "double": "xsd:double", "int": "xsd:int",
}  # fmt: skip
"""What SOAP calls a type of describe's; the others are strings."""


@dataclass(frozen=True)
class Field:
    """``type`` is describe's word. ``length`` counts UTF-16 units, 0 for none; bytes with ``counts_bytes``."""

    name: str
    type: str = "string"
    length: int = 0
    is_filterable: bool = True
    is_writable: bool = True
    is_unique: bool = False
    is_external_id: bool = False
    picklist: tuple[str, ...] = ()
    is_restricted: bool = False
    refers_to: tuple[str, ...] = ()
    counts_bytes: bool = False

    @property
    def is_indexed(self) -> bool:
        """By Salesforce itself, or because an admin made it an External ID or unique. An email field alone is not."""
        return self.is_unique or self.is_external_id or self.type in ("id", "reference") or self.name in INDEXED


INDEXED = frozenset(
    {"Name", "Email", "CreatedDate", "SystemModstamp", "Username", "FederationIdentifier", "MessageIdentifier"}
)
"""Standard fields."""


def _text(name: str, length: int = 255) -> Field:
    return Field(name, "string", length)


def _reference(name: str, *types: str, writable: bool = True) -> Field:
    return Field(name, "reference", 18, refers_to=types, is_writable=writable)


def _system(name: str, kind: str) -> Field:
    return Field(name, kind, is_writable=False)


COMMON = (
    Field("Id", "id", 18, is_writable=False), _system("IsDeleted", "boolean"), _system("CreatedDate", "datetime"),
    _system("LastModifiedDate", "datetime"), _system("SystemModstamp", "datetime"),
    _reference("CreatedById", "User", writable=False), _reference("LastModifiedById", "User", writable=False),
)  # fmt: skip
PERSON = (_text("FirstName", 40), _text("LastName", 80), Field("Email", "email", 80), Field("Phone", "phone", 40))
OWNER = _reference("OwnerId", "User")
MASTER = _system("MasterRecordId", "reference")
"""Of a record that lost in a merge: who won."""
STANDARD: dict[str, tuple[Field, ...]] = {
    "Account": (_text("Name"), OWNER, Field("Website", "url", 255), MASTER),
    "Contact": (
        *PERSON, Field("Name", "string", 121, is_writable=False), _reference("AccountId", "Account"), OWNER,
        MASTER,
    ),
    "Lead": (
        *PERSON, Field("Name", "string", 121, is_writable=False), _text("Company"), OWNER,
        Field("IsConverted", "boolean"),
        _reference("ConvertedContactId", "Contact"), _reference("ConvertedAccountId", "Account"), MASTER,
    ),
    "User": (
        _text("Username", 80), Field("Email", "email", 128), _text("Name", 121), Field("IsActive", "boolean"),
        _text("FederationIdentifier", 512), Field("TimeZoneSidKey", "picklist", 40),
        Field("UserType", "picklist", 40),
    ),
    "Organization": (
        _text("Name", 80), Field("IsSandbox", "boolean", is_writable=False), _text("InstanceName", 5),
        _text("OrganizationType", 40),
    ),
    "ApexTrigger": (
        _text("Name"), _text("NamespacePrefix", 15), _text("TableEnumOrId", 40), Field("Status", "picklist", 40),
    ),
    "FlowDefinitionView": (
        _text("Label"), _text("NamespacePrefix", 15), Field("IsActive", "boolean"),
        Field("TriggerType", "picklist", 40), _text("TriggerObjectOrEventLabel"),
    ),
    "ActivityUsrConnectionStatus": (_reference("UserId", "User"),),
    "Opportunity": (
        _text("Name", 120), _reference("AccountId", "Account"), OWNER, _text("StageName"), Field("IsClosed", "boolean"),
        Field("CloseDate", "date"),
    ),
    "Task": (
        Field("Subject", "combobox", 255), Field("Description", "textarea", 32_000, is_filterable=False),
        Field("ActivityDate", "date"), Field("Status", "picklist", 255), Field("Priority", "picklist", 255),
        Field("Type", "picklist", 255, picklist=("Call", "Email", "Meeting", "Other")),
        Field("TaskSubtype", "picklist", 40, picklist=("Task", "Email", "ListEmail", "Call"), is_restricted=True),
        _reference("OwnerId", "User"), _reference("WhoId", "Contact", "Lead"),
        _reference("WhatId", "Account", "Opportunity"), _reference("AccountId", "Account", writable=False),
        _system("IsClosed", "boolean"), _system("IsArchived", "boolean"), _system("CompletedDateTime", "datetime"),
        Field("TaskWhoIds", "junctionidlist", is_filterable=False),
    ),
    "TaskRelation": (
        _reference("TaskId", "Task"), _reference("RelationId", "Contact", "Lead"), Field("IsWhat", "boolean"),
    ),
    "OpportunityContactRole": (
        _reference("OpportunityId", "Opportunity"), _reference("ContactId", "Contact"), Field("IsPrimary", "boolean"),
    ),
    "EmailMessage": (
        Field("Source", "picklist", 40),
        Field("Subject", "string", 3_000), Field("MessageIdentifier", "string", 255), _reference("ActivityId", "Task"),
        Field("FromAddress", "string", 1_000), Field("Incoming", "boolean"), Field("Status", "picklist", 40),
    ),
    "TaskStatus": (
        _text("MasterLabel"), _text("ApiName"), _system("IsClosed", "boolean"), _system("IsDefault", "boolean"),
        _system("SortOrder", "int"),
    ),
}  # fmt: skip

PACKAGED: dict[str, tuple[tuple[str, str, Field], ...]] = {
    "Account": (
        ("Email_Domain", "emailDomain", Field("", "string", 255, is_external_id=True)),
        ("Email_Only_Sync_Contact_Matches", "emailOnlySyncContactMatches", Field("", "boolean")),
    ),
    "Task": (
        ("Message_Key", "messageKey", Field("", "string", 64, is_unique=True)),
        ("Message_Id", "messageId", Field("", "string", 255)),
        ("Thread_Id", "threadId", Field("", "string", 255)),
        ("Direction", "direction", Field("", "picklist", 255, picklist=("Inbound", "Outbound"), is_restricted=True)),
        ("From_Address", "fromAddress", Field("", "string", 255)),
        ("To_Addresses", "toAddresses", Field("", "string", 255)),
        ("Cc_Addresses", "ccAddresses", Field("", "string", 255)),
        ("Sent_At", "sentAt", Field("", "datetime")),
        ("Mailbox", "mailbox", Field("", "string", 255)),
        ("Match_Type", "matchType", Field("", "string", 255)),
        ("Attachment_Count", "attachmentCount", Field("", "double")),
        ("Response_Minutes", "responseMinutes", Field("", "double")),
        ("Backfilled", "backfilled", Field("", "boolean")),
    ),
}
"""Our package's fields: name in the package, name in the older one, and what they hold."""


def schema_of(
    org: Mapping[str, Any], installed: Mapping[str, Mapping[str, Field]] | None = None
) -> dict[str, dict[str, Field]]:
    """Field by name, object by object. A world with ``"activity_fields": false`` has no Task fields of our package.

    ``installed`` are the fields of a package's own source, by object; they stand for the ones that are known here.
    """
    objects = {name: {f.name: f for f in (*COMMON, *standard)} for name, standard in STANDARD.items()}
    if not org.get("shared_activities", True):
        del objects["Task"]["TaskWhoIds"], objects["TaskRelation"]
    for name, held in (_known(org) if installed is None else installed).items():
        objects.setdefault(name, {f.name: f for f in (*COMMON, OWNER)}).update(held)
    _add_seen(objects, org)
    return objects


def _known(org: Mapping[str, Any]) -> dict[str, dict[str, Field]]:
    namespace = org.get("namespace")
    older = any(key.startswith("truly_") for record in org.get("Account", ()) for key in record)
    tables: dict[str, dict[str, Field]] = {}
    for name, fields in PACKAGED.items():
        if name == "Task" and not org.get("activity_fields", True):
            continue
        if name == "Account" and not namespace:
            continue  # such an org has the fields that its records show
        for short, old, field in fields:
            full = (
                f"truly_{old}__c"
                if older and not namespace
                else f"{namespace}__{short}__c"
                if namespace
                else f"{short}__c"
            )
            tables.setdefault(name, {})[full] = _rename(field, full)
    return tables


def _add_seen(objects: dict[str, dict[str, Field]], org: Mapping[str, Any]) -> None:
    """Fields that records or rules of the world name; ``external_ids`` are those made one, as "Contact.Other__c"."""
    for name, fields in objects.items():
        for record in org.get(name, ()):
            for key, value in record.items():
                if key not in fields and key != "attributes":
                    is_key = f"{name}.{key}" in org.get("external_ids", ()) or _is_our_domain(key)
                    fields[key] = replace(_seen(key, value), is_external_id=is_key)
    for rule in org.get("rules", ()):
        fields = objects[rule.get("object", "Task")]
        if (key := rule.get("field")) and key not in fields:
            fields[key] = _text(key)


def _is_our_domain(name: str) -> bool:
    return name.endswith("Email_Domain__c") or name == "truly_emailDomain__c"


def _rename(field: Field, name: str) -> Field:
    return Field(**{**field.__dict__, "name": name})


def _seen(name: str, value: Any) -> Field:
    if isinstance(value, str):
        return Field(name, "email", 80) if name.endswith("Email__c") else Field(name, "string", 255)
    return Field(
        name, "boolean" if isinstance(value, bool) else "double" if isinstance(value, int | float) else "string"
    )


FIXED = ("TaskStatus", "Organization", "ApexTrigger", "FlowDefinitionView", "ActivityUsrConnectionStatus")
"""Objects whose records nobody makes by the API."""


def label_of(name: str) -> str:
    """As Setup would write it: the name without namespace and suffix, in words."""
    words = name.removesuffix("__c").rpartition("__")[2].replace("_", " ")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words).removesuffix(" Id")


def describe(name: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    return {
        "name": name,
        "label": label_of(name),
        "labelPlural": f"{label_of(name)}s",
        "keyPrefix": prefix_of(name),
        "custom": name.endswith("__c"),
        "queryable": True,
        "createable": name not in FIXED,
        "updateable": name not in FIXED,
        "deletable": name not in FIXED,
        "urls": {"sobject": f"/services/data/v67.0/sobjects/{name}"},
        "childRelationships": [],
        "recordTypeInfos": [],
        "fields": [_describe_field(f) for f in fields.values()],
    }


def _describe_field(field: Field) -> dict[str, Any]:
    is_reference = field.type == "reference"
    relation = field.name.removesuffix("Id") if is_reference and field.name.endswith("Id") else None
    return {
        "name": field.name,
        "label": label_of(field.name),
        "type": field.type,
        "soapType": SOAP.get(field.type, "xsd:string"),
        "length": field.length,
        "byteLength": field.length * 3,
        "filterable": field.is_filterable,
        "sortable": field.is_filterable,
        "groupable": field.is_filterable,
        "createable": field.is_writable,
        "updateable": field.is_writable and field.name != "TaskSubtype",
        "unique": field.is_unique,
        "externalId": field.is_unique or field.is_external_id,
        "idLookup": field.is_unique or field.is_external_id or field.name in ("Id", "Name", "Email", "Username"),
        "caseSensitive": field.is_unique,
        "custom": field.name.endswith("__c"),
        "calculated": False,
        "defaultedOnCreate": not field.is_writable,
        "restrictedPicklist": field.is_restricted,
        "picklistValues": [{"value": v, "label": v, "active": True, "defaultValue": False} for v in field.picklist],
        "referenceTo": list(field.refers_to),
        "relationshipName": relation,
        "nillable": field.name != "Id",
    }
