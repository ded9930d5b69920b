"""The real server around a simulated world, in one process: no socket, no thread of its own, no wall clock."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from server.adapters.documents import Delete
from server.bootstrap import Services, build, create_keys
from server.domain.ids import ActivityKey, MessageId
from server.domain.ledger import row_key
from server.domain.mailbox import Mailbox, Stage
from server.engine.mailboxes.stages import find_mailbox, set_stage
from server.engine.operations.sync import SyncResult
from server.settings import Settings
from server.web.app import TrulyApp, create_app
from simulator.addon_host import CLIENT_ID, SERVICE_ACCOUNT, AddonHost
from simulator.app import Simulator
from simulator.clock import Clock
from simulator.demo.stage import google_account
from simulator.inprocess import InProcessTransport
from simulator.mailfiles import MailFile
from simulator.universe import Universe
from simulator.world import User, World

START = 1_790_000_000.0
"""Epoch seconds: the world's clock begins here, in September 2026."""
KEY = rsa.generate_private_key(65537, 2048)
PRIVATE_PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC_PEM = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)
DOMAIN_FIELD = "TrulyActivity__Email_Domain__c"
FEWEST_CALLS = 10
"""Calls before a share of them is told, so that the share of a whole number of calls is close to it."""
BOX_FIELD = "TrulyActivity__Email_Only_Sync_Contact_Matches__c"


def small_world(org: Mapping[str, Any] | None = None) -> World:
    """Ann (admin), Ben and Cem of acme.example; Ada is a Contact of Byron Works, whose domain is byron.example."""
    default = {
        "namespace": "TrulyActivity",
        "User": [
            {"Id": "005A00000000001", "Email": "ann@acme.example", "Name": "Ann", "IsActive": True},
            {"Id": "005A00000000002", "Email": "ben@acme.example", "Name": "Ben", "IsActive": True},
        ],
        "Account": [
            {"Id": "001A00000000001", "Name": "Byron Works", "OwnerId": "005A00000000001", DOMAIN_FIELD: "byron.example", BOX_FIELD: False},
            {"Id": "001A00000000002", "Name": "Harbor", "OwnerId": "005A00000000002", DOMAIN_FIELD: "harbor.example", BOX_FIELD: True},
        ],
        "Contact": [
            {"Id": "003A00000000001", "FirstName": "Ada", "LastName": "Byron", "Email": "ada@byron.example",
             "AccountId": "001A00000000001", "OwnerId": "005A00000000001"},
        ],
        "Lead": [
            {"Id": "00QA00000000001", "FirstName": "Leo", "LastName": "Brandt", "Company": "Brandt", "Email": "leo@brandt.example",
             "OwnerId": "005A00000000002", "IsConverted": False},
        ],
        "Opportunity": [],
    }  # fmt: skip
    return World(
        name="small",
        customer="C01",
        domains=({"name": "acme.example", "primary": True, "aliases": []},),
        users=(
            User("ann@acme.example", "Ann", is_admin=True),
            User("ben@acme.example", "Ben", aliases=("b@acme.example",)),
            User("cem@acme.example", "Cem"),
        ),
        groups=({"email": "sales@acme.example", "members": ["ann@acme.example", "ben@acme.example"]},),
        org={**default, **(org or {})},
        mail={},
    )


def eml(
    sender: str = "ada@byron.example", to: str = "ann@acme.example", subject: str = "Lamps", text: str = "Hello.",
    message_id: str = "", date: str = "Mon, 14 Sep 2026 09:00:00 +0000", **headers: str,
) -> bytes:  # fmt: skip
    """A plain message; further headers by name, with underscores for hyphens."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Date"] = sender, to, subject, date
    message["Message-ID"] = message_id or f"<{_digest(sender, to, subject, date, text)}@mail.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def _digest(*texts: str) -> str:
    """The same in every process, unlike ``hash``, so that a world is the same in every run."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class CommandResult:
    """``code`` is the exit code. ``output`` is what a terminal shows: ``stdout`` and ``stderr`` in their order."""

    code: int
    output: str
    stdout: str
    stderr: str


