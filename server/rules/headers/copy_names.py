"""Which copies of our own people's mail are one mail although a server on the way gave one of them another Message-ID.

Amazon SES and Exchange put a Message-ID of their own in place of the sender's. Then the SENT copy has the first id, and
the copies that colleagues received have the second.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from server.domain.ids import ActivityKey
from server.domain.mail import People
from server.domain.mail_names import CopyName, MailFamily, NamedMail
from server.domain.mailbox import Workspace
from server.domain.message import Header, Headers
from server.rules.headers.identity_key import compute_guard, has_readable_date, read_message_id

_RECIPIENTS = (Header.TO, Header.CC)


def describe_family(headers: Headers, people: People, workspace: Workspace, *, is_sent: bool) -> str | None:
    """A text that is the same for all copies of a mail of one of our people, and None where no copy can be renamed.

    It needs a Date, for without one two mails of a day could not be told apart. Of mail that no colleague gets there is
    the SENT copy alone.
    """
    author = people.original_sender.address if people.original_sender else ""
    date = headers.first("Date")
    if (
        not workspace.is_internal(author)
        or not has_readable_date(date)
        or read_message_id(headers, is_own=True) is None
    ):
        return None
    if is_sent and not any(_is_for_colleague(p.header, p.address, workspace) for p in people.participants):
        return None
    recipients = {p.address.casefold() for p in people.participants if p.header in _RECIPIENTS}
    guard = compute_guard(author, date, headers.first("Subject"), 0)
    return "\n".join([guard, *sorted(recipients)]) if recipients else None


def find_site(headers: Headers) -> str:
    """What stands behind the "@" of the Message-ID: it tells which program made it."""
    return (read_message_id(headers, is_own=True) or "").rpartition("@")[2].casefold()


def add_copy(family: MailFamily, copy: CopyName) -> tuple[MailFamily, NamedMail]:
    """The family with this copy, and the copy's mail.

    A SENT copy and a received one are one mail. Two SENT copies with two Message-IDs are two mails, two received ones
    likewise. A renaming server has another site than the program that wrote the mail, so two ids of one site are two
    mails. The family stays equal where it knows the copy already.
    """
    mails = list(family.mails)
    place = _find_place(mails, copy)
    if place is None:
        place = len(mails)
        mails.append(NamedMail(_make_key(mails, copy), copy.conversation))
    mails[place] = _fill_in(mails[place], copy)
    return replace(family, mails=tuple(mails)), mails[place]


def _find_place(mails: list[NamedMail], copy: CopyName) -> int | None:
    for place, mail in enumerate(mails):
        is_known = copy.key in (mail.sent, mail.received)
        if is_known and not (copy.is_sent and mail.sent not in (None, copy.key)):
            return place
    for place, mail in enumerate(mails):
        own, other_site = (mail.sent, mail.received_site) if copy.is_sent else (mail.received, mail.sent_site)
        if own is None and other_site is not None and other_site != copy.site:
            return place
    return None


def _make_key(mails: list[NamedMail], copy: CopyName) -> ActivityKey:
    """The copy's own key, unless a copy with that Message-ID was taken for another mail's before this one came."""
    if all(mail.activity_key != copy.key for mail in mails):
        return copy.key
    return ActivityKey(hashlib.sha256(f"{copy.key}.mail {len(mails)}".encode()).hexdigest())


def _fill_in(mail: NamedMail, copy: CopyName) -> NamedMail:
    if copy.is_sent:
        if copy.key == mail.received:
            mail = replace(mail, received=None, received_site=None)
        return replace(mail, sent=copy.key, sent_site=copy.site)
    if copy.key == mail.sent:
        return mail
    return replace(mail, received=copy.key, received_site=copy.site)


def _is_for_colleague(header: Header, address: str, workspace: Workspace) -> bool:
    return header in (*_RECIPIENTS, Header.BCC) and workspace.is_internal(address)
