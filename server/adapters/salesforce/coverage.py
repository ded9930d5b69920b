"""What became of each day's mail, as rows that an org's own reports can count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from more_itertools import chunked

from server.adapters.salesforce.activities.results import read_saves
from server.adapters.salesforce.activities.tasks import shorten
from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.org.shape import COVERAGE, COVERAGE_FIELDS, OrgShape, resolve
from server.domain.decision import Outcome
from server.domain.errors import ConfigurationError, NotFoundError
from server.domain.ledger import CoverageRow
from server.ports.crm import ACTIVITIES_PER_COLLECTION


@dataclass(frozen=True)
class CoverageShape:
    """The org's names of the object and its fields; ``longest`` is the length of its text of causes."""

    kind: str
    fields: Mapping[str, str]
    longest: int | None = None


def publish(client: OrgClient, rows: Sequence[CoverageRow], org: OrgShape) -> list[Exception | None]:
    """Write rows, 200 in a call, after one call that learns the names. Raises NotFoundError."""
    shape = _describe(client, org)
    path = f"composite/sobjects/{shape.kind}/{shape.fields['key']}"
    results: list[Exception | None] = []
    for portion in chunked(rows, ACTIVITIES_PER_COLLECTION):
        records = [_make_record(row, shape) for row in portion]
        # The same row twice is one row, so a row whose answer was lost is simply written again.
        answers = client.call(path, method="PATCH", json={"allOrNone": False, "records": records})
        results += read_saves(answers, len(records))
    return results


def has_object(client: OrgClient, org: OrgShape) -> bool:
    """The object exists, and the integration user may write to it."""
    try:
        _describe(client, org)
    except NotFoundError:
        return False
    return True


def _describe(client: OrgClient, org: OrgShape) -> CoverageShape:
    """Describe the object. It is asked for every night anew, for an admin may install the package any day."""
    for kind in _list_names(org):
        try:
            described = client.call(f"sobjects/{kind}/describe")
        except ConfigurationError:
            continue  # no such object, or it is not for the integration user
        fields = {str(field["name"]): field for field in described["fields"]}
        resolved = {name: resolve(spellings, set(fields)) for name, spellings in COVERAGE_FIELDS.items()}
        key = resolved["key"]
        if key is not None and fields[key].get("externalId") and described.get("createable"):
            existing = {name: spelling for name, spelling in resolved.items() if spelling}
            longest = fields[resolved["causes"]].get("length") if resolved["causes"] else None
            return CoverageShape(kind, existing, longest or None)
    raise NotFoundError("The org has no object for the days of the sync. Install the package.")


def _list_names(org: OrgShape) -> list[str]:
    """The object's name in the namespace of our fields first, then without one."""
    custom_fields = [name for name in (org.task.get("key"), *org.domains) if name]
    spaces = {name.partition("__")[0] for name in custom_fields if name.count("__") > 1}
    return [*(f"{space}__{COVERAGE[0]}" for space in sorted(spaces)), *COVERAGE]


def _make_record(row: CoverageRow, shape: CoverageShape) -> dict[str, Any]:
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
        "causes": shorten(", ".join(f"{code} {count}" for code, count in day.causes), shape.longest) or None,
    }
    fields = {shape.fields[name]: value for name, value in values.items() if name in shape.fields}
    return {"attributes": {"type": shape.kind}, **fields}
