"""Set the scene: a simulator in a process of its own, and an environment in which the server finds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.addon_host import CLIENT_ID, SERVICE_ACCOUNT
from simulator.demo.deployment import ANSWERING, SYNCING, Deployment, Part, ProcessError, find_address

SYNC_ACCOUNT = "truly@simulated.iam.gserviceaccount.com"
CONSUMER = "simulated-consumer"
ROOT = Path(__file__).parent.parent.parent
BREAK_GLASS = {"MAY_OPEN_COPIES": "yes"}
PATIENCE = 30.0
"""Seconds for the simulator to answer."""


class SceneError(Exception):
    """One sentence for the person at the keyboard, and the exit code of the process that failed."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Scene:
    """``folder`` holds state, keys and logs of this run; ``url`` is the simulator's."""

    folder: Path
    url: str
    admin: str
    env: Mapping[str, str]

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/_simulator/{path}", timeout=PATIENCE) as response:  # noqa: S310
            return json.load(response)

    def post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310  # the address is the simulator's own, on loopback
            f"{self.url}/_simulator/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            return json.load(response)

    def output(self, *arguments: str) -> str:
        """What a command prints."""
        command = [sys.executable, "-m", "flask", "--app", "server.main", *arguments]
        process = subprocess.run(command, env=dict(self.env), check=False, capture_output=True, text=True)  # noqa: S603
        if process.returncode:
            raise SceneError(f"{_name_failure(arguments[0])}\n{process.stderr.strip()}", process.returncode)
        return process.stdout

    @contextmanager
    def service(self, *, syncing: bool = True) -> Iterator[str]:
        """The service as it is deployed, syncing by itself or only answering; the address of its front on loopback."""
        deployment = self.deploy(syncing=syncing)
        try:
            deployment.start()
        except ProcessError as error:
            raise SceneError(str(error)) from None
        try:
            yield deployment.url
        finally:
            deployment.stop()

    def deploy(self, *, syncing: bool = True) -> Deployment:
        """The processes of the service, not started yet."""
        options = SYNCING if syncing else ANSWERING
        return Deployment(self.folder, {"service": Part("service", find_address(), self.env, options)}, front="service")

    def break_glass(self, *arguments: str) -> None:
        """Run a command as the one account that may open copies. Raises SceneError."""
        replace(self, env={**self.env, **BREAK_GLASS}).output(*arguments)

    def server(self, *arguments: str, check: bool = True, quiet: bool = False) -> int:
        """Run one of the operator's commands, as an operator would."""
        command = [sys.executable, "-m", "flask", "--app", "server.main", *arguments]
        process = subprocess.run(  # noqa: S603  # our own program
            command, env=dict(self.env), check=False, stdout=subprocess.DEVNULL if quiet else None
        )
        if check and process.returncode:
            raise SceneError(f"{_name_failure(arguments[0])} The lines above say why.", process.returncode)
        return process.returncode

    def set_stages(self, *, quiet: bool = False) -> None:
        """A world may keep a mailbox off, in trial mode, or start it late."""
        for user in self.get("world").get("users", ()):
            options = [*_make_option("--stage", user.get("stage")), *_make_option("--start", user.get("start"))]
            if options:
                self.server("mailbox", user["email"], *options, quiet=quiet)


def _make_option(name: str, value: Any) -> list[str]:
    return [name, str(value)] if value else []


def _name_failure(command: str) -> str:
    """What the demo could not do where one of the service's commands fails."""
    failures = {
        "keys": "The keys of the service could not be made.",
        "mailbox": "A mailbox could not be set up.",
        "sync": "The sync did not come to its end.",
        "export": "What became of the emails could not be read.",
        "cards": "The cards could not be drawn.",
    }
    return failures.get(command, f"The service's command {command} failed.")


