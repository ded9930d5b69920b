"""Both databases with what protects them, and the indexes of the store's queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from deploy.gcloud import Command, DeployError
from deploy.steps import Site, last_part
from server.adapters.documents import SECOND_DATABASE
from server.adapters.firestore.indexes import definition

FIRST, SECOND = "(default)", "deks"
ON, OFF = "POINT_IN_TIME_RECOVERY_ENABLED", "POINT_IN_TIME_RECOVERY_DISABLED"
PROTECTED = "DELETE_PROTECTION_ENABLED"


def create_databases(site: Site) -> Iterable[Command]:
    """The first keeps what is lost by mistake. The second keeps nothing: a deleted DEK must stay deleted."""
    known = {last_part(database) for database in site.ask_list("firestore", "databases", "list")}
    location = f"--location={site.choices.firestore_location}"
    if FIRST not in known:
        yield Command(
            ("firestore", "databases", "create", f"--database={FIRST}", location, "--type=firestore-native",
             "--delete-protection", "--enable-pitr")
        )  # fmt: skip
    if SECOND not in known:
        yield Command(
            ("firestore", "databases", "create", f"--database={SECOND}", location, "--type=firestore-native",
             "--delete-protection")
        )  # fmt: skip


def protect_databases(site: Site) -> Iterable[Command]:
    """Raises DeployError where the second database has or had backups: they would keep DEKs that were deleted."""
    databases = {last_part(database): database for database in site.ask_list("firestore", "databases", "list")}
    for name, recovery, switch in ((FIRST, ON, "--enable-pitr"), (SECOND, OFF, "--no-enable-pitr")):
        database = databases.get(name)
        if database is None:
            continue
        wrong = [] if database.get("pointInTimeRecoveryEnablement", OFF) == recovery else [switch]
        wrong += [] if database.get("deleteProtectionState") == PROTECTED else ["--delete-protection"]
        if wrong:
            yield Command(("firestore", "databases", "update", f"--database={name}", *wrong))
    if not site.ask_list("firestore", "backups", "schedules", "list", f"--database={FIRST}"):
        yield Command(
            ("firestore", "backups", "schedules", "create", f"--database={FIRST}", "--recurrence=daily",
             f"--retention={site.choices.backup_retention}")
        )  # fmt: skip
    if site.ask_list("firestore", "backups", "schedules", "list", f"--database={SECOND}"):
        raise DeployError(
            f'The database "{SECOND}" has a backup schedule. Delete the schedule and its backups: they would keep keys'
            " of copies that were erased."
        )
    # A backup outlives its schedule, for up to 14 weeks.
    kept = [
        entry
        for entry in site.ask_list("firestore", "backups", "list")
        if entry.get("database", "").endswith(f"/databases/{SECOND}")
    ]
    if kept:
        raise DeployError(
            f'The database "{SECOND}" has backups, which keep keys of copies that were erased. Delete them: '
            + "; ".join(_word_deletion(entry["name"]) for entry in kept)
        )


def _word_deletion(name: str) -> str:
    """``name`` is ``projects/P/locations/L/backups/B``."""
    _, project, _, location, _, backup = name.split("/")
    return f"gcloud firestore backups delete --location={location} --backup={backup} --project={project}"


def create_indexes(site: Site) -> Iterator[Command]:
    """What firestore.indexes.json says, as commands: gcloud reads no such file."""
    rendered = definition()
    composites = site.ask_list("firestore", "indexes", "composite", "list", f"--database={FIRST}")
    held = {_read_composite(index) for index in composites}
    for index in rendered["indexes"]:
        if _read_composite(index) not in held:
            fields = [
                f"--field-config=field-path={field['fieldPath']},order={field['order'].lower()}"
                for field in index["fields"]
            ]
            yield Command(
                ("firestore", "indexes", "composite", "create", f"--database={FIRST}", "--async",
                 f"--collection-group={index['collectionGroup']}", "--query-scope=collection", *fields)
            )  # fmt: skip
    overridden = {
        database: _read_fields(site.ask_list("firestore", "indexes", "fields", "list", f"--database={database}"))
        for database in (FIRST, SECOND)
    }
    for override in rendered["fieldOverrides"]:
        group, path = override["collectionGroup"], override["fieldPath"]
        database = SECOND if group in SECOND_DATABASE else FIRST
        orders = tuple(index["order"] for index in override["indexes"])
        if overridden[database].get((group, path)) != orders:
            indexes = [f"--index=order={order.lower()}" for order in orders] or ["--disable-indexes"]
            yield Command(
                ("firestore", "indexes", "fields", "update", path, f"--database={database}", "--async",
                 f"--collection-group={group}", *indexes)
            )  # fmt: skip


def _read_composite(index: dict[str, Any]) -> tuple[str, ...]:
    """Google names the group in the index's own name, and adds the document's name as a last field."""
    group = index.get("collectionGroup") or index["name"].split("/collectionGroups/")[1].split("/")[0]
    return (group, *(field["fieldPath"] for field in index["fields"] if field["fieldPath"] != "__name__"))


def _read_fields(fields: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The orders of the overridden fields, by collection group and path."""
    overrides = {}
    for field in fields:
        group, _, path = field["name"].split("/collectionGroups/")[1].partition("/fields/")
        indexes = field.get("indexConfig", {}).get("indexes", [])
        orders = [entry.get("order", "") for index in indexes for entry in index.get("fields", [])]
        overrides[group, path.replace("`", "")] = tuple(orders)
    return overrides
