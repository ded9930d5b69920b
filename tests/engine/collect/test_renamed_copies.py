"""The sender's server gave a mail another Message-ID on its way to a colleague: one mail, one activity."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from tests.support.crashes import Crash, Fuse, fit, unfit
from tests.support.rep import Rep
from tests.support.scene import MakeScene, Scene, eml, small_world

ANN, BEN, CEM, ADA = "ann@acme.example", "ben@acme.example", "cem@acme.example", "ada@byron.example"
SENT_ID, RENAMED_ID = "<one@mail.gmail.com>", "<0100-1@email.amazonses.com>"
DAY = 86_400
STRIDE = 4
"""Every fourth step is a kill, and those after a step lie between those before one."""


def a_copy(scene: Scene, mailbox: str, message_id: str = "", **more: str) -> str:
    """Ann's offer to Ada, with Ben and Cem in Cc, as it lies in this mailbox."""
    values = {"sender": ANN, "to": ADA, "subject": "Offer", "Cc": f"{BEN}, {CEM}"} | more
    default_id = SENT_ID if mailbox == ANN else RENAMED_ID
    raw = eml(message_id=message_id or default_id, **values)
    return scene.deliver(mailbox, raw, "SENT" if mailbox == ANN else "INBOX")


@pytest.mark.parametrize("order", list(permutations((ANN, BEN, CEM))), ids=lambda order: " ".join(a[:3] for a in order))
@pytest.mark.parametrize("pause", [None, 0, 3 * DAY], ids=["at once", "one by one", "days apart"])
def test_whichever_copy_comes_first(scene: Scene, order: tuple[str, ...], pause: int | None) -> None:
    copies = {}
    for mailbox in order:
        copies[mailbox] = a_copy(scene, mailbox)
        if pause is not None:
            scene.sync()
            scene.clock.advance(pause)
    scene.sync()

    [task] = scene.tasks()
    assert task["TrulyActivity__Direction__c"] == "Outbound"
    rows = [scene.services.ports.store.existing_rows(scene.mailbox(m).mailbox_id, [i])[i] for m, i in copies.items()]
    assert {row.activity_id for row in rows} == {task["Id"]}
    assert len({row.conversation for row in rows}) == 1


def test_what_exchange_says_of_the_id_it_replaced_counts(scene: Scene) -> None:
    a_copy(scene, BEN, "<x@prod.outlook.com>", X_Microsoft_Original_Message_ID=SENT_ID)
    a_copy(scene, ANN)
    a_copy(scene, CEM, "<x@prod.outlook.com>", X_Microsoft_Original_Message_ID=SENT_ID)
    scene.sync()

    assert len(scene.tasks()) == 1


def test_a_template_sent_to_many_people_in_one_second_is_as_many_mails(scene: Scene) -> None:
    for number, to in enumerate((ADA, "leo@brandt.example", "pat@byron.example")):
        a_copy(scene, ANN, f"<{number}@mail.gmail.com>", to=to)
        a_copy(scene, BEN, f"<{number}@email.amazonses.com>", to=to)
    scene.sync()

    assert len(scene.tasks()) == 3


@pytest.mark.parametrize("is_renamed", [True, False])
def test_two_mails_of_one_second_are_two(scene: Scene, *, is_renamed: bool) -> None:
    """Same author, same people, both called "Hi"; the colleague's copies come in the other order."""
    site = "email.amazonses.com" if is_renamed else "mail.gmail.com"
    for number in (1, 2):
        a_copy(scene, ANN, f"<{number}@mail.gmail.com>", subject="Hi", text=f"Text {number}.")
        a_copy(scene, BEN, f"<{3 - number}@{site}>", subject="Hi", text=f"Text {3 - number}.")
        scene.sync()

    texts = [task["Description"].strip().rpartition("\n")[2] for task in scene.tasks()]
    assert sorted(texts) == ["Text 1.", "Text 2."]


def test_without_a_date_nothing_is_joined(scene: Scene) -> None:
    a_copy(scene, ANN, date="")
    a_copy(scene, BEN, date="")
    scene.sync()

    assert len(scene.tasks()) == 2


def test_a_customers_mail_is_never_joined(scene: Scene) -> None:
    """Anybody may write what stands in a header, and all our copies of a customer's mail have one Message-ID."""
    for mailbox, message_id in ((ANN, "<1@byron.example>"), (BEN, "<2@evil.example>")):
        scene.deliver(mailbox, eml(to=f"{ANN}, {BEN}", message_id=message_id))
    scene.sync()

    assert len(scene.tasks()) == 2


