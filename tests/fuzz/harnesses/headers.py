"""Any bytes as a message's headers: screened, asked about, decided; never a crash, always one outcome, nobody invented.

The first byte chooses labels and what Salesforce knows; the rest is the header block as it stands on the wire.
"""

from __future__ import annotations

from bench.addresses.compare import is_in_text
from server.domain.crm import Candidates, Query, Record, RecordKind
from server.domain.decision import OUTCOME_OF, Decision, Reason
from server.domain.ids import MailboxId, MessageId, SalesforceId, ThreadId
from server.domain.mail import Copy, Mail, People
from server.domain.mailbox import Workspace
from server.domain.message import Header, Headers, Message
from server.domain.policy import Policy
from server.rules.decision.decide import decide
from server.rules.decision.match import build_query
from server.rules.decision.owner import find_owner, list_groups, list_owner_addresses
from server.rules.decision.screen import Situation, screen
from server.rules.headers.identity_key import activity_key, find_conversation_root

WORDS = (
    *(f"{name}: ".encode() for name in ("From", "To", "Cc", "Bcc", "Sender", "Reply-To", "X-Original-From", "X-Original-Sender")),
    *(f"{name}: ".encode() for name in ("List-ID", "List-Post", "Mailing-list", "Authentication-Results", "Return-Path", "Delivered-To")),
    *(f"{name}: ".encode() for name in ("Subject", "Date", "Message-ID", "References", "In-Reply-To", "Auto-Submitted", "Precedence")),
    b"sales@ours.example", b"ann@ours.example", b"<sales.ours.example>", b"list sales@ours.example; contact x", b"mx.google.com; ",
    b"<mailto:list@lists.example>", b"Ada via List <list@lists.example>", b"x@marketplace.amazon.com", b"1@bcc.hubspot.com",
    b"dkim=pass header.i=@ours.example", b"spf=pass smtp.mailfrom=", b"ada@x.example", b"=?utf-8?q?", b"?=", b"\r\n", b"\r\n ",
    b"multipart/report; report-type=delivery-status", b"text/calendar; method=REQUEST", b"Mon, 14 Sep 2026 09:00:00 +0000",
)  # fmt: skip
OURS = Workspace(
    domains=frozenset({"ours.example"}),
    groups=frozenset({"sales@ours.example"}),
    people={"ann@ours.example": ("ann@ours.example", "ann@alias.example")},
)
POLICY = Policy(blocked=frozenset({"blocked.example"}))
LABELS = ("SENT", "INBOX", "CATEGORY_UPDATES", "SPAM", "DRAFT")
NOW = 1_789_000_000_000


def one(data: bytes) -> None:
    choice, headers = data[0] if data else 0, headers_of(data[1:])
    labels = frozenset(label for bit, label in enumerate(LABELS) if choice >> bit & 1)
    message = Message(MessageId("1"), ThreadId("1"), labels, NOW, len(data), headers)
    situation = Situation(own_addresses=frozenset({"ann@ours.example"}), is_overridden=bool(choice & 64))
    screening, people = screen(message, OURS, POLICY, situation)
    assert not message.is_sent or people.author is None or people.author.header in (Header.FROM, Header.SENDER)
    _nobody_is_invented(people, headers)
    key = activity_key(headers, people.author and people.author.address, NOW, [p.address for p in people.participants])
    assert len(key) == 64
    find_conversation_root(headers)
    if screening.reason is not None:
        assert screening.reason in OUTCOME_OF
        return
    copy = Copy(
        MailboxId("1"), "ann@ours.example", message.message_id, message.thread_id, message.is_sent, NOW, headers, people,
    )  # fmt: skip
    mail = Mail(key, None, (copy,))
    decision = _decided(mail, is_known=bool(choice & 128))
    assert decision.reason in OUTCOME_OF
    assert (decision.reason is Reason.NO_MATCH) == (decision.chosen is None)


def headers_of(block: bytes) -> Headers:
    """As a lenient parser hands them over: unfolded, 8-bit bytes kept as surrogates."""
    fields: list[tuple[str, str]] = []
    for line in block.decode("ascii", "surrogateescape").replace("\r\n", "\n").split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"} and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + line)
        elif colon:
            fields.append((name, value))
    return Headers.of(fields)


def _nobody_is_invented(people: People, headers: Headers) -> None:
    for person in people.participants:
        names = (
            ("X-Original-From", "X-Original-Sender", "Reply-To")
            if person.header is Header.ORIGINAL_FROM
            else (person.header,)
        )
        assert any(is_in_text(person.address, value) for name in names for value in headers.all(name)), person
    assert set(people.externals) <= set(people.participants)
    sides = (people.externals, people.internals, people.intakes)
    assert {p.address for p in people.participants} == {p.address for side in sides for p in side}
    assert len({p.address for p in people.participants}) == sum(len(side) for side in sides)
    assert people.author is None or people.author in people.participants
    assert all(OURS.is_internal(p.address) for p in people.internals)


def _decided(mail: Mail, *, is_known: bool) -> Decision:
    groups = {group: tuple(OURS.people) for group in list_groups(mail, OURS)}
    asked: Query = build_query(mail, OURS, POLICY, groups)
    assert not any(OURS.is_internal(address) for address in asked.addresses)
    assert not any(OURS.owns_domain(domain) for domain in asked.domains)
    assert list_owner_addresses(mail, OURS, groups)
    known = _candidates(asked) if is_known else Candidates()
    owner = find_owner(mail, OURS, known, groups, known.list_owner_ids(asked))
    return decide(mail, owner.ids, known, OURS, POLICY)


def _candidates(asked: Query) -> Candidates:
    def record(kind: RecordKind, number: int, found_by: str) -> tuple[Record, ...]:
        return (Record(SalesforceId(f"{number:018d}"), kind, found_by=found_by),)

    addresses, domains = sorted(asked.addresses), sorted(asked.domains)
    return Candidates(
        contacts={a: record(RecordKind.CONTACT, i, a) for i, a in enumerate(addresses) if i % 3 == 0},
        leads={a: record(RecordKind.LEAD, i, a) for i, a in enumerate(addresses) if i % 3 == 1},
        accounts={d: record(RecordKind.ACCOUNT, i, d) for i, d in enumerate(domains)},
    )
