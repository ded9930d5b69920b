"""What the package's reports and dashboards say, held against its report types and fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.support.package import PROJECT, fields, find_files, parse, rights, text

STANDARD: Mapping[str, frozenset[str]] = {
    "Activity": frozenset(
        {"Subject", "Owner", "Account", "Who", "What", "ActivityDate", "Status", "TaskSubtype", "CreatedDate"}
        | {"CreatedBy"}
    ),
    "Account": frozenset({"Name", "Owner", "Type", "Industry", "Website", "LastActivityDate", "CreatedDate"}),
    "Sync_Coverage__c": frozenset({"LastModifiedDate"}),
}
"""Standard fields by the names that report types of real orgs have for them: a look-up without its Id."""
FORMATS = frozenset({"Tabular", "Summary", "Matrix"})
INTERVALS = frozenset({"INTERVAL_CUSTOM", "INTERVAL_LAST30", "INTERVAL_LAST90"})
OPERATORS = frozenset({"equals", "notEqual", "lessThan", "greaterThan", "lessOrEqual", "greaterOrEqual", "contains"})
GRANULARITIES = frozenset({"Day", "Week", "Month"})
LONGEST_NAME = 40
LONGEST_DESCRIPTION = 255
WIDTH = 12
"""Columns of a dashboard's grid."""


def report_problems(project: Path = PROJECT) -> list[str]:
    """Names that do not exist, and what an org refuses of a report; one that deploys may still be wrong elsewhere."""
    types = {path.name.partition(".")[0]: path for path in find_files(project, "reportTypes/*-meta.xml")}
    reports = {
        f"{path.parent.name}/{path.name.partition('.')[0]}": parse(path)
        for path in find_files(project, "reports/*/*-meta.xml")
    }
    offered = {f"{name}__c": _offered(parse(path)) for name, path in types.items()}
    found = [each for name, path in sorted(types.items()) for each in _of_type(name, parse(path), project)]
    for name, root in reports.items():
        found += [f"{name}: {each}" for each in _of_report(root, offered)]
    for path in find_files(project, "dashboards/*/*-meta.xml"):
        found += [f"{path.name.partition('.')[0]}: {each}" for each in _of_dashboard(parse(path), reports)]
    return [*found, *_of_views(project), *_unreadable(project)]


def _of_views(project: Path) -> Iterator[str]:
    """Custom fields alone: what a list view calls a standard field is written down nowhere."""
    for path in find_files(project, "objects/*/listViews/*-meta.xml"):
        root, owner = parse(path), path.parent.parent.name
        used = {each.text or "" for tag in ("columns", "field") for each in _all(root, tag)}
        for each in sorted(name for name in used if name.endswith("__c")):
            if each not in fields(project).get(owner, {}):
                yield f"{path.name.partition('.')[0]}: {owner}.{each} does not exist"


def _unreadable(project: Path) -> Iterator[str]:
    """Whoever is to read the reports must be able to: of the coverage that is the admin."""
    allowed = rights(project).get("Email_Sync_Admin", {})
    for owner, held in fields(project).items():
        names = ("Task", "Event") if owner == "Activity" else () if owner.endswith("__mdt") else (owner,)
        yield from (
            f"Email_Sync_Admin: may not read {name}.{field}"
            for name in names
            for field in sorted(held)
            if f"{name}.{field}" not in allowed
        )


def _offered(root: ET.Element) -> frozenset[str]:
    return frozenset(f"{text(each, 'table')}${text(each, 'field')}" for each in _all(root, "columns"))


def _of_type(name: str, root: ET.Element, project: Path) -> Iterator[str]:
    base = text(root, "baseObject")
    known = STANDARD.get(re.sub(r"^\w+?__(?=\w+__c$)", "", base), frozenset()) | set(fields(project).get(base, {}))
    for each in _all(root, "columns"):
        if text(each, "table") != base or text(each, "field") not in known:
            yield f"{name}: {text(each, 'table')}.{text(each, 'field')} does not exist"


def _of_report(root: ET.Element, offered: Mapping[str, frozenset[str]]) -> Iterator[str]:
    columns = offered.get(text(root, "reportType"))
    if columns is None:
        yield f"no report type {text(root, 'reportType')}"
        return
    shown = {text(each, "field") for each in _all(root, "columns")}
    groups = [text(each, "field") for kind in ("groupingsDown", "groupingsAcross") for each in _all(root, kind)]
    used = [*shown, *groups, *(text(each, "column") for each in _all(root, "criteriaItems"))]
    used += [text(each, "dateColumn") for each in _all(root, "timeFrameFilter")]
    yield from (f"{each} is not in its report type" for each in sorted(set(used) - columns))
    yield from (f"{each} is a group and a column" for each in sorted(shown & set(groups)))
    yield from _outside(root, groups)
    for chart in _all(root, "chart"):
        held = [text(chart, "groupingColumn"), text(chart, "secondaryGroupingColumn")]
        yield from (f"its chart groups by {each}, the report does not" for each in held if each and each not in groups)
        summed = text(next(iter(_all(chart, "chartSummaries"))), "column")
        if summed != "RowCount" and summed not in shown:
            yield f"its chart shows {summed}, the report does not"


def _outside(root: ET.Element, groups: list[str]) -> Iterator[str]:
    is_matrix = bool(list(_all(root, "groupingsAcross")))
    wanted = "Matrix" if is_matrix else "Summary" if groups else "Tabular"
    if text(root, "format") not in FORMATS or text(root, "format") != wanted:
        yield f"groups like a {wanted} report and is {text(root, 'format')}"
    if len(text(root, "name")) > LONGEST_NAME or len(text(root, "description")) > LONGEST_DESCRIPTION:
        yield "name or description is too long"
    for tag, allowed in (("operator", OPERATORS), ("interval", INTERVALS), ("dateGranularity", GRANULARITIES)):
        for each in _all(root, tag):
            if each.text not in allowed:
                yield f"{tag} {each.text} is unknown"


def _of_dashboard(root: ET.Element, reports: Mapping[str, ET.Element]) -> Iterator[str]:
    for cell in _all(root, "dashboardGridComponents"):
        if int(text(cell, "columnIndex")) + int(text(cell, "colSpan")) > WIDTH:
            yield "a component is wider than the grid"
        component = next(iter(_all(cell, "dashboardComponent")))
        report = reports.get(text(component, "report"))
        if report is None:
            yield f"no report {text(component, 'report')}"
            continue
        if text(component, "useReportChart") == "true" and not list(_all(report, "chart")):
            yield f"{text(component, 'report')} has no chart"
        for summary in _all(component, "chartSummary"):
            if text(summary, "column") not in {text(each, "field") for each in _all(report, "columns")}:
                yield f"{text(component, 'report')} has no column {text(summary, 'column')}"


def _all(root: ET.Element, name: str) -> Iterator[ET.Element]:
    return root.iter("{http://soap.sforce.com/2006/04/metadata}" + name)
