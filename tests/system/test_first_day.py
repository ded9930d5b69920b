"""The first day: what is asked of Google and the org, and a file that an admin can send to strangers."""

from __future__ import annotations

import json
import re
from email.utils import formatdate
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from server.domain.errors import InvariantError
from server.domain.mailbox import Stage
from server.engine.operations.first_day import FirstDay
from simulator.google_switches import GoogleSwitches
from tests.support.scene import MakeScene, Scene, eml
from tests.support.wire import listen, replace_answers

ANN, BEN = "ann@acme.example", "ben@acme.example"
READS = {"getProfile", "labels.list", "sendAs.list", "messages.list", "messages.get", "threads.get"}


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    scene = make_scene(REPORTS_WITNESS="yes", SCOPE_GROUPS="sales@acme.example", MAILBOXES=f"{ANN},{BEN}")
    for number in range(30):
        scene.deliver(ANN, eml(subject=f"Zephyr contract {number}", message_id=f"<quokka{number}@byron.example>"))
    scene.deliver(BEN, eml(sender='"Ünal Öz" <ada@byron.example>', message_id="<one@byron.example>"))
    return scene


def run(scene: Scene, path: Path) -> dict[str, object]:
    result = scene.flask("first-day", "--to", str(path))
    assert result.code == 0, result.stderr
    assert "No address, name, subject, text, domain, id or token" in result.stdout
    bundle: dict[str, object] = json.loads(path.read_text())
    return bundle


def answer(bundle: dict[str, object], question: str) -> dict[str, object]:
    return next(a for a in bundle["answers"] if question in a["question"])  # type: ignore[attr-defined]


def list_private_words(scene: Scene) -> set[str]:
    """Everything in this world that somebody chose, and every id."""
    world = scene.universe.world
    words = {d["name"] for d in world.domains} | {g["email"] for g in world.groups} | {world.customer}
    for user in world.users:
        words |= {user.email, user.email.partition("@")[0] + "@", user.user_id, *user.aliases}
    for box in scene.universe.mailboxes.values():
        for message in box.messages.values():
            words |= {message.message_id, message.thread_id}
            words |= {value for name, value in message.headers if name.lower() in ("subject", "message-id", "from")}
    for records in scene.universe.org.dump().values():
        for record in records:
            words |= {str(record[name]) for name in ("Id", "Email", "LastName", "Username") if record.get(name)}
    return words | {"Zephyr", "quokka", "byron", "acme", "Ünal", *scene.source.values()}


def test_the_file_has_no_word_that_somebody_chose_and_no_id(scene: Scene, tmp_path: Path) -> None:
    scene.sync()
    path = tmp_path / "bundle.json"
    result = scene.flask("first-day", "--to", str(path))
    assert result.code == 0

    text = path.read_text() + result.stdout.replace(str(path), "")
    private = {word for word in list_private_words(scene) if len(word) > 4 and word not in ("production", "simulator")}
    assert len(private) > 60
    assert {word for word in private if word.lower() in text.lower()} == set()
    assert "ya29." not in text
    assert not re.search(r"[\w.]+@", text)


def test_it_reads_only_and_asks_little(scene: Scene, tmp_path: Path) -> None:
    before = scene.universe.org.dump()
    run(scene, tmp_path / "bundle.json")

    gmail = scene.universe.calls.calls("gmail")
    assert {call.method for call in gmail} <= READS
    assert len(gmail) <= 2 * 25
    assert sum(call.units for call in gmail) <= 2 * 250
    assert not any(call.detail.get("snippet") or call.detail.get("body") for call in gmail)
    assert len(scene.universe.calls.calls("directory")) <= 30
    assert len(scene.universe.calls.calls("reports")) <= 5
    assert scene.universe.org.dump() == before
    assert len(scene.universe.calls.calls("salesforce")) <= 40


def test_it_tells_how_hard_this_google_is(scene: Scene, tmp_path: Path) -> None:
    easy = run(scene, tmp_path / "easy.json")
    scene.universe.world.google = GoogleSwitches(exact_header_names=True, header_form="bare", gaps_in_threads=True)
    hard = run(scene, tmp_path / "hard.json")

    case = "taken in another case"
    assert answer(easy, case)["headers"] != answer(hard, case)["headers"]
    ben = "Mailbox 2: how do headers come"
    assert answer(hard, ben)["values_beyond_ascii"]
    assert answer(easy, "without a filter")["type_7"]
    assert "type_7" not in answer(easy, "of the type 2")
    assert answer(easy, "Which members has a group, derived")["USER"] == 2
    assert answer(easy, "describe say of Task")["fields"]
    assert easy["settings"]["google_admin"] == "set"  # type: ignore[index]


def test_what_is_refused_is_an_answer_too(scene: Scene, tmp_path: Path) -> None:
    scene.universe.world.google = GoogleSwitches(apis_off=("gmail.googleapis.com",))
    bundle = run(scene, tmp_path / "bundle.json")

    profile = answer(bundle, "does getProfile answer")
    assert (profile["status"], profile["reason"]) == (403, "accessNotConfigured")
    assert answer(bundle, "Are domains listed")["status"] == 200


