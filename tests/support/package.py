"""The Salesforce package as its metadata says it: fields, rights, and the names that Apex uses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from server.adapters.salesforce.org import shape
from tests.support.demo import ROOT

PROJECT = ROOT / "salesforce"
STANDARD: Mapping[str, frozenset[str]] = {
    "Account": frozenset({"Id", "Name", "Website", "OwnerId", "CreatedDate", "Contacts"}),
    "Contact": frozenset({"Id", "LastName", "Email", "AccountId", "CreatedDate"}),
    "StaticResource": frozenset({"Body", "Name", "NamespacePrefix"}),
    "Profile": frozenset({"Id", "UserType", "PermissionsModifyAllData"}),
    "CronTrigger": frozenset({"Id", "Name"}),
    "AsyncApexJob": frozenset({"Name", "JobType"}),
}
"""Standard fields that the Apex uses; Contacts is the name of Account's list of them."""

READ_STANDARD = frozenset(
    {"Account.Website", "Contact.AccountId", "Contact.Email", "Lead.Email", "Opportunity.AccountId"}
)
"""Standard fields that matching reads and a profile may hide. Required ones (Name, Company) take no right at all."""
WRITTEN_STANDARD = frozenset(
    f"{kind}.{field}"
    for kind in ("Task", "Event")
    for field in ("ActivityDate", "Description", "Type", "WhatId", "WhoId")
)
"""Standard fields of an activity that a profile may hide or lock. Task and Event share their rights."""
ELDERS = frozenset(
    {name for names in (shape.DOMAIN, shape.CONTACTS_ONLY) for name in (f"TrulyActivity__{names[0]}", names[1])}
)
"""Fields that orgs had before the package, which its nightly job takes over."""
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
_QUERY = re.compile(r"SELECT\s+(?P<fields>.+?)\s+FROM\s+(?P<object>\w+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_CLAUSE = re.compile(r"\bWHERE\b.*|\bORDER BY\b.*", re.IGNORECASE | re.DOTALL)
_COMPARED = re.compile(r"(\w+)\s*(?:!=|<=|>=|=|<|>|\bIN\b|\bLIKE\b|\bNOT IN\b)", re.IGNORECASE)
_ORDERED = re.compile(r"\bORDER BY\s+(.+?)(?:\bLIMIT\b|$)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class PackageField:
    """As its file says. ``length`` is 0 where the type has none."""

    owner: str
    name: str
    type: str
    length: int = 0
    is_external_id: bool = False
    is_unique: bool = False
    is_case_sensitive: bool = False
    is_required: bool = False
    is_formula: bool = False
    picklist: tuple[str, ...] = ()


def parts(project: Path = PROJECT) -> dict[str, Path]:
    """The folder of each deployable by its name, in the order in which they are installed."""
    listed = json.loads((project / "sfdx-project.json").read_text())["packageDirectories"]
    return {each["path"]: project / each["path"] / "main" / "default" for each in listed}


def find_files(project: Path, pattern: str) -> list[Path]:
    """Of all deployables."""
    return sorted(path for folder in parts(project).values() for path in folder.glob(pattern))


def find_file(project: Path, name: str) -> Path:
    """The one of this name below any deployable. Raises ValueError where there is none, or more than one."""
    (path,) = find_files(project, name)
    return path


def fields(project: Path = PROJECT) -> dict[str, dict[str, PackageField]]:
    """By object, then by name; Activity's are Task's and Event's."""
    found: dict[str, dict[str, PackageField]] = {}
    for path in find_files(project, "objects/*/fields/*.field-meta.xml"):
        made = _field(path)
        found.setdefault(made.owner, {})[made.name] = made
    return found


def rights(project: Path = PROJECT) -> dict[str, dict[str, bool]]:
    """By permission set: field, and whether it may be edited."""
    return {
        path.name.partition(".")[0]: {
            text(each, "field"): text(each, "editable") == "true"
            for each in parse(path).iter(f"{_NAMESPACE}fieldPermissions")
        }
        for path in find_files(project, "permissionsets/*.permissionset-meta.xml")
    }


def problems(project: Path = PROJECT) -> list[str]:
    """What Salesforce's programs do not see without an org: companions, rights and the names of fields."""
    broken = list(_unreadable(project))
    return broken or [*_without_companion(project), *_without_rights(project), *_unknown_names(project)]


def _unreadable(project: Path) -> Iterator[str]:
    for path in find_files(project, "**/*-meta.xml"):
        try:
            parse(path)
        except ET.ParseError as error:
            yield f"{path.name}: {error}"


def _without_companion(project: Path) -> Iterator[str]:
    for folder in ("classes", "triggers", "staticresources"):
        for path in find_files(project, f"{folder}/*"):
            name = path.name
            if "-meta.xml" in name:
                continue
            companion = f"{path.stem}.resource-meta.xml" if folder == "staticresources" else f"{name}-meta.xml"
            if not path.with_name(companion).exists():
                yield f"{name}: no {companion}"


def _without_rights(project: Path) -> Iterator[str]:
    known = fields(project)
    for name, held in rights(project).items():
        for field in held:
            owner, _, plain = field.partition(".")
            if field in READ_STANDARD | WRITTEN_STANDARD:
                continue
            if plain not in known.get("Activity" if owner in {"Task", "Event"} else owner, {}):
                yield f"{name}: right on {field}, which does not exist"
            twin = {"Task": f"Event.{plain}", "Event": f"Task.{plain}"}.get(owner)
            if twin and held.get(twin) is not held[field]:
                yield f"{name}: {field} and {twin} have different rights"
    for field in _must_be_written(known):
        if not rights(project).get("Email_Sync_Integration", {}).get(field):
            yield f"Email_Sync_Integration: may not write {field}"
    for plain in known["Account"]:
        if f"Account.{plain}" not in rights(project).get("Email_Sync_Integration", {}):
            yield f"Email_Sync_Integration: may not read Account.{plain}"


def _must_be_written(known: Mapping[str, Mapping[str, PackageField]]) -> Iterator[str]:
    for plain in known["Activity"]:
        yield f"Task.{plain}"
        yield f"Event.{plain}"
    yield from sorted(WRITTEN_STANDARD)
    coverage = next(name for name in known if name.endswith("Sync_Coverage__c"))
    for field in known[coverage].values():
        if not field.is_formula:
            yield f"{coverage}.{field.name}"


def _unknown_names(project: Path) -> Iterator[str]:
    known = fields(project)
    custom = {name.lower() for held in known.values() for name in held} | {name.lower() for name in known}
    custom |= {name.lower() for name in ELDERS}
    for path in find_files(project, "**/*"):
        if path.suffix not in {".cls", ".trigger"}:
            continue
        code = _without_comments(path.read_text())
        for name in sorted(set(re.findall(r"\b\w+__(?:c|mdt|r)\b", code))):
            if name.lower() not in custom:
                yield f"{path.name}: {name} does not exist"
        for query in _queries(code):
            yield from (f"{path.name}: {each}" for each in _unknown_in(query, known))


def _without_comments(code: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", code, flags=re.DOTALL)


def _queries(code: str) -> Iterator[str]:
    """Each statement in square brackets, the ones inside it apart."""
    for whole in re.findall(r"\[\s*(SELECT\b[^\]]*)\]", code, re.IGNORECASE):
        inner = re.findall(r"\((\s*SELECT\b[^()]*)\)", whole, re.IGNORECASE)
        yield from inner
        yield re.sub(r"\(\s*SELECT\b[^()]*\)", "Id", whole, flags=re.IGNORECASE)


def _unknown_in(query: str, known: Mapping[str, Mapping[str, PackageField]]) -> Iterator[str]:
    found = _QUERY.search(query)
    if found is None:
        yield f"cannot read {query.strip()[:40]}"
        return
    owner = "Contact" if found["object"] == "Contacts" else found["object"]
    names = {re.sub(r"COUNT\((\w+)\)", r"\1", each.split()[0]) for each in found["fields"].split(",")} - {"COUNT()"}
    clause = _CLAUSE.search(found["rest"])
    if clause:
        names |= set(_COMPARED.findall(clause[0]))
        ordered = _ORDERED.search(clause[0])
        names |= {each.split()[0] for each in ordered[1].split(",")} if ordered else set()
    allowed = {each.lower() for each in STANDARD.get(owner, frozenset()) | set(known.get(owner, {}))}
    yield from (f"{owner}.{name} does not exist" for name in sorted(names) if name.lower() not in allowed)


def _field(path: Path) -> PackageField:
    root = parse(path)
    values = (each for each in root.iter(f"{_NAMESPACE}value"))
    return PackageField(
        owner=path.parent.parent.name,
        name=text(root, "fullName"),
        type=text(root, "type"),
        length=int(text(root, "length") or 0),
        is_external_id=text(root, "externalId") == "true",
        is_unique=text(root, "unique") == "true",
        is_case_sensitive=text(root, "caseSensitive") == "true",
        is_required=text(root, "required") == "true",
        is_formula=bool(text(root, "formula")),
        picklist=tuple(text(each, "fullName") for each in values),
    )


def parse(path: Path) -> ET.Element:
    """A metadata file's root."""
    return ET.parse(path).getroot()


def text(node: ET.Element, name: str) -> str:
    """What stands in the first child of that name, empty for none."""
    return node.findtext(f"{_NAMESPACE}{name}") or ""
