"""A decided mail as the activity it becomes."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import Activity, CrmUser, Direction, Record, RecordKind
from server.domain.decision import Decision, Reason
from server.domain.ids import ActivityKey, MailboxId, MessageId, SalesforceId, ThreadId
from server.domain.mail import Copy, Mail
from server.domain.mail_body import MailBody
from server.domain.mailbox import Workspace
from server.domain.message import Headers
from server.domain.policy import Disclosure, Policy
from server.rules.decision.activity import local_day_of, plan_activity
from server.rules.decision.owner import choose_activity_owner
from server.rules.headers.people import people_of

WORKSPACE = Workspace(frozenset({"acme.example"}))
RECEIVED = 1_789_400_000_000
CONTACT = Record(
    SalesforceId("003A"), RecordKind.CONTACT, "ada@byron.example", account_id=SalesforceId("001A"), name="Ada"
)
ANN = CrmUser(SalesforceId("005A"), "ann@acme.example")
BODY = MailBody("Two lamps.\n\n> How many?", ("plan.pdf",), own="Two lamps.")


def mail(*headers: tuple[str, str], is_sent: bool = False) -> Mail:
    found = Headers.of(headers)
    copy = Copy(
        MailboxId("1"), "ann@acme.example", MessageId("a"), ThreadId("t"), is_sent, RECEIVED, found,
        people_of(found, WORKSPACE),
    )  # fmt: skip
    return Mail(ActivityKey("k" * 64), None, (copy,))


INBOUND = mail(
    ("From", "Ada Byron <ada@byron.example>"), ("To", "ann@acme.example, ANN@acme.example"), ("Cc", "Ben <ben@acme.example>"),
    ("Subject", "=?utf-8?q?L=C3=A1mparas?="), ("Date", "Mon, 14 Sep 2026 09:00:00 +0200"), ("Message-ID", "<x@byron.example>"),
)  # fmt: skip


def plan(of: Mail, chosen: Record | None = CONTACT, policy: Policy | None = None) -> Activity:
    decision = Decision(Reason.CONTACT_MATCH, chosen, related=(chosen,) if chosen else ())
    return plan_activity(of, decision, ANN, BODY, WORKSPACE, policy or Policy())


def test_an_inbound_mail_to_a_contact() -> None:
    assert plan(INBOUND) == Activity(
        key=ActivityKey("k" * 64),
        subject="From Ada Byron: Lámparas",
        body="Two lamps.",
        sent_at=1_789_369_200_000,
        day="2026-09-14",
        direction=Direction.INBOUND,
        owner_id=SalesforceId("005A"),
        who_id=SalesforceId("003A"),
        what_id=SalesforceId("001A"),
        related_ids=(SalesforceId("003A"),),
        from_address="ada@byron.example",
        to_addresses=("ann@acme.example",),
        cc_addresses=("ben@acme.example",),
        rfc822_message_id="x@byron.example",
        thread_id="t",
        mailbox="ann@acme.example",
        match_type="contact_match",
        attachment_names=("plan.pdf",),
    )


@pytest.mark.parametrize(
    ("record", "links"),
    [
        (CONTACT, ("003A", "001A")),
        (replace(CONTACT, is_person_account=True), ("003A", None)),
        (replace(CONTACT, account_id=None), ("003A", None)),
        (Record(SalesforceId("00QA"), RecordKind.LEAD, "x"), ("00QA", None)),
        (Record(SalesforceId("001B"), RecordKind.ACCOUNT, "x"), (None, "001B")),
        (None, (None, None)),
    ],
)
def test_what_it_points_at(record: Record | None, links: tuple[str | None, str | None]) -> None:
    planned = plan(INBOUND, record)
    assert (planned.who_id, planned.what_id) == links


@pytest.mark.parametrize(
    ("disclosure", "subject", "body", "attachments"),
    [
        (Disclosure.TEXT, "From Ada Byron: Lámparas", "Two lamps.", ("plan.pdf",)),
        (Disclosure.SUBJECT, "From Ada Byron: Lámparas", "", ()),
        (Disclosure.HEADERS, "From Ada Byron: Email", "", ()),
    ],
)
def test_disclosure_decides_what_is_told(
    disclosure: Disclosure, subject: str, body: str, attachments: tuple[str, ...]
) -> None:
    planned = plan(INBOUND, policy=Policy(disclosure=disclosure))
    assert (planned.subject, planned.body, planned.attachment_names) == (subject, body, attachments)


def test_outbound_mail_has_its_own_subject() -> None:
    planned = plan(mail(("From", "ann@acme.example"), ("To", "ada@byron.example"), ("Subject", "Offer"), is_sent=True))
    assert (planned.direction, planned.subject) == (Direction.OUTBOUND, "Offer")


@pytest.mark.parametrize("subject", ["", "   ", "=?utf-8?q??="])
def test_no_subject_is_said(subject: str) -> None:
    assert plan(mail(("From", "a@b.example"), ("Subject", subject))).subject == "From a@b.example: (no subject)"


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
def test_hostile_headers_give_one_printable_line(sender: str, subject: str, date: str) -> None:
    planned = plan(mail(("From", sender), ("Subject", subject), ("Date", date), ("To", sender)))
    assert not {unicodedata.category(c) for c in planned.subject} & {"Cc", "Cs", "Zl", "Zp"}
    assert 0 < planned.sent_at <= RECEIVED + 86_400_000


@pytest.mark.parametrize(
    ("owner", "is_active", "is_wanted", "expected"),
    [
        ("005A", True, True, "005A"),
        (None, True, True, "005B"),
        (None, False, True, None),
        (None, True, False, None),
    ],
)
def test_mail_of_nobody_who_is_a_user_belongs_to_the_owner_of_its_record_where_an_admin_wants_that(
    owner: str | None, is_active: bool, is_wanted: bool, expected: str | None
) -> None:
    record = replace(CONTACT, owner_id=SalesforceId("005B"), is_owner_active=is_active)
    policy = Policy(owner_of_record=is_wanted)

    assert choose_activity_owner(SalesforceId(owner) if owner else None, record, policy) == expected
    assert choose_activity_owner(None, None, policy) is None


EVENING = 1_790_827_200_000
"""2026-10-01, 04:00 UTC: the last evening of a quarter in California, midday in Japan."""


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Los_Angeles", "2026-09-30"),
        ("Asia/Tokyo", "2026-10-01"),
        ("Pacific/Kiritimati", "2026-10-01"),
        ("", "2026-10-01"),
        ("America", "2026-10-01"),
        ("Mars/Olympus", "2026-10-01"),
        ("../../etc/passwd", "2026-10-01"),
        ("\0", "2026-10-01"),
    ],
)
def test_its_day_is_its_owners(zone: str, day: str) -> None:
    assert local_day_of(EVENING, zone) == day
    of = mail(("From", "ada@byron.example"), ("To", "ann@acme.example"), ("Date", "Thu, 1 Oct 2026 04:00:00 +0000"))
    of = replace(of, copies=(replace(of.copies[0], internal_date=EVENING),))
    owner = replace(ANN, time_zone=zone)
    decision = Decision(Reason.CONTACT_MATCH, CONTACT, related=(CONTACT,))
    assert plan_activity(of, decision, owner, BODY, WORKSPACE, Policy()).day == day
    assert plan_activity(of, decision, None, BODY, WORKSPACE, Policy()).day == "2026-10-01"


FLAT_BATTERY = ("Date", "Tue, 01 Jan 1980 00:04:00 +0000")


def test_the_activity_of_a_wrong_clock_stands_under_the_day_of_arrival() -> None:
    received = mail(("From", "ada@byron.example"), ("To", "ann@acme.example"), FLAT_BATTERY)
    assert (plan(received).sent_at, plan(received).day) == (RECEIVED, "2026-09-14")


def test_an_imported_mail_stands_under_the_day_that_its_server_stamped() -> None:
    decision = Decision(Reason.CONTACT_MATCH, CONTACT)
    imported = mail(("From", "ada@byron.example"), ("To", "ann@acme.example"), FLAT_BATTERY)
    body = MailBody("Two lamps.", received="by mx.acme.example with ESMTP; Mon, 04 Mar 2019 09:00:05 +0100")
    assert plan_activity(imported, decision, ANN, body, WORKSPACE, Policy()).day == "2019-03-04"


def test_a_colleagues_mail_and_sent_mail_keep_their_date() -> None:
    sent = mail(("From", "ann@acme.example"), ("To", "ada@byron.example"), FLAT_BATTERY, is_sent=True)
    copied = mail(("From", "ben@acme.example"), ("To", "ada@byron.example"), FLAT_BATTERY)
    assert [plan(sent).day, plan(copied).day] == ["1980-01-01", "1980-01-01"]


@pytest.mark.parametrize(
    ("header", "subject", "expected"),
    [
        ("Angebot f\ufffdr M\ufffdrz", "Angebot für März", "Angebot für März"),
        ("Angebot", "Another", "Angebot"),
        ("A\ufffdB", "", "A\ufffdB"),
    ],
)
def test_a_subject_with_lost_letters_is_read_from_the_bytes(header: str, subject: str, expected: str) -> None:
    written = mail(("From", "ann@acme.example"), ("To", "ada@byron.example"), ("Subject", header), is_sent=True)
    decision = Decision(Reason.CONTACT_MATCH, CONTACT)
    assert plan_activity(written, decision, ANN, MailBody("", subject=subject), WORKSPACE, Policy()).subject == expected
