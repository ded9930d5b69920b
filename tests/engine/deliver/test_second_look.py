"""Another tool logs an email hours after us: it is told, and ours goes only where an admin says so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from server.domain.ids import SalesforceId
from server.engine.deliver.second_look import COLLECTION, LOOK_AFTER, LOOKS_APART, PURPOSE
from server.ports.queue import Job, JobKind
from simulator.faults import Fault
from simulator.salesforce.switches import OrgSwitches
from tests.support.cards import card_of, texts
from tests.support.crashes import Crash, Fuse, fit, unfit
from tests.support.rep import Rep
from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
LATER = 3 * 3_600
TOLD = "Another tool logged this email too, so it is in Salesforce twice. Tell your Salesforce admin."


class NoQueue:
    """What a sweep asks for is of no interest here."""

    def put(self, *_args: Any, **_options: Any) -> bool:
        return True


def log_beside(scene: Scene, other_tool: str, after: int = LATER) -> str:
    """Ann's mail is logged; the other tool logs it three hours later. Returns the Gmail message id."""
    scene.universe.org.switches = OrgSwitches(other_tool=other_tool, other_tool_after=after)
    message = scene.deliver(ANN, eml(sender=ANN, to="ada@byron.example"), "SENT")
    scene.sync()
    return message


def look_again(scene: Scene) -> None:
    scene.clock.advance(LOOK_AFTER + LOOKS_APART)
    scene.sync()


def is_told(scene: Scene, message: str) -> bool:
    return any(TOLD in text for text in texts(card_of(scene.ask("/addon/open", ANN, message))))


def ours(scene: Scene) -> list[dict[str, Any]]:
    return [task for task in scene.tasks() if task.get("TrulyActivity__Message_Key__c")]


@pytest.mark.parametrize("other_tool", ["brackets", "bare", "none", "task"])
def test_what_came_after_ours_is_told(scene: Scene, tmp_path: Path, other_tool: str) -> None:
    message = log_beside(scene, other_tool)
    assert not is_told(scene, message)
    assert "twice" not in scene.flask("coverage").output
    look_again(scene)

    assert is_told(scene, message)
    assert "twice in Salesforce: 1 email" in scene.flask("coverage").output.replace("\n", " ")
    finding = " ".join(scene.flask("doctor").output.split())
    assert "Another tool logged 1 of our emails too" in finding
    assert "with --remove it deletes ours and keeps the other tool's" in finding
    assert scene.flask("export", str(tmp_path / "ledger.json")).code == 0
    assert json.loads((tmp_path / "ledger.json").read_text())["doubled"] == 1
    assert len(scene.tasks()) == 2, "nothing is deleted unasked"


def test_where_nobody_else_logs_there_is_nothing_to_tell(scene: Scene) -> None:
    message = log_beside(scene, "")
    look_again(scene)

    assert not is_told(scene, message)
    assert "Another tool logged" not in scene.flask("doctor").output
    assert "No email is known to be in Salesforce twice." in scene.flask("doubles").output


def test_one_look_for_a_thousand_mails_is_one_call_and_no_other_follows(scene: Scene) -> None:
    for number in range(1_000):
        scene.deliver(ANN, eml(subject=str(number), message_id=f"<{number}.{'x' * 40}@mail.byron.example>"))
    scene.sync()
    assert len(scene.tasks()) == 1_000
    scene.clock.advance(LOOK_AFTER + LOOKS_APART)
    looker = scene.services.rooms.syncer.looker
    scene.services.ports.crm.shape()  # the org is described once an hour, whatever else is asked
    scene.universe.calls.clear()
    assert looker.look() == 0
    assert len(scene.universe.calls.calls("salesforce")) == 1
    looker.look()
    assert len(scene.universe.calls.calls("salesforce")) == 1
    assert list(scene.services.documents.scan("second_looks")) == []


def test_nothing_readable_of_a_mail_waits_for_the_look(scene: Scene) -> None:
    log_beside(scene, "")
    [look] = scene.services.documents.scan("second_looks")

    stored = repr(dict(look.data))
    assert not any(word in stored for word in ("Lamps", "byron", "mail.example", "003A"))


def test_a_look_that_fails_is_made_again(scene: Scene) -> None:
    message = log_beside(scene, "brackets")
    scene.clock.advance(LOOK_AFTER + LOOKS_APART)
    scene.services.ports.crm.shape()
    scene.universe.faults.plan(Fault("salesforce", "composite", "503", 1))
    scene.sync()
    scene.sync()

    assert is_told(scene, message)