def test_a_file_that_is_there_is_kept(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "bundle.json"
    path.write_text("mine")
    assert scene.flask("first-day", "--to", str(path)).code == 4
    assert path.read_text() == "mine"


def test_answers_of_a_form_that_nobody_foresaw_cost_no_other_answer(scene: Scene, tmp_path: Path) -> None:
    whole = run(scene, tmp_path / "whole.json")

    def spoil(url: str, answer: TestResponse) -> None:
        path = url.partition("?")[0]
        if path.endswith("/limits"):
            answer.set_data(b'{"DailyApiRequests": {"Max": 5}}')
        elif "/activity/" in path:
            answer.set_data(b'{"items": [{"events": []}]}')
        elif path.endswith("/messages"):
            answer.set_data(b'{"messages": [{"threadId": "1"}, 7]}')
        elif path.endswith("/labels"):
            answer.set_data(b"[]")

    listen(scene, spoil)
    bundle = run(scene, tmp_path / "bundle.json")

    assert answer(bundle, "Which limits has the org")["reason"] == "KeyError"
    assert answer(bundle, "without a filter")["reason"] == "KeyError"
    assert answer(bundle, "which labels are there")["reason"]
    assert answer(bundle, "describe say of Opportunity")["fields"]
    of_messages = ("how do headers come", "does threads.get hold")
    lists = [a for a in whole["answers"] if not any(words in a["question"] for words in of_messages)]  # type: ignore[attr-defined]
    assert len(bundle["answers"]) > len(lists) - 4  # type: ignore[arg-type]


def test_the_words_of_who_stands_between_are_not_told(scene: Scene, tmp_path: Path) -> None:
    body = {"error": {"errors": [{"reason": "QUOKKA_CORP_PROXY"}], "status": "quokka"}}
    replace_answers(scene, json.dumps(body).encode(), 403, only="/domains")
    result = scene.flask("first-day", "--to", str(tmp_path / "bundle.json"))

    text = (tmp_path / "bundle.json").read_text()
    found = answer(json.loads(text), "Are domains listed")
    assert (found["status"], found["reason"]) == (403, "another")
    assert "quokka" not in (text + result.stdout).lower()


def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(scene: Scene, tmp_path: Path) -> None:
    before = len(scene.universe.calls.calls())
    result = scene.flask("first-day", "--to", str(tmp_path / "missing" / "bundle.json"))

    assert result.code == 4
    assert "cannot be written" in " ".join(result.stderr.split())
    assert len(scene.universe.calls.calls()) == before
    assert "Are domains listed" not in result.stdout


def test_a_run_that_fails_leaves_no_empty_file(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise InvariantError("It would hold an address.")

    monkeypatch.setattr(FirstDay, "make_bundle", fail)
    assert scene.flask("first-day", "--to", str(tmp_path / "bundle.json")).code
    assert list(tmp_path.glob("bundle*")) == []


def test_the_longest_conversation_shows_what_threads_leave_out(scene: Scene, tmp_path: Path) -> None:
    for number in range(3):
        scene.deliver(ANN, eml(subject="Lamps", message_id=f"<lamp{number}@byron.example>"), thread="7a")
    scene.deliver(ANN, eml(subject="The newest", message_id="<newest@byron.example>"))
    left_out = {}
    for is_hard in (False, True):
        scene.universe.world.google = GoogleSwitches(gaps_in_threads=is_hard)
        bundle = run(scene, tmp_path / f"{is_hard}.json")
        answers = [a for a in bundle["answers"] if "Mailbox 1: does threads.get hold" in a["question"]]  # type: ignore[attr-defined]
        left_out[is_hard] = sum(a["listed_and_left_out"] for a in answers)
    assert left_out == {False: 0, True: 1}


def test_old_mail_does_not_look_like_a_search_that_lags(make_scene: MakeScene, tmp_path: Path) -> None:
    scene = make_scene(MAILBOXES=ANN)
    now = scene.clock.now()
    for number, days in enumerate((60, 61, 62, 0)):
        date = formatdate(now - days * 86_400)
        scene.deliver(ANN, eml(date=date, message_id=f"<{number}@byron.example>"))
    missed = {}
    for lag in (0, 3_600):
        scene.universe.world.google = GoogleSwitches(search_lag=lag)
        found = answer(run(scene, tmp_path / f"{lag}.json"), "what does a search of 30 days")
        missed[lag] = (found["read_and_so_young"], found["listed_and_not_found"])
    assert missed == {0: (1, 0), 3_600: (1, 1)}


def test_who_was_switched_off_is_not_looked_at(scene: Scene, tmp_path: Path) -> None:
    scene.services.rooms.sweeper.sweep()
    scene.set_stage(ANN, Stage.OFF)
    scene.set_stage(BEN, Stage.OFF)
    scene.universe.calls.clear()
    bundle = run(scene, tmp_path / "bundle.json")
    assert not [a for a in bundle["answers"] if a["question"].startswith("Mailbox")]  # type: ignore[attr-defined]
    assert "messages.get" not in {call.method for call in scene.universe.calls.calls("gmail")}


def test_a_default_counts_as_no_setting(make_scene: MakeScene, tmp_path: Path) -> None:
    scene = make_scene(MAILBOXES=ANN, BACKFILL_MONTHS="all")
    told = run(scene, tmp_path / "bundle.json")["settings"]
    assert told["backfill_months"] == "set"  # type: ignore[index]
    assert told["disclosure"] == "default"  # type: ignore[index]
    assert told["google_admin"] == "set"  # type: ignore[index]
