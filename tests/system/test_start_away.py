"""What a start needs is away: the real gunicorn serves all the same, says so, and works once it is back."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from addon import texts
from addon.codes import Refusal
from server.web.app import create_app
from simulator.cloud.project import CloudProject
from simulator.demo.deployment import find_address
from tests.support.cloud import run_cloud_scene
from tests.support.scene import PRIVATE_PEM, MakeScene, Scene

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0
"""Seconds, for a machine that does much else."""
GUARDED = ("/push", "/jobs/sweep")
"""They answer 401 to a stranger as soon as there are services to verify anybody with."""


class Gunicorn:
    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self._url = url
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def ask(self, path: str, *, is_post: bool = False) -> tuple[int, str]:
        """The status and the text; 0 where nobody listens."""
        request = urllib.request.Request(f"{self._url}{path}", b"{}" if is_post else None)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_for(self, path: str, status: int) -> None:
        ends = time.monotonic() + PATIENCE
        while self.ask(path)[0] != status:
            assert time.monotonic() < ends, self.log
            assert self.process.poll() is None, self.log
            time.sleep(0.2)

    def wait_for_line(self, words: str) -> None:
        ends = time.monotonic() + PATIENCE
        while words not in self.log:
            assert time.monotonic() < ends, self.log
            time.sleep(0.2)

    def check_that_it_waits(self) -> None:
        """Everybody is told, and the process lives."""
        self.wait_for("/healthz", 200)
        self.wait_for_line("the service waits for what it needs")
        assert self.ask("/readyz")[0] == 503
        assert [self.ask(path, is_post=True)[0] for path in GUARDED] == [503, 503]
        for path in ("/_ah/warmup", "/_ah/start"):
            status, text = self.ask(path)
            assert (status, json.loads(text)["status"]) == (200, "waiting")
        status, text = self.ask("/addon/open", is_post=True)
        assert (status, texts.REFUSALS[Refusal.STATE_AWAY][0] in text) == (200, True)
        assert self.process.poll() is None
        assert "Traceback" not in self.log

    def check_that_it_works(self) -> None:
        self.wait_for("/readyz", 200)
        assert [self.ask(path, is_post=True)[0] for path in (*GUARDED, "/addon/open")] == [401] * 3
        self.wait_for_line("the service has what it needs")
        assert json.loads(self.ask("/_ah/warmup")[1]) == {"status": "ok"}


@contextmanager
def run_gunicorn(folder: Path, settings: Mapping[str, str]) -> Iterator[Gunicorn]:
    """It must end by itself, or be told to and end well."""
    address = find_address()
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "--bind", address]
    log = folder / "gunicorn.log"
    environment = {"PATH": os.environ["PATH"], **settings}
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [*command, "server.main:create_app()"], cwd=ROOT, env=environment, stdout=out, stderr=out
        ) as process,
    ):
        try:
            yield Gunicorn(process, f"http://{address}", log)
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[Scene, CloudProject]]:
    with run_cloud_scene(tmp_path) as made:
        yield made


def list_jobs(state: Path) -> set[str]:
    """The kinds that the threads of the service have enqueued."""
    with sqlite3.connect(state.with_name(f"{state.stem}.queue{state.suffix}")) as connection:
        kinds = {kind for (kind,) in connection.execute("SELECT kind FROM jobs")}
    connection.close()
    return kinds


def test_keys_and_secrets_that_are_away_are_waited_for(cloud: tuple[Scene, CloudProject], tmp_path: Path) -> None:
    scene, project = cloud
    state = tmp_path / "fresh.sqlite3"
    project.server.stop()
    with run_gunicorn(tmp_path, {**scene.source, "STATE": f"sqlite:{state}"}) as gunicorn:
        gunicorn.check_that_it_waits()
        assert list_jobs(state) == set()
        project.server.start()
        gunicorn.check_that_it_works()
        ends = time.monotonic() + PATIENCE
        while "sweep" not in list_jobs(state) and time.monotonic() < ends:
            time.sleep(0.2)
        assert "sweep" in list_jobs(state)
    assert gunicorn.process.returncode == 0


def test_a_wrong_key_that_shows_when_kms_is_back_ends_the_process(
    cloud: tuple[Scene, CloudProject], tmp_path: Path
) -> None:
    scene, project = cloud
    project.server.stop()
    with run_gunicorn(tmp_path, {**scene.source, "ORGANISATION": "other"}) as gunicorn:
        gunicorn.check_that_it_waits()
        project.server.start()
        assert gunicorn.process.wait(PATIENCE) == 3
    assert "ORGANISATION is other, but this state belongs to acme" in gunicorn.log


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"ORGANISATION": "other"}, "ORGANISATION is other, but this state belongs to acme"),
        ({"SALESFORCE_CONSUMER_KEY": ""}, "SALESFORCE_CONSUMER_KEY"),
        ({"KEYS": "/nowhere"}, "KEYS names a folder that does not exist."),
        ({"SALESFORCE_PRIVATE_KEY_FILE": PRIVATE_PEM}, "SALESFORCE_PRIVATE_KEY_FILE names a file that is not there."),
    ],
)
def test_a_wrong_setting_ends_the_process_with_its_sentence(
    scene: Scene, tmp_path: Path, wrong: dict[str, str], sentence: str
) -> None:
    with run_gunicorn(tmp_path, {**scene.source, **wrong}) as gunicorn:
        assert gunicorn.process.wait(PATIENCE) == 3
    assert sentence in gunicorn.log
    assert PRIVATE_PEM.splitlines()[1] not in gunicorn.log


def test_a_locked_state_is_waited_for(scene: Scene, tmp_path: Path) -> None:
    """Another process writes for long, as a backup tool may."""
    state = Path(scene.source["STATE"].partition(":")[2])
    connection = sqlite3.connect(state, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        with run_gunicorn(tmp_path, scene.source) as gunicorn:
            gunicorn.check_that_it_waits()
            connection.execute("ROLLBACK")
            gunicorn.check_that_it_works()
    finally:
        connection.close()
    assert gunicorn.process.returncode == 0


class Relay:
    """A port where nobody listens until it is opened; then it leads to ``target``."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = host, int(port)
        self.address = find_address()
        self._listener: socket.socket | None = None

    def open(self) -> None:
        host, _, port = self.address.rpartition(":")
        self._listener = socket.create_server((host, int(port)))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_copy, args=pair, daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError), source:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.mark.firestore
