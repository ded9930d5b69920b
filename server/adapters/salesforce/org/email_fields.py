"""Further email fields that an admin named: used where they have an index, and reported where not.

Of email fields only the standard ``Email`` has an index of its own; without one, the OR over all fields reads every
record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from server.adapters.salesforce.matching.choices import MatchingChoices
from server.adapters.salesforce.org.shape import OrgShape, is_indexed

TEXTS = ("email", "string")


def add_email_fields(shape: OrgShape, choices: MatchingChoices, contact: Any, lead: Any) -> OrgShape:
    """The shape with the usable fields and a sentence for each other one. ``contact`` and ``lead`` are describes."""
    problems: list[str] = []
    return replace(
        shape,
        contact_emails=tuple(_choose_usable("Contact", choices.contact_emails, contact, problems)),
        lead_emails=tuple(_choose_usable("Lead", choices.lead_emails, lead, problems)),
        unusable=(*shape.unusable, *problems),
    )


def _choose_usable(kind: str, names: Sequence[str], described: Any, problems: list[str]) -> Iterator[str]:
    """Case does not count: Salesforce's own spelling is used."""
    fields = {str(field["name"]).lower(): field for field in described["fields"]}
    for name in names:
        field = fields.get(name.lower())
        if field is None:
            problems.append(f"{kind}.{name} is not there, or the integration user may not see it.")
        elif field["type"] not in TEXTS or not field.get("filterable"):
            problems.append(f"{kind}.{name} holds no addresses that can be searched: it must be an email or a text.")
        elif not is_indexed(field):
            problems.append(f"{kind}.{name} has no index: make it an External ID.")
        elif str(field["name"]) != "Email":
            yield str(field["name"])
