"""Labels, people and author: what is skipped before anybody asks Salesforce, and in which order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.decision import OUTCOME_OF, Outcome, Reason
from server.domain.ids import MessageId, ThreadId
from server.domain.mailbox import Workspace
from server.domain.message import Headers, Message
from server.domain.policy import Policy
from server.rules.authorship.rule import judge_authorship
from server.rules.decision.screen import HEADERS, Situation, screen
from server.rules.headers.identity_key import activity_key, find_conversation_root
from server.rules.headers.people import people_of

WORKSPACE = Workspace(
    domains=frozenset({"acme.example", "old-acme.example"}),
    groups=frozenset({"sales@acme.example", "list@groups.example"}),
    people={"ann@acme.example": ("ann@acme.example", "ann@brand.example")},
)
INBOUND = (("From", "Ada <ada@byron.example>"), ("To", "ann@acme.example"), ("Subject", "Lamps"))
OUTBOUND = (("From", "ann@acme.example"), ("To", "ada@byron.example"), ("Subject", "Lamps"))
INSIDE = (("From", "ben@acme.example"), ("To", "ann@acme.example"), ("Subject", "Lamps"))
ROBOT = (("From", "no-reply@byron.example"), ("To", "ann@acme.example"), ("Auto-Submitted", "auto-generated"))
GROUP = (
    ("From", "'Ada' via Sales <sales@acme.example>"), ("To", "sales@acme.example"),
    ("X-Original-From", "Ada <ada@byron.example>"), ("List-ID", "<sales.acme.example>"), ("Precedence", "list"),
)  # fmt: skip


def message(*headers: tuple[str, str], labels: str = "INBOX", at: int = 1000) -> Message:
    return Message(MessageId("1"), ThreadId("t"), frozenset(labels.split()), at, 100, Headers.of(headers))


def reason(
    headers: tuple[tuple[str, str], ...], labels: str = "INBOX", at: int = 1000, blocked: str = "", **situation: object
) -> Reason | None:
    known = Situation(**{"own_addresses": frozenset({"ann@acme.example"}), **situation})  # type: ignore[arg-type]
    verdict, _ = screen(
        message(*headers, labels=labels, at=at), WORKSPACE, Policy(blocked=frozenset(blocked.split())), known
    )
    return verdict.reason


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("INBOX", None),
        ("", None),  # archived
        ("INBOX UNREAD IMPORTANT STARRED CATEGORY_PERSONAL Label_7", None),
        ("DRAFT", Reason.NOT_MAIL),
        ("CHAT", Reason.NOT_MAIL),
        ("SCHEDULED", Reason.NOT_MAIL),
        ("INBOX DRAFT SPAM", Reason.NOT_MAIL),
        ("SPAM", Reason.NOT_PRIMARY),
        ("TRASH", Reason.NOT_PRIMARY),
        ("INBOX CATEGORY_PROMOTIONS", Reason.NOT_PRIMARY),
        ("INBOX CATEGORY_SOCIAL", Reason.NOT_PRIMARY),
        ("CATEGORY_UPDATES", Reason.NOT_PRIMARY),
        ("INBOX CATEGORY_FORUMS", Reason.NOT_PRIMARY),
        ("INBOX CATEGORY_PURCHASES", Reason.NOT_PRIMARY),
        ("SENT CATEGORY_PURCHASES", None),
        ("INBOX CATEGORY_WHATEVER", None),
        ("SENT CATEGORY_PROMOTIONS", None),
        ("SENT TRASH", Reason.NOT_PRIMARY),
    ],
)
def test_labels(labels: str, expected: Reason | None) -> None:
    assert reason(INBOUND, labels) == expected


@pytest.mark.parametrize(
    ("headers", "labels", "expected"),
    [
        (OUTBOUND, "SENT", None),
        (OUTBOUND, "", Reason.NOT_MAIL),  # scheduled: from here, and neither sent nor delivered
        (OUTBOUND, "STARRED", Reason.NOT_MAIL),
        ((*OUTBOUND, ("Reply-To", "ann@private.example")), "", Reason.NOT_MAIL),
        ((*OUTBOUND, ("Delivered-To", "ann@acme.example")), "", None),
        (INBOUND, "", None),
    ],
)
def test_what_is_not_sent_yet_is_no_mail(
    headers: tuple[tuple[str, str], ...], labels: str, expected: Reason | None
) -> None:
    assert reason(headers, labels) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (INSIDE, Reason.INTERNAL_ONLY),
        ((("From", "x@eu.acme.example"), ("To", "y@deep.eu.acme.example")), Reason.INTERNAL_ONLY),
        ((("From", "x@old-acme.example"), ("To", "ann@brand.example")), Reason.INTERNAL_ONLY),
        ((("From", "ann@acme.example"), ("To", "list@groups.example")), Reason.INTERNAL_ONLY),
        ((("From", "ann@acme.example"), ("To", "other@brand.example")), None),
        ((("From", "ann@acme.example"), ("To", "x@notacme.example")), None),
        ((("From", "ann@acme.example"), ("To", "x@acme.example.evil.example")), None),
        ((*INSIDE, ("Cc", "ada@byron.example")), None),
        ((*INSIDE, ("Bcc", "ada@byron.example")), None),
        ((*INSIDE, ("Reply-To", "ada@byron.example")), None),
        ((*INSIDE, ("Sender", "ada@byron.example")), None),
        ((*INSIDE, ("Reply-To", "ann@acme.example"), ("Sender", "ben@acme.example")), Reason.INTERNAL_ONLY),
        ((*INSIDE, ("Bcc", "emailtosalesforce@1a2b3c.in.salesforce.com")), Reason.INTERNAL_ONLY),
        ((*INSIDE, ("Cc", "deals-aaaa2bcd@acme.slack.com, 12345@bcc.hubspot.com")), Reason.INTERNAL_ONLY),
        ((*INSIDE, ("Reply-To", "reply+aaab3cdeabcd@reply.github.com")), Reason.INTERNAL_ONLY),
        ((*INSIDE, ("X-Original-From", "ada@byron.example")), Reason.INTERNAL_ONLY),  # anybody can write that
        (GROUP, None),
        ((("From", "ANN@ACME.EXAMPLE"), ("To", "BEN@Acme.Example")), Reason.INTERNAL_ONLY),
        ((("From", '"ada@byron.example" <ben@acme.example>'), ("To", "ann@acme.example")), Reason.INTERNAL_ONLY),
    ],
)
def test_who_is_outside(headers: tuple[tuple[str, str], ...], expected: Reason | None) -> None:
    assert reason(headers, "SENT") == expected


def test_the_author_behind_our_own_group_is_the_original_sender() -> None:
    people = people_of(Headers.of(GROUP), WORKSPACE)
    assert people.author is not None
    assert (people.author.address, people.through_own_group) == ("ada@byron.example", True)
    assert [p.address for p in people.externals] == ["ada@byron.example"]


@pytest.mark.parametrize(
    ("blocked", "expected"),
    [
        ("ada@byron.example", Reason.BLOCKED),
        ("byron.example", Reason.BLOCKED),
        ("example", Reason.BLOCKED),
        ("bob@byron.example", None),
        ("yron.example", None),
    ],
)
def test_blocklists_hold_addresses_and_domains(blocked: str, expected: Reason | None) -> None:
    assert reason(INBOUND, blocked=blocked) == expected
    sub = (("From", "ada@mail.byron.example"), ("To", "ann@acme.example"))
    assert reason(sub, blocked="byron.example") == Reason.BLOCKED


EVERYTHING = {
    "labels": "DRAFT SPAM CATEGORY_PROMOTIONS Label_1", "at": 1, "start": 2, "dont_log_labels": frozenset({"Label_0", "Label_1"}),
    "is_kept_out": True, "blocked": "byron.example",
}  # fmt: skip
STEPS = [
    (Reason.NOT_MAIL, {"labels": "SPAM CATEGORY_PROMOTIONS Label_1"}),
    (Reason.NOT_PRIMARY, {"labels": "INBOX Label_1"}),
    (Reason.BEFORE_START, {"start": 0}),
    (Reason.KEPT_OUT, {"labels": "INBOX"}),
    (Reason.KEPT_OUT, {"is_kept_out": False}),
    (Reason.BLOCKED, {"blocked": ""}),
]


def test_the_order_settles_the_reason_where_several_fit() -> None:
    facts = dict(EVERYTHING)
    for expected, lifted in STEPS:
        assert reason(ROBOT, **facts) == expected  # type: ignore[arg-type]
        facts |= lifted
    assert reason(ROBOT, **facts) == Reason.AUTOMATED  # type: ignore[arg-type]
    inside = (("From", "no-reply@acme.example"), ("To", "ann@acme.example"), ("Auto-Submitted", "auto-generated"))
    assert reason(inside) == Reason.INTERNAL_ONLY


@pytest.mark.parametrize(
    ("headers", "facts", "expected"),
    [
        (INBOUND, {"labels": "INBOX CATEGORY_UPDATES"}, None),
        (INBOUND, {"at": 1, "start": 2}, None),
        (ROBOT, {}, None),
        (ROBOT, {"labels": "CATEGORY_FORUMS", "at": 1, "start": 2}, None),
        (INBOUND, {"labels": "SPAM"}, Reason.NOT_PRIMARY),
        (INBOUND, {"labels": "TRASH CATEGORY_UPDATES"}, Reason.NOT_PRIMARY),
        (INBOUND, {"labels": "DRAFT"}, Reason.NOT_MAIL),
        (INBOUND, {"blocked": "byron.example"}, Reason.BLOCKED),
        (INBOUND, {"is_kept_out": True}, Reason.KEPT_OUT),
        (INSIDE, {}, Reason.INTERNAL_ONLY),
        ((), {}, Reason.UNREADABLE),
    ],
)
def test_log_anyway_beats_some_and_never_others(
    headers: tuple[tuple[str, str], ...], facts: dict[str, object], expected: Reason | None
) -> None:
    assert reason(headers, is_overridden=True, **facts) == expected  # type: ignore[arg-type]


MACHINE = (
    ("Subject", "New form submission"), ("X-Mailer", "PHPMailer 6.8"), ("Reply-To", "Ada <ada@byron.example>"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((("From", "noreply@acme.example"), *MACHINE), None),
        ((("From", "alerts@acme.example"), *MACHINE), None),
        ((("From", "x9@marketplace.amazon.com"), *MACHINE), None),
        ((("From", "noreply@forms.example"), *MACHINE), Reason.AUTOMATED),
        ((*GROUP[:4], *MACHINE), Reason.AUTOMATED),
        ((("From", "'Alerts' via Sales <sales@acme.example>"), GROUP[3], ("Reply-To", "alerts@monitor.example")), Reason.AUTOMATED),
        ((("From", "noreply@acme.example"), ("To", "ada@byron.example")), Reason.AUTOMATED),
        ((("From", "noreply@acme.example"), ("Reply-To", "bounce@byron.example"), ("Auto-Submitted", "auto-generated")), Reason.AUTOMATED),
    ],
)  # fmt: skip
def test_a_form_is_the_persons_who_filled_it_in(headers: tuple[tuple[str, str], ...], expected: Reason | None) -> None:
    assert reason(headers) == expected


def test_bytes_without_a_header_are_unreadable() -> None:
    assert reason(()) == Reason.UNREADABLE
    assert OUTCOME_OF[Reason.UNREADABLE] is Outcome.FAILED
    assert reason((), "DRAFT") == Reason.NOT_MAIL


class RecordingHeaders(Headers):
    """Headers that remember which names were asked for."""

    names: set[str] = set()  # noqa: RUF012  # shared on purpose, by all copies of one test

    def all(self, name: str) -> list[str]:
        self.names.add(name.lower())
        return super().all(name)

    def has_any(self, lower_names: frozenset[str]) -> bool:
        self.names.update(lower_names)
        return super().has_any(lower_names)

    def position(self, name: str) -> int | None:
        self.names.add(name.lower())
        return super().position(name)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return super().__iter__()


@pytest.mark.parametrize(
    "headers", [(), INBOUND, ROBOT, GROUP, (("From", "a@b.example"), ("Content-Type", "text/calendar"))]
)
def test_gmail_is_asked_for_every_header_that_a_rule_reads(headers: tuple[tuple[str, str], ...]) -> None:
    RecordingHeaders.names = set()
    asked = RecordingHeaders(headers)
    for own_group in (False, True):
        judge_authorship(asked, is_outbound=False, own_group=own_group, label_ids=frozenset())
    people_of(asked, WORKSPACE)
    activity_key(asked, "a@b.example", 0, [])
    find_conversation_root(asked)
    assert len(RecordingHeaders.names) > 40
    assert RecordingHeaders.names - {name.lower() for name in HEADERS} == set()


NAMES = st.sampled_from(sorted(HEADERS))
VALUES = st.one_of(
    st.text(max_size=60), st.sampled_from(["ada@byron.example", "ann@acme.example", "no", "list", "<>", "Re: x"])
)
LABELS = st.frozensets(st.sampled_from(["INBOX", "SENT", "SPAM", "TRASH", "DRAFT", "CATEGORY_SOCIAL", "Label_1"]))


@given(st.lists(st.tuples(NAMES, VALUES), max_size=12), LABELS, st.booleans())
def test_no_headers_raise_and_what_a_reader_does_changes_nothing(
    headers: list[tuple[str, str]], labels: frozenset[str], overridden: bool
) -> None:
    found = reason(tuple(headers), " ".join(labels), is_overridden=overridden)
    assert found is None or OUTCOME_OF[found] in {Outcome.SKIPPED, Outcome.FAILED}
    assert (
        reason(tuple(headers), " ".join(labels | {"UNREAD", "STARRED", "IMPORTANT"}), is_overridden=overridden) == found
    )
