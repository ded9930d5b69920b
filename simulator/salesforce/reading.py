"""What the API's user may read and ask for, as an org's switches leave it."""

from __future__ import annotations

from dataclasses import replace

from simulator.salesforce import questions, soql
from simulator.salesforce.errors import ApiError
from simulator.salesforce.switches import OrgSwitches

TOO_COMPLICATED = "Query is either selecting too many fields or the filter conditions are too complicated."


def limit_schema(schema: questions.Schema, switches: OrgSwitches) -> questions.Schema:
    """The objects and fields that are readable, each as filterable as it is."""
    if not (switches.unreadable or switches.unfilterable):
        return {kind: fields for kind, fields in schema.items() if switches.may_read(kind)}
    return {
        kind: {
            name: replace(field, is_filterable=field.is_filterable and f"{kind}.{name}" not in switches.unfilterable)
            for name, field in fields.items()
            if switches.may_read(kind, name)
        }
        for kind, fields in schema.items()
        if switches.may_read(kind)
    }


def check_question(readable: questions.Schema, select: soql.Select, switches: OrgSwitches) -> None:
    """Raises ApiError."""
    if select.source not in readable:
        raise ApiError(400, "INVALID_TYPE", f"sObject type '{select.source}' is not supported.")
    questions.check_paths(readable, select)
    if switches.query_bears is not None and select.size > switches.query_bears:
        raise ApiError(400, "QUERY_TOO_COMPLICATED", TOO_COMPLICATED)