def test_the_running_service_looks_too(scene: Scene) -> None:
    message = log_beside(scene, "brackets")
    scene.clock.advance(LOOK_AFTER + LOOKS_APART)
    scene.services.rooms.jobs.run(Job(JobKind.SWEEP), NoQueue())

    assert is_told(scene, message)


def test_an_org_that_shows_no_emails_is_asked_for_tasks_alone(scene: Scene) -> None:
    message = log_beside(scene, "brackets")
    scene.universe.org.switches = OrgSwitches(
        other_tool="brackets", other_tool_after=LATER, unreadable=("EmailMessage",)
    )
    look_again(scene)

    assert is_told(scene, message)


def test_ours_goes_by_a_command_that_shows_what_it_does(scene: Scene) -> None:
    message = log_beside(scene, "brackets")
    look_again(scene)
    [own] = ours(scene)

    listed = scene.flask("doubles")
    assert own["Id"] in listed.output.replace("\n", "")
    assert "Mailbox" in listed.output
    assert ANN in listed.output
    assert "In Salesforce twice: 1 email." in listed.output
    assert scene.flask("doubles", "--remove").code != 0, "nobody said yes"
    assert len(scene.tasks()) == 2
    assert "LOOK  Logged twice" in scene.flask("doctor").output
    assert "Deleted: 1." in scene.flask("doubles", "--remove", "--yes").output
    assert "Logged twice" not in scene.flask("doctor").output

    [left] = scene.tasks()
    assert left["Id"] != own["Id"]
    assert any("Another tool put this email" in text for text in texts(card_of(scene.ask("/addon/open", ANN, message))))
    row = scene.services.ports.store.existing_rows(scene.mailbox().mailbox_id, [message])[message]
    assert row.activity_id == left["Id"]
    assert "No email is known" in scene.flask("doubles").output
    # A late copy finds the mail logged, and inserts nothing.
    scene.deliver(BEN, eml(sender=ANN, to="ada@byron.example"))
    scene.sync()
    assert [task["Id"] for task in scene.tasks()] == [left["Id"]]


def test_where_theirs_was_deleted_meanwhile_ours_stays(scene: Scene) -> None:
    message = log_beside(scene, "brackets")
    look_again(scene)
    [own] = ours(scene)
    [theirs] = [task for task in scene.tasks() if task["Id"] != own["Id"]]
    scene.universe.org.remove(theirs["Id"])

    assert "No email is known" in scene.flask("doubles", "--remove", "--yes").output
    assert [task["Id"] for task in scene.tasks()] == [own["Id"]]
    assert not is_told(scene, message)


INVOICE = {"sender": ANN, "to": "ada@byron.example", "subject": "Invoice"}


def now_of(scene: Scene) -> str:
    return format_datetime(datetime.fromtimestamp(scene.clock.now(), UTC))


def add_theirs(scene: Scene, own: Mapping[str, Any], subject: str = "Email: Invoice") -> str:
    """The other tool's Task of the mail of which ``own`` is ours."""
    same = {name: own[name] for name in ("WhoId", "WhatId", "OwnerId", "ActivityDate", "Status") if own.get(name)}
    return scene.universe.org.insert("Task", same | {"Subject": subject, "TaskSubtype": "Email"})


def log_two_beside_one(scene: Scene) -> str:
    """Two mails of one subject and one day; another tool logs the first, at once. Returns its Task."""
    scene.deliver(ANN, eml(**INVOICE, message_id="<a1@mail.gmail.com>", text="The first.", date=now_of(scene)), "SENT")
    scene.sync()
    theirs = add_theirs(scene, scene.tasks()[0])
    scene.clock.advance(LATER)
    scene.deliver(ANN, eml(**INVOICE, message_id="<a2@mail.gmail.com>", text="The second.", date=now_of(scene)), "SENT")
    scene.sync()
    return theirs


def sync_for_hours(scene: Scene, hours: int = 10) -> None:
    """So that each mail has its own look."""
    for _ in range(hours):
        scene.clock.advance(3_600)
        scene.sync()


def test_one_record_of_theirs_is_one_mail_and_the_other_keeps_its_own(scene: Scene) -> None:
    """It was there before the second mail was sent, so it is the first one's."""
    theirs = log_two_beside_one(scene)
    sync_for_hours(scene)

    assert "Deleted: 1." in scene.flask("doubles", "--remove", "--yes").output
    left = {task["Id"]: task.get("Description") or "" for task in scene.tasks()}
    assert theirs in left
    assert [text.strip().endswith("The second.") for name, text in left.items() if name != theirs] == [True]


