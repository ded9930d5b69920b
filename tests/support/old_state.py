"""A state folder that version 0.1.0 wrote, opened by the server of today in the world that was around it then.

The folder tests/system/old_state holds the state and the world; its README.md says what each file is.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from server.engine.coverage.audit import measure_coverage
from server.engine.ledger.rows import name_cause
from simulator.mailfiles import MailFile
from simulator.world import User, World
from tests.support.scene import Scene

FOLDER = Path(__file__).parent.parent / "system" / "old_state"
SETTINGS = {"PUBLISH_DELAY_SECONDS": "3600", "MAY_OPEN_COPIES": "yes"}
"""Of the server that wrote the state, and of the one that opens it."""
KEY_FIELD = "TrulyActivity__Message_Key__c"
PATIENCE = 7200.0
"""Seconds of the world's clock: longer than the publish delay and than an insert without an answer is waited for."""


def open_old_state(folder: Path) -> Scene:
    """The server over a copy of the old state in ``folder``, with the old keys. Nothing in FOLDER is changed."""
    scene = Scene(folder, make_world(), **SETTINGS)
    scene.close()
    restore_clock(scene)
    restore_mailboxes(scene)
    restore_tasks(scene)
    restore_state(folder)
    scene.restart()
    return scene


def make_world() -> World:
    """Who is in the Workspace, and every record of the org except its Tasks."""
    told = read_json("world/world.json")
    org = read_json("world/salesforce.json")
    return World(
        name=told["name"],
        customer=told["customer"],
        domains=tuple(told["domains"]),
        users=tuple(User(**{**user, "aliases": tuple(user["aliases"])}) for user in told["users"]),
        groups=tuple(told["groups"]),
        org={"namespace": org["namespace"], **{k: rows for k, rows in org["records"].items() if k != "Task"}},
        mail={},
    )


def restore_clock(scene: Scene) -> None:
    scene.clock.advance(read_json("world/world.json")["clock"] - scene.clock.now())


def restore_mailboxes(scene: Scene) -> None:
    """Every step once more, in its order: the simulator gives the same ids to the same mail."""
    for address, told in read_json("world/mailboxes.json").items():
        box = scene.universe.mailboxes[address]
        for name in told["labels"].values():
            box.label_id(name)
        for step in told["steps"]:
            if "delete" in step:
                box.delete(step["delete"])
                continue
            raw = (FOLDER / "world" / "mail" / step["mail"]).read_bytes()
            stored = box.add(MailFile(step["mail"], raw), step["arrived"], set(step["labels"]))
            found = (stored.message_id, stored.thread_id, stored.internal_date)
            assert found == (step["id"], step["thread"], step["date"]), "the simulator gives other ids than it did"
        assert (box.labels, box.history_id) == (told["labels"], told["history_id"])


def restore_tasks(scene: Scene) -> None:
    """With the Ids they had; what is inserted from here on gets the next ones."""
    told = read_json("world/salesforce.json")
    for row in told["records"]["Task"]:
        scene.universe.org.change("Task", row)
    scene.universe.org.skip_ids(told["inserted"])


def restore_state(folder: Path) -> None:
    """In place of what a Scene made in the folder. Git keeps no modes, and key files must be nobody else's to read."""
    for path in folder.glob("state*.sqlite3*"):
        if path.is_file():
            path.unlink()
    for dump in (FOLDER / "state").glob("*.sql"):
        with closing(sqlite3.connect(folder / f"{dump.stem}.sqlite3")) as connection:
            connection.executescript(dump.read_text())
    shutil.rmtree(folder / "keys")
    shutil.copytree(FOLDER / "state" / "keys", folder / "keys")
    for path in (folder / "keys").iterdir():
        path.chmod(0o600)


def read_json(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def read_rows(scene: Scene) -> dict[str, dict[str, dict[str, str | None]]]:
    """By mailbox and Gmail message id: the mail's file, its reason and cause, the record, and the activity's Id."""
    return {
        mailbox.address: {
            row.message_id: {
                "mail": name_mail(mailbox.address, row.message_id),
                "reason": row.reason.value,
                "cause": name_cause(row),
                "record": row.record_id,
                "activity": row.activity_id,
            }
            for row in scene.services.ports.store.rows(mailbox.mailbox_id)
        }
        for mailbox in scene.services.ports.store.mailboxes()
    }


def name_mail(address: str, message_id: str) -> str:
    steps = read_json("world/mailboxes.json")[address]["steps"]
    return str(next(step["mail"] for step in steps if step.get("id") == message_id))


def find_message(address: str, mail: str) -> str:
    """The Gmail message id of a mail in a mailbox."""
    steps = read_json("world/mailboxes.json")[address]["steps"]
    return str(next(step["id"] for step in steps if step.get("mail") == mail))


def read_coverage(scene: Scene) -> dict[str, dict[str, Any]]:
    """By mailbox: what Gmail lists against what the ledger has. ``missing`` names mails, for nobody has read them."""
    found = {}
    ports = scene.services.ports
    for mailbox in ports.store.mailboxes():
        covered = measure_coverage(ports.mail, ports.store, ports.clock, mailbox)
        found[mailbox.address] = {
            "gmail": covered.gmail,
            "left": covered.left,
            "outcomes": {outcome.value: count for outcome, count in covered.outcomes.items() if count},
            "missing": sorted(name_mail(mailbox.address, ref.message_id) for ref in covered.missing),
        }
    return found


def read_tasks(scene: Scene) -> list[dict[str, Any]]:
    """Every Task of the org, deleted ones too, without what depends on the order of inserts."""
    fields = {"key": KEY_FIELD, "who": "WhoId", "what": "WhatId", "owner": "OwnerId", "deleted": "IsDeleted"}
    found = [{name: row[field] for name, field in fields.items()} for row in scene.universe.org.everything("Task")]
    return sorted(found, key=lambda task: (task["key"], task["deleted"]))


def name_tasks(scene: Scene) -> dict[str | None, str]:
    """The key of a Task by its Id: an Id of a new one depends on the order of inserts, its key on the mail alone."""
    return {row["Id"]: row[KEY_FIELD] for row in scene.universe.org.everything("Task")}
