"""Hold our ledger against Google's own record of deliveries: what it names and we have no row for is missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from server.domain.alarm import AlarmCode
from server.domain.errors import MailboxUnavailableError, TransientError
from server.domain.history import MessageRef
from server.domain.ids import MailboxId, MessageId
from server.domain.mailbox import Mailbox
from server.engine.ports import Ports
from server.ports.witness import Witness
from server.rules.headers.identity_key import normalise_message_id


class Finder(Protocol):
    def find_by_rfc822_id(self, mailbox: Mailbox, message_id: str) -> Sequence[MessageRef]:
        """All messages of the mailbox under this Message-ID (without brackets), Spam and Trash included.

        Raises what the Mail port raises.
        """


@dataclass
class Heard:
    """``missed`` must be empty: messages by mailbox that Gmail has and the ledger does not.

    ``deliveries`` counts pairs of mailbox and Message-ID that were compared; ``vanished`` those that Gmail no longer
    has; ``later`` those that the sync has not come to yet, being too new or too old; ``unread`` those whose mailbox
    could not be asked. ``elsewhere`` counts deliveries to addresses whose mailbox is not ours to read.
    """

    deliveries: int = 0
    vanished: int = 0
    later: int = 0
    unread: int = 0
    elsewhere: int = 0
    missed: dict[MailboxId, list[MessageId]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return not self.missed


def hear(ports: Ports, witness: Witness, finder: Finder, since: float, until: float) -> Heard:
    """Costs five quota units a delivery: the ledger keeps no Message-ID of mail that was skipped, so Gmail is asked.

    Raises what the witness raises; a mailbox that cannot be read is counted and stops no other.
    """
    found = Heard()
    for mailbox, message_id, at in _compared(ports, witness, since, until, found):
        if at > (mailbox.complete_to or 0.0) or (mailbox.backfill and at < mailbox.backfill.until):
            found.later += 1
            continue
        found.deliveries += 1
        try:
            refs = finder.find_by_rfc822_id(mailbox, message_id)
        except (TransientError, MailboxUnavailableError):
            found.unread += 1
            continue
        known = ports.store.existing_rows(mailbox.mailbox_id, [ref.message_id for ref in refs])
        found.vanished += not refs
        for ref in refs:
            if ref.message_id not in known:
                found.missed.setdefault(mailbox.mailbox_id, []).append(ref.message_id)
    for mailbox_id in found.missed:
        ports.alarms.raise_alarm(AlarmCode.WITNESS_MISSED, mailbox_id)
    return found


def _compared(
    ports: Ports, witness: Witness, since: float, until: float, found: Heard
) -> Iterator[tuple[Mailbox, str, float]]:
    """Each pair of mailbox and Message-ID once, at its first delivery."""
    owners = {a: m for m in ports.store.mailboxes() if m.reads for a in m.addresses}
    seen: set[tuple[MailboxId, str]] = set()
    for delivery in witness.sightings(since, until):
        mailbox = owners.get(delivery.address)
        message_id = normalise_message_id(delivery.rfc822_message_id)
        if mailbox is None or message_id is None:
            found.elsewhere += mailbox is None
            continue
        pair = mailbox.mailbox_id, message_id
        if pair not in seen:
            seen.add(pair)
            yield mailbox, message_id, delivery.at
