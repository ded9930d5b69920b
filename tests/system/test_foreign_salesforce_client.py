"""jsforce, a Salesforce client of other people's making, reads the activities that the service wrote.

Nothing of it is changed or replaced: the package from npm, its own libraries, TLS to the org's own host name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from server.bootstrap import create_keys
from simulator.demo.stage import CONSUMER, SYNC_ACCOUNT, google_account
from tests.support import node
from tests.support.demo import ROOT, WORLD
from tests.support.foreign import World, running

pytestmark = [pytest.mark.slow, pytest.mark.node, pytest.mark.xdist_group("jsforce")]
PATIENCE = 120.0
"""Seconds for one run of the client."""
PLAIN = serialization.NoEncryption()
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, PLAIN).decode()
PUBLIC = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)
USERNAME = "reader@northlight.example"
APP = {"consumer_key": "reader", "secret": "word", "public_key": PUBLIC, "username": USERNAME}
MESSAGE_KEY = "TrulyActivity__Message_Key__c"


class Org:
    """What the simulator has, and the client beside it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._packages = node.packages()
        world.post("consumers", APP)
        world.post("consumers", {"consumer_key": CONSUMER, "public_key": PUBLIC, "username": "sync@northlight.example"})
        world.post("service-accounts", {"email": SYNC_ACCOUNT, "public_key": PUBLIC})

    @property
    def tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._world.get("salesforce")["Task"]
        return found

    def sync(self, folder: Path) -> None:
        """The service's own work, over the wire."""
        (folder / "account.json").write_text(google_account(PEM))
        (folder / "salesforce.pem").write_text(PEM)
        create_keys(folder / "keys")
        command = [sys.executable, "-m", "flask", "--app", "server.main", "sync"]
        env = {**os.environ, **environment(folder, self._world.url)}
        subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE)

    def post(self, path: str, **body: Any) -> Any:
        return self._world.post(path, body)

    def calls(self) -> list[str]:
        return [call["method"] for call in self._world.get("calls?service=salesforce")]

    def ask(self, *steps: Any, how: str = "credentials", **login: Any) -> list[Any]:
        """What the login and each step brought; a failure is its code."""
        shown = [{"how": how, "consumerKey": "reader", "consumerSecret": "word", "username": USERNAME,
                  "privateKey": PEM, "expires": int(time.time()) + 120, **login}, list(steps)]  # fmt: skip
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self._world.folder), "HTTPS_PROXY": self._world.proxy,
            "NODE_EXTRA_CA_CERTS": str(self._world.ca),
        }  # fmt: skip
        done = subprocess.run(
            ["node", "salesforce.cjs"],
            input=json.dumps(dict(zip(("login", "steps"), shown, strict=True))),
            cwd=self._packages, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answers = json.loads(done.stdout)
        return [answer["ok"] if "ok" in answer else answer["error"] for answer in answers]


def environment(folder: Path, url: str) -> dict[str, str]:
    return {
        "ENVIRONMENT": "simulator",
        "SIMULATOR_URL": url,
        "ORGANISATION": "northlight",
        "STATE": f"sqlite:{folder / 'state.sqlite3'}",
        "KEYS": str(folder / "keys"),
        "GOOGLE_ADMIN": "ines@northlight.example",
        "GOOGLE_SERVICE_ACCOUNT_FILE": str(folder / "account.json"),
        "SALESFORCE_DOMAIN": "acme.my",
        "SALESFORCE_CONSUMER_KEY": CONSUMER,
        "SALESFORCE_USERNAME": "sync@northlight.example",
        "SALESFORCE_PRIVATE_KEY_FILE": str(folder / "salesforce.pem"),
        "NEW_MAILBOX_STAGE": "live",
        "BACKFILL_MONTHS": "all",
    }


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    folder = tmp_path_factory.mktemp("org")
    with running(WORLD, folder) as world:
        made = Org(world)
        made.sync(folder)
        yield made


def test_it_logs_in_both_ways_and_knows_who_it_is(org: Org) -> None:
    for how in ("jwt", "credentials"):
        login, identity, _ = org.ask(["identity"], ["logout"], how=how)
        assert login["organizationId"] == identity["organization_id"]
        assert login["id"] == identity["user_id"]


@pytest.mark.parametrize(
    ("how", "wrong"),
    [
        ("jwt", {"expires": 1_000_000_000}),
        ("jwt", {"username": "somebody@else.example"}),
        ("credentials", {"consumerSecret": "guessed"}),
        ("credentials", {"consumerKey": "nobody"}),
    ],
)
def test_it_is_told_why_it_may_not_log_in(org: Org, how: str, wrong: dict[str, Any]) -> None:
    refusal, then = org.ask(["limits"], how=how, **wrong)

    assert refusal in {"invalid_grant", "invalid_client", "invalid_client_id"}
    assert then != {}


def test_it_reads_every_activity_that_the_service_wrote(org: Org) -> None:
    fields = f"Id, Subject, Description, WhoId, WhatId, OwnerId, IsClosed, {MESSAGE_KEY}, Who.Name, What.Name"
    _, found, count = org.ask(["all", f"SELECT {fields} FROM Task ORDER BY Id"], ["count", "Task", {}])

    tasks = sorted(org.tasks, key=lambda task: task["Id"])
    assert len(tasks) > 20
    assert count == found["totalSize"] == len(tasks)
    for ours, theirs in zip(tasks, found["records"], strict=True):
        assert theirs["attributes"]["type"] == "Task"
        for name in ("Id", "Subject", "Description", "WhoId", "WhatId", "OwnerId", "IsClosed", MESSAGE_KEY):
            assert theirs[name] == ours[name]
        assert bool(theirs["Who"]) is bool(ours["WhoId"])
        assert not theirs["What"] or theirs["What"]["Name"]


def test_its_own_query_builder_is_understood(org: Org) -> None:
    conditions = {"Subject": {"$like": "From %"}, "IsClosed": True, "WhoId": {"$ne": None}}
    sort, fields = {"ActivityDate": -1, "Id": 1}, ["Id", "Subject", "ActivityDate"]
    _, found = org.ask(["find", "Task", conditions, fields, sort, 5])

    wanted = [t for t in org.tasks if t["Subject"].startswith("From ") and t["WhoId"]]
    wanted.sort(key=lambda t: t["Id"])
    wanted.sort(key=lambda t: t["ActivityDate"], reverse=True)
    assert [t["Id"] for t in found] == [t["Id"] for t in wanted[:5]]


def test_it_describes_the_org_and_finds_our_fields(org: Org) -> None:
    _, objects, task = org.ask(["objects"], ["describe", "Task"])

    assert {"Account", "Contact", "Lead", "Task", "User"} <= {o["name"] for o in objects["sobjects"]}
    assert task["keyPrefix"] == "00T"
    [key] = [field for field in task["fields"] if field["name"] == MESSAGE_KEY]
    assert (key["unique"], key["externalId"], key["idLookup"], key["length"]) == (True, True, True, 64)
    [who] = [field for field in task["fields"] if field["name"] == "WhoId"]
    assert (who["referenceTo"], who["relationshipName"]) == (["Contact", "Lead"], "Who")


def test_it_retrieves_by_id_one_and_many(org: Org) -> None:
    first, second = org.tasks[:2]
    nobody = "00T000000000000AAA"
    _, one, many, gone = org.ask(
        ["retrieve", "Task", first["Id"], ["Subject"]],
        ["retrieve", "Task", [second["Id"], nobody, first["Id"]], ["Subject"]],
        ["retrieve", "Task", nobody, ["Subject"]],
    )

    assert one["Subject"] == first["Subject"]
    assert [found and found["Subject"] for found in many] == [second["Subject"], None, first["Subject"]]
    assert gone == "NOT_FOUND"


def test_a_composite_call_takes_one_part_from_another(org: Org) -> None:
    task = next(t for t in org.tasks if t["WhoId"] and t["WhoId"].startswith("003"))
    base = "/services/data/v67.0/sobjects"
    parts = [
        {"method": "GET", "url": f"{base}/Task/{task['Id']}", "referenceId": "task"},
        {"method": "GET", "url": f"{base}/Contact/@{{task.WhoId}}", "referenceId": "who"},
        {"method": "GET", "url": f"{base}/Contact/@{{nobody.WhoId}}", "referenceId": "lost"},
    ]
    _, found = org.ask(["composite", parts])

    answers = {part["referenceId"]: part for part in found["compositeResponse"]}
    assert answers["who"]["httpStatusCode"] == 200
    assert answers["who"]["body"]["Id"] == task["WhoId"]
    assert answers["lost"]["httpStatusCode"] == 400


def test_it_sees_how_a_query_would_run_and_what_the_org_allows(org: Org) -> None:
    _, by_key, by_text, limits = org.ask(
        ["explain", f"SELECT Id FROM Task WHERE {MESSAGE_KEY} IN ('a', 'b')"],
        ["explain", "SELECT Id FROM Task WHERE Subject LIKE '%x%'"],
        ["limits"],
    )

    assert by_key["plans"][0]["leadingOperationType"] == "Index"
    assert by_text["plans"][0]["leadingOperationType"] == "TableScan"
    daily = limits["limits"]["DailyApiRequests"]
    assert daily["Max"] - daily["Remaining"] == pytest.approx(limits["seen"]["apiUsage"]["used"], abs=2)
    assert limits["seen"]["apiUsage"]["limit"] == daily["Max"]


def test_it_pages_through_more_than_a_page_holds(org: Org) -> None:
    before = len(org.tasks)
    made = [{"Subject": f"Bulk {n}", "Status": "Completed"} for n in range(200)]
    _, *created, pages, every = org.ask(
        *(["create", "Task", made] for _ in range(11)),
        ["more", "SELECT Id FROM Task ORDER BY Id"],
        ["all", "SELECT Id FROM Task WHERE Subject LIKE 'Bulk%'"],
    )

    ids = [answer["id"] for part in created for answer in part]
    assert len(set(ids)) == 2_200
    assert [len(page) for page in pages] == [2_000, before + 200]
    assert [i for page in pages for i in page] == sorted(task["Id"] for task in org.tasks)
    assert {record["Id"] for record in every["records"]} == set(ids)
    for start in range(0, 2_200, 200):
        org.ask(["destroy", "Task", ids[start : start + 200]])
    assert len(org.tasks) == before


def test_what_is_deleted_is_seen_by_who_asks_for_all(org: Org) -> None:
    start, end = "2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z"
    _, [made] = org.ask(["create", "Task", [{"Subject": "Short lived", "Status": "Completed"}]])
    _, [removed] = org.ask(["destroy", "Task", [made["id"]]])
    soql = "SELECT Id FROM Task WHERE Subject = 'Short lived'"
    _, standing, every, updated, deleted = org.ask(
        ["all", soql],
        ["all", soql, {"scanAll": True}],
        ["updated", "Task", start, end],
        ["deleted", "Task", start, end],
    )

    assert removed["success"]
    assert standing["records"] == []
    assert [record["Id"] for record in every["records"]] == [made["id"]]
    assert made["id"] in {record["id"] for record in deleted["deletedRecords"]}
    assert set(updated["ids"]) == {task["Id"] for task in org.tasks}


def test_a_key_that_is_taken_is_refused_in_the_platforms_words(org: Org) -> None:
    [taken] = [task for task in org.tasks if task[MESSAGE_KEY]][:1]
    [answer] = org.ask(
        ["create", "Task", [{"Subject": "Again", "Status": "Completed", MESSAGE_KEY: taken[MESSAGE_KEY]}]]
    )[1]

    assert not answer["success"]
    [error] = answer["errors"]
    assert error["statusCode"] == "DUPLICATE_VALUE"
    assert taken["Id"][:15] in error["message"]


def test_a_bad_query_and_a_session_that_ended_are_told_apart(org: Org) -> None:
    _, malformed, unknown, left, then = org.ask(
        ["query", "SELECT FROM Task"],
        ["query", "SELECT Nothing FROM Task"],
        ["logout"],
        ["query", "SELECT Id FROM Task"],
    )

    assert (malformed, unknown, left, then) == ("MALFORMED_QUERY", "INVALID_FIELD", None, "INVALID_SESSION_ID")


def test_a_service_that_is_busy_is_asked_again(org: Org) -> None:
    org.post("faults", service="salesforce", method="limits", kind="503", times=2)

    assert "DailyApiRequests" in org.ask(["limits"])[1]["limits"]
