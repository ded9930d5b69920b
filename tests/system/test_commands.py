"""The commands as a person runs them: what they print, and what they end with when something is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.demo.stage import Scene, SceneError
from tests.support.demo import EXPECTED, ROOT, WORLD
from tests.support.scene import eml

pytestmark = pytest.mark.slow


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator.demo", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=120)


def test_the_demo_ends_at_rest_with_every_message_decided(tmp_path: Path) -> None:
    done = demo(tmp_path, "--once", "--json", "out.json")
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out.json").read_text())
    found: dict[str, dict[str, list[str]]] = {}
    for m in result["messages"]:
        found.setdefault(m["mailbox"], {})[m["source"]] = [m["reason"], *([m["record"]] if m["record"] else [])]
    assert found == EXPECTED
    assert all(m["activity"] for m in result["messages"] if m["outcome"] == "logged")
    assert {c["waiting"] for c in result["coverage"].values()} == {0}
    assert result["calls"]["gmail"]["units"] > 0
    assert "69 messages in Gmail, 69 in the ledger, 30 activities in Salesforce." in done.stdout
    assert "36 logged messages are 30 activities: several copies of one email are one activity." in done.stdout
    assert "A second pass added nothing." in done.stdout


def test_a_demo_in_the_background_says_its_port_and_ends_when_told(tmp_path: Path) -> None:
    # A shell lets a program in the background of a script ignore Ctrl-C.
    command = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", sys.executable, "-m", "simulator.demo", "--port"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with subprocess.Popen(
            [*command, str(port)], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            lines: list[str] = []
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if line.startswith("Look at "):
                    break
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    assert re.match(rf"Port {port} is busy; the page is on \d+\. Choose another with PORT=\.\.\.", lines[-2])
    assert "in use by another program" not in "".join(lines)
    assert list((tmp_path / "build").iterdir()) == []


def test_a_demo_that_is_ended_early_leaves_nothing_and_is_no_success(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-m", "simulator.demo", "--once"], cwd=tmp_path, env=env) as process:
        wait_until(lambda: bool(list(tmp_path.glob("build/*/port"))))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 130
    assert list((tmp_path / "build").iterdir()) == []


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """A shell that starts the tests in the background lets them, and what they start, hear no Ctrl-C."""
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, earlier)


@pytest.mark.usefixtures("hears_ctrl_c")
@pytest.mark.parametrize("seconds", [0.2, 0.5])
def test_ctrl_c_while_the_demo_starts_prints_no_traceback(tmp_path: Path, seconds: float) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "simulator.demo", "--once"], cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for_work(process, seconds)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 130)
    assert "Traceback" not in errors


def wait_for_work(process: subprocess.Popen[str], seconds: float) -> None:
    """Until the process has had the processor for so long: on a busy machine Python itself starts late."""
    stat = Path(f"/proc/{process.pid}/stat")
    if not stat.exists():
        time.sleep(seconds)
        return

    def count_ticks() -> int:
        fields = stat.read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    wait_until(lambda: count_ticks() >= seconds * os.sysconf("SC_CLK_TCK"))


def wait_until(is_reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_step_that_fails_is_told_in_plain_words(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    stage = Scene(tmp_path, "http://127.0.0.1:1", "ann@acme.example", {"PYTHONPATH": str(ROOT)})
    with pytest.raises(SceneError, match=r"^The sync did not come to its end\. The lines above say why\.$") as caught:
        stage.server("sync")
    assert caught.value.exit_code == 3
    assert "Error: ORGANISATION is not set." in capfd.readouterr().err
    with pytest.raises(SceneError, match=r"(?s)^The cards could not be drawn\.\n.*No such option"):
        stage.output("cards", "--no-such-option")


def test_explain_names_the_winner_and_why_each_other_lost(tmp_path: Path) -> None:
    message = eml(sender="nia@okafor-foods.example", to="ben@northlight.example", subject="Never seen before")
    (tmp_path / "new.eml").write_bytes(message)
    done = demo(tmp_path, "--explain", "new.eml")
    assert done.returncode == 0, done.stderr
    assert "Logged (contact_match)" in done.stdout
    assert "On: Contact Nia Okafor (stores), Okafor Foods (003A00000000004IAA)" in done.stdout
    assert "Not on: Contact Nia Okafor, Okafor Foods (003A00000000003IAA): someone else owns it" in done.stdout
    assert "Not on: Account Okafor Foods (001A00000000002IAA): a person comes before a company" in done.stdout


def test_explain_knows_that_a_worlds_mailbox_starts_late(tmp_path: Path) -> None:
    message = eml(
        sender="nia@okafor-foods.example", to="ines@northlight.example", date="Tue, 01 Sep 2026 09:00:00 +0000"
    )
    (tmp_path / "old.eml").write_bytes(message)
    done = demo(tmp_path, "--explain", "old.eml")
    assert done.returncode == 0, done.stderr
    assert "(before_start)" in done.stdout.splitlines()[0]


def broken_json(world: Path) -> None:
    (world / "world.json").write_text("{")


def no_world_json(world: Path) -> None:
    (world / "world.json").unlink()


def not_an_mbox(world: Path) -> None:
    shutil.rmtree(world / "mail" / "ben@northlight.example")
    (world / "mail" / "ben@northlight.example.mbox").write_text("Dear Ben,\n")


def mail_of_nobody(world: Path) -> None:
    (world / "mail" / "zoe@northlight.example").mkdir()


def no_mail(world: Path) -> None:
    shutil.rmtree(world / "mail")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (broken_json, "is not JSON"),
        (no_world_json, "world.json is missing"),
        (not_an_mbox, "is not an mbox"),
        (mail_of_nobody, "belongs to nobody"),
        (no_mail, "is missing"),
    ],
)
def test_a_broken_world_is_one_sentence_and_exit_4(tmp_path: Path, harm: Callable[[Path], None], words: str) -> None:
    world = tmp_path / "world"
    shutil.copytree(WORLD, world)
    harm(world)
    done = demo(tmp_path, "--once", "--world", str(world))
    assert done.returncode == 4
    assert done.stderr.startswith("Error: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--explain", "missing.eml"), "missing.eml cannot be read"),
        (("--explain", "empty.eml"), "empty.eml is not an email"),
        (("--once", "--world", "nowhere"), "There is no world at nowhere"),
        (("--once", "--json", "nowhere/out.json"), "nowhere/out.json cannot be written: No such file"),
        (("--once", "--state", "sqlite:empty.eml"), "STATE=sqlite:empty.eml exists already, and it does not fit"),
        (
            ("--explain", "empty.eml", "--state", "sqlite:empty.eml"),
            "delete it, or name a file that does not exist yet.",
        ),
        (("--port", "abc"), "PORT=abc is no port"),
        (("--port", "70000"), "PORT=70000 is no port"),
    ],
)
def test_bad_arguments_are_one_sentence_and_exit_4(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "empty.eml").write_bytes(b"")
    done = demo(tmp_path, *arguments)
    assert done.returncode == 4
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_demo_that_fails_leaves_no_empty_result(tmp_path: Path) -> None:
    done = demo(tmp_path, "--once", "--world", "nowhere", "--json", "out.json")
    assert done.returncode == 4
    assert not (tmp_path / "out.json").exists()


def test_one_unreadable_message_fails_alone(tmp_path: Path) -> None:
    world = tmp_path / "world"
    shutil.copytree(WORLD, world)
    (world / "mail" / "rita@northlight.example" / "002.eml").write_bytes(b"\x00\x01\x02 no header here")
    done = demo(tmp_path, "--once", "--world", str(world), "--json", "out.json")
    assert done.returncode == 0
    rows = {(m["mailbox"], m["source"]): m for m in json.loads((tmp_path / "out.json").read_text())["messages"]}
    assert rows["rita@northlight.example", "002.eml"]["outcome"] == "failed"
    assert rows["rita@northlight.example", "001.eml"]["outcome"] == "logged"
    assert sum(r["outcome"] == "failed" for r in rows.values()) == 2
