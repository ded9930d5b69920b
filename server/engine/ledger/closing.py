"""The end of a row, and whose word ends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from server.domain.decision import Reason
from server.domain.ids import MailboxId, SalesforceId
from server.domain.ledger import Row
from server.engine.ports import Ports


def closed(row: Row, reason: Reason, now: float) -> Row:
    """The row with nothing left of what it needed while it waited."""
    return replace(
        row, reason=reason, shard=None, due_at=None, sealed_headers=None, sealed_cause=None, cause=None, hashes=(),
        updated_at=now,
    )  # fmt: skip


def is_owners(ports: Ports, mailbox_ids: Iterable[MailboxId], owner: SalesforceId | None) -> bool:
    """Who stopped a conversation with a button is known in Salesforce since."""
    found = (ports.store.mailbox(mailbox_id) for mailbox_id in mailbox_ids)
    return owner is not None and any(m is not None and m.crm_user_id == owner for m in found)