@pytest.mark.parametrize("sender", [ANN, "ada@byron.example"])
@pytest.mark.parametrize("again", ["Invoice", "Re: Invoice"])
def test_what_may_be_of_two_mails_is_marked_for_neither(scene: Scene, sender: str, again: str) -> None:
    """Each mail has a look of its own, and sees the other one by its Task alone."""
    people = {"sender": sender, "to": "ada@byron.example" if sender == ANN else ANN}
    scene.deliver(ANN, eml(**people, subject="Invoice", message_id="<a1@x.example>", date=now_of(scene)))
    scene.sync()
    [first] = scene.tasks()
    scene.clock.advance(LATER)
    scene.deliver(ANN, eml(**people, subject=again, message_id="<a2@x.example>", date=now_of(scene)))
    scene.sync()
    sync_for_hours(scene, 4)  # the first one's look is over, then somebody logs it by hand
    direction = "[In]" if sender != ANN else "Email:"
    add_theirs(scene, first, f"{direction} Invoice")
    sync_for_hours(scene)

    assert "No email is known" in scene.flask("doubles", "--remove", "--yes").output
    assert len(ours(scene)) == 2


def test_a_mail_that_a_rep_took_away_still_has_its_record(scene: Scene) -> None:
    first = scene.deliver(ANN, eml(**INVOICE, message_id="<a1@mail.gmail.com>", date=now_of(scene)), "SENT")
    scene.sync()
    [own] = scene.tasks()
    scene.clock.advance(LATER)
    scene.deliver(ANN, eml(**INVOICE, message_id="<a2@mail.gmail.com>", date=now_of(scene)), "SENT")
    scene.sync()
    add_theirs(scene, own)
    rep = Rep(scene, ANN, first)
    rep.click("Stop logging")
    rep.click("Delete and stop")
    sync_for_hours(scene)

    assert "No email is known" in scene.flask("doubles", "--remove", "--yes").output
    assert len(ours(scene)) == 1


def test_before_ours_goes_theirs_is_looked_at_once_more(scene: Scene) -> None:
    """A mail that was logged since the look may be the one that theirs stands for."""
    theirs = log_two_beside_one(scene)
    store = scene.services.ports.store
    [second] = [task for task in ours(scene) if "The second." in task["Description"]]
    [activity] = store.activities_by_id(SalesforceId(second["Id"]))
    store.save_activities([replace(activity, doubled_by=SalesforceId(theirs))], [])

    said = " ".join(scene.flask("doubles", "--remove", "--yes").output.split())
    assert "Of 1 email the other tool's record may be another email's, so ours stays." in said
    assert scene.services.rooms.doubles.remove(store.doubled_activities()) == 0
    assert len(ours(scene)) == 2


@pytest.mark.parametrize("is_purged", [True, False])
def test_where_ours_was_deleted_theirs_stands_for_the_mail(scene: Scene, *, is_purged: bool) -> None:
    message = log_beside(scene, "none")
    look_again(scene)
    [own] = ours(scene)
    scene.universe.org.remove(own["Id"], by="person")
    if is_purged:
        scene.universe.org.purge(own["Id"])

    assert "with --remove the other tool's stands for it" in " ".join(scene.flask("doubles").output.split())
    told = scene.flask("doubles", "--remove", "--yes")
    assert told.code == 0
    assert own["Id"] in told.output
    assert "No email is known" in scene.flask("doubles", "--remove", "--yes").output
    [left] = scene.tasks()
    row = scene.services.ports.store.existing_rows(scene.mailbox().mailbox_id, [message])[message]
    assert row.activity_id == left["Id"]


def test_ours_that_goes_while_an_admin_is_asked_is_no_failure(scene: Scene) -> None:
    log_beside(scene, "none")
    look_again(scene)
    [own] = ours(scene)
    remover = scene.services.rooms.doubles
    remove = scene.services.ports.crm.remove

    def purge_first(ids: Sequence[SalesforceId]) -> Sequence[Exception | None]:
        scene.universe.org.remove(own["Id"], by="person")
        scene.universe.org.purge(own["Id"])
        return remove(ids)

    scene.services.ports.crm.remove = purge_first  # type: ignore[method-assign]
    assert remover.remove(remover.preview().removable) == 0
    assert [activity.own_activity_id for activity in remover.preview().gone] == [own["Id"]]