@contextmanager
def scene(
    world: Path,
    folder: Path,
    state: str | None = None,
    extra: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> Iterator[Scene]:
    """The simulator runs as long as the block does. ``extra`` adds to the server's environment.

    ``patience`` is how many seconds the simulator may take to read the world.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port_file = folder / "port"
    port_file.unlink(missing_ok=True)
    process = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "simulator", "--world", str(world), "--port", "0", "--port-file", str(port_file)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        url = f"http://127.0.0.1:{_port(process, port_file, patience)}"
        described = json.loads((world / "world.json").read_text(encoding="utf-8"))
        admin = _admin(described)
        settings = {**described.get("server", {}), **(extra or {})}
        yield _write_keys(Scene(folder, url, admin, _environment(folder, url, admin, state, settings)))
    finally:
        process.terminate()
        process.wait(PATIENCE)
        if process.stderr:
            process.stderr.close()


def _port(process: subprocess.Popen[bytes], port_file: Path, patience: float) -> int:
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        if port_file.exists() and (text := port_file.read_text().strip()):
            return int(text)
        if process.poll() is not None:
            errors = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
            sentence = errors.splitlines()[-1] if errors else "The simulator did not start."
            raise SceneError(sentence, process.returncode or 1)
        time.sleep(0.02)
    raise SceneError(f"The simulator did not answer within {patience:.0f} seconds.")


def _admin(world: Mapping[str, Any]) -> str:
    users = world["workspace"]["users"]
    working = [user for user in users if not user.get("suspended")] or users
    admins = [user["email"] for user in working if user.get("admin")]
    return str(admins[0] if admins else working[0]["email"])


def _environment(folder: Path, url: str, admin: str, state: str | None, extra: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "COLUMNS") if name in os.environ
    }
    passed = {
        n: v for n, v in os.environ.items() if n in {"FIRESTORE_EMULATOR_HOST", "PYTHONPATH", "GOOGLE_CLOUD_PROJECT"}
    }
    return {
        **kept,
        **passed,
        "ENVIRONMENT": "simulator",
        "SIMULATOR_URL": url,
        "ORGANISATION": "demo",
        "STATE": state or f"sqlite:{folder / 'state.sqlite3'}",
        "KEYS": str(folder / "keys"),
        "GOOGLE_ADMIN": admin,
        "GOOGLE_SERVICE_ACCOUNT_FILE": str(folder / "service-account.json"),
        "SALESFORCE_DOMAIN": "simulated.my",
        "SALESFORCE_CONSUMER_KEY": CONSUMER,
        "SALESFORCE_USERNAME": "integration@simulated.example",
        "SALESFORCE_PRIVATE_KEY_FILE": str(folder / "salesforce.pem"),
        "PUBLIC_URL": "https://truly.example",
        "ADDON_SERVICE_ACCOUNT": SERVICE_ACCOUNT,
        "ADDON_CLIENT_ID": CLIENT_ID,
        "POLL_SECONDS": "5",
        "GMAIL_UNITS_PER_MINUTE": "0",
        "GMAIL_PROJECT_UNITS_PER_MINUTE": "0",
        "NEW_MAILBOX_STAGE": "live",
        "BACKFILL_MONTHS": "all",
        **extra,
    }


def _write_keys(ready: Scene) -> Scene:
    """One key pair stands for the Google service account and the Salesforce app: both only sign in."""
    account_file = ready.folder / "service-account.json"
    if not account_file.exists():
        key = rsa.generate_private_key(65537, 2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        (ready.folder / "salesforce.pem").write_text(pem)
        account_file.write_text(google_account(pem))
        (ready.folder / "public.pem").write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    public = (ready.folder / "public.pem").read_text()
    ready.post("service-accounts", {"email": SYNC_ACCOUNT, "public_key": public})
    ready.post(
        "consumers",
        {"consumer_key": CONSUMER, "public_key": public, "username": ready.env["SALESFORCE_USERNAME"]},
    )
    ready.server("keys", quiet=True)
    return ready


def google_account(private_pem: str) -> str:
    """A service account's key file, as Google hands one out."""
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "simulated",
            "private_key_id": "1",
            "private_key": private_pem,
            "client_email": SYNC_ACCOUNT,
            "client_id": "1",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )
