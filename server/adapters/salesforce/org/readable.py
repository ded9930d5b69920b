"""What the integration user may read of the org: an object or a field that is hidden is in no describe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LINKS = {
    "Account": ("AccountId", "Account"), "Owner": ("OwnerId", "User"), "Opportunity": ("OpportunityId", "Opportunity"),
    "ConvertedContact": ("ConvertedContactId", "Contact"), "MasterRecord": ("MasterRecordId", ""),
}  # fmt: skip
"""The field behind a relation, and the object at its other end; "" for the same object."""


@dataclass(frozen=True)
class Readable:
    """``fields`` has each described object with its fields, None where it is not readable; of others nothing is known.

    A field's value is whether a question may filter by it.
    """

    fields: Mapping[str, Mapping[str, bool] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Readable:
        return cls({kind: _list_fields(describe) if describe else None for kind, describe in described.items()})

    def has_object(self, kind: str) -> bool:
        return self.fields.get(kind, {}) is not None

    def has(self, kind: str, path: str) -> bool:
        """Whether a question about this object may name the field, or the path over relations."""
        if kind not in self.fields:
            return True
        fields = self.fields[kind]
        head, _, rest = path.partition(".")
        if fields is None or not rest:
            return fields is not None and head in fields
        link, target = LINKS[head]
        return link in fields and self.has(target or kind, rest)

    def can_filter(self, kind: str, name: str) -> bool:
        fields = self.fields.get(kind, {name: True})
        return bool(fields and fields.get(name))

    def keep(self, kind: str, paths: Iterable[str]) -> tuple[str, ...]:
        """Each readable path once, in order."""
        return tuple(path for path in dict.fromkeys(paths) if self.has(kind, path))

    def list_hidden(self, kind: str, paths: Sequence[str]) -> list[str]:
        """The names of what a question would have named, for a person who gives rights; none of a hidden object."""
        return [f"{kind}.{path}" for path in paths if self.has_object(kind) and not self.has(kind, path)]


def _list_fields(described: Any) -> dict[str, bool]:
    return {str(each["name"]): bool(each.get("filterable", True)) for each in described["fields"]}
