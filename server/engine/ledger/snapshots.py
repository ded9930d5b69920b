"""What a card shows of a decision that was carried out, sealed and kept once for all copies of a mail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from server.domain.crm import Record
from server.domain.decision import Decision, Loser, Unrelated, Why
from server.domain.errors import SealBrokenError
from server.domain.ids import ActivityKey, MailboxId, SalesforceId
from server.domain.ledger import ActivityRow
from server.domain.mail import Mail
from server.engine.ledger.record_form import from_record, to_record
from server.engine.ledger.sealing import Sealing
from server.rules.decision.blind_copies import find_holders, list_blind_addresses

COLLECTION, PURPOSE = "activities", "snapshot"
MOST_LOSERS = 20
MOST_ADDRESSES = 5


@dataclass(frozen=True)
class BlindPart:
    """What only a Bcc header tells: shown to the mailboxes that hold the header, and to nobody else.

    ``records`` are in the other part of the snapshot too, each with those mailboxes. ``holders`` hold any of the
    header's ``addresses``; ``more`` are further records that only they found.
    """

    records: Mapping[SalesforceId, frozenset[MailboxId]] = field(default_factory=dict, hash=False)
    addresses: tuple[str, ...] = ()
    holders: frozenset[MailboxId] = frozenset()
    more: int = 0


@dataclass(frozen=True)
class Snapshot:
    """``more`` counts the records beyond those that are kept; ``addresses`` are external people on the mail."""

    chosen: Record | None
    losers: tuple[Loser, ...] = ()
    more: int = 0
    addresses: tuple[str, ...] = ()
    opportunity_id: SalesforceId | None = None
    unrelated: Unrelated = field(default_factory=Unrelated)
    blind: BlindPart = field(default_factory=BlindPart)

    def show_to(self, mailbox_id: MailboxId) -> Snapshot:
        """What this mailbox may see. What it may not is not counted either: a number tells of a blind copy, too."""
        hidden = {i for i, holders in self.blind.records.items() if mailbox_id not in holders}
        is_holder = mailbox_id in self.blind.holders
        return replace(
            self,
            chosen=None if self.chosen and self.chosen.record_id in hidden else self.chosen,
            losers=tuple(loser for loser in self.losers if loser.record.record_id not in hidden),
            more=self.more + (self.blind.more if is_holder else 0),
            addresses=(*self.addresses, *(self.blind.addresses if is_holder else ())),
            unrelated=self.unrelated if is_holder else self.unrelated.without_blind,
            blind=BlindPart(),
        )


def snapshot_of(mail: Mail, decision: Decision) -> Snapshot:
    blind_people = list_blind_addresses(mail)
    seen = [person.address for person in mail.externals if person.address not in blind_people]
    unseen = [person.address for person in mail.externals if person.address in blind_people]
    seen_losers = [loser for loser in decision.losers if loser.record.record_id not in decision.blind]
    blind_losers = [loser for loser in decision.losers if loser.record.record_id in decision.blind]
    losers = (*seen_losers, *blind_losers)[:MOST_LOSERS]
    named = {record.record_id for record in (decision.chosen, *(loser.record for loser in losers)) if record}
    more = max(len(seen_losers) - MOST_LOSERS, 0)
    return Snapshot(
        chosen=decision.chosen,
        losers=losers,
        more=more,
        addresses=tuple(seen[:MOST_ADDRESSES]),
        unrelated=decision.unrelated,
        blind=BlindPart(
            records={record_id: holders for record_id, holders in decision.blind.items() if record_id in named},
            addresses=tuple(unseen[:MOST_ADDRESSES]),
            holders=frozenset(holder for address in unseen for holder in find_holders(mail, address)),
            more=len(decision.losers) - len(losers) - more,
        ),
    )


def seal_snapshot(sealing: Sealing, key: ActivityKey, snapshot: Snapshot) -> bytes:
    blind = snapshot.blind
    content = {
        "chosen": from_record(snapshot.chosen) if snapshot.chosen else None,
        "losers": [{**from_record(loser.record), "why": loser.why.value} for loser in snapshot.losers],
        "more": snapshot.more,
        "addresses": list(snapshot.addresses),
        "opportunity": snapshot.opportunity_id,
        "unrelated": asdict(snapshot.unrelated),
        "blind": {
            "records": {record_id: sorted(holders) for record_id, holders in blind.records.items()},
            "addresses": list(blind.addresses),
            "holders": sorted(blind.holders),
            "more": blind.more,
        },
    }
    return sealing.seal(COLLECTION, key, PURPOSE, json.dumps(content).encode())


def open_snapshot(sealing: Sealing, activity: ActivityRow) -> Snapshot | None:
    """None where there is none, or where it does not open: the card then says less."""
    if activity.sealed_snapshot is None:
        return None
    try:
        content = json.loads(sealing.open(COLLECTION, activity.key, PURPOSE, activity.sealed_snapshot))
    except SealBrokenError:
        return None
    blind = content.get("blind") or {}  # an older version kept nothing of it
    return Snapshot(
        chosen=to_record(content["chosen"]) if content["chosen"] else None,
        losers=tuple(Loser(to_record(item), Why(item["why"])) for item in content["losers"]),
        more=int(content["more"]),
        addresses=tuple(content["addresses"]),
        opportunity_id=content.get("opportunity"),
        unrelated=Unrelated(**content.get("unrelated", {})),
        blind=BlindPart(
            records={
                SalesforceId(i): frozenset(map(MailboxId, holders)) for i, holders in blind.get("records", {}).items()
            },
            addresses=tuple(blind.get("addresses", ())),
            holders=frozenset(map(MailboxId, blind.get("holders", ()))),
            more=int(blind.get("more", 0)),
        ),
    )
