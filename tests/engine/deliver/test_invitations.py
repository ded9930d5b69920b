"""Invitations as calendar programs send them, from end to end: what is a machine's, and what a person's."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from tests.support.scene import Scene

ANN = "ann@acme.example"
EVENT = "BEGIN:VCALENDAR\r\nMETHOD:{0}\r\nBEGIN:VEVENT\r\nSUMMARY:Visit\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def write_mail(text: str) -> EmailMessage:
    """No header of it speaks of a calendar."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ada <ada@byron.example>", ANN, "Visit"
    mail["Date"], mail["Message-ID"] = "Mon, 21 Sep 2026 09:00:00 +0000", f"<{len(text)}@byron.example>"
    mail.set_content(text)
    return mail


def add_calendar(mail: EmailMessage, method: str) -> None:
    mail.add_alternative(EVENT.format(method), subtype="calendar", params={"method": method})


@pytest.mark.parametrize("method", ["REQUEST", "REPLY", "CANCEL", "COUNTER"])
@pytest.mark.parametrize("has_file", [False, True])
def test_an_invitation_makes_no_activity(scene: Scene, method: str, has_file: bool) -> None:
    mail = write_mail("Ada invites you.")
    add_calendar(mail, method)
    if has_file:
        mail.add_attachment(EVENT.format(method).encode(), maintype="application", subtype="ics", filename="invite.ics")
    message = scene.deliver(ANN, mail.as_bytes())
    scene.sync()
    assert scene.outcomes() == {message: "automated"}
    assert scene.tasks() == []


def test_an_attached_appointment_is_logged(scene: Scene) -> None:
    mail = write_mail("Here is the appointment of our visit.")
    mail.add_attachment(EVENT.format("REQUEST").encode(), maintype="text", subtype="calendar", filename="visit.ics")
    scene.deliver(ANN, mail.as_bytes())
    scene.sync()
    [task] = scene.tasks()
    assert "Here is the appointment" in task["Description"]


def test_a_persons_answer_to_an_invitation_is_logged(scene: Scene) -> None:
    history = "On Mon, 21 Sep 2026 Ann <ann@acme.example> wrote:\n> Ann invites you.\n"
    mail = write_mail(f"Tuesday suits me better.\n\n{history}")
    mail["In-Reply-To"] = "<invitation@acme.example>"
    scene.deliver(ANN, mail.as_bytes())
    scene.sync()
    [task] = scene.tasks()
    assert "Tuesday suits me better." in task["Description"]
