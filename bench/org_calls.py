"""Calls to Salesforce for a thousand logged mails, beside the loop that a user would write with simple-salesforce."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import format_datetime, parseaddr
from pathlib import Path

from simple_salesforce.api import Salesforce
from simple_salesforce.format import format_soql
from simple_salesforce.login import SalesforceLogin

from server.engine.deliver.second_look import LOOK_AFTER, LOOKS_APART
from simulator.world import User, World
from tests.support.scene import DOMAIN_FIELD, PRIVATE_PEM, START, Scene, eml, small_world

MAILBOXES = 40
COMPANIES = 200
PEOPLE = 600
MESSAGES = 2_000
BY_DOMAIN = 0.3
"""The share of messages from people whom Salesforce does not know, at companies that it does."""
Figure = tuple[float, str, float | None, str]


def _world() -> World:
    plain = small_world()
    owner = "005A00000000001"
    names = [f"rep{i}@acme.example" for i in range(MAILBOXES)]
    org = {
        "namespace": "TrulyActivity",
        "User": [
            {"Id": f"005A0000000{i:04d}", "Email": name, "Name": f"Rep {i}", "IsActive": True}
            for i, name in enumerate(names)
        ],
        "Account": [
            {"Id": f"001A0000000{i:04d}", "Name": f"C{i}", "OwnerId": owner, DOMAIN_FIELD: f"c{i}.example"}
            for i in range(COMPANIES)
        ],
        "Contact": [
            {"Id": f"003A0000000{i:04d}", "LastName": f"P{i}", "Email": f"p{i}@c{i % COMPANIES}.example",
             "AccountId": f"001A0000000{i % COMPANIES:04d}", "OwnerId": owner}
            for i in range(PEOPLE)
        ],
        "Lead": [],
        "Opportunity": [],
    }  # fmt: skip
    users = (User("ann@acme.example", "Ann", is_admin=True), *(User(name, name.partition("@")[0]) for name in names))
    return replace(plain, users=users, org=org, groups=())


def _mails(chance: random.Random, began: float) -> list[tuple[str, bytes]]:
    """Each with its mailbox; over thirty days from ``began`` (epoch seconds)."""
    found = []
    for number in range(MESSAGES):
        person, is_known = chance.randrange(PEOPLE), chance.random() >= BY_DOMAIN
        name = f"p{person}" if is_known else f"new{number}"
        rep = f"rep{number % MAILBOXES}@acme.example"
        date = datetime.fromtimestamp(began + 1_296 * number, UTC)
        raw = eml(
            sender=f"{name}@c{person % COMPANIES}.example", to=rep, subject=f"Matter {number}",
            date=format_datetime(date + timedelta(seconds=1)), message_id=f"<{began}.{number}@c.example>",
        )  # fmt: skip
        found.append((rep, raw))
    return found


def _calls_of(scene: Scene, mails: Sequence[tuple[str, bytes]]) -> float:
    """For each thousand logged, all that one sync asks. What is there at the first sync of a mailbox is its past."""
    before = len(scene.tasks())
    for rep, raw in mails:
        scene.deliver(rep, raw)
    scene.universe.calls.clear()
    scene.sync()
    logged = len(scene.tasks()) - before
    if logged != len(mails):
        raise RuntimeError(f"{logged} of {len(mails)} customer messages were logged.")
    return len(scene.universe.calls.calls("salesforce")) / logged * 1_000


def _second_look_of(scene: Scene, logged: int) -> float:
    """For each thousand logged: whether another tool logged them too. All calls of a sync without new mail count."""
    scene.clock.advance(LOOK_AFTER + LOOKS_APART)
    scene.universe.calls.clear()
    for _ in range(logged // 1_000):
        scene.sync()  # one look of a sync is for a thousand
    return len(scene.universe.calls.calls("salesforce")) / logged * 1_000


def _naive(scene: Scene, mails: Sequence[tuple[str, bytes]]) -> float:
    """A query for the person, else one for the company, one for the owner, and one Task: what a script does."""
    session_id, host = SalesforceLogin(
        username="sync@acme.example", consumer_key="key", privatekey=PRIVATE_PEM, domain="acme.my",
        session=scene.transport.session(),
    )  # fmt: skip
    org = Salesforce(
        session_id=session_id, instance_url=f"https://{host}", version="67.0", session=scene.transport.session()
    )
    scene.universe.calls.clear()
    for rep, raw in mails:
        mail = message_from_bytes(raw)
        address = parseaddr(str(mail["From"]))[1]
        people = org.query(format_soql("SELECT Id FROM Contact WHERE Email = {}", address))["records"]
        links = {"WhoId": people[0]["Id"]} if people else {}
        if not people:
            soql = f"SELECT Id FROM Account WHERE {DOMAIN_FIELD} = "  # noqa: S608  # a name of our own
            companies = org.query(soql + format_soql("{}", address.partition("@")[2]))["records"]
            links = {"WhatId": companies[0]["Id"]}
        owner = org.query(format_soql("SELECT Id FROM User WHERE Email = {}", rep))["records"][0]["Id"]
        task = {"Subject": str(mail["Subject"]), "Status": "Completed", "OwnerId": owner, **links}
        org.restful("sobjects/Task", method="POST", json=task)
    return len(scene.universe.calls.calls("salesforce")) / len(mails) * 1_000


def figures() -> dict[str, Figure]:
    chance = random.Random(6)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        scene = Scene(Path(folder), _world())
        past = _mails(chance, START - 90 * 86_400)
        # Start-up is counted out: the org is described.
        scene.services.ports.crm.shape()
        backfill = _calls_of(scene, past)
        live = _calls_of(scene, _mails(chance, START - 30 * 86_400))
        second_look = _second_look_of(scene, 2 * MESSAGES)
        naive = _naive(scene, past[:200])
        scene.close()
    per = f"{MESSAGES} messages in {MAILBOXES} mailboxes, {PEOPLE} contacts; a loop with simple-salesforce: {naive:.0f}"
    return {
        "salesforce_calls_per_1000_live": (live, "calls", 12.0, per),
        "salesforce_calls_per_1000_backfill": (backfill, "calls", 4.0, per),
        "salesforce_calls_per_1000_second_look": (
            second_look,
            "calls",
            1.0,
            "beside those, hours later",
        ),
        "salesforce_calls_over_naive": (live / naive, "ratio", None, "the same org, asked message by message"),
    }


if __name__ == "__main__":
    for name, figure in figures().items():
        print(name, *figure)  # noqa: T201
