"""What a world.json may hold, part by part. Every fault is one sentence for the person who made it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from simulator.google_switches import GoogleSwitches
from simulator.salesforce.switches import OrgSwitches
from simulator.troubles import TROUBLES

STAGES = ("off", "dry_run", "live", "draining")
NO_RECORDS = ("namespace", "package", "hidden", "read_only", "rules", "switches", "integration_user")
RULES: dict[str, tuple[str, ...]] = {"validation": ("message",), "required": ("field",), "trigger": ()}
RULED = ("Task", "Account", "Contact", "Lead", "Opportunity")
SWITCHES = ("activity_fields", "shared_activities")
TEXTS = ("Name", "FirstName", "LastName", "Company", "Email", "Username", "OwnerId", "AccountId")
FLAGS = ("IsActive", "IsConverted", "IsPersonAccount")


class WorldError(Exception):
    """What is wrong with a world, for the person who made it."""


def strings(item: Mapping[str, Any], name: str, where: str) -> list[str]:
    """A list of words, in lower case; absent or null is empty."""
    values = item.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise WorldError(f"world.json: {where}.{name} must be a list of texts.")
    return [value.lower() for value in values]


def begin(item: Mapping[str, Any], where: str) -> dict[str, str]:
    """A mailbox's stage and start, where the world names them."""
    stage, start = item.get("stage"), item.get("start")
    if stage and stage not in STAGES:
        raise WorldError(f"world.json: {where}.stage must be one of {', '.join(STAGES)}.")
    if start and not _is_day(str(start)):
        raise WorldError(f"world.json: {where}.start must be a day such as 2026-09-05.")
    return {name: str(value) for name, value in (("stage", stage), ("start", start)) if value}


def trouble(item: Mapping[str, Any], where: str) -> str:
    """The name of the user's trouble, empty for none."""
    name = item.get("trouble") or ""
    if name and name not in TROUBLES:
        raise WorldError(f"world.json: {where}.trouble must be one of {', '.join(TROUBLES)}.")
    return str(name)


def _is_day(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", text) is not None


def org(section: Mapping[str, Any]) -> dict[str, Any]:
    """Checks the org's records and settings; returns them with each moment as Salesforce writes it."""
    namespace = section.get("namespace")
    if namespace is not None and not isinstance(namespace, str):
        raise WorldError('world.json: salesforce.namespace must be a text such as "TrulyActivity", or null.')
    _pairs(section, "hidden")
    _pairs(section, "read_only")
    _integration_user(section)
    _rules(section.get("rules", []))
    _switches(section.get("switches", {}))
    checked: dict[str, Any] = {**section}
    for name, records in section.items():
        if name in NO_RECORDS:
            continue
        if name in SWITCHES:
            if not isinstance(records, bool):
                raise WorldError(f"world.json: salesforce.{name} must be true or false.")
            continue
        if not isinstance(records, list):
            raise WorldError(f"world.json: salesforce.{name} must be a list of records.")
        checked[name] = [_record(record, f"salesforce.{name}[{number}]") for number, record in enumerate(records)]
        _ids_differ(checked[name], f"salesforce.{name}")
    return checked


def _ids_differ(records: list[dict[str, Any]], where: str) -> None:
    """An id of 15 letters and its form of 18 name one record."""
    seen: set[str] = set()
    for record in records:
        if record["Id"][:15] in seen:
            raise WorldError(f"world.json: two records of {where} have the Id {record['Id']}.")
        seen.add(record["Id"][:15])


def server(section: Mapping[str, Any]) -> dict[str, str]:
    """Settings of the server by name, as the texts that an environment holds."""
    for name, value in section.items():
        if not isinstance(value, str | int | float):
            raise WorldError(f"world.json: server.{name} must be a text, a number, true or false.")
    return {name: _setting(value) for name, value in section.items()}


def _setting(value: str | float) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _pairs(section: Mapping[str, Any], name: str) -> None:
    pairs = section.get(name, [])
    if not isinstance(pairs, list) or not all(_is_pair(pair) for pair in pairs):
        raise WorldError(f"world.json: salesforce.{name} must be a list of pairs, the ids of a user and of a record.")


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(identifier, str) for identifier in pair)


def _integration_user(section: Mapping[str, Any]) -> None:
    identifier = section.get("integration_user", "")
    users = section.get("User")
    user_ids = {str(u.get("Id"))[:15] for u in users if isinstance(u, dict)} if isinstance(users, list) else set()
    if identifier != "" and (not isinstance(identifier, str) or identifier[:15] not in user_ids):
        raise WorldError("world.json: salesforce.integration_user must be the id of a User of this world.")


def _rules(rules: Any) -> None:
    """What each kind needs: a validation rule its sentence, a required field its name."""
    if not isinstance(rules, list):
        raise WorldError("world.json: salesforce.rules must be a list of rules.")
    for number, rule in enumerate(rules):
        where = f"world.json: salesforce.rules[{number}]"
        kind = rule.get("kind") if isinstance(rule, dict) else None
        needs = RULES.get(kind) if isinstance(kind, str) else None
        if needs is None or not all(isinstance(rule.get(name), str) for name in needs):
            raise WorldError(
                f"{where} must have a kind: validation (with a message), required (with a field) or trigger."
            )
        when = rule.get("when", {})
        if not isinstance(when, dict) or not all(isinstance(text, str) for text in when.values()):
            raise WorldError(f"{where}.when must map fields to texts.")
        if rule.get("object", "Task") not in RULED:
            raise WorldError(f"{where}.object must be one of {', '.join(RULED)}.")


def google(section: Any, groups: Iterable[str] = ()) -> GoogleSwitches:
    """How hard Google is in this world, whose ``groups`` have these addresses."""
    if not isinstance(section, dict):
        raise WorldError("world.json: workspace.switches must map names to values.")
    try:
        switches = GoogleSwitches.of(section)
    except ValueError as error:
        raise WorldError(f"world.json: {error}.") from None
    if unknown := switches.find_unknown_group(groups):
        raise WorldError(f"world.json: unlistable_groups names {unknown}, which is no group of this world.")
    return switches


def _switches(section: Any) -> None:
    if not isinstance(section, dict):
        raise WorldError("world.json: salesforce.switches must map names to values.")
    try:
        OrgSwitches.of(section)
    except ValueError as error:
        raise WorldError(f"world.json: {error}.") from None


def _record(record: Any, where: str) -> dict[str, Any]:
    identifier = record.get("Id") if isinstance(record, dict) else None
    if not isinstance(identifier, str) or not re.fullmatch(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?", identifier):
        raise WorldError(f"world.json: {where} needs an Id of 15 or 18 letters and digits.")
    assert isinstance(record, dict)
    for name, value in record.items():
        if name in TEXTS and not isinstance(value, str | None):
            raise WorldError(f"world.json: {where}.{name} must be a text.")
        is_flag = name in FLAGS or name.lower().endswith("_matches__c")
        if is_flag and not isinstance(value, bool | None):
            raise WorldError(f"world.json: {where}.{name} must be true or false.")
    if record.get("LastModifiedDate") is None:
        return {name: value for name, value in record.items() if name != "LastModifiedDate"}
    return {**record, "LastModifiedDate": _moment(record["LastModifiedDate"], where)}


def _moment(value: Any, where: str) -> str:
    """In UTC, with its milliseconds: they may settle a tie."""
    try:
        stated = datetime.fromisoformat(value)
        moment = (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise WorldError(
            f"world.json: {where}.LastModifiedDate must be a moment such as 2026-10-01T09:00:00.000+0000."
        ) from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "+0000")