def test_a_reply_to_either_id_belongs_to_the_conversation(make_scene: MakeScene) -> None:
    scene = make_scene(small_world())
    first = a_copy(scene, ANN)
    a_copy(scene, BEN)
    scene.sync()
    rep = Rep(scene, ANN, first)
    rep.click("Stop logging")
    rep.click("Delete and stop")

    later = {"date": "Tue, 15 Sep 2026 09:00:00 +0000", "subject": "Re: Offer"}
    replies = [
        scene.deliver(ANN, eml(**later, text=name, In_Reply_To=name, References=name)) for name in (SENT_ID, RENAMED_ID)
    ]
    scene.sync()

    assert [scene.outcomes()[reply] for reply in replies] == ["kept_out", "kept_out"]


def test_the_customer_waited_from_the_mail_that_our_answer_names(scene: Scene) -> None:
    """The response time is counted over both names of a conversation."""
    a_copy(scene, ANN)
    a_copy(scene, BEN)
    scene.sync()
    scene.deliver(ANN, eml(subject="Re: Offer", message_id="<q@byron.example>", date="Mon, 14 Sep 2026 10:00:00 +0000",
                           In_Reply_To=RENAMED_ID, References=RENAMED_ID))  # fmt: skip
    scene.sync()
    scene.deliver(ANN, eml(sender=ANN, to=ADA, subject="Re: Offer", date="Mon, 14 Sep 2026 10:30:00 +0000",
                           In_Reply_To="<q@byron.example>", References=f"{SENT_ID} <q@byron.example>"), "SENT")  # fmt: skip
    scene.sync()

    assert [t["TrulyActivity__Response_Minutes__c"] for t in scene.tasks()][-1] == 30


EVE, THEIR_ID = "eve@evil.example", "<root2@byron.example>"
CONTRACT = {"subject": "Contract", "message_id": THEIR_ID}


def stop_and_forge(scene: Scene) -> None:
    """Ann stops a conversation with Eve, who sends Ben a copy under the Message-ID of Ada's conversation."""
    scene.universe.org.insert("Contact", {"LastName": "Eve", "Email": EVE})
    offer = {"sender": ANN, "to": EVE, "subject": "Our offer", "Cc": BEN}
    first = scene.deliver(ANN, eml(**offer, message_id="<m1@mail.gmail.com>"), "SENT")
    scene.sync()
    rep = Rep(scene, ANN, first)
    rep.click("Stop logging")
    rep.click("Delete and stop")
    scene.deliver(BEN, eml(**offer, message_id=THEIR_ID))
    scene.sync()


def is_open(scene: Scene) -> bool:
    """Whether Ada's conversation is logged: its next mail comes in, and is looked for in Salesforce."""
    answer = eml(subject="Re: Contract", text="Signed.", References=THEIR_ID, message_id="<re2@byron.example>",
                 date="Tue, 15 Sep 2026 09:00:00 +0000")  # fmt: skip
    scene.deliver(ANN, answer)
    scene.sync()
    return any("Re: Contract" in task["Subject"] for task in scene.tasks())


@pytest.mark.parametrize("is_before", [True, False], ids=["the forgery first", "Ada's mail first"])
@pytest.mark.parametrize("is_one_batch", [True, False], ids=["one batch", "one by one"])
def test_a_forged_copy_keeps_no_customers_mail_out(scene: Scene, *, is_before: bool, is_one_batch: bool) -> None:
    if not is_before:
        scene.deliver(ANN, eml(**CONTRACT))
        scene.sync()
    stop_and_forge(scene)
    if is_before:
        scene.deliver(ANN, eml(**CONTRACT))
        if not is_one_batch:
            scene.sync()

    assert is_open(scene)
    assert sum("Contract" in task["Subject"] for task in scene.tasks()) == 2


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_process_that_is_killed_doubles_nothing(tmp_path: Path, *, after: bool) -> None:
    """Also between the claim and the insert, and between the family and the row. Ben's copy comes in the next process."""
    step, is_over = 2 if after else 0, False
    while not is_over:
        step += STRIDE
        folder = tmp_path / str(step)
        folder.mkdir()
        scene = Scene(folder)
        copies = {ANN: a_copy(scene, ANN), CEM: a_copy(scene, CEM)}
        fit(scene, Fuse(step, after))
        try:
            scene.sync()
            is_over = True
        except Crash:
            pass
        unfit(scene)
        copies[BEN] = a_copy(scene, BEN)
        scene.restart()
        scene.sync()
        assert len(scene.tasks()) == 1, f"after a crash at step {step}"
        assert {scene.outcomes(mailbox)[copy] for mailbox, copy in copies.items()} == {"contact_match"}
        scene.close()
    assert step > 20
