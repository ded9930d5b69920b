"""The decision that stands once the body is read."""

from __future__ import annotations

import pytest

from server.domain.crm import Record, RecordKind
from server.domain.decision import Decision, Reason
from server.domain.ids import SalesforceId
from server.domain.mail_body import MailBody
from server.rules.decision.after_reading import CALENDAR_BODY, RECALL_BODY, decide_after_reading

ADA = Record(SalesforceId("003A00000000001AAA"), RecordKind.CONTACT, "ada@byron.example")
MATCHED = Decision(Reason.CONTACT_MATCH, ADA, policy_version=3)


@pytest.mark.parametrize("method", ["REQUEST", "REPLY", "CANCEL", "COUNTER"])
def test_calendar_mail_is_automated(method: str) -> None:
    body = MailBody("You are invited.", calendar_method=method)
    expected = Decision(Reason.AUTOMATED, evidence=(CALENDAR_BODY,), policy_version=3)
    assert decide_after_reading(MATCHED, body) == expected


@pytest.mark.parametrize("method", ["", "PUBLISH", "X-OWN"])
def test_other_mail_stays_as_it_was_decided(method: str) -> None:
    assert decide_after_reading(MATCHED, MailBody("See the calendar.", calendar_method=method)) is MATCHED


@pytest.mark.parametrize("reason", [Reason.THREAD_OVERRIDE, Reason.NO_MATCH, Reason.KEPT_OUT])
def test_what_a_person_chose_and_what_is_not_logged_stay(reason: Reason) -> None:
    decision = Decision(reason, ADA if reason is Reason.THREAD_OVERRIDE else None)
    assert decide_after_reading(decision, MailBody("", calendar_method="REQUEST")) is decision


@pytest.mark.parametrize(
    "text",
    [
        'Tarn, Mina would like to recall the message, "Offer 77".',
        "Mina Tarn möchte die Nachricht „Angebot 77“ zurückrufen.",
        "Mina Tarn souhaite rappeler le message « Offre 77 ».",
        'Mina Tarn desea recuperar el mensaje "Oferta 77".',
        "Mina Tarn wil het bericht 'Offerte 77' intrekken.",
    ],
)
def test_a_recall_is_automated(text: str) -> None:
    assert decide_after_reading(MATCHED, MailBody(text)).evidence == (RECALL_BODY,)


@pytest.mark.parametrize(
    "text",
    [
        'Hi Rita,\nMina would like to recall the message, "Offer 77".\nWhat shall I do?',
        'Mina would like to recall the message, "Offer 77". Please send me a new price.',
        "I would like to recall the message of our founder.",
        "Mina möchte die Nachricht bitte noch einmal.",
        "",
    ],
)
def test_a_person_who_writes_of_a_recall_is_a_person(text: str) -> None:
    assert decide_after_reading(MATCHED, MailBody(text)) is MATCHED
