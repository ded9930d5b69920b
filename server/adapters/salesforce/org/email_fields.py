"""Further email fields that an admin named: used where an index finds them, and told where not.

Of email fields only the standard ``Email`` has an index of its own; without one, the OR over all fields reads every
record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from server.adapters.salesforce.matching.look_up import Matching
from server.adapters.salesforce.org.shape import OrgShape, is_indexed

TEXTS = ("email", "string")


def with_emails(shape: OrgShape, matching: Matching, contact: Any, lead: Any) -> OrgShape:
    """``contact`` and ``lead`` are describes."""
    problems: list[str] = []
    return replace(
        shape,
        contact_emails=tuple(_usable("Contact", matching.contact_emails, contact, problems)),
        lead_emails=tuple(_usable("Lead", matching.lead_emails, lead, problems)),
        unusable=(*shape.unusable, *problems),
    )


def _usable(kind: str, names: Sequence[str], described: Any, problems: list[str]) -> Iterator[str]:
    """A field in a wrong case is meant: Salesforce's own spelling is used."""
    fields = {str(each["name"]).lower(): each for each in described["fields"]}
    for name in names:
        found = fields.get(name.lower())
        if found is None:
            problems.append(f"{kind}.{name} is not there, or the integration user may not see it.")
        elif found["type"] not in TEXTS or not found.get("filterable"):
            problems.append(f"{kind}.{name} holds no addresses that can be searched: it must be an email or a text.")
        elif not is_indexed(found):
            problems.append(f"{kind}.{name} has no index: make it an External ID.")
        elif str(found["name"]) != "Email":
            yield str(found["name"])