def test_a_firestore_that_is_away_is_waited_for(make_scene: MakeScene, firestore_emulator: str, tmp_path: Path) -> None:
    relay = Relay(firestore_emulator)
    scene = make_scene()
    settings = {
        **scene.source,
        "STATE": f"firestore:acme-{os.getpid()}",
        "FIRESTORE_EMULATOR_HOST": relay.address,
        "QUEUE": "tasks:projects/acme-email/locations/europe-west1",
        "WORKER_URL": "https://worker.truly.example",
        "TASKS_SERVICE_ACCOUNT": "tasks@acme-email.iam.gserviceaccount.com",
        "ENVIRONMENT": "simulator",
        "SIMULATOR_URL": "http://127.0.0.1:9",
        "SIMULATOR_GRPC": "127.0.0.1:9",
        "SIMULATOR_IDENTITY": "worker@acme-email.iam.gserviceaccount.com",
    }
    try:
        with run_gunicorn(tmp_path, settings) as gunicorn:
            gunicorn.check_that_it_waits()
            relay.open()
            gunicorn.check_that_it_works()
    finally:
        relay.close()


@pytest.mark.parametrize("is_listening", [True, False])
@pytest.mark.parametrize("command", ["doctor", "status"])
def test_a_command_ends_soon_where_firestore_does_not_answer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, command: str, is_listening: bool
) -> None:
    """Nobody listens, or who listens says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}" if is_listening else find_address()
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", address)
        began_at = time.monotonic()

        done = create_app({**scene.source, "STATE": "firestore:acme"}).test_cli_runner().invoke(args=[command])

        assert time.monotonic() - began_at < 20
    assert done.exit_code == 6
    assert re.fullmatch(r"Error: Firestore did not answer \(\w+\)\.\n", done.stderr)
