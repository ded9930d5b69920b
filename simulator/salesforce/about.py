"""What an org says of itself: who is logged in, which objects it has, what changed when, how it would run a query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.salesforce import ids, soql
from simulator.salesforce.errors import ApiError
from simulator.salesforce.org import Org
from simulator.salesforce.schema import FIXED, label_of
from simulator.salesforce.sessions import NOBODY, identity_url

BASE = "/services/data/v67.0"
RESOURCES = ("sobjects", "query", "queryAll", "parameterizedSearch", "composite", "limits")


def resources(org: Org, host: str) -> dict[str, str]:
    return {
        **{name: f"{BASE}/{name}" for name in RESOURCES},
        "identity": identity_url(host, org.id, org.user or NOBODY),
    }


def identity(org: Org, host: str) -> dict[str, Any]:
    """Of the user in whose name the app calls."""
    user = org.tables.find(org.user) or {}
    return {
        "id": identity_url(host, org.id, org.user or NOBODY),
        "asserted_user": True,
        "user_id": org.user or NOBODY,
        "organization_id": org.id,
        "username": user.get("Username") or user.get("Email"),
        "display_name": user.get("Name"),
        "email": user.get("Email"),
        "active": bool(user.get("IsActive", True)),
        "user_type": "STANDARD",
        "urls": {"rest": f"https://{host}/services/data/v{{version}}/", "query": f"https://{host}{BASE}/query/"},
    }


def objects(org: Org) -> dict[str, Any]:
    """Describe global."""
    found = [
        {
            "name": name,
            "label": label_of(name),
            "keyPrefix": ids.prefix_of(name),
            "queryable": True,
            "createable": name not in FIXED,
            "custom": name.endswith("__c"),
            "urls": {"sobject": f"{BASE}/sobjects/{name}", "describe": f"{BASE}/sobjects/{name}/describe"},
        }
        for name in org.schema
    ]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": found}


def list_changes(org: Org, kind: str, what: str, args: Mapping[str, str]) -> dict[str, Any]:
    """Ids of what was updated or deleted between two moments, the first included."""
    start, end = (args.get(name, "").replace("Z", "+0000")[:19] for name in ("start", "end"))
    if not start or not end or kind not in org.schema:
        raise ApiError(400, "MISSING_ARGUMENT", "start and end are required")
    rows = [row for row in org.everything(kind) if start <= str(row["SystemModstamp"]) < end]
    if what == "updated":
        return {"ids": [row["Id"] for row in rows if not row["IsDeleted"]], "latestDateCovered": f"{end}.000+0000"}
    gone = [{"id": row["Id"], "deletedDate": row["SystemModstamp"]} for row in rows if row["IsDeleted"]]
    return {
        "deletedRecords": gone,
        "earliestDateAvailable": "2020-01-01T00:00:00.000+0000",
        "latestDateCovered": f"{end}.000+0000",
    }


def plan(org: Org, text: str) -> dict[str, Any]:
    """How a query would run: by an index where it names values of an indexed field, else over the whole table."""
    select = soql.parse(text)
    org.query(text)  # refuses what a query would refuse
    rows = len(org.everything(select.source)) if select.source in org.schema else 0
    indexed = {field.name for field in org.schema.get(select.source, {}).values() if field.is_indexed}
    lists = select.access(indexed.__contains__) or []
    used = sorted({name for name, _ in lists})
    note = {"description": "Not considering filter for optimization because unindexed", "tableEnumOrId": select.source}
    notes = [{**note, "fields": [name]} for name in sorted(select.filtered) if name not in indexed]
    return {
        "plans": [
            {
                "cardinality": sum(len(values) for _, values in lists) if used else rows,
                "fields": used,
                "leadingOperationType": "Index" if used else "TableScan",
                "notes": notes,
                "relativeCost": 0.1 if used else 1.5,
                "sobjectCardinality": rows,
                "sobjectType": select.source,
            }
        ],
        "sourceQuery": text,
    }
