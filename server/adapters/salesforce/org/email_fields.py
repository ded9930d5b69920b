"""In which fields an address is looked for: by an index, or by Salesforce's own search, and what is reported of each.

Of email fields only the standard ``Email`` has an index of its own; without one, the OR over all fields reads every
record. Nobody can give an index to a managed package's fields, and none to ``Email`` where it is encrypted. These are
searched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.adapters.salesforce.matching.choices import MatchingChoices
from server.adapters.salesforce.org.shape import EmailFields, OrgShape, is_indexed

TEXTS = ("email", "string")
MANAGED = re.compile(r"[A-Za-z]\w*?__\w+__c")
"""The name of a field with a package's namespace before it."""


def add_email_fields(shape: OrgShape, choices: MatchingChoices, contact: Any, lead: Any) -> OrgShape:
    """The shape with the usable fields, and a sentence for each other one. ``contact`` and ``lead`` are describes."""
    contacts = _Choice("Contact", contact, choices.contact_emails)
    leads = _Choice("Lead", lead, choices.lead_emails) if lead else None
    chosen = [choice for choice in (contacts, leads) if choice]
    return replace(
        shape,
        contact_emails=contacts.fields,
        lead_emails=leads.fields if leads else EmailFields(),
        unusable=(*shape.unusable, *(sentence for choice in chosen for sentence in choice.problems)),
        advice=(*shape.advice, *(sentence for choice in chosen for sentence in choice.advice)),
    )


@dataclass
class _Choice:
    """Of one object. ``names`` are those that an admin wrote; case does not count."""

    kind: str
    described: Any
    names: Sequence[str]

    def __post_init__(self) -> None:
        self.problems: list[str] = []
        self.advice: list[str] = []
        fields = {str(field["name"]): field for field in self.described["fields"]}
        indexed, searched = self._place_email(fields)
        for name in self.names:
            self._place_named(name, {spelling.lower(): field for spelling, field in fields.items()}, indexed, searched)
        searched += [name for name, field in fields.items() if field["type"] == "email" and MANAGED.fullmatch(name)]
        by_search = tuple(name for name in dict.fromkeys(searched) if name not in indexed)
        self.fields = EmailFields(tuple(dict.fromkeys(indexed)), by_search if _is_searchable(self.described) else ())
        if self.fields.searched:
            listed = ", ".join(f"{self.kind}.{name}" for name in self.fields.searched)
            self.advice.append(
                f"Salesforce's own search, not an index, looks in {listed}: it is asked about addresses that nobody has"
                " otherwise, with one call more, and learns of a new record some minutes later."
            )

    def _place_email(self, fields: dict[str, Any]) -> tuple[list[str], list[str]]:
        email = fields.get("Email")
        if email is None:
            self.problems.append(f"{self.kind}.Email is hidden. Give the integration user read access to it.")
            return [], []
        if email.get("filterable", True):
            return ["Email"], []
        self.problems.append(
            f"{self.kind}.Email cannot be filtered by, as encrypted fields cannot: use deterministic encryption for it."
            " Until then Salesforce's own search looks for addresses."
        )
        return [], ["Email"]

    def _place_named(self, name: str, fields: dict[str, Any], indexed: list[str], searched: list[str]) -> None:
        field, label = fields.get(name.lower()), f"{self.kind}.{name}"
        if field is None:
            self.problems.append(f"{label} is not there, or the integration user may not see it.")
        elif field["type"] not in TEXTS:
            self.problems.append(f"{label} holds no addresses that can be searched: it must be an email or a text.")
        elif field.get("filterable") and is_indexed(field):
            indexed.append(str(field["name"]))
        elif field["type"] == "email":
            searched.append(str(field["name"]))
        elif not field.get("filterable"):
            self.problems.append(f"{label} holds no addresses that can be searched: it must be an email or a text.")
        else:
            self.problems.append(f"{label} has no index: make it an External ID.")


def _is_searchable(described: Any) -> bool:
    return bool(described.get("searchable", True))
