"""Blind copies stay blind, and an email to more contacts than Salesforce relates says so: in Salesforce and on cards."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.rep import Rep
from tests.support.scene import BOX_FIELD, DOMAIN_FIELD, MakeScene, Scene, eml, small_world

ANN, BEN = "ann@acme.example", "ben@acme.example"
ANN_ID = "005A00000000001IAA"
TO_ADA, HIDDEN = "ada@byron.example", "grace@navy.example"


def contact(number: int, address: str, name: str = "", owner: str = ANN_ID) -> dict[str, Any]:
    return {"Id": f"003A000000{number:05d}", "LastName": name or f"C{number}", "Email": address, "OwnerId": owner}


def make(make_scene: MakeScene, *contacts: dict[str, Any], org: Any = None, **settings: str) -> Scene:
    accounts = [
        {"Id": "001A00000000001", "Name": "Byron Works", "OwnerId": ANN_ID, DOMAIN_FIELD: "byron.example", BOX_FIELD: False},
        {"Id": "001A00000000007", "Name": "The Navy", "OwnerId": ANN_ID, DOMAIN_FIELD: "navy.example", BOX_FIELD: False},
    ]  # fmt: skip
    # Everybody may see everything: nothing is hidden but what is blind.
    world = small_world({"Contact": list(contacts), "Account": accounts, **(org or {})})
    return make_scene(world, **settings)


def deliver(scene: Scene, to: str, bcc: str, cc: str = BEN) -> tuple[str, str]:
    """Ann's SENT copy with the Bcc header, and Ben's copy without it."""
    plain = {"sender": ANN, "to": to, "message_id": "<1@acme.example>", **({"Cc": cc} if cc else {})}
    sent = scene.deliver(ANN, eml(**plain, Bcc=bcc), "SENT")
    received = scene.deliver(BEN, eml(**plain))
    scene.sync()
    return sent, received


def read_task(scene: Scene) -> dict[str, Any]:
    [task] = scene.tasks()
    return {name.removeprefix("TrulyActivity__"): value for name, value in task.items()}


def read_everything(rep: Rep) -> str:
    """All of the card's JSON, also what no text shows, such as the address in a link."""
    return json.dumps(rep.card["sections"])


def test_a_record_that_only_bcc_found_is_named_to_the_sender_alone(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, HIDDEN, "Hopper"))
    sent, received = deliver(scene, "unknown@elsewhere.example", HIDDEN)
    task = read_task(scene)
    assert task["WhoId"] == "003A00000000001IAA"
    assert (
        HIDDEN not in f"{task['To_Addresses__c']} {task.get('Cc_Addresses__c')} {task['Description']} {task['Subject']}"
    )

    assert "Hopper" in read_everything(Rep(scene, ANN, sent))
    ben = Rep(scene, BEN, received)
    assert "The record isn't shown to you." in ben.read
    assert "Logged in Salesforce" in read_everything(ben)
    for secret in ("Hopper", HIDDEN, "navy", "Navy", "003A00000000001"):
        assert secret not in read_everything(ben)
    chooser = ben.click("Move")
    assert "Hopper" not in read_everything(chooser)


def test_people_in_to_come_before_people_in_bcc_and_those_are_not_related(make_scene: MakeScene) -> None:
    """Even where the tie rule would have chosen the one in Bcc, or only an account stands for the one in To."""
    hopper = {**contact(2, HIDDEN, "Hopper"), "LastModifiedDate": "2030-01-01T00:00:00.000+0000"}
    scene = make(make_scene, contact(1, TO_ADA, "Byron", owner="005A00000000002"), hopper)
    sent, received = deliver(scene, TO_ADA, HIDDEN)
    assert (read_task(scene)["WhoId"], read_task(scene)["TaskWhoIds"]) == ("003A00000000001IAA", ["003A00000000001IAA"])

    ann, ben = read_everything(Rep(scene, ANN, sent)), read_everything(Rep(scene, BEN, received))
    assert "Hopper" in ann
    assert "only in Bcc" in ann
    assert "1 contact in Bcc is not related" in ann
    assert "Byron" in ben
    for secret in ("Hopper", HIDDEN, "Bcc", "more record", "not related", "Navy"):
        assert secret not in ben


