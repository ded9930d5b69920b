"""Headers that Gmail shows otherwise than they were sent: before anything is logged, the mail's own bytes decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.decision import Outcome
from server.domain.ledger import BACKFILL, LIVE
from server.domain.mailbox import Stage
from simulator.faults import Fault
from tests.support.rep import Rep
from tests.support.scene import Scene

ANN, BEN = "ann@acme.example", "ben@acme.example"
FORGED = "=?utf-8?q?ada=40byron.example=2C_Eve?= <{}>"
"""Decoded without quotes, this is two people, of whom the first has a Contact."""
TWICE = "=?utf-8?q?=3D=3Futf-8=3Fq=3FLamps=3F=3D?="
"""An encoded word within an encoded word: decoded once too often, the mail would have another key."""


def show(scene: Scene, form: str) -> None:
    scene.universe.world.google = replace(scene.universe.world.google, header_form=form)


def raw_eml(**headers: str) -> bytes:
    """``headers`` stand in the message as they are given."""
    fields = {"From": "ada@byron.example", "To": ANN, "Subject": "Lamps", "Message-ID": "<1@mail.example>"} | headers
    fields["Date"] = "Mon, 14 Sep 2026 09:00:00 +0000"
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode() + b"\nHello.\n"


def row_of(scene: Scene, mailbox: str, message_id: str):
    owner = scene.mailbox(mailbox).mailbox_id
    return scene.services.ports.store.existing_rows(owner, [message_id])[message_id]


def reads(scene: Scene) -> list[str]:
    calls = scene.universe.calls.calls("gmail")
    return [call.detail["format"] for call in calls if call.method == "messages.get" and call.detail]


@pytest.mark.parametrize("form", ["", "requoted", "bare"])
def test_nobody_is_on_a_record_by_a_comma_within_a_name(scene, form):
    show(scene, form)
    stranger = scene.deliver(ANN, raw_eml(From=FORGED.format("eve@nowhere.example")))
    inside = scene.deliver(ANN, raw_eml(From=ANN, To=FORGED.format(BEN), **{"Message-ID": "<2@mail.example>"}), "SENT")

    scene.sync()

    assert scene.outcomes() == {stranger: "no_match", inside: "internal_only"}
    assert scene.tasks() == []
    assert row_of(scene, ANN, stranger).sealed_headers is None


def test_all_copies_are_screened_by_the_bytes_of_one(scene):
    show(scene, "bare")
    mail = raw_eml(From=FORGED.format("eve@nowhere.example"), To=f"{ANN}, {BEN}")
    mine, his = scene.deliver(ANN, mail), scene.deliver(BEN, mail)

    scene.sync()

    assert (scene.outcomes()[mine], scene.outcomes(BEN)[his]) == ("no_match", "no_match")
    assert scene.tasks() == []
    assert sorted(reads(scene)) == ["metadata"] * 2 + ["raw"]


@pytest.mark.parametrize("form", ["requoted", "bare"])
def test_a_mail_that_is_misread_is_read_twice_and_any_other_once(scene, form):
    show(scene, form)
    scene.sync()
    scene.deliver(ANN, raw_eml(Subject="=?utf-8?q?L=C3=A4mpchen?=", From="=?utf-8?q?Ad=C3=A0?= <ada@byron.example>"))
    scene.sync()
    assert reads(scene) == ["metadata", "raw"]
    scene.universe.calls.clear()

    scene.deliver(ANN, raw_eml(Subject=TWICE, **{"Message-ID": "<2@mail.example>"}))
    scene.sync()

    assert reads(scene) == ["metadata", "raw", "raw"]
    assert len(scene.tasks()) == 2


@pytest.mark.parametrize("form", ["requoted", "bare"])
@pytest.mark.parametrize("subject", [TWICE, "=?utf-8?q?L=C3=A4mpchen?=", "=?utf-8?b?TMM=?= =?utf-8?b?pG1w?="])
def test_a_later_copy_joins_the_activity_of_one_that_was_read_as_sent(scene, form, subject):
    mail = raw_eml(Subject=subject, To=f"{ANN}, {BEN}")
    mine = scene.deliver(ANN, mail)
    scene.sync()
    show(scene, form)

    his = scene.deliver(BEN, mail)
    scene.sync()

    assert scene.outcomes(BEN) == {his: "contact_match"}
    assert row_of(scene, BEN, his).activity_key == row_of(scene, ANN, mine).activity_key
    assert row_of(scene, BEN, his).activity_id == row_of(scene, ANN, mine).activity_id
    assert len(scene.tasks()) == 1


def test_a_misread_mail_of_the_past_stays_one_of_the_past(scene):
    show(scene, "requoted")
    old = scene.deliver(ANN, raw_eml(Subject=TWICE))
    waiting = []
    scene.universe.clock.advance(60)
    scene.services.rooms.sweeper.sweep()
    workspace = scene.services.workspaces.current()
    mailbox_id = scene.mailbox(ANN).mailbox_id
    scene.services.rooms.collector.collect(workspace, mailbox_id)
    scene.services.rooms.past_collector.collect_past(workspace, mailbox_id)
    waiting.append(row_of(scene, ANN, old).is_from_the_past)
    scene.services.rooms.deliverer.deliver(workspace, (*LIVE, *BACKFILL))
    waiting.append(row_of(scene, ANN, old).is_from_the_past)

    scene.sync()

    assert waiting == [True, True]
    assert row_of(scene, ANN, old).outcome is Outcome.LOGGED


def collect(scene: Scene) -> None:
    scene.services.rooms.collector.collect(scene.services.workspaces.current(), scene.mailbox(ANN).mailbox_id)


@pytest.mark.parametrize("form", ["requoted", "bare"])
def test_a_draining_mailbox_delivers_its_misread_mail(scene, form):
    show(scene, form)
    scene.sync()
    message = scene.deliver(ANN, raw_eml(Subject=TWICE))
    collect(scene)
    scene.set_stage(ANN, Stage.DRAINING)

    scene.sync()

    assert scene.outcomes() == {message: "contact_match"}
    assert len(scene.tasks()) == 1


@pytest.mark.parametrize("form", ["requoted", "bare"])
def test_a_click_logs_a_misread_mail_at_once(scene, form):
    show(scene, form)
    scene.sync()
    rep = Rep(scene, ANN, scene.deliver(ANN, raw_eml(Subject=TWICE)))
    rep.click("Log now")
    assert len(scene.tasks()) == 1

    rep.click("Stop logging").click("Delete and stop")
    assert scene.tasks() == []
    rep.click("Log again")

    assert len(scene.tasks()) == 1


@pytest.mark.parametrize("form", ["", "requoted", "bare"])
def test_a_name_that_only_another_copy_has_is_read_as_sent_too(scene, form):
    show(scene, form)
    scene.sync()
    his = scene.deliver(BEN, raw_eml(From="eve@nowhere.example"))
    scene.universe.clock.advance(2)
    mine = scene.deliver(ANN, raw_eml(From="eve@nowhere.example", Cc=FORGED.format("eve@nowhere.example")))

    scene.sync()

    assert (scene.outcomes(BEN)[his], scene.outcomes()[mine]) == ("no_match", "no_match")
    assert scene.tasks() == []


@pytest.mark.parametrize("kind", ["404", "domainPolicy", "authError"])
def test_a_doubtful_name_that_nobody_can_confirm_is_nobody_and_delays_no_mail(scene, kind):
    show(scene, "bare")
    scene.sync()
    his = scene.deliver(BEN, raw_eml(From="eve@nowhere.example"))
    scene.universe.clock.advance(2)
    mine = scene.deliver(ANN, raw_eml(From="eve@nowhere.example", Cc=FORGED.format("eve@nowhere.example")))
    for address in (BEN, ANN):
        collector = scene.services.rooms.collector
        collector.collect(scene.services.workspaces.current(), scene.mailbox(address).mailbox_id)
    scene.universe.faults.plan(Fault("gmail", "messages.get", kind, times=-1, mailbox=ANN))

    scene.sync()

    assert (scene.outcomes(BEN)[his], scene.outcomes()[mine]) == ("no_match", "no_match")
    assert scene.tasks() == []


def test_a_plain_person_whom_only_another_copy_names_costs_no_call(scene):
    show(scene, "bare")
    scene.sync()
    scene.deliver(BEN, raw_eml(From="eve@nowhere.example"))
    scene.universe.clock.advance(2)
    scene.deliver(ANN, raw_eml(From="eve@nowhere.example", Cc="Ada Byron <ada@byron.example>"))

    scene.sync()

    assert len(scene.tasks()) == 1
    assert sorted(reads(scene)) == ["metadata", "metadata", "raw"]


def test_a_long_conversation_confirms_no_misread_sender(scene):
    show(scene, "bare")
    scene.sync()
    kind = {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8"}
    thread = None
    for number in range(3):
        mail = raw_eml(From=FORGED.format("eve@nowhere.example"), **kind, **{"Message-ID": f"<{number}@n.example>"})
        message = scene.deliver(ANN, mail, "INBOX", thread=thread)
        thread = scene.universe.mailboxes[ANN].messages[message].thread_id

    scene.sync()

    assert set(scene.outcomes().values()) == {"no_match"}
    assert scene.tasks() == []


def test_a_bare_carriage_return_makes_nobody_the_author(scene):
    forged = b"X-Mailer: x\rFrom: ada@byron.example\n"
    message = scene.deliver(ANN, forged + raw_eml(From="eve@nowhere.example"))

    scene.sync()

    assert scene.outcomes() == {message: "no_match"}
    assert scene.tasks() == []
