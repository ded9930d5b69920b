"""Two people share one address, and leads after accounts: from the email to Salesforce, to the rep's card, to explain."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.salesforce.ids import to_18
from tests.support.rep import Rep
from tests.support.scene import MakeScene, eml, small_world

ANN = "ann@acme.example"
ACCOUNT = "001A00000000001"


def person(number: int, first: str, last: str, owner: int) -> dict[str, Any]:
    return {
        "Id": f"003A0000000{number:04d}", "FirstName": first, "LastName": last, "Email": "info@byron.example",
        "AccountId": ACCOUNT, "OwnerId": f"005A0000000{owner:04d}",
    }  # fmt: skip


PRACTICE = {"Contact": [person(1, "Ada", "Byron", 1), person(2, "Carl", "Cole", 2)]}


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("Carl Cole <info@byron.example>", 2),
        ('"Cole, Carl" <info@byron.example>', 2),
        ("Ada Byron <info@byron.example>", 1),
        ("Dora Dale <info@byron.example>", 1),
        ("info@byron.example", 1),
        ("Byron Works <info@byron.example>", 1),
    ],
)
def test_mail_of_a_shared_address_is_of_the_person_whose_name_it_has(
    make_scene: MakeScene, sender: str, expected: int
) -> None:
    scene = make_scene(small_world(PRACTICE))
    scene.deliver(ANN, eml(sender=sender))
    scene.sync()

    [task] = scene.tasks()
    assert task["WhoId"] == to_18(f"003A0000000{expected:04d}")


def test_the_rep_and_explain_are_told_that_the_name_decided(make_scene: MakeScene, tmp_path: Any) -> None:
    scene = make_scene(small_world(PRACTICE))
    raw = eml(sender="Carl Cole <info@byron.example>")
    message = scene.deliver(ANN, raw)
    scene.sync()

    card = " ".join(Rep(scene, ANN, message).read)
    assert "1 other contact has this address. We chose the one whose name is on this email." in card
    assert "the email has another person's name" in card
    (tmp_path / "mail.eml").write_bytes(raw)
    output = " ".join(scene.flask("explain", str(tmp_path / "mail.eml"), "--mailbox", ANN).output.split())
    assert "Not on: Contact Ada Byron" in output
    assert "the email has another person's name" in output


@pytest.mark.parametrize(
    ("setting", "kind"), [("yes", "00Q"), ("before", "00Q"), ("after", "001"), ("no", "001"), ("", "00Q")]
)
def test_a_stale_lead_takes_mail_off_its_account_only_where_leads_come_first(
    make_scene: MakeScene, setting: str, kind: str
) -> None:
    lead = {
        "Id": "00QA00000000001",
        "LastName": "Old",
        "Company": "Byron",
        "Email": "bob@byron.example",
        "OwnerId": "005A00000000001",
    }
    scene = make_scene(small_world({"Lead": [lead], "Contact": []}), **({"MATCH_LEADS": setting} if setting else {}))
    message = scene.deliver(ANN, eml(sender="bob@byron.example"))
    scene.sync()

    [task] = scene.tasks()
    assert str(task["WhoId"] or task["WhatId"])[:3] == kind
    card = " ".join(Rep(scene, ANN, message).read)
    assert ("a company comes before a lead" in card) == (setting == "after")


@pytest.mark.parametrize(("setting", "logged"), [("yes", True), ("after", True), ("no", False)])
def test_a_lead_of_no_account_is_matched_unless_leads_are_off(
    make_scene: MakeScene, setting: str, logged: bool
) -> None:
    scene = make_scene(MATCH_LEADS=setting)
    scene.deliver(ANN, eml(sender="leo@brandt.example"))
    scene.sync()
    assert [str(task["WhoId"])[:3] for task in scene.tasks()] == (["00Q"] if logged else [])
