"""Turns a decided mail into an activity. The functions are pure, so that a test can compare an activity whole."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.domain.crm import Activity, CrmUser, Direction, Record, RecordKind
from server.domain.decision import Decision
from server.domain.ids import SalesforceId
from server.domain.mail import Copy, Mail
from server.domain.mail_body import MailBody
from server.domain.mailbox import Workspace
from server.domain.message import Header, Headers, Participant
from server.domain.policy import Disclosure, Policy
from server.rules.decision.owner import choose_activity_owner
from server.rules.headers.dates import read_sent_at
from server.rules.headers.header_text import read_subject
from server.rules.headers.identity_key import normalise_message_id

NO_SUBJECT = "(no subject)"
MOST_TEXT = 40_000
"""Characters of a body that an activity gets. No field of Salesforce takes more, and a longer text shows its cut."""


def plan_activity(
    mail: Mail, decision: Decision, owner: CrmUser | None, body: MailBody, workspace: Workspace, policy: Policy
) -> Activity:
    """The activity for the mail, with as much of ``body`` as the policy discloses; the sealed copy has all of it."""
    copy = mail.canonical
    author = mail.author
    direction = Direction.OUTBOUND if author and workspace.is_internal(author.address) else Direction.INBOUND
    who, what = links_of(decision.chosen)
    people = copy.people.participants
    place = _choose_place(mail, workspace)
    shown = policy.disclosure
    is_own = copy.is_sent or direction is Direction.OUTBOUND
    moment = read_sent_at(copy.headers, copy.internal_date, received=body.received, is_own=is_own)
    return Activity(
        key=mail.key,
        subject=_write_subject(_choose_subject(copy.headers, body), author, direction, shown),
        body=body.own[:MOST_TEXT] if shown is Disclosure.TEXT else "",
        sent_at=moment,
        day=local_day_of(moment, owner.time_zone if owner else ""),
        direction=direction,
        owner_id=choose_activity_owner(owner.user_id if owner else None, decision.chosen, policy),
        who_id=who,
        what_id=what,
        related_ids=list_related(decision, policy),
        from_address=author.address if author else "",
        to_addresses=_addresses(people, Header.TO),
        cc_addresses=_addresses(people, Header.CC),
        rfc822_message_id=normalise_message_id(copy.headers.first("Message-ID") or "") or "",
        thread_id=place.thread_id,
        mailbox=_name_mailbox(place, workspace),
        match_type=decision.reason.value,
        attachment_names=body.attachments if shown is Disclosure.TEXT else (),
    )


def _choose_place(mail: Mail, workspace: Workspace) -> Copy:
    """The copy whose mailbox the activity names: of received ones a person's whom the mail shows, if there is one.

    Everybody who sees the activity would read there who had a blind copy.
    """
    first = mail.canonical
    if first.is_sent:
        return first
    named = {p.address for p in first.people.participants if p.header is not Header.BCC}
    shown = [c for c in mail.copies if not named.isdisjoint(workspace.addresses_of(c.mailbox_address))]
    return min(shown, key=lambda c: (c.internal_date, c.mailbox_id, c.message_id), default=first)


def _name_mailbox(place: Copy, workspace: Workspace) -> str:
    """The first colleague's whom the mail shows, where only a blind copy was read so far."""
    if place.is_sent:
        return place.mailbox_address
    shown = [p.address for p in place.people.participants if p.header is not Header.BCC]
    if not set(shown).isdisjoint(workspace.addresses_of(place.mailbox_address)):
        return place.mailbox_address
    colleagues = (workspace.owners[address] for address in shown if address in workspace.owners)
    return next(colleagues, place.mailbox_address)


def local_day_of(moment: int, time_zone: str) -> str:
    """The date in the owner's time zone: the mail of a Californian evening belongs to that day, not to UTC's next."""
    try:
        zone = ZoneInfo(time_zone) if time_zone else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = UTC
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone).date().isoformat()


def _choose_subject(headers: Headers, body: MailBody) -> str:
    """The subject by the headers that the provider decoded, or by the bytes of the mail where a letter was lost."""
    written = headers.first("Subject") or ""
    return read_subject(body.subject if "\ufffd" in written and body.subject else written) or NO_SUBJECT


def _write_subject(subject: str, author: Participant | None, direction: Direction, shown: Disclosure) -> str:
    """Lightning captions every email Task "You sent an email", so the subject of inbound mail names its sender."""
    if shown is Disclosure.HEADERS:
        subject = "Email"
    if direction is Direction.OUTBOUND or author is None:
        return subject
    return f"From {author.name or author.address}: {subject}"


def list_related(decision: Decision, policy: Policy) -> tuple[SalesforceId, ...]:
    """All people whom the activity is about, the chosen one first."""
    chosen = decision.chosen
    return tuple(
        record.record_id
        for record in decision.related
        if policy.relate_other_accounts or record == chosen or (chosen and record.account_id == chosen.account_id)
    )


def links_of(chosen: Record | None) -> tuple[SalesforceId | None, SalesforceId | None]:
    """The ids of Who and What for an activity on this record. A Lead takes no What beside it."""
    if chosen is None:
        return None, None
    if chosen.kind is RecordKind.CONTACT:
        return chosen.record_id, None if chosen.is_person_account else chosen.account_id
    if chosen.kind is RecordKind.LEAD:
        return chosen.record_id, None
    return None, chosen.record_id


def _addresses(people: tuple[Participant, ...], header: Header) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.address for p in people if p.header is header))
