"""Whose choice ends a row."""

from __future__ import annotations

from collections.abc import Iterable

from server.domain.ids import MailboxId, SalesforceId
from server.engine.ports import Ports


def is_owners(ports: Ports, mailbox_ids: Iterable[MailboxId], owner: SalesforceId | None) -> bool:
    """Who stopped a conversation with a button is known in Salesforce since."""
    found = (ports.store.mailbox(mailbox_id) for mailbox_id in mailbox_ids)
    return owner is not None and any(m is not None and m.crm_user_id == owner for m in found)
