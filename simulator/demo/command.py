"""``python -m simulator.demo [--once] [--json FILE] [--world DIR] [--explain FILE] [--cloud]``.

With ``--cloud`` the service runs as on Google Cloud, with its state in the Firestore emulator.
With ``--mbox FILE --me ADDRESS [--contacts FILE]`` in place of a world, one is made from that export.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from simulator.demo import emulator
from simulator.demo.cloud_sync import sync_in_cloud
from simulator.demo.deployment import ProcessError
from simulator.demo.page import PageApp, page_server
from simulator.demo.result import result_of
from simulator.demo.stage import BAD_INPUT, PATIENCE, Scene, SceneError, scene
from simulator.takeout.making import make_world
from simulator.world import WorldError

DEMO_WORLD = Path(__file__).parent.parent / "worlds" / "demo"
SECONDS_A_MESSAGE = 0.01
"""Far more than a header takes to be read."""
NOT_AT_REST = 8
INCOMPLETE = 9
NO_ENGINE = 3
INTERRUPTED = 130
"""What a shell makes of Ctrl-C, where it comes before there is a page."""


def main() -> int:
    try:
        arguments = _arguments()
    except argparse.ArgumentError as error:
        print(f"Error: {error.message}", file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    # Nothing is left behind where a script ends the demo. Ctrl-C is ignored in the background of a script.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _check_writable(arguments.json)
        _check_state(arguments.state)
        with _folder() as folder:
            world, patience = _world(arguments, folder)
            with (
                _emulator(arguments.cloud),
                scene(world, folder, _resolve(arguments.state), patience=patience, is_cloud=arguments.cloud) as stage,
            ):
                if arguments.explain:
                    stage.set_stages(quiet=True)
                    return stage.server("explain", arguments.explain, check=False)
                return _run(stage, arguments)
    except WorldError as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    except SceneError as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201  # a program's own words
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _world(arguments: argparse.Namespace, folder: Path) -> tuple[Path, float]:
    """The world's folder, and how many seconds the simulator may take to read it."""
    if arguments.mbox is None:
        return (Path(arguments.world) if arguments.world else DEMO_WORLD), PATIENCE
    world = make_world(arguments.mbox, arguments.me, arguments.contacts, folder / "world")
    return world.folder, PATIENCE + world.messages * SECONDS_A_MESSAGE


@contextmanager
def _emulator(is_cloud: bool) -> Iterator[None]:
    """Firestore for the cloud engine, where it is wanted. Raises SceneError."""
    if not is_cloud:
        yield
        return
    if not emulator.is_here():
        raise SceneError(f"CLOUD=1 needs the Firestore emulator. {emulator.NO_EMULATOR}", NO_ENGINE)
    try:
        with emulator.firestore_emulator() as address:
            os.environ[emulator.VARIABLE] = address
            yield
    except ProcessError as error:
        raise SceneError(str(error), NO_ENGINE) from None


@contextmanager
def _folder() -> Iterator[Path]:
    """Each run has its own, so that two side by side leave each other alone."""
    # Absolute, because the service runs in another folder than the person may.
    build = Path("build").resolve()
    build.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=build))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_writable(path: str) -> None:
    """Before the long work, not after it. What is there stays until the result is."""
    try:
        if path and not Path(path).exists():
            Path(path).touch()
            Path(path).unlink()  # where the work fails, nothing is left that looks like a result
        elif path:
            Path(path).open("a").close()
    except OSError as error:
        raise SceneError(f"JSON={path} cannot be written: {error.strerror}.", BAD_INPUT) from None


def _check_state(state: str | None) -> None:
    """A state that was used knows another Gmail: the simulated one begins anew with every run."""
    kind, _, name = (state or "").partition(":")
    if kind == "sqlite" and Path(name).exists():
        raise SceneError(
            f"STATE={state} exists already, and it does not fit the simulated Gmail and Salesforce, which begin anew"
            " with every run: delete it, or name a file that does not exist yet.",
            BAD_INPUT,
        )


def _resolve(state: str | None) -> str | None:
    """Absolute, because the service runs in another folder than the person may."""
    kind, _, name = (state or "").partition(":")
    return f"sqlite:{Path(name).resolve()}" if kind == "sqlite" else state


def _port(text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"PORT={text} is no port: say a number from 1 to 65535.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", exit_on_error=False)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--world", default="")
    parser.add_argument("--mbox", default=None)
    parser.add_argument("--me", default="")
    parser.add_argument("--contacts", default="")
    parser.add_argument("--json", default="")
    parser.add_argument("--explain", default="")
    parser.add_argument("--state", default=None)
    parser.add_argument("--cloud", action="store_true")
    parser.add_argument("--port", type=_port, default=8080)
    return parser.parse_args()


def _run(stage: Scene, arguments: argparse.Namespace) -> int:
    stage.set_stages()
    first_code = 0
    if stage.cloud:
        sync_in_cloud(stage)
    else:
        # A person whom Google refuses is part of some worlds: the others' mail is shown all the same.
        first_code = stage.server("sync", accepts=NOT_AT_REST)
    result = result_of(stage)
    code = _report(stage, result) or first_code
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=1))
    if stage.kept:
        print(f"To look at it afterwards: {_describe_command(stage, 'status')}")  # noqa: T201
    if arguments.once:
        return code
    with (
        stage.service() as service,
        page_server(PageApp(stage, service), arguments.port) as server,
        suppress(KeyboardInterrupt),
    ):
        if server.port != arguments.port:
            print(f"Port {arguments.port} is busy; the page is on {server.port}. Choose another with PORT=...")  # noqa: T201
        print(f"Look at http://127.0.0.1:{server.port}/ (Ctrl-C ends it).")  # noqa: T201
        print(f"The operator's commands, in another terminal: {_describe_command(stage, 'status')}", flush=True)  # noqa: T201
        server.serve_forever()
    return 0


def _describe_command(stage: Scene, command: str) -> str:
    """How to run one of the operator's commands in a shell."""
    path = shlex.quote(str(stage.write_operator_file()))
    return f"set -a; . {path}; set +a; {shlex.quote(sys.executable)} -m flask --app server.main {command}"


def _report(stage: Scene, result: dict[str, Any]) -> int:
    """A second pass must add nothing; every message must have its row."""
    first_count = len(result["salesforce"].get("Task", ()))
    # Its table stands for the one that the first pass of one machine has printed.
    last_code = stage.server("sync", quiet=stage.cloud is None, check=False)
    second_count = len(stage.get("salesforce").get("Task", ()))
    listed = sum(counts["gmail"] for counts in result["coverage"].values())
    ledger = len(result["messages"])
    print(f"{listed} messages in Gmail, {ledger} in the ledger, {first_count} activities in Salesforce.")  # noqa: T201
    logged = [m for m in result["messages"] if m["outcome"] == "logged"]
    activities = {m["activity"] for m in logged}
    if len(activities) < len(logged):
        print(  # noqa: T201
            f"{len(logged)} logged messages are {len(activities)} activities: several copies of one email are one"
            " activity."
        )
    print(f"A second pass added {second_count - first_count or 'nothing'}.")  # noqa: T201
    if last_code == NOT_AT_REST:
        print("Some mail could not be read or waits for another try: the lines above say whose, and why.")  # noqa: T201
    open_rows = [m for m in result["messages"] if m["outcome"] == "waiting"]
    if len(result["messages"]) < listed:
        return INCOMPLETE
    return NOT_AT_REST if open_rows else 0
