"""What the user of the API may see and write, by the org's switches; people's hands are not bound by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from simulator.salesforce.schema import Field
from simulator.salesforce.switches import OrgSwitches
from simulator.salesforce.tables import Row


def limit_fields(kind: str, fields: Mapping[str, Field], switches: OrgSwitches) -> Mapping[str, Field]:
    """The object as that user may write it: a field that it does not see is not there."""
    read_only = _names(switches.read_only_fields, kind)
    in_bytes = _names(switches.byte_fields, kind)
    if not read_only | in_bytes and not switches.unreadable:
        return fields
    return {
        name: replace(field, is_writable=field.is_writable and name not in read_only, counts_bytes=name in in_bytes)
        for name, field in fields.items()
        if switches.may_read(kind, name)
    }


def list_unseen(tasks: Iterable[Row], user: str, switches: OrgSwitches) -> frozenset[str]:
    """Ids of Tasks that this user does not see: with private activities those that others own."""
    if not switches.private_activities:
        return frozenset()
    return frozenset(str(task["Id"]) for task in tasks if task.get("OwnerId") != user)


def _names(paths: Iterable[str], kind: str) -> frozenset[str]:
    return frozenset(name for of, _, name in (path.partition(".") for path in paths) if of == kind)
