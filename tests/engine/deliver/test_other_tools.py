"""Beside another tool that logs email (JOIN_OTHERS): one mail, one activity, and never a hand on theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from simulator.salesforce.errors import RecordError
from simulator.salesforce.ids import to_18
from tests.support.cards import card_of, texts
from tests.support.rep import Rep
from tests.support.scene import MakeScene, Scene, eml, small_world

ANN, MESSAGE_ID = "ann@acme.example", "<One.Two@byron.example>"
THEIRS = to_18("00TX00000000001")


def world(
    make_scene: MakeScene, identifier: str = MESSAGE_ID, author: str | None = "ada@byron.example", **more: Any
) -> Scene:
    task = {"Id": "00TX00000000001", "Subject": "Theirs", "Status": "Completed"}
    email = {"Id": "02sX00000000001", "MessageIdentifier": identifier, "ActivityId": THEIRS, "FromAddress": author}
    return make_scene(small_world({"Task": [task], "EmailMessage": [email]}), **{"JOIN_OTHERS": "yes", **more})


def ours(scene: Scene) -> list[dict[str, Any]]:
    return [task for task in scene.tasks() if task["Id"] != THEIRS]


@pytest.mark.parametrize("identifier", [MESSAGE_ID, MESSAGE_ID.strip("<>")])
@pytest.mark.parametrize("author", ["ada@byron.example", "Ada@Byron.example", None])
def test_what_another_tool_logged_is_joined(make_scene: MakeScene, identifier: str, author: str | None) -> None:
    scene = world(make_scene, identifier, author)
    message = scene.deliver(ANN, eml(message_id=MESSAGE_ID))
    scene.sync()

    assert ours(scene) == []
    assert scene.outcomes()[message] == "contact_match"
    (row,) = scene.services.ports.store.rows(next(iter(scene.services.ports.store.mailboxes())).mailbox_id)
    assert row.activity_id == THEIRS
    read = texts(card_of(scene.ask("/addon/open", ANN, message)))
    assert any("Another tool put this email into Salesforce already" in text for text in read)
    assert not any("Ada" in text or "Move]" in text for text in read)
    gets = [call.method for call in scene.universe.calls.calls("gmail")]
    assert "messages.get:raw" not in gets


@pytest.mark.parametrize(
    ("identifier", "author", "setting"),
    [
        ("<another@byron.example>", "ada@byron.example", "yes"),
        (MESSAGE_ID.lower() + "x", None, "yes"),
        (MESSAGE_ID, "eve@evil.example", "yes"),
        (MESSAGE_ID, "ada@byron.example", "no"),
    ],
    ids=["another mail", "a longer id", "an id that somebody else reused", "setting off"],
)
def test_what_is_another_mail_is_logged(
    make_scene: MakeScene, identifier: str, author: str | None, setting: str
) -> None:
    scene = world(make_scene, identifier, author, JOIN_OTHERS=setting)
    scene.deliver(ANN, eml(message_id=MESSAGE_ID))
    scene.sync()

    assert len(ours(scene)) == 1


def test_theirs_is_neither_moved_nor_deleted(make_scene: MakeScene) -> None:
    scene = world(make_scene)
    message = scene.deliver(ANN, eml(message_id=MESSAGE_ID))
    scene.sync()
    rep = Rep(scene, ANN, message)

    rep.click("Stop logging")
    assert any("Nothing is deleted" in text for text in rep.read)
    rep.click("Stop")

    assert [task["Id"] for task in scene.tasks()] == [THEIRS]
    assert scene.outcomes()[message] == "kept_out"


def test_an_org_without_email_records_logs_everything_and_the_doctor_says_so(make_scene: MakeScene) -> None:
    scene = world(make_scene)
    del scene.universe.org.schema["EmailMessage"]
    scene.deliver(ANN, eml(message_id=MESSAGE_ID))
    scene.sync()

    assert len(ours(scene)) == 1


def test_a_round_asks_once_however_many_mails_it_has(make_scene: MakeScene) -> None:
    scene = world(make_scene)
    for number in range(150):
        scene.deliver(ANN, eml(subject=str(number), message_id=f"<{number}@byron.example>"))
    scene.services.ports.crm.shape()
    scene.universe.calls.clear()
    scene.sync()

    assert len(ours(scene)) == 150
    asked = [call.method for call in scene.universe.calls.calls("salesforce")]
    assert len([method for method in asked if method != "limits"]) == 3, "storage is asked for once an hour"


ADA, LEO = to_18("003A00000000001"), to_18("00QA00000000001")
SENT = {"sender": ANN, "to": "ada@byron.example", "message_id": "<1@mail.gmail.com>"}


def now_of(scene: Scene) -> str:
    return format_datetime(datetime.fromtimestamp(scene.clock.now(), UTC))


def a_task(**changed: Any) -> dict[str, Any]:
    """Of another program that keeps no Message-ID, about Ann's mail to Ada. None takes a value away."""
    task = {
        "Id": "00TX00000000001", "Subject": "Email: Lamps", "Status": "Completed", "TaskSubtype": "Email", "WhoId": ADA,
        "ActivityDate": "2026-09-14",
    }  # fmt: skip
    return {name: value for name, value in (task | changed).items() if value is not None}


