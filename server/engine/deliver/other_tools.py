"""Mail that another tool put into Salesforce already: joined, not logged a second time. A setting, off by default."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from server.domain.errors import ConfigurationError
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.mail import Mail
from server.domain.message import Header
from server.ports.crm import Crm
from server.rules.headers.identity_key import normalise_message_id

log = logging.getLogger(__name__)


def find_foreign_activities(crm: Crm, mails: Sequence[Mail]) -> dict[ActivityKey, SalesforceId]:
    """The other tools' activities by our key: the same Message-ID, and no other author where it names one.

    A Message-ID that somebody else used again is another mail. An org without email records has none to join, and the
    doctor says so.
    """
    by_message_id = {message_id: mail for mail in mails if (message_id := _read_message_id(mail))}
    if not by_message_id:
        return {}
    try:
        foreign_activities = crm.foreign_activities(list(by_message_id))
    except ConfigurationError:
        log.warning("JOIN_OTHERS is yes, but email records cannot be read: every mail is logged")
        return {}
    joined: dict[ActivityKey, SalesforceId] = {}
    for message_id, foreign in foreign_activities.items():
        mail = by_message_id.get(message_id)
        if mail is None:
            continue
        if not foreign.author or foreign.author in _list_author_addresses(mail):
            joined[mail.key] = foreign.activity_id
    return joined


def _list_author_addresses(mail: Mail) -> set[str]:
    """The author's, and those in From: other tools do not look behind a form's or a list's address."""
    authors = {mail.author.address} if mail.author else set()
    return authors | {p.address for p in mail.canonical.people.participants if p.header is Header.FROM}


def _read_message_id(mail: Mail) -> str:
    message_id = normalise_message_id(mail.canonical.headers.first("Message-ID") or "") or ""
    return message_id.removeprefix("<").removesuffix(">")
