"""The main job over one small world: what each kind of mail becomes."""

from __future__ import annotations

from tests.support.scene import Scene, eml

HEADER = "From: ada@byron.example\nTo: ann@acme.example\nDate: 2026-09-14 09:00 UTC\n\n"


def test_a_customer_mail_becomes_one_task_on_its_contact(scene: Scene) -> None:
    message = scene.deliver("ann@acme.example", eml(text="Two lamps, please."))
    assert scene.sync().is_at_rest
    [task] = scene.tasks()
    assert scene.outcomes()[message] == "contact_match"
    assert (task["WhoId"][:15], task["WhatId"][:15], task["OwnerId"][:15]) == (
        "003A00000000001", "001A00000000001", "005A00000000001",
    )  # fmt: skip
    assert (task["Subject"], task["Description"]) == ("From ada@byron.example: Lamps", HEADER + "Two lamps, please.")
    assert (task["Status"], task["TaskSubtype"], task["ActivityDate"]) == ("Completed", "Email", "2026-09-14")


def test_a_second_pass_adds_nothing(scene: Scene) -> None:
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    before = scene.services.ports.store.writes()
    scene.sync()
    assert len(scene.tasks()) == 1
    assert scene.services.ports.store.writes()["activities"] == before["activities"]


def test_ten_copies_are_one_activity(scene: Scene) -> None:
    raw = eml(to="ann@acme.example, ben@acme.example, cem@acme.example")
    for mailbox in ("ann@acme.example", "ben@acme.example", "cem@acme.example"):
        scene.deliver(mailbox, raw)
    scene.sync()
    assert len(scene.tasks()) == 1
    reasons = [
        r for m in ("ann@acme.example", "ben@acme.example", "cem@acme.example") for r in scene.outcomes(m).values()
    ]
    assert reasons == ["contact_match"] * 3
