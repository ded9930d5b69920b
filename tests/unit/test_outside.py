"""What scripts from outside of this project use: names and signatures stay, and each works from end to end."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from server.domain.message import Headers, Message
from server.engine.sidebar.button_tokens import Order
from server.rules.decision.screen import Situation
from simulator.faults import Fault
from simulator.salesforce.collections import Collections
from simulator.salesforce.errors import RecordError
from simulator.salesforce.org import Org
from simulator.salesforce.sessions import Sessions
from simulator.world import User
from tests.support import outside
from tests.support.cards import card_of, texts
from tests.support.scene import Scene, eml, small_world

ANN = "ann@acme.example"
SIGNATURES = {
    "Rep": "(scene, address, message)",
    "Rep.again": "(self)",
    "Rep.click": "(self, label, **inputs)",
    "Rep.open": "(self)",
    "Rep.use": "(self, record_id)",
    "Signer": "(ports)",
    "Signer.read": "(self, token, subject)",
    "Signer.sign": "(self, order, subject)",
    "activity_key": "(headers, author, internal_date_ms, recipients)",
    "audit": "(ports, workspace, mailbox, late_after=...)",
    "collect": "(ports, workspace, mailbox_id, on_progress=...)",
    "coverage": "(ports, mailbox, *, by_day=...)",
    "create_app": "(source)",
    "decode_words": "(value)",
    "erase": "(ports, key)",
    "examine": "(ports, *, is_encrypted_at_rest)",
    "html_text": "(html)",
    "open_sealed": "(ports, key, actor, reason)",
    "own_text": "(text, subject=...)",
    "people_of": "(headers, workspace)",
    "read_body": "(raw)",
    "replay": "(ports, mailbox, code=..., limit=...)",
    "screen": "(message, workspace, policy, situation)",
    "set_start": "(ports, mailbox, start)",
    "verify_access": "(ports)",
}


def signature_of(name: str) -> str:
    """The parameters without their types; a default is three dots."""
    target: object = outside
    for attribute in name.split("."):
        target = getattr(target, attribute)
    assert callable(target)
    parameters = [
        p.replace(annotation=p.empty, default=p.empty if p.default is p.empty else ...)
        for p in inspect.signature(target).parameters.values()
    ]
    text = str(inspect.Signature(parameters))
    return text.replace("Ellipsis", "...")


def test_the_names_are_complete() -> None:
    assert set(outside.__all__) == {name.partition(".")[0] for name in SIGNATURES}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_stays(name: str) -> None:
    assert signature_of(name) == SIGNATURES[name]


def logged_scene(scene: Scene) -> str:
    """Ann gets one message of a contact and it is logged; returns its Gmail id."""
    message = scene.deliver(ANN, eml())
    scene.sync()
    assert len(scene.tasks()) == 1
    return message


def key_of(scene: Scene) -> str:
    return str(scene.tasks()[0]["TrulyActivity__Message_Key__c"])


def test_a_rep_clicks(scene: Scene) -> None:
    rep = outside.Rep(scene, ANN, logged_scene(scene))
    assert rep.click("Move").click("Search", search="leo").use("00QA00000000001MAA") is rep
    assert rep.notice == "Moved to Leo Brandt, Brandt."
    assert "Logged in Salesforce" in rep.again().open().read
    assert scene.tasks()[0]["WhoId"] == "00QA00000000001MAA"


def test_a_signer_reads_what_it_signed(scene: Scene) -> None:
    signer = outside.Signer(scene.services.ports)
    order = Order("move", "18c2", "18c2", {"record": "003A00000000001IAA"})
    assert signer.read(signer.sign(order, "1"), "1") == order


def test_the_setup_is_examined(scene: Scene) -> None:
    findings = list(outside.examine(scene.services.ports, is_encrypted_at_rest=False))
    assert [f.is_good for f in findings if f.what == "Salesforce"] == [True]
    assert any("SQLite" in f.text for f in findings if not f.is_good)


def test_a_refused_message_is_replayed(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("salesforce", "insert", "FIELD_CUSTOM_VALIDATION_EXCEPTION:Region, please.", 1))
    scene.deliver(ANN, eml())
    scene.sync()
    ports = scene.services.ports
    assert outside.replay(ports, scene.mailbox(), code="ANOTHER_CODE") == 0
    assert outside.replay(ports, scene.mailbox(), limit=5) == 1
    scene.sync()
    assert len(scene.tasks()) == 1


def test_a_mailbox_gets_a_start(scene: Scene) -> None:
    scene.sync()
    start = scene.clock.now_ms()
    outside.set_start(scene.services.ports, scene.mailbox(), start)
    assert scene.mailbox().start == start


def test_a_mailbox_is_collected_counted_and_audited(scene: Scene) -> None:
    logged_scene(scene)
    scene.deliver(ANN, eml(subject="Later"))
    ports, workspace, mailbox = scene.services.ports, scene.services.workspaces.current(), scene.mailbox()
    counts: list[int] = []
    assert outside.collect(ports, workspace, mailbox.mailbox_id, counts.append).messages == 1
    assert sum(counts) == 1
    covered = outside.coverage(ports, mailbox, by_day=True)
    assert (covered.gmail, covered.missing) == (2, ())
    assert list(covered.days) == ["2026-09-14"]
    audited = outside.audit(ports, workspace, mailbox, late_after=60)
    assert (audited.messages, audited.missed, audited.late) == (2, (), 0)


def test_a_copy_is_opened_recorded_and_erased(scene: Scene) -> None:
    scene.restart(MAY_OPEN_COPIES="yes")
    logged_scene(scene)
    ports, key = scene.services.ports, key_of(scene)
    assert outside.open_sealed(ports, key, "ann", "audit") == eml()
    entries, verdict = outside.verify_access(ports)
    assert ([e.reason for e in entries], verdict.ok) == (["audit"], True)
    assert outside.erase(ports, key) == 1
    assert list(scene.outcomes().values()) == ["erased"]


def test_a_message_is_read_screened_and_keyed(scene: Scene) -> None:
    logged_scene(scene)
    raw = eml()
    headers = Headers.of([("From", "Ada <ada@byron.example>"), ("To", ANN), ("Message-ID", "<a@x>")])
    workspace = scene.services.workspaces.current()
    people = outside.people_of(headers, workspace)
    assert people.author is not None
    assert people.author.address == "ada@byron.example"
    message = Message("1", "1", frozenset({"SPAM"}), scene.clock.now_ms(), 10, headers)
    screening, _people = outside.screen(message, workspace, scene.services.ports.policy, Situation())
    assert screening.reason is not None
    assert screening.reason.value == "not_primary"
    assert len(outside.activity_key(headers, "ada@byron.example", 0, [ANN])) == 64
    assert outside.read_body(raw).text == "Hello."


def test_texts_are_read() -> None:
    assert outside.html_text("<p>Hello <b>Ann</b></p>") == "Hello Ann"
    reply = "Yes.\n\nOn Mon, 14 Sep 2026 at 09:00, Ann <ann@acme.example> wrote:\n> Well?\n"
    assert outside.own_text(reply, subject="Re: Lamps") == "Yes."
    assert outside.decode_words("=?utf-8?q?Gr=C3=B6=C3=9Fe?=") == "Größe"


def test_the_application_answers(scene: Scene) -> None:
    client = outside.create_app(scene.source).test_client()
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_a_scene_keeps_what_scripts_use(scene: Scene) -> None:
    """Beside ``outside``: the scene, its world of people, its add-on host, faults and cards."""
    message = logged_scene(scene)
    event = scene.addon_host.event(ANN, message)
    assert "Logged in Salesforce" in texts(card_of(scene.post("/addon/open", event)))
    scene.restart(NEW_MAILBOX_STAGE="dry_run")
    assert scene.outcomes() == {message: "contact_match"}
    assert User(ANN, "Ann", is_admin=True) in small_world().users
    assert set(scene.universe.mailboxes) == {user.email for user in small_world().users}


def test_a_scene_runs_a_command(scene: Scene) -> None:
    logged_scene(scene)
    result = scene.flask("coverage")
    assert (result.code, ANN in result.output) == (0, True)
    result = scene.flask("mailbox", "zoe@acme.example", "--stage", "off")
    assert (result.code, "zoe@acme.example" in result.output) == (4, True)


def test_a_command_that_waits_moves_the_clock_of_the_scene(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("salesforce", "insert", "UNABLE_TO_LOCK_ROW:later", 1))
    scene.deliver(ANN, eml())
    began = scene.clock.now()
    assert scene.flask("sync", "--patience", "7200").code == 0
    assert len(scene.tasks()) == 1
    assert scene.clock.now() > began


def test_scripts_may_put_rules_of_their_own_into_the_simulated_org(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A customer's trigger that fails on a collection, and an org that takes one audience alone."""
    seen: list[str] = []
    original = Collections.saved

    def save(self: Collections, verb: str, groups: tuple[str, ...], args: dict[str, str], body: Any) -> Any:
        seen.append(verb)
        return original(self, verb, groups, args, body)

    def refuse_insert(_self: Collections, kind: str, _record: Any) -> str:
        raise RecordError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"a trigger on {kind}")

    def list_apps(self: Sessions, _request: Any) -> None:
        seen.extend(vars(self)["_apps"])

    monkeypatch.setattr(Collections, "saved", save)
    monkeypatch.setattr(Collections, "inserted", refuse_insert)
    monkeypatch.setattr(Sessions, "_refused_assertion", list_apps)
    scene.deliver(ANN, eml())
    scene.sync()
    assert (seen, scene.tasks()) == (["key", "POST"], [])


def test_scripts_from_outside_find_the_other_names_that_they_reach_for() -> None:
    """They spy on queries and updates of the simulated org, and start a server again over the same world."""
    assert list(inspect.signature(Collections.upserted).parameters)[1:] == ["_verb", "groups", "_args", "body"]
    assert list(inspect.signature(Org.query).parameters)[1:] == ["text", "everything", "watched"]
    assert callable(Scene._built)  # noqa: SLF001
