"""The service as it is deployed, beside a simulated world, driven over HTTP alone: the same tests for both engines."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulator.demo.deployment import Deployment
from simulator.demo.stage import Scene, scene
from simulator.world import World
from tests.support.cards import action, card_of, texts
from tests.support.commands import Commands
from tests.support.pushing import ACCOUNT, TOPIC, URL

LOCAL, CLOUD = "local", "cloud"
PATIENCE = 240.0
"""Seconds for work to be done; on an idle machine it takes some ten. A job that met a lease looks again after a minute."""
PUSHED = {"PUBSUB_TOPIC": TOPIC, "PUSH_SERVICE_ACCOUNT": ACCOUNT, "POLL_SECONDS": "3600"}
"""Polling is an hour away: what arrives in time came by push."""

BYRON_ORG: dict[str, Any] = {
    "namespace": "TrulyActivity",
    "User": [{"Id": "005A00000000001", "Email": "ann@acme.example", "Name": "Ann", "IsActive": True}],
    "Account": [{"Id": "001A00000000001", "Name": "Byron Works", "OwnerId": "005A00000000001"}],
    "Contact": [
        {"Id": "003A00000000001", "LastName": "Byron", "Email": "ada@byron.example",
         "AccountId": "001A00000000001", "OwnerId": "005A00000000001"},
    ],
    "Lead": [],
    "Opportunity": [],
}  # fmt: skip
"""Salesforce with one contact, as a world describes it; Ann owns it."""


class Engine:
    """``stage`` is the world with the operator's commands, ``deployment`` the processes of the service."""

    def __init__(self, stage: Scene, deployment: Deployment) -> None:
        self.stage = stage
        self.deployment = deployment
        self._scheduler = stage.scheduler(deployment)
        self._commands = Commands()
        self._exports = 0

    def start(self) -> None:
        """The processes, and what calls them in its time."""
        self.deployment.start()
        if self._scheduler:
            self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler:
            self._scheduler.stop()
        self.deployment.stop()
        self._commands.stop()

    def crash(self, meanwhile: Callable[[], None]) -> None:
        """Every process dies without a word, and is started again.

        Those that work die first, and the front, which asks for work, a while after them.
        """
        front = self.deployment.front
        workers = [name for name in self.deployment.parts if name != front]
        for name in workers:
            self.deployment.kill(name)
        meanwhile()
        self.deployment.kill(front)
        self.deployment.start()

    def command(self, *arguments: str) -> str:
        """What an operator's command prints. Raises CommandError."""
        return self._commands.run(self.stage.env, *arguments)

    def break_glass(self, *arguments: str) -> str:
        """The same as the one account that may open copies."""
        cloud = self.stage.cloud
        env = cloud.break_glass if cloud else {"MAY_OPEN_COPIES": "yes"}
        return self._commands.run({**self.stage.env, **env}, *arguments)

    def deliver(self, mailbox: str, raw: bytes, *labels: str) -> str:
        """Returns the Gmail message id."""
        mail = {"op": "deliver", "mailbox": mailbox, "raw": base64.b64encode(raw).decode()}
        return str(self.stage.post("mail", {**mail, **({"labels": list(labels)} if labels else {})})["id"])

    def plan_fault(self, service: str, method: str, kind: str, times: int = 1) -> None:
        self.stage.post("faults", {"service": service, "method": method, "kind": kind, "times": times})

    def tasks(self) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = self.stage.get("salesforce")["Task"]
        return tasks

    def subjects(self) -> list[str]:
        return sorted(task["Subject"].rpartition(": ")[2] for task in self.tasks())

    def export(self) -> dict[str, Any]:
        """What the ledger holds, by the operator's command."""
        self._exports += 1
        path = self.stage.folder / f"export-{self._exports}.json"
        self.command("export", str(path))
        exported: dict[str, Any] = json.loads(path.read_text())
        return exported

    def export_at_rest(self) -> dict[str, Any]:
        """The same, once nothing waits any more."""
        exports: list[dict[str, Any]] = []

        def is_at_rest() -> bool:
            exports.append(self.export())
            return not any(row["outcome"] == "waiting" for row in exports[-1]["messages"])

        assert until(is_at_rest)
        return exports[-1]

    def key_of(self, subject: str) -> str:
        """The activity key of the one task with this subject."""
        [key] = {str(t["TrulyActivity__Message_Key__c"]) for t in self.tasks() if t["Subject"].endswith(subject)}
        return key

    def post(self, path: str, body: Any, authorization: str) -> Any:
        """As Google calls the front of the service."""
        request = urllib.request.Request(  # on loopback
            f"{self.deployment.url}{path}", json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": authorization},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read() or b"null")

    def sidebar(self, mailbox: str, message: str) -> Sidebar:
        return Sidebar(self, mailbox, message)

    def subscribe(self) -> None:
        """Pub/Sub pushes to the front of the service."""
        self.stage.post("pubsub/topics", {"name": TOPIC})
        endpoint = f"{self.deployment.url}/push"
        subscription = {"topic": TOPIC, "endpoint": endpoint, "audience": URL, "account": ACCOUNT}
        self.stage.post("pubsub/subscriptions", subscription)


class Sidebar:
    """A rep's card of one message. The rep reads it and clicks its buttons."""

    def __init__(self, engine: Engine, mailbox: str, message: str) -> None:
        self._engine = engine
        self._mailbox = mailbox
        self._message = message
        self.card: dict[str, Any] = {}
        self.open()

    def open(self) -> Sidebar:
        return self._ask("/addon/open")

    def click(self, label: str, **inputs: str) -> Sidebar:
        return self._ask("/addon/act", parameters=action(self.card, label), inputs=inputs)

    @property
    def read(self) -> list[str]:
        return texts(self.card)

    def _ask(self, path: str, **more: Any) -> Sidebar:
        public = self._engine.stage.env["PUBLIC_URL"]
        wanted = {"mailbox": self._mailbox, "message": self._message, "url": f"{public}{path}", **more}
        asked = self._engine.stage.post("addon/event", wanted)
        self.card = card_of(self._engine.post(path, asked["event"], asked["authorization"]))
        return self


@contextmanager
def run_engine(name: str, world: Path, folder: Path, **settings: str) -> Iterator[Engine]:
    """One of the two engines, not started yet. They differ by settings alone."""
    with scene(world, folder, extra={**PUSHED, **settings}, is_cloud=name == CLOUD) as stage:
        engine = Engine(stage, stage.deploy())
        engine.subscribe()
        try:
            yield engine
        finally:
            engine.stop()


def until(found: Callable[[], bool], patience: float = PATIENCE) -> bool:
    ends = time.monotonic() + patience
    while time.monotonic() < ends and not found():
        time.sleep(0.2)
    return found()


def describe_world(world: World) -> dict[str, Any]:
    """As world.json holds it."""
    users = [{"email": u.email, "name": u.name, "aliases": list(u.aliases), "admin": u.is_admin} for u in world.users]
    space = {"customer": world.customer, "domains": world.domains, "users": users, "groups": world.groups}
    return {"name": world.name, "workspace": space, "salesforce": world.org}


def write_small_world(folder: Path, name: str, mail: list[bytes]) -> Path:
    """Ann alone, her mail, and Salesforce with one contact."""
    workspace = {
        "customer": "C01",
        "domains": [{"name": "acme.example", "primary": True}],
        "users": [{"email": "ann@acme.example", "name": "Ann", "admin": True}],
    }
    described = {"name": name, "workspace": workspace, "salesforce": BYRON_ORG}
    return write_world(folder, described, {"ann@acme.example": mail})


def write_world(folder: Path, world: Mapping[str, Any], mail: Mapping[str, list[bytes]]) -> Path:
    """As ``python -m simulator --world`` reads it."""
    (folder / "mail").mkdir(parents=True)
    (folder / "world.json").write_text(json.dumps(world))
    for address, raws in mail.items():
        (folder / "mail" / address).mkdir(parents=True)
        for number, raw in enumerate(raws):
            (folder / "mail" / address / f"{number:03d}.eml").write_bytes(raw)
    return folder
