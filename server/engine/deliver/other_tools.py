"""Mail that another tool put into Salesforce already: joined, not logged a second time. A setting, off by default."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from server.domain.errors import ConfigurationError
from server.domain.ids import ActivityKey, SalesforceId
from server.engine.deliver.activities import Filing
from server.engine.ports import Ports
from server.rules.headers.identity_key import normalise_message_id

log = logging.getLogger(__name__)


def others_of(ports: Ports, filings: Sequence[Filing]) -> dict[ActivityKey, SalesforceId]:
    """The other tools' activities by our key: the same Message-ID, and no other author where it names one.

    A reused Message-ID of somebody else's is another mail. An org without email records has none to join, and the
    doctor says so.
    """
    if not ports.policy.join_others:
        return {}
    named = {identifier: filing for filing in filings if (identifier := _message_id(filing))}
    if not named:
        return {}
    try:
        found = ports.crm.foreign_activities(list(named))
    except ConfigurationError:
        log.warning("JOIN_OTHERS is yes, but email records cannot be read: every mail is logged")
        return {}
    joined: dict[ActivityKey, SalesforceId] = {}
    for identifier, other in found.items():
        filing = named.get(identifier)
        author = filing.mail.author if filing else None
        if filing and (not other.author or (author is not None and author.address == other.author)):
            joined[filing.mail.key] = other.activity_id
    return joined


def _message_id(filing: Filing) -> str:
    found = normalise_message_id(filing.mail.canonical.headers.first("Message-ID") or "") or ""
    return found.removeprefix("<").removesuffix(">")
