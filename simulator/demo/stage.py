"""Set the scene: a simulator in a process of its own, and an environment in which the server finds it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator import world_checks
from simulator.addon_host import CLIENT_ID, SERVICE_ACCOUNT
from simulator.demo.cloud import WORKER_URL, CloudSettings, Scheduler, make_parts, read_cloud_settings
from simulator.demo.deployment import ANSWERING, SYNCING, Deployment, Part, ProcessError, find_address

SYNC_ACCOUNT = "truly@simulated.iam.gserviceaccount.com"
CONSUMER = "simulated-consumer"
ROOT = Path(__file__).parent.parent.parent
BAD_INPUT = 4
PATIENCE = 30.0
"""Seconds for the simulator to answer."""
ENDING = 5.0
"""Seconds for the simulator to end."""
OPERATOR_FILE = "operator.env"
KEPT = ".keys"
"""What is added to the name of a state's file: the folder with what opens that state."""
OF_THE_MACHINE = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "COLUMNS")
"""What the service's environment takes over from ours, and what is no setting."""


class SceneError(Exception):
    """One sentence for the person at the keyboard, and the exit code of the process that failed."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Scene:
    """``folder`` holds state, keys and logs of this run; ``url`` is the simulator's.

    ``cloud`` is None for the service on one machine. ``kept`` is the folder beside a state that outlives the run.
    """

    folder: Path
    url: str
    admin: str
    env: Mapping[str, str]
    cloud: CloudSettings | None = None
    kept: Path | None = None

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
        scheduler = self.scheduler(deployment)
        if syncing and scheduler:
            scheduler.start()
        try:
            yield deployment.url
        finally:
            if scheduler:
                scheduler.stop()
            deployment.stop()

    def deploy(self, *, syncing: bool = True, workers: int = 1) -> Deployment:
        """The processes of the service, not started yet; in the cloud there are ``workers``, which share an address."""
        if self.cloud is None:
            part = Part("service", find_address(), self.env, SYNCING if syncing else ANSWERING)
            return Deployment(self.folder, {part.name: part}, front=part.name)
        worker = find_address()
        parts = make_parts(self.env, self.cloud, find_address(), worker, workers if syncing else 0)
        self.post("cloud/targets", {"url": WORKER_URL, "endpoints": [f"http://{worker}"]})
        return Deployment(self.folder, {part.name: part for part in parts}, front="sidebar")

    def scheduler(self, deployment: Deployment) -> Scheduler | None:
        """What calls a worker in its time; on one machine the service does that itself."""
        workers = [part for part in deployment.parts.values() if part.name.startswith("worker")]
        if self.cloud is None or not workers:
            return None
        return Scheduler(self.post, workers[0].url, float(self.env["POLL_SECONDS"]))

    def write_operator_file(self) -> Path:
        """The service's settings as a shell reads them, so that a person may run the operator's commands beside it."""
        path = (self.kept or self.folder) / OPERATOR_FILE
        settings = {name: value for name, value in self.env.items() if name not in OF_THE_MACHINE}
        path.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(settings.items())))
        return path

    def break_glass(self, *arguments: str) -> None:
        """Run a command as the one account that may open copies. Raises SceneError."""
        env = self.cloud.break_glass if self.cloud else {"MAY_OPEN_COPIES": "yes"}
        replace(self, env={**self.env, **env}).output(*arguments)

    def server(self, *arguments: str, check: bool = True, quiet: bool = False, accepts: int = 0) -> int:
        """Run one of the operator's commands, as an operator would. ``accepts`` is an exit code that is no failure."""
        command = [sys.executable, "-m", "flask", "--app", "server.main", *arguments]
        process = subprocess.run(  # noqa: S603  # our own program
            command, env=dict(self.env), check=False, stdout=subprocess.DEVNULL if quiet else None
        )
        if check and process.returncode not in (0, accepts):
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
    *,
    is_cloud: bool = False,
) -> Iterator[Scene]:
    """The simulator runs as long as the block does. ``extra`` adds to the server's environment.

    ``patience`` is how many seconds the simulator may take to read the world. ``is_cloud``: the service runs on a
    simulated Google Cloud, with its state in the Firestore emulator that the environment names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port_file = folder / "port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "simulator", *(["--grpc-port", "0"] if is_cloud else [])]
    process = subprocess.Popen(  # noqa: S603  # our own program
        [*command, "--world", str(world), "--port", "0", "--port-file", str(port_file)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        url = f"http://127.0.0.1:{_port(process, port_file, patience)}"
        described = json.loads((world / "world.json").read_text(encoding="utf-8"))
        admin = _admin(described)
        settings = {**world_checks.server(described.get("server", {})), **(extra or {})}
        kept = None if is_cloud else _make_folder_beside(state)
        env = _environment(folder, kept, url, admin, state, settings)
        ready = _register_keys(Scene(folder, url, admin, env, kept=kept))
        yield _move_to_cloud(ready) if is_cloud else _make_keys(ready)
    finally:
        process.terminate()
        try:
            process.wait(ENDING)
        except subprocess.TimeoutExpired:
            # Ctrl-C ended it halfway. It keeps nothing.
            process.kill()
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


def _make_folder_beside(state: str | None) -> Path | None:
    """A state in a file is kept, and opens with its keys alone."""
    kind, _, name = (state or "").partition(":")
    if kind != "sqlite":
        return None
    folder = Path(f"{name}{KEPT}").resolve()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise SceneError(
            f"STATE={state} cannot be kept: {folder} cannot be made: {error.strerror}.", BAD_INPUT
        ) from None
    return folder


def _environment(
    folder: Path, kept: Path | None, url: str, admin: str, state: str | None, extra: Mapping[str, str]
) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in OF_THE_MACHINE if name in os.environ}
    passed = {
        n: v for n, v in os.environ.items() if n in {"FIRESTORE_EMULATOR_HOST", "PYTHONPATH", "GOOGLE_CLOUD_PROJECT"}
    }
    return {
        **inherited,
        **passed,
        "ENVIRONMENT": "simulator",
        "SIMULATOR_URL": url,
        "ORGANISATION": "demo",
        "STATE": state or f"sqlite:{folder / 'state.sqlite3'}",
        "KEYS": str(kept or folder / "keys"),
        "GOOGLE_ADMIN": admin,
        "GOOGLE_SERVICE_ACCOUNT_FILE": str((kept or folder) / "service-account.json"),
        "SALESFORCE_DOMAIN": "simulated.my",
        "SALESFORCE_CONSUMER_KEY": CONSUMER,
        "SALESFORCE_USERNAME": "integration@simulated.example",
        "SALESFORCE_PRIVATE_KEY_FILE": str((kept or folder) / "salesforce.pem"),
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


def _register_keys(ready: Scene) -> Scene:
    """One key pair stands for the Google service account and the Salesforce app: both only sign in."""
    folder = ready.kept or ready.folder
    account_file = folder / "service-account.json"
    if not account_file.exists():
        key = rsa.generate_private_key(65537, 2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        (folder / "salesforce.pem").write_text(pem)
        account_file.write_text(google_account(pem))
        (folder / "public.pem").write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    public = (folder / "public.pem").read_text()
    ready.post("service-accounts", {"email": SYNC_ACCOUNT, "public_key": public})
    ready.post(
        "consumers",
        {"consumer_key": CONSUMER, "public_key": public, "username": ready.env["SALESFORCE_USERNAME"]},
    )
    return ready


def _make_keys(ready: Scene) -> Scene:
    ready.server("keys", quiet=True)
    return ready


def _move_to_cloud(ready: Scene) -> Scene:
    """The same settings but for those that choose the engine. Each run has a project of its own in the emulator."""
    secret = {"name": "salesforce", "text": (ready.folder / "salesforce.pem").read_text()}
    salesforce_key = ready.post("cloud/secrets", secret)["version"]
    cloud = read_cloud_settings(ready.get("cloud"), f"run-{uuid.uuid4().hex[:12]}", salesforce_key)
    return replace(ready, env={**ready.env, **cloud.of("operator")}, cloud=cloud)


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
