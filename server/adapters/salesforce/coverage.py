"""What became of each day's mail, as rows that an org's own reports can count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.adapters.salesforce.activities.tasks import shortened
from server.adapters.salesforce.api_failures import of_record
from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.org.shape import COVERAGE, COVERAGE_FIELDS, OrgShape, resolve
from server.domain.decision import Outcome
from server.domain.errors import ConfigurationError, InvariantError, NotFoundError
from server.domain.ledger import CoverageRow
from server.ports.crm import FILE_AT_ONCE


@dataclass(frozen=True)
class CoverageShape:
    """The org's names for the object and its fields, and the longest that its text of causes may be."""

    kind: str
    fields: Mapping[str, str]
    longest: int | None = None


def publish(client: OrgClient, rows: Sequence[CoverageRow], org: OrgShape) -> list[Exception | None]:
    """One call for 200 of them, and one to learn the names. Raises NotFoundError."""
    shape = _shape(client, org)
    path = f"composite/sobjects/{shape.kind}/{shape.fields['key']}"
    found: list[Exception | None] = []
    for start in range(0, len(rows), FILE_AT_ONCE):
        records = [_record(row, shape) for row in rows[start : start + FILE_AT_ONCE]]
        # The same row twice is one row, so a lost answer is no doubt: it is written again.
        answers = client.call(path, method="PATCH", json={"allOrNone": False, "records": records})
        if not isinstance(answers, list) or len(answers) != len(records):
            raise InvariantError("Salesforce answered for another number of records than we sent.")
        found += [None if answer.get("success") else of_record(answer.get("errors") or []) for answer in answers]
    return found


def is_there(client: OrgClient, org: OrgShape) -> bool:
    """The object exists, and the integration user may write to it."""
    try:
        _shape(client, org)
    except NotFoundError:
        return False
    return True


def _shape(client: OrgClient, org: OrgShape) -> CoverageShape:
    """Asked anew each time, which is once a night: an admin may install the package any day."""
    for kind in _names(org):
        try:
            described = client.call(f"sobjects/{kind}/describe")
        except ConfigurationError:
            continue  # no such object, or it is not for the integration user
        fields = {str(field["name"]): field for field in described["fields"]}
        held = {ours: resolve(names, set(fields)) for ours, names in COVERAGE_FIELDS.items()}
        key = held["key"]
        if key is not None and fields[key].get("externalId") and described.get("createable"):
            known = {ours: name for ours, name in held.items() if name}
            longest = fields[held["causes"]].get("length") if held["causes"] else None
            return CoverageShape(kind, known, longest or None)
    raise NotFoundError("The org has no object for the days of the sync. Install the package.")


def _names(org: OrgShape) -> list[str]:
    """In the namespace of our other fields first."""
    ours = [name for name in (org.task.get("key"), org.domain) if name]
    spaces = {name.partition("__")[0] for name in ours if name.count("__") > 1}
    return [*(f"{space}__{COVERAGE[0]}" for space in sorted(spaces)), *COVERAGE]


def _record(row: CoverageRow, shape: CoverageShape) -> dict[str, Any]:
    day = row.day
    values = {
        "key": row.key,
        "mailbox": row.mailbox,
        "day": day.day,
        "seen": day.gmail + day.left,
        "logged": day.outcomes[Outcome.LOGGED],
        "skipped": day.outcomes[Outcome.SKIPPED],
        "refused": day.refused,
        "unreadable": day.outcomes[Outcome.FAILED] - day.refused,
        "waiting": day.outcomes[Outcome.WAITING],
        "gone": day.outcomes[Outcome.GONE],
        "removed": day.outcomes[Outcome.REMOVED],
        "causes": shortened(", ".join(f"{code} {count}" for code, count in day.causes), shape.longest) or None,
    }
    named = {shape.fields[ours]: value for ours, value in values.items() if ours in shape.fields}
    return {"attributes": {"type": shape.kind}, **named}
