"""A record becomes one line; what a library or an error says is not in it."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

from server.domain.errors import ThrottledError, reaction_named
from server.logs.configure import make_handler, show_warning
from server.logs.events import Event, describe, describe_error
from server.logs.trail import count_on_trail, current_labels, label_trail, name_on_trail, trail
from tests.support.log_lines import record_log

PRIVATE = "ada@byron.example wrote: Lamps?\nBearer ya29.secret"
ROOT = Path(__file__).parents[3]
OURS = logging.getLogger("server.made_up")


def test_a_line_in_json_is_what_cloud_logging_reads() -> None:
    with record_log(STATE="firestore:acme-sync/main") as lines, trail(request_id="r1", trace="a" * 32):  # noqa: SIM117
        with trail(job="collect", task="t1", mailbox="m1"):
            OURS.warning("%d things", 2, extra=describe(Event.PAUSED, attempts=3, duration_ms=12, error=None))
    [entry] = lines.entries()

    assert entry.pop("time").startswith("20")
    assert entry == {
        "severity": "WARNING",
        "message": "2 things",
        "logger": "server.made_up",
        "logging.googleapis.com/trace": f"projects/acme-sync/traces/{'a' * 32}",
        "logging.googleapis.com/labels": {"request_id": "r1", "job": "collect", "task": "t1", "mailbox": "m1"},
        "event": "paused",
        "attempts": 3,
        "duration_ms": 12,
    }


def test_without_a_project_no_trace_is_named() -> None:
    with record_log(STATE="sqlite:x") as lines, trail(request_id="r1", trace="a" * 32):
        OURS.info("hello")
    assert "trace" not in lines.text


def test_a_line_of_text_has_the_same_and_stays_one_line() -> None:
    with record_log("text") as lines, trail(request_id="r1", trace="a" * 32):
        OURS.warning("two\nlines\x1b[31m", extra=describe(Event.JOB, tasks=["t1", "t2"], code="a\nb"))
    assert lines.text.count("\n") == 1
    assert "WARNING two lines [31m request_id=r1 event=job tasks=t1,t2 code=a b" in lines.text


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    "name",
    [
        "urllib3.connectionpool",
        "google.auth",
        "simple_salesforce.api",
        "werkzeug",
        "root",
        "gunicorn.error",
        "grpc",
        "serverless",
    ],
)
def test_a_library_s_words_are_not_in_the_log(form: str, name: str) -> None:
    logger = logging.getLogger(None if name == "root" else name)
    with record_log(form, logging.DEBUG) as lines:
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL):
            logger.log(level, PRIVATE)
            logger.log(level, "GET %s", PRIVATE, extra={"address": PRIVATE})
        try:
            raise KeyError(PRIVATE) from ValueError(PRIVATE)  # noqa: TRY301
        except KeyError:
            logger.exception("failed: %s", PRIVATE, stack_info=True)
    assert lines.text.count("\n") == 9
    assert "KeyError" in lines.text
    assert not any(word in lines.text for word in ("ada", "byron", "Lamps", "ya29"))


def test_gunicorn_s_own_news_stay_readable() -> None:
    with record_log("text") as lines:
        logging.getLogger("gunicorn.error").warning("WORKER TIMEOUT (pid:%s)", 7)
    assert "WORKER TIMEOUT (pid:7)" in lines.text


def test_an_exception_of_ours_says_its_class_and_its_place() -> None:
    with record_log() as lines:
        try:
            raise KeyError(PRIVATE)  # noqa: TRY301
        except KeyError:
            OURS.exception("it failed")
    [entry] = lines.entries()
    assert entry["error"] == "KeyError"
    assert [place.rpartition(" ")[2] for place in entry["raised_at"]] == [
        "test_an_exception_of_ours_says_its_class_and_its_place"
    ]
    assert "ada" not in lines.text


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_call_with_wrong_arguments_prints_no_values(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    handler = make_handler({"LOG_FORMAT": form}, stream)
    handler.handle(logging.makeLogRecord({"name": "server.x", "msg": "%d messages", "args": (PRIVATE,)}))
    handler.handle(
        logging.makeLogRecord({"name": "server.x", "msg": "x", "truly": {"event": PRIVATE, "it": float("nan")}})
    )
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert "a log line could not be written" in lines[0]
    if form == "json":
        assert json.loads(lines[0], parse_constant=pytest.fail)["severity"] == "ERROR"
        assert "could not be written" in lines[1]
    assert "ada" not in lines[0]
    assert capsys.readouterr().err == ""


def test_names_and_levels_of_a_library_s_own_are_not_repeated() -> None:
    logging.addLevelName(35, PRIVATE)
    error_class = type("ada@byron.example", (Exception,), {})
    with record_log() as lines:
        logging.getLogger("lib").log(35, "x")
        logging.getLogger("ada@byron").error("x")
        logging.getLogger("lib").error("x", exc_info=error_class("x"))
    assert [entry["severity"] for entry in lines.entries()] == ["WARNING", "ERROR", "ERROR"]
    assert "ada" not in lines.text


def test_a_value_that_is_no_json_is_named_by_its_class() -> None:
    with record_log() as lines:
        OURS.error("hello", extra={"truly": {"event": "job", "it": ValueError(PRIVATE)}})
    assert lines.entries()[0]["it"] == "ValueError"


def test_python_s_own_ways_to_stderr_are_closed(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError(PRIVATE)

    with record_log() as lines:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = show_warning
            warnings.warn(PRIVATE, stacklevel=1)
        thread = threading.Thread(target=fail)
        hook = threading.excepthook
        thread.start()
        thread.join()
        sys.excepthook(ValueError, ValueError(PRIVATE), None)
        assert threading.excepthook is hook
    assert [e["error"] for e in lines.entries("bug")] == ["UserWarning", "ValueError", "ValueError"]
    assert "ada" not in lines.text + capsys.readouterr().err


def test_a_failure_has_its_reaction_and_only_a_bug_its_place() -> None:
    assert describe_error(Event.JOB_FAILED, ThrottledError(PRIVATE))["truly"] == {
        "event": "job_failed", "error": "ThrottledError", "reaction": "slow_down",
    }  # fmt: skip
    try:
        raise KeyError(PRIVATE)  # noqa: TRY301
    except KeyError as error:
        fields = describe_error(Event.JOB_FAILED, error)["truly"]
    assert fields["reaction"] == "bug"
    assert len(fields["raised_at"]) == 1


@pytest.mark.parametrize(
    ("name", "reaction"),
    [
        ("ThrottledError", "slow_down"),
        ("UnansweredError", "look_first"),
        ("KeyError", "bug"),
        ("Reaction", "bug"),
        ("annotations", "bug"),
    ],
)
def test_a_reaction_is_known_by_the_name_of_a_class(name: str, reaction: str) -> None:
    assert reaction_named(name) == reaction


def test_a_trail_is_kept_by_who_began_it() -> None:
    with trail(request_id="r1") as outer:
        with trail(task="t1") as inner:
            count_on_trail("gmail_units", 20)
            count_on_trail("gmail_units", 5)
            name_on_trail("messages", *(f"m{i}" for i in range(12)))
            label_trail(mailbox="m")
            assert current_labels() == {"request_id": "r1", "task": "t1", "mailbox": "m"}
        assert current_labels() == {"request_id": "r1"}
    assert current_labels() == {}
    assert outer.fields() == {}
    assert inner.fields() == {"gmail_units": 25, "messages_count": 12, "messages": [f"m{i}" for i in range(10)]}
    count_on_trail("nobody hears it")
    name_on_trail("nothing", "x")
    label_trail(mailbox="m")


def test_gunicorn_logs_through_our_handler(tmp_path: Path) -> None:
    """The real gunicorn, with an application that fails: its own line has the path, and the trace with its texts."""
    (tmp_path / "broken_app.py").write_text(
        f"class App:\n    def start_syncing(self): pass\n    def stop_syncing(self): pass\n"
        f"    def __call__(self, environ, start): raise ValueError({PRIVATE!r})\napp = App()\n"
    )
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "gunicorn.conf.py",
        "--bind",
        "127.0.0.1:0",
        "broken_app:app",
    ]
    environment = {**os.environ, "LOG_FORMAT": "json", "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        entries = []
        for line in process.stderr:
            entries.append(json.loads(line))
            if entries[-1]["message"] == "starting to sync":
                break
        port = re.search(r"http://127.0.0.1:(\d+)", "".join(entry["message"] for entry in entries))
        assert port
        with socket.create_connection(("127.0.0.1", int(port.group(1)))) as connection:
            connection.sendall(b"GET /ada@byron.example?subject=Lamps HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"500" in connection.recv(1000)
        with socket.create_connection(("127.0.0.1", int(port.group(1)))) as connection:
            connection.sendall(b"ada@byron.example Lamps\r\n\r\n")
            connection.recv(1000)
        process.terminate()
        entries += [json.loads(line) for line in process.stderr]
    assert [entry["error"] for entry in entries if "error" in entry][:1] == ["ValueError"]
    assert not any(word in json.dumps(entries) for word in ("ada", "byron", "Lamps", "ya29"))
