"""The fields of a Salesforce package, read from its source as an org would get them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from simulator.salesforce.schema import Field, schema_of

OBJECTS = "main/default/objects"
TYPES = {
    "Text": "string", "Number": "double", "Checkbox": "boolean", "DateTime": "datetime", "Date": "date",
    "Picklist": "picklist",
}  # fmt: skip
"""Describe's word for the metadata's. A type that is not here is an error, for the simulator would not know it."""
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


def org_schema(org: Mapping[str, Any]) -> dict[str, dict[str, Field]]:
    """As ``schema_of``, with the fields of the package in the folder that the world names as ``package``, if any."""
    package = org.get("package")
    return schema_of(org, package_fields(Path(package), org.get("namespace")) if package else None)


def package_fields(project: Path, namespace: str | None) -> dict[str, dict[str, Field]]:
    """By object and full name: what is put on Activity is Task's, and an object of the package's own is new.

    Raises KeyError for a type unknown here.
    """
    prefix = f"{namespace}__" if namespace else ""
    found: dict[str, dict[str, Field]] = {}
    for owner in _list_objects(project):
        custom = prefix + owner.name if owner.name.endswith("__c") else owner.name
        fields = [_field(path, prefix) for path in sorted((owner / "fields").glob("*.field-meta.xml"))]
        found["Task" if custom == "Activity" else custom] = {field.name: field for field in fields}
    return found


def _list_objects(project: Path) -> list[Path]:
    """Of all deployables, which the project lists. Settings are no records: their objects are left out."""
    listed = json.loads((project / "sfdx-project.json").read_text(encoding="utf-8"))["packageDirectories"]
    folders = [project / each["path"] / OBJECTS for each in listed]
    owners = [owner for folder in folders if folder.is_dir() for owner in folder.iterdir()]
    return sorted(owner for owner in owners if not owner.name.endswith("__mdt"))


def _field(path: Path, prefix: str) -> Field:
    root = ET.parse(path).getroot()  # noqa: S314  # the package's own files
    kind = TYPES[_text(root, "type")]
    values = tuple(_text(each, "fullName") for each in root.iter(f"{_NAMESPACE}value"))
    return Field(
        prefix + _text(root, "fullName"),
        kind,
        255 if kind == "picklist" else int(_text(root, "length") or 0),
        is_unique=_text(root, "unique") == "true",
        is_external_id=_text(root, "externalId") == "true",
        is_writable=not _text(root, "formula"),
        picklist=values,
        is_restricted=next((each.text == "true" for each in root.iter(f"{_NAMESPACE}restricted")), False),
    )


def _text(node: ET.Element, name: str) -> str:
    return node.findtext(f"{_NAMESPACE}{name}") or ""