def beside(make_scene: MakeScene, *tasks: dict[str, Any], email: dict[str, Any] | None = None) -> Scene:
    emails = [{"Id": "02sX00000000001", "ActivityId": THEIRS, **email}] if email else []
    return make_scene(small_world({"Task": list(tasks), "EmailMessage": emails}), JOIN_OTHERS="yes")


@pytest.mark.parametrize(
    "subject",
    [
        "Lamps",
        "Email: Lamps",
        "RE: Lamps",
        "Email: Fwd: [EXT] Lamps",
        "[Outreach] [Email] [Out] Lamps",
        "Email: >> Lamps",
    ],
)
def test_the_only_email_task_that_fits_is_joined(make_scene: MakeScene, subject: str) -> None:
    scene = beside(make_scene, a_task(Subject=subject))
    message = scene.deliver(ANN, eml(**SENT), "SENT")
    scene.sync()

    assert ours(scene) == []
    assert scene.outcomes()[message] == "contact_match"
    assert any("Another tool put this email" in text for text in texts(card_of(scene.ask("/addon/open", ANN, message))))


@pytest.mark.parametrize(
    "changed",
    [
        {"TaskSubtype": "Task"}, {"TaskSubtype": None}, {"WhoId": LEO}, {"WhoId": None}, {"Subject": "Lamps 2"},
        {"Subject": "Email: << Lamps"}, {"Subject": "[In] Lamps"}, {"ActivityDate": "2026-09-13"}, {"ActivityDate": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_task_that_differs_stands_beside_ours(make_scene: MakeScene, changed: dict[str, Any]) -> None:
    scene = beside(make_scene, a_task(**changed))
    scene.deliver(ANN, eml(**SENT), "SENT")
    scene.sync()

    assert len(ours(scene)) == 1


@pytest.mark.parametrize(
    ("email", "is_joined"),
    [
        ({"Incoming": True}, True),
        ({"Incoming": True, "FromAddress": "ada@byron.example"}, True),
        ({"Incoming": True, "FromAddress": "eve@byron.example"}, False),
        ({"Incoming": True, "MessageIdentifier": "<other@byron.example>"}, False),
        ({"Incoming": False}, False),
        (None, False),
    ],
    ids=str,
)
def test_the_email_record_behind_a_task_says_whether_it_came_in(
    make_scene: MakeScene, email: dict[str, Any] | None, *, is_joined: bool
) -> None:
    """Without one, Salesforce itself shows the Task as an email that was sent."""
    scene = beside(make_scene, a_task(), email=email)
    scene.deliver(ANN, eml(message_id=MESSAGE_ID))
    scene.sync()

    assert len(ours(scene)) == (0 if is_joined else 1)


def test_of_two_tasks_neither_is_joined(make_scene: MakeScene) -> None:
    scene = beside(make_scene, a_task(), a_task(Id="00TX00000000002"))
    scene.deliver(ANN, eml(**SENT), "SENT")
    scene.sync()

    assert len(scene.tasks()) == 3


@pytest.mark.parametrize("is_one_round", [True, False])
def test_one_task_stands_for_one_mail(make_scene: MakeScene, *, is_one_round: bool) -> None:
    scene = beside(make_scene, a_task())
    scene.deliver(ANN, eml(**SENT), "SENT")
    if not is_one_round:
        scene.sync()
    later = {"subject": "Re: Lamps", "date": "Mon, 14 Sep 2026 10:00:00 +0000", "message_id": "<2@mail.gmail.com>"}
    scene.deliver(ANN, eml(**SENT | later, In_Reply_To=SENT["message_id"], References=SENT["message_id"]), "SENT")
    scene.sync()

    assert len(ours(scene)) == (2 if is_one_round else 1)


@pytest.mark.parametrize("headers", [{}, {"X_SFDC_LK": "00D000000000001"}], ids=["setting", "sent from Salesforce"])
def test_one_task_stands_for_one_mail_of_whatever_conversation(make_scene: MakeScene, headers: dict[str, str]) -> None:
    """Two threads of one subject to one person on one day: the second mail is not in Salesforce by the first one's."""
    scene = make_scene(small_world({"Task": [a_task()]}), JOIN_OTHERS="no" if headers else "yes")
    for number in (1, 2):
        mail = SENT | headers | {"message_id": f"<{number}@mail.gmail.com>", "text": f"Text {number}."}
        scene.deliver(ANN, eml(**mail), "SENT")
        scene.sync()

    [own] = ours(scene)
    assert own["Description"].strip().endswith("Text 2.")


LATER_MAIL = {"subject": "Re: Lamps", "message_id": "<2@mail.gmail.com>", "text": "The second."}


def test_a_record_that_is_older_than_the_mail_is_another_mails(make_scene: MakeScene) -> None:
    """A plug-in logs the first mail after us; an hour later the thread goes on."""
    scene = make_scene(small_world(), JOIN_OTHERS="yes")
    scene.deliver(ANN, eml(**SENT | {"date": now_of(scene)}), "SENT")
    scene.sync()
    scene.universe.org.insert("Task", a_task(Id=None, ActivityDate=scene.tasks()[0]["ActivityDate"]))
    scene.clock.advance(3_600)
    scene.deliver(ANN, eml(**SENT | LATER_MAIL | {"date": now_of(scene)}), "SENT")
    scene.sync()

    assert any((task.get("Description") or "").strip().endswith("The second.") for task in scene.tasks())


def test_a_record_that_may_be_an_earlier_mails_is_joined_by_no_later_one(make_scene: MakeScene) -> None:
    """The sender's clock tells nothing here: both were sent before it was written."""
    scene = make_scene(small_world(), JOIN_OTHERS="yes")
    scene.deliver(ANN, eml(**SENT), "SENT")
    scene.sync()
    scene.universe.org.insert("Task", a_task(Id=None))
    scene.deliver(ANN, eml(**SENT | LATER_MAIL), "SENT")
    scene.sync()

    assert len(scene.tasks()) == 3


def test_what_stands_for_an_earlier_mail_is_no_second_choice(make_scene: MakeScene) -> None:
    scene = beside(make_scene, a_task())
    first = scene.deliver(ANN, eml(**SENT), "SENT")
    scene.sync()
    assert ours(scene) == []
    scene.universe.org.insert("Task", a_task(Id=None, Subject="Email: Re: Lamps"))
    second = scene.deliver(ANN, eml(**SENT | LATER_MAIL), "SENT")
    scene.sync()

    assert len(scene.tasks()) == 2
    rows = {row.message_id: row for row in scene.services.ports.store.rows(scene.mailbox().mailbox_id)}
    assert rows[first].activity_id != rows[second].activity_id


@pytest.mark.parametrize("is_refused", [True, False])
def test_a_record_may_be_of_a_mail_of_the_thread_that_stands_elsewhere(
    make_scene: MakeScene, *, is_refused: bool
) -> None:
    """The first mail is refused, or stands on Ada, the first of its people; a plug-in logs it on Grace."""
    scene = make_scene(small_world(), JOIN_OTHERS="yes")
    org = scene.universe.org
    ada = next(row for row in org.everything("Contact") if row["Id"] == ADA)
    person = {"LastName": "Grace", "Email": "grace@byron.example"}
    grace = org.insert("Contact", person | {name: ada[name] for name in ("AccountId", "OwnerId")})
    to = "grace@byron.example" if is_refused else "ada@byron.example, grace@byron.example"
    first = scene.deliver(ANN, eml(**SENT | {"to": to}), "SENT")
    insert = org.insert

    def refuse(*_args: Any, **_options: Any) -> str:
        raise RecordError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not this one.")

    if is_refused:
        org.insert = refuse  # type: ignore[method-assign]
    scene.sync()
    org.insert = insert  # type: ignore[method-assign]
    own = len(scene.tasks())
    assert own == (0 if is_refused else 1)
    org.insert("Task", a_task(Id=None, WhoId=grace))
    again = SENT | LATER_MAIL | {"to": "grace@byron.example", "In_Reply_To": SENT["message_id"]}
    scene.deliver(ANN, eml(**again), "SENT", thread=first)
    scene.sync()

    assert len(scene.tasks()) == own + 2


def test_two_workers_join_no_record_both(make_scene: MakeScene) -> None:
    """The second one works between the first one's look and its claim."""
    scene = beside(make_scene, a_task())
    store, claim, rivals = scene.services.ports.store, scene.services.ports.store.claim, [2]
    scene.deliver(ANN, eml(**SENT | {"text": "Text 1."}), "SENT")

    def claim_later(activities: Any) -> Any:
        for number in [rivals.pop()] if rivals else []:
            scene.deliver(ANN, eml(**SENT | {"message_id": f"<{number}@mail.gmail.com>", "text": "Text 2."}), "SENT")
            scene.sync()
        return claim(activities)

    store.claim = claim_later  # type: ignore[method-assign]
    scene.sync()
    scene.sync()

    assert len(ours(scene)) == 1
    keys = [row.activity_id for row in store.rows(scene.mailbox().mailbox_id)]
    assert len(set(keys)) == 2


def test_mail_that_is_not_looked_for_may_be_the_one_too(make_scene: MakeScene) -> None:
    """Without the setting only what was sent from Salesforce is looked for; a plug-in may have logged the other."""
    scene = make_scene(small_world({"Task": [a_task()]}))
    scene.deliver(ANN, eml(**SENT), "SENT")
    scene.deliver(ANN, eml(**SENT | LATER_MAIL | {"X_SFDC_LK": "00D000000000001"}), "SENT")
    scene.sync()

    assert len(ours(scene)) == 2


SFDC = {"X_SFDC_LK": "00D000000000001", "X_SFDC_User": "005A00000000001", "message_id": "<bD5xE@n1abc.sfdc.net>"}


@pytest.mark.parametrize(
    "headers", [SFDC, {"message_id": SFDC["message_id"]}, {"X_SFDC_LK": "00D000000000001"}], ids=str
)
@pytest.mark.parametrize("identifier", ["brackets", "bare", "none"])
def test_what_was_sent_from_salesforce_is_looked_for_without_the_setting(
    make_scene: MakeScene, headers: dict[str, str], identifier: str
) -> None:
    """Its copy lies in the sender's mailbox by an automatic Bcc. Salesforce need not keep the Message-ID."""
    message_id = headers.get("message_id", "<x@mx.example>")
    stored = {"brackets": message_id, "bare": message_id.strip("<>"), "none": None}[identifier]
    email = {"Id": "02sX00000000001", "ActivityId": THEIRS, "Incoming": False, "FromAddress": ANN}
    email |= {"MessageIdentifier": stored} if stored else {}
    scene = make_scene(small_world({"Task": [a_task()], "EmailMessage": [email]}))
    message = scene.deliver(ANN, eml(sender=ANN, to="ada@byron.example", **headers | {"message_id": message_id}))
    scene.sync()

    assert ours(scene) == []
    assert scene.outcomes()[message] == "contact_match"


def test_what_was_sent_from_salesforce_and_is_not_there_is_logged(make_scene: MakeScene) -> None:
    scene = make_scene(small_world())
    scene.deliver(ANN, eml(sender=ANN, to="ada@byron.example", **SFDC))
    scene.sync()

    assert len(scene.tasks()) == 1


def test_a_customers_salesforce_is_another_org(make_scene: MakeScene) -> None:
    """Their headers say nothing of our org; without the setting nothing is asked."""
    scene = world(make_scene, SFDC["message_id"], JOIN_OTHERS="no")
    scene.deliver(ANN, eml(**SFDC))
    scene.sync()

    assert len(ours(scene)) == 1