def test_a_look_that_an_older_version_planned_has_no_moment(scene: Scene) -> None:
    message = log_beside(scene, "task")
    looker = scene.services.rooms.syncer.looker
    [look] = scene.services.ports.store.due_looks(scene.clock.now() + 10 * LATER, 10)
    mails = json.loads(looker.sealing.open(COLLECTION, look.name, PURPOSE, look.sealed))
    for mail in mails:
        assert mail.pop("sent_at")
    sealed = looker.sealing.seal(COLLECTION, look.name, PURPOSE, json.dumps(mails).encode())
    scene.services.ports.store.drop_looks([look])
    scene.services.ports.store.plan_look(replace(look, sealed=sealed))
    look_again(scene)

    assert is_told(scene, message)


def test_what_an_earlier_version_marked_twice_is_deleted_for_neither(scene: Scene) -> None:
    theirs = log_two_beside_one(scene)
    store = scene.services.ports.store
    rows = list(store.rows(scene.mailbox().mailbox_id))
    marked = store.activities([row.activity_key for row in rows if row.activity_key]).values()
    store.save_activities([replace(activity, doubled_by=SalesforceId(theirs)) for activity in marked], [])

    said = " ".join(scene.flask("doubles", "--remove", "--yes").output.split())
    assert "2 emails share one record of the other tool, so ours stay." in said
    assert "Deleted" not in said
    remover = scene.services.rooms.doubles
    assert remover.remove(store.doubled_activities()) == 0
    assert len(scene.tasks()) == 3


def test_theirs_that_goes_while_an_admin_is_asked_takes_ours_not_along(scene: Scene) -> None:
    log_beside(scene, "brackets")
    look_again(scene)
    [own] = ours(scene)
    remover = scene.services.rooms.doubles
    [removable] = remover.preview().removable
    scene.universe.org.remove(removable.doubled_by)

    assert remover.remove([removable]) == 0
    assert [task["Id"] for task in scene.tasks()] == [own["Id"]]


def test_the_list_writes_nothing(scene: Scene) -> None:
    message = log_beside(scene, "brackets")
    look_again(scene)
    [own] = ours(scene)
    [theirs] = [task for task in scene.tasks() if task["Id"] != own["Id"]]
    scene.universe.org.remove(theirs["Id"])
    before = dict(scene.services.documents.writes)

    assert "Of 1 email the other tool's record was deleted since" in " ".join(scene.flask("doubles").output.split())
    assert dict(scene.services.documents.writes) == before
    assert is_told(scene, message)


def test_theirs_that_cannot_be_seen_is_not_called_deleted(scene: Scene) -> None:
    message = log_beside(scene, "brackets")
    look_again(scene)
    [own] = ours(scene)
    scene.universe.org.switches = OrgSwitches(private_activities=True)

    said = " ".join(scene.flask("doubles", "--remove", "--yes").output.split())
    assert "Of 1 email the other tool's record cannot be seen now, so ours stays." in said
    assert own["Id"] in [task["Id"] for task in scene.tasks()]
    assert scene.services.rooms.doubles.remove(scene.services.ports.store.doubled_activities()) == 0
    assert is_told(scene, message)


def test_what_a_rep_stopped_meanwhile_is_not_told(scene: Scene) -> None:
    message = log_beside(scene, "brackets")
    rep = Rep(scene, ANN, message)
    rep.click("Stop logging")
    rep.click("Delete and stop")
    look_again(scene)

    assert not is_told(scene, message)
    assert "No email is known" in scene.flask("doubles").output


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_command_that_is_killed_goes_on(tmp_path: Path, *, after: bool) -> None:
    step, is_over = 0, False
    while not is_over:
        step += 1
        folder = tmp_path / str(step)
        folder.mkdir()
        scene = Scene(folder)
        message = log_beside(scene, "brackets")
        look_again(scene)
        fit(scene, Fuse(step, after))
        remover = scene.services.rooms.doubles
        try:
            remover.remove(remover.preview().removable)
            is_over = True
        except Crash:
            pass
        unfit(scene)
        scene.restart()
        assert scene.flask("doubles", "--remove", "--yes").code == 0
        assert len(scene.tasks()) == 1
        row = scene.services.ports.store.existing_rows(scene.mailbox().mailbox_id, [message])[message]
        assert row.activity_id == scene.tasks()[0]["Id"]
        scene.close()
    assert step > 2
