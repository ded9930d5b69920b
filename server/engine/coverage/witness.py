"""Compare the ledger with Google's own record of deliveries: a delivered message without a row was missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from server.domain.alarm import AlarmCode
from server.domain.errors import MailboxUnavailableError, ReconnectRequiredError, TransientError
from server.domain.history import MessageRef
from server.domain.ids import MailboxId, MessageId
from server.domain.mailbox import Mailbox
from server.engine.mailboxes.pausing import code_of
from server.ports.alarms import Alarms
from server.ports.store import Store
from server.ports.witness import Witness
from server.rules.headers.identity_key import normalise_message_id


class Finder(Protocol):
    def find_by_rfc822_id(self, mailbox: Mailbox, message_id: str) -> Sequence[MessageRef]:
        """All messages of the mailbox under this Message-ID (without brackets), Spam and Trash included.

        Raises what the Mail port raises.
        """


@dataclass
class Comparison:
    """``missed`` must be empty: messages by mailbox that Gmail has and the ledger does not.

    ``deliveries`` counts pairs of mailbox and Message-ID that were compared, ``vanished`` those that Gmail no longer
    has, ``later`` those that the sync has not reached yet because they are too new or too old, ``unread`` those whose
    mailbox did not answer. ``elsewhere`` counts deliveries to addresses whose mailbox we do not read. ``refused`` names
    the mailboxes that Google refused, each with the code of its trouble.
    """

    deliveries: int = 0
    vanished: int = 0
    later: int = 0
    unread: int = 0
    elsewhere: int = 0
    missed: dict[MailboxId, list[MessageId]] = field(default_factory=dict)
    refused: dict[MailboxId, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return not self.missed


@dataclass(frozen=True)
class DeliveryComparer:
    """Costs five quota units for each delivery.

    The ledger keeps no Message-ID of mail that was not logged, so Gmail is asked for the message.
    """

    witness: Witness
    finder: Finder
    alarms: Alarms
    store: Store

    def compare_with_deliveries(self, since: float, until: float) -> Comparison:
        """Compare what Google delivered between these two moments (epoch seconds).

        A mailbox that cannot be read is counted and stops no other. Raises what the witness raises.
        """
        comparison = Comparison()
        for mailbox, message_id, delivered_at in self._deliveries(since, until, comparison):
            self._compare(mailbox, message_id, delivered_at, comparison)
        for mailbox_id in comparison.missed:
            self.alarms.raise_alarm(AlarmCode.WITNESS_MISSED, mailbox_id)
        return comparison

    def _compare(self, mailbox: Mailbox, message_id: str, delivered_at: float, comparison: Comparison) -> None:
        is_too_new = delivered_at > (mailbox.complete_to or 0.0)
        is_too_old = mailbox.backfill is not None and delivered_at < mailbox.backfill.until
        if is_too_new or is_too_old:
            comparison.later += 1
            return
        comparison.deliveries += 1
        if mailbox.mailbox_id in comparison.refused:
            comparison.unread += 1
            return
        try:
            refs = self.finder.find_by_rfc822_id(mailbox, message_id)
        except (TransientError, MailboxUnavailableError, ReconnectRequiredError) as error:
            comparison.unread += 1
            if not isinstance(error, TransientError):
                # Asked once: a mailbox of many deliveries must not cost a refusal for each of them.
                comparison.refused[mailbox.mailbox_id] = code_of(error)
            return
        comparison.vanished += not refs
        rows = self.store.existing_rows(mailbox.mailbox_id, [ref.message_id for ref in refs])
        for ref in refs:
            if ref.message_id not in rows:
                comparison.missed.setdefault(mailbox.mailbox_id, []).append(ref.message_id)

    def _deliveries(self, since: float, until: float, comparison: Comparison) -> Iterator[tuple[Mailbox, str, float]]:
        """Each pair of mailbox and Message-ID once, with the time of its first delivery (epoch seconds)."""
        owners = {a: m for m in self.store.mailboxes() if m.reads for a in m.addresses}
        seen: set[tuple[MailboxId, str]] = set()
        for delivery in self.witness.sightings(since, until):
            mailbox = owners.get(delivery.address)
            message_id = normalise_message_id(delivery.rfc822_message_id)
            if mailbox is None or message_id is None:
                comparison.elsewhere += mailbox is None
                continue
            # A message to several addresses of one mailbox is delivered once for each.
            pair = mailbox.mailbox_id, message_id
            if pair not in seen:
                seen.add(pair)
                yield mailbox, message_id, delivery.at
