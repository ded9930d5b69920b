"""Whatever fails, no address, subject, name, token or word of an email reaches the log, in either format."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest

from server.adapters.body_reader.by_size import BodyReaderBySize
from server.adapters.salesforce.crm import SalesforceCrm
from server.domain.errors import TrulyError
from server.engine.collect.screening import Screener
from server.engine.sidebar.view import Sidebar
from server.web.app import create_app
from simulator.faults import Fault
from tests.support.log_lines import LogLines, record_log
from tests.support.pushing import Pushing
from tests.support.scene import PRIVATE_PEM, MakeScene, Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
SECRET = "Quetzalcoatl confidential merger"
"""Stands in subjects, bodies, names, headers, file names, and in the errors of the vendors."""
TRACE = "105445aa7843bc8bf206b12000100000"
ALLOWED = frozenset({"gmail", "salesforce", "google", "truly", "simulated", "example"})
"""Words of the world that are words of the service, too."""


@pytest.fixture(params=["json", "text"])
def lines(request: pytest.FixtureRequest) -> Iterator[LogLines]:
    with record_log(request.param, logging.DEBUG) as recorded:
        yield recorded


def list_private_words(scene: Scene) -> set[str]:
    """Every address, name, subject and longer word of the world, and what proves who we are."""
    texts = [json.dumps(scene.universe.org.dump(), default=str)]
    words: set[str] = set()
    for address, box in scene.universe.mailboxes.items():
        local_part = address.partition("@")[0]
        words |= {address, local_part}
        texts += [message.raw.decode("utf-8", "replace") for message in box.messages.values()]
    found = re.findall(r"[\w.+-]+@[\w.-]+", "\n".join(texts))
    words |= set(found) | {address.rpartition("@")[2] for address in found}
    words |= {*SECRET.split(), "Byron", "Lamps", "invoice-4711", "ya29", "Bearer", "eyJ", PRIVATE_PEM[40:80]}
    return {word for word in words if len(word) > 3 and word.lower() not in ALLOWED}


def deliver_mail(scene: Scene, *numbers: int) -> None:
    for number in numbers:
        scene.deliver(ANN, eml(subject=f"Lamps {SECRET} {number}", text=f"{SECRET} invoice-4711 {number}"))
        scene.deliver(BEN, eml("stranger@elsewhere.example", BEN, subject=f"{SECRET} {number}", text=SECRET))


def assert_private(lines: LogLines, scene: Scene) -> None:
    text = lines.text.lower()
    assert text
    assert sorted(word for word in list_private_words(scene) if word.lower() in text) == []


FAULTS = [
    ("gmail", "*", "503"), ("gmail", "*", "429"), ("gmail", "*", "failedPrecondition"), ("gmail", "*", "drop_answer"),
    ("gmail", "messages.get", "404"), ("gmail", "history.list", "404"), ("gmail", "batch", "drop_answer"),
    ("google_token", "token", "503"), ("google_token", "token", "drop_answer"), ("directory", "*", "503"),
    ("salesforce", "*", "503"), ("salesforce", "*", "401"), ("salesforce", "*", "timeout"),
    ("salesforce", "*", "drop_answer"), ("salesforce", "*", "REQUEST_LIMIT_EXCEEDED"),
    ("salesforce", "insert", f"FIELD_CUSTOM_VALIDATION_EXCEPTION:{SECRET} {ANN}"),
    ("salesforce", "insert", f"UNABLE_TO_LOCK_ROW:{SECRET}"), ("salesforce_token", "token", "503"),
]  # fmt: skip


def test_no_failure_of_a_vendor_brings_mail_into_the_log(scene: Scene, lines: LogLines) -> None:
    pushing = Pushing(scene)
    pushing.begin()
    for number, (service, method, kind) in enumerate(FAULTS):
        deliver_mail(scene, number)
        scene.universe.faults.plan(Fault(service, method, kind, times=3))
        with suppress(TrulyError):  # its line is in the log, as a job of the queue would have it
            pushing.run("sweep")
        pushing.work(20)
        scene.universe.faults.clear()
        scene.restart()
        pushing.serve()
        pushing.worker = type(pushing.worker)(scene.services)
        scene.clock.advance(3600)
    pushing.run("audit")
    pushing.work(60)

    assert_private(lines, scene)
    assert len(scene.tasks()) > len(FAULTS) // 2
    assert "mailbox" in lines.text


BUGS = [
    (BodyReaderBySize, "read"), (Screener, "screen_messages"), (SalesforceCrm, "look_up"), (SalesforceCrm, "file"),
    (Sidebar, "view"),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "method"), BUGS, ids=lambda value: getattr(value, "__name__", value))
def test_no_bug_brings_mail_into_the_log(
    scene: Scene, lines: LogLines, monkeypatch: pytest.MonkeyPatch, owner: type, method: str
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError(f"{SECRET} {ANN} Bearer ya29.x") from KeyError(SECRET)

    pushing = Pushing(scene)
    pushing.begin()
    deliver_mail(scene, 2)
    lines.clear()
    with monkeypatch.context() as patch:
        patch.setattr(owner, method, fail)
        pushing.pump()
        pushing.work(20)
        message_id = next(iter(scene.universe.mailboxes[ANN].messages))
        scene.ask("/addon/open", ANN, message_id)

    assert_private(lines, scene)
    assert "RuntimeError" in lines.text
    assert "test_private_logs.py:" in lines.text, "a bug says where it was raised"


HOSTILE = f"/{SECRET}/{ANN}?subject=Lamps&token=ya29.x"


def test_no_request_writes_into_the_log(scene: Scene, lines: LogLines) -> None:
    client = create_app(scene.source, scene.services).test_client()
    hostile_headers = {
        "X-Cloud-Trace-Context": f"{SECRET}\n{ANN}".replace("\n", " "),
        "traceparent": SECRET,
        "User-Agent": SECRET,
        "Referer": ANN,
    }
    for method in ("GET", "POST", "PUT", "QUETZALCOATL"):
        client.open(HOSTILE, method=method, headers=hostile_headers)
    client.post("/push", data=json.dumps({"message": SECRET}), headers={"Authorization": f"Bearer eyJ{SECRET}"})
    client.post("/addon/open", data=f"{SECRET}{ANN}", headers={"Authorization": SECRET})
    deliver_mail(scene, 1)
    event = scene.addon_host.event(ANN, next(iter(scene.universe.mailboxes[ANN].messages)))
    event["gmail"]["messageId"] = f"{SECRET} {ANN}"
    scene.post("/addon/open", event)
    scene.ask("/addon/home", ANN)

    assert_private(lines, scene)
    assert lines.text.count("request_id") >= 8


def test_a_request_is_followed_to_its_job_and_to_salesforce(make_scene: MakeScene) -> None:
    """By ids alone: push, the task that it made, the mail that was read, the delivery, and the activity."""
    scene = make_scene()
    pushing = Pushing(scene)
    pushing.begin()
    with record_log(STATE="firestore:acme") as lines:
        message_id = scene.deliver(ANN, eml())
        client = pushing.client
        original = client.post

        def post_with_trace(*args: object, **more: object) -> object:
            more["headers"] = {**more["headers"], "X-Cloud-Trace-Context": f"{TRACE}/1;o=1"}  # type: ignore[dict-item]
            return original(*args, **more)  # type: ignore[arg-type]

        client.post = post_with_trace  # type: ignore[method-assign, assignment]
        pushing.work(30)

    labels = "logging.googleapis.com/labels"
    [push] = [e for e in lines.entries("request") if e["route"] == "/push"]
    assert push["logging.googleapis.com/trace"] == f"projects/acme/traces/{TRACE}"
    assert push[labels]["request_id"] == TRACE
    assert push["status"] == 204
    jobs = {entry[labels]["task"]: entry for entry in lines.entries("job")}
    [pushed] = [jobs[task] for task in push["tasks"]]
    assert pushed[labels]["mailbox"] == push[labels]["mailbox"] == scene.mailbox().mailbox_id
    assert pushed["messages"] == [message_id]
    assert pushed["gmail_units"] > 20
    [deliver] = [jobs[task] for task in pushed["tasks"] if task in jobs]
    assert deliver["activities"] == [task["Id"] for task in scene.tasks()]
    assert deliver["salesforce_calls"] >= 2
    assert 0 <= deliver["late_s"] < 5
    assert deliver["attempts"] == 1


def test_a_failed_job_says_its_class_reaction_and_attempt(scene: Scene) -> None:
    pushing = Pushing(scene)
    pushing.begin()
    scene.universe.faults.plan(Fault("directory", "*", "503", times=-1))
    with record_log() as lines:
        scene.clock.advance(3700)
        pushing.worker.tick()
        scene.clock.advance(10)
        while pushing.worker.work_once():
            pass
        scene.clock.advance(900)
        while pushing.worker.work_once():
            pass
    failures = [e for e in lines.entries("job_failed") if e["logging.googleapis.com/labels"]["job"] == "sweep"]
    assert [(e["error"], e["reaction"], e["attempts"], e["severity"]) for e in failures] == [
        ("TransientError", "try_again", 1, "ERROR"),
        ("TransientError", "try_again", 2, "ERROR"),
    ]
    assert "raised_at" not in failures[0]


def test_polls_that_find_nothing_write_no_line(scene: Scene) -> None:
    pushing = Pushing(scene)
    pushing.begin()
    with record_log() as lines:
        for _ in range(12):
            pushing.worker.tick()
            pushing.work(300)
    jobs = [entry["logging.googleapis.com/labels"]["job"] for entry in lines.entries("job")]
    assert jobs.count("sweep") >= 11
    assert not {"collect", "deliver"} & set(jobs)


def test_lines_are_per_job_and_not_per_message(scene: Scene) -> None:
    """Three hundred emails at once cost no more lines than three."""
    counts = []
    for many in (3, 300):
        pushing = Pushing(scene)
        pushing.begin()
        with record_log() as lines:
            for number in range(many):
                scene.deliver(ANN, eml(subject=f"{many} {number}"))
            pushing.run("collect", scene.mailbox().mailbox_id)
            pushing.work(60)
        counts.append(len(lines.entries()) - len(lines.entries("request")))
        assert max(len(line) for line in lines.text.splitlines()) < 2_000
    assert len(scene.tasks()) == 303
    assert counts[1] <= counts[0] + 10


def test_a_key_that_was_pasted_where_its_file_is_named_is_not_logged(scene: Scene, lines: LogLines) -> None:
    """A service with such a setting does not start, and says which one it is."""
    app = create_app({**scene.source, "SALESFORCE_PRIVATE_KEY_FILE": PRIVATE_PEM})
    told = app.test_cli_runner().invoke(args=["doctor"])
    with pytest.raises(TrulyError) as caught:
        app.start_syncing()

    assert told.exit_code == 3
    assert "SALESFORCE_PRIVATE_KEY_FILE names a file that is not there." in told.stderr
    secret = re.sub(r"\s", "", PRIVATE_PEM)[40:80]
    for text in (told.output, lines.text, str(caught.value)):
        assert secret not in re.sub(r"\s|\\n", "", text)