def test_an_account_for_who_stands_in_to_comes_before_a_contact_in_bcc(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, HIDDEN, "Hopper"))
    sent, received = deliver(scene, "pat@byron.example", HIDDEN)
    assert (read_task(scene).get("WhoId"), read_task(scene)["WhatId"]) == (None, "001A00000000001IAA")
    assert "1 contact in Bcc is not related" in read_everything(Rep(scene, ANN, sent))
    assert "Hopper" not in read_everything(Rep(scene, BEN, received))


def test_an_account_that_only_bcc_found_is_named_to_the_sender_alone(make_scene: MakeScene) -> None:
    scene = make(make_scene)
    sent, received = deliver(scene, "unknown@elsewhere.example", "pat@navy.example")
    assert read_task(scene)["WhatId"] == "001A00000000007IAA"
    assert "The Navy" in read_everything(Rep(scene, ANN, sent))
    ben = read_everything(Rep(scene, BEN, received))
    for secret in ("Navy", "navy.example", "pat@", "001A00000000007"):
        assert secret not in ben


def test_a_record_that_to_and_bcc_both_find_is_no_secret(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, TO_ADA, "Byron"))
    _, received = deliver(scene, TO_ADA, "pat@byron.example, ada@byron.example")
    assert "On Byron" in " ".join(Rep(scene, BEN, received).read)


def test_an_admin_may_have_people_in_bcc_related(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, TO_ADA), contact(2, HIDDEN, "Hopper"), RELATE_BCC="yes")
    sent, received = deliver(scene, TO_ADA, HIDDEN)
    assert read_task(scene)["TaskWhoIds"] == ["003A00000000001IAA", "003A00000000002IAA"]
    assert "not related" not in read_everything(Rep(scene, ANN, sent))
    assert "Hopper" not in read_everything(Rep(scene, BEN, received))


def test_a_rep_who_picks_the_person_in_bcc_names_the_record_to_all(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, TO_ADA, "Byron"), contact(2, HIDDEN, "Hopper"))
    sent, received = deliver(scene, TO_ADA, HIDDEN)
    Rep(scene, ANN, sent).click("Move").use("003A00000000002IAA")
    assert read_task(scene)["WhoId"] == "003A00000000002IAA"
    assert "Hopper" in read_everything(Rep(scene, BEN, received))


def test_a_forged_bcc_in_a_received_copy_opens_nothing_to_others(make_scene: MakeScene) -> None:
    """Some mail systems leave a Bcc header with the recipient's own address."""
    scene = make(make_scene, contact(1, TO_ADA, "Byron"))
    message = scene.deliver(BEN, eml(sender=TO_ADA, to="list@byron.example", Bcc=BEN))
    scene.sync()
    assert read_task(scene)["WhoId"] == "003A00000000001IAA"
    assert "Byron" in read_everything(Rep(scene, BEN, message))


def many(count: int, first: int = 100) -> tuple[list[dict[str, Any]], str]:
    """Contacts, and their addresses for a header."""
    people = [contact(number, f"c{number}@byron.example") for number in range(first, first + count)]
    return people, ", ".join(str(person["Email"]) for person in people)


BLIND_20 = "20 contacts in Bcc are not related: others would see them in Salesforce."