@lru_cache(maxsize=1)
def _keys() -> Path:
    """One set of key files for all scenes of a process: making an RSA key takes longer than most tests."""
    folder = Path(tempfile.mkdtemp(prefix="keys-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    create_keys(folder)
    return folder


class Scene:
    """``services`` is the server as it runs; ``universe`` the world around it. ``restart`` is a process that died."""

    def __init__(self, folder: Path, world: World | None = None, starts_at: float = START, /, **settings: str) -> None:
        self.folder = folder
        self.clock = Clock(starts_at, frozen=True)
        self.universe = Universe.of(world or small_world(), self.clock)
        self.simulator = Simulator(self.universe)
        self.addon_host = AddonHost(self.universe)
        self.universe.identity.register("truly@simulated.iam.gserviceaccount.com", PUBLIC_PEM)
        self.universe.org.register({"consumer_key": "key", "public_key": PUBLIC_PEM, "username": "sync@acme.example"})
        (folder / "account.json").write_text(google_account(PRIVATE_PEM))
        (folder / "salesforce.pem").write_text(PRIVATE_PEM)
        shutil.copytree(_keys(), folder / "keys", dirs_exist_ok=True)
        self.source = self._source(settings)
        self.transport = InProcessTransport(self.simulator)
        self.services: Services = self._built()
        self._served: tuple[Services, TrulyApp] | None = None

    def deliver(self, mailbox: str, raw: bytes, *labels: str, thread: str | None = None) -> str:
        """Returns the Gmail message id."""
        box = self.universe.mailboxes[mailbox]
        stored = box.add(MailFile(f"m{len(box.messages)}", raw), self.clock.now_ms(), set(labels or ("INBOX",)), thread)
        return stored.message_id

    def sync(self, **options: Any) -> SyncResult:
        """One pass; waiting moves the world's clock."""
        return self.services.rooms.syncer.sync(workers=1, **options)

    def mailbox(self, address: str = "ann@acme.example") -> Mailbox:
        """As the store has it now, found by any of its addresses."""
        return find_mailbox(self.services.ports.store, address)

    def set_stage(self, address: str, stage: Stage) -> None:
        set_stage(self.services.ports.store, self.clock, self.mailbox(address), stage)

    def outcomes(self, mailbox: str = "ann@acme.example") -> dict[str, str]:
        """Reason by Gmail message id."""
        rows = self.services.ports.store.rows(self.mailbox(mailbox).mailbox_id)
        return {row.message_id: row.reason.value for row in rows}

    def ask(self, path: str, address: str, message_id: str | None = None, **more: Any) -> Any:
        """The add-on's answer to an event of Gmail's, by way of HTTP: JSON, or the status of a refusal."""
        return self.post(path, self.addon_host.event(address, message_id, **more))

    def post(self, path: str, event: Any, authorization: str | None = None) -> Any:
        if self._served is None or self._served[0] is not self.services:
            self._served = self.services, create_app(self.source, self.services)
        app = self._served[1]
        url = f"https://truly.example{path}"
        header = self.addon_host.authorization(url) if authorization is None else authorization
        response = app.test_client().post(path, json=event, headers={"Authorization": header} if header else {})
        return response.get_json() if response.status_code == 200 else response.status_code

    def flask(self, *args: str) -> CommandResult:
        """Runs ``flask --app server.main ARGS`` in this process; a command that waits moves the world's clock."""
        result = create_app(self.source, self.services).test_cli_runner().invoke(args=args)
        return CommandResult(result.exit_code, result.output, result.stdout, result.stderr)

    def tasks(self) -> list[dict[str, Any]]:
        return self.universe.org.dump()["Task"]

    def restart(self, **settings: str) -> None:
        self.services.close()
        self.source |= settings
        self.services = self._built()

    def close(self) -> None:
        self.services.close()

    def _built(self) -> Services:
        return build(Settings.of(self.source), transport=self.transport, clock=self.clock, sleep=self.clock.advance)

    def _source(self, settings: Mapping[str, str]) -> dict[str, str]:
        return {
            "ORGANISATION": "acme",
            "STATE": f"sqlite:{self.folder / 'state.sqlite3'}",
            "KEYS": str(self.folder / "keys"),
            "GOOGLE_ADMIN": "ann@acme.example",
            "GOOGLE_SERVICE_ACCOUNT_FILE": str(self.folder / "account.json"),
            "SALESFORCE_DOMAIN": "acme.my",
            "SALESFORCE_CONSUMER_KEY": "key",
            "SALESFORCE_USERNAME": "sync@acme.example",
            "SALESFORCE_PRIVATE_KEY_FILE": str(self.folder / "salesforce.pem"),
            "NEW_MAILBOX_STAGE": "live",
            "BACKFILL_MONTHS": "all",
            "GMAIL_UNITS_PER_MINUTE": "0",
            "GMAIL_PROJECT_UNITS_PER_MINUTE": "0",
            "GMAIL_UNITS_PER_DAY": "0",
            "ADDON_SERVICE_ACCOUNT": SERVICE_ACCOUNT,
            "ADDON_CLIENT_ID": CLIENT_ID,
            **settings,
        }


MakeScene = Callable[..., Scene]
"""Takes a world, or None for the small one, and settings by name."""


def forget(scene: Scene, address: str, message_id: str) -> None:
    """As if a bug had lost the row."""
    key = row_key(scene.mailbox(address).mailbox_id, MessageId(message_id))
    scene.services.documents.commit([Delete("messages", key, None)])


def tell_share_of_calls(scene: Scene, share: float) -> None:
    """Salesforce's last answer said that this share of the org's daily API calls is used."""
    crm, org = scene.services.ports.crm, scene.universe.org
    usual = org.daily_limit
    for _ in range(FEWEST_CALLS):
        crm.find_by_key([ActivityKey("0" * 64)])
    allowance = crm.allowance()
    used = allowance.used + 1 if allowance else 1
    org.daily_limit = int(used / share)
    crm.find_by_key([ActivityKey("0" * 64)])
    org.daily_limit = usual
