"""Prove that none was missed: Gmail's own list against the ledger's rows, as sets of ids."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from server.domain.decision import Outcome
from server.domain.ids import GmailMessageId
from server.domain.ledger import Coverage
from server.domain.mailbox import Mailbox
from server.engine.ports import Ports


def coverage(ports: Ports, mailbox: Mailbox) -> Coverage:
    """Lists the mailbox anew (5 quota units a 500 messages) and compares."""
    listed: set[GmailMessageId] = {ref.gmail_message_id for page in ports.mail.list_messages(mailbox) for ref in page}
    outcomes: Counter[Outcome] = Counter()
    rows: set[GmailMessageId] = set()
    for row in ports.store.rows(mailbox.mailbox_id):
        rows.add(row.gmail_message_id)
        outcomes[row.outcome] += 1
    now = ports.clock.now()
    ports.store.save_mailbox(mailbox.mailbox_id, lambda before: replace(before or mailbox, last_audit_at=now))
    return Coverage(
        gmail=len(listed),
        left=len(rows - listed),
        outcomes={outcome: outcomes[outcome] for outcome in Outcome},
        missing=tuple(sorted(listed - rows)),
    )