@pytest.mark.parametrize(
    ("to", "bcc", "settings", "shared", "related", "sender_reads", "colleague_reads", "counted"),
    [
        (60, 0, {}, True, 50, "10 more contacts are not related: Salesforce allows 50.",
         "10 more contacts are not related: Salesforce allows 50.", 10),
        (51, 0, {}, True, 50, "1 more contact is not related: Salesforce allows 50.",
         "1 more contact is not related: Salesforce allows 50.", 1),
        (50, 0, {}, True, 50, "", "", 0),
        (1, 20, {}, True, 1, BLIND_20, "", 20),
        (0, 21, {}, True, 1, BLIND_20, "", 20),
        (60, 20, {}, True, 50,
         f"10 more contacts are not related: Salesforce allows 50. {BLIND_20}",
         "10 more contacts are not related: Salesforce allows 50.", 30),
        (40, 30, {"RELATE_BCC": "yes"}, True, 50,
         "20 more contacts are not related: Salesforce allows 50.", "", 20),
        (60, 30, {"RELATE_BCC": "yes"}, True, 50,
         "40 more contacts are not related: Salesforce allows 50.",
         "10 more contacts are not related: Salesforce allows 50.", 40),
        (5, 0, {}, False, 1, "Shown on one contact only. Your Salesforce allows no more per email.",
         "Shown on one contact only. Your Salesforce allows no more per email.", 4),
        (1, 0, {}, False, 1, "", "", 0),
        (5, 20, {}, False, 1, f"Shown on one contact only. Your Salesforce allows no more per email. {BLIND_20}",
         "Shown on one contact only. Your Salesforce allows no more per email.", 24),
        (1, 3, {"RELATE_BCC": "yes"}, False, 1, "Shown on one contact only. Your Salesforce allows no more per email.", "", 3),
    ],
)  # fmt: skip
def test_contacts_that_an_email_is_not_related_to_are_told_and_counted(
    make_scene: MakeScene, to: int, bcc: int, settings: dict[str, str], shared: bool, related: int, sender_reads: str,
    colleague_reads: str, counted: int,
) -> None:  # fmt: skip
    seen, to_header = many(to)
    unseen, bcc_header = many(bcc, first=500)
    org = {} if shared else {"shared_activities": False}
    scene = make(make_scene, *seen, *unseen, org=org, **settings)
    sent, received = deliver(scene, to_header or "unknown@elsewhere.example", bcc_header)

    task = read_task(scene)
    assert len(task.get("TaskWhoIds") or [task["WhoId"]]) == related
    ann, ben = Rep(scene, ANN, sent), Rep(scene, BEN, received)
    sentences = [next((line for line in rep.read if line.startswith("On ")), "") for rep in (ann, ben)]
    assert sentences[0].endswith(sender_reads)
    assert sentences[1].endswith(colleague_reads)
    assert ["related" in sentence or "one contact only" in sentence for sentence in sentences] == [
        bool(sender_reads),
        bool(colleague_reads),
    ]
    if bcc:
        assert not any(f"c{number}@" in read_everything(ben) for number in range(500, 600))
    told = " ".join(scene.flask("coverage", ANN).stdout.split())
    people = "1 contact on logged emails is" if counted == 1 else f"{counted} contacts on logged emails are"
    assert (f"{people} not related to them in Salesforce." in told) is (counted > 0)
    scene.flask("export", str(scene.folder / "out.json"))
    assert json.loads((scene.folder / "out.json").read_text())["unrelated"].get(ANN, 0) == counted


def test_a_foreseen_email_says_the_same_before_it_is_logged(make_scene: MakeScene) -> None:
    people, header = many(60)
    scene = make(make_scene, *people)
    scene.sync()
    message = scene.deliver(ANN, eml(sender=ANN, to=header), "SENT")
    assert any("10 more contacts are not related" in line for line in Rep(scene, ANN, message).read)


def test_at_least_so_many_others_where_more_are_found_than_a_card_keeps(make_scene: MakeScene) -> None:
    people, header = many(40)
    scene = make(make_scene, *people)
    sent, _ = deliver(scene, header, "")
    lines = Rep(scene, ANN, sent).read
    assert any("At least 20 other people on this email are in Salesforce too." in line for line in lines)
    assert "30 more records are not shown." in lines


def test_whom_only_bcc_found_leaves_the_activity_when_a_rep_moves_it(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, HIDDEN, "Hopper"), contact(2, "zoe@zoo.example", "Zoe"))
    sent, received = deliver(scene, "unknown@elsewhere.example", HIDDEN)
    Rep(scene, ANN, sent).click("Move").click("Search", search="zoe").use("003A00000000002IAA")

    assert read_task(scene)["TaskWhoIds"] == ["003A00000000002IAA"]
    ben = read_everything(Rep(scene, BEN, received))
    assert "Zoe" in ben
    assert "Hopper" not in ben
    assert "Hopper" in read_everything(Rep(scene, ANN, sent))


@pytest.mark.parametrize("first", [ANN, BEN])
def test_the_mailbox_of_a_blind_copy_is_not_named_whichever_is_read_first(make_scene: MakeScene, first: str) -> None:
    scene = make(make_scene, contact(1, TO_ADA, "Byron"))
    mail = eml(sender=TO_ADA, to=ANN, message_id="<9@byron.example>")
    for mailbox in sorted((ANN, BEN), key=lambda mailbox: mailbox != first):
        scene.deliver(mailbox, mail)
        scene.sync()
    assert read_task(scene)["Mailbox__c"] == ANN
