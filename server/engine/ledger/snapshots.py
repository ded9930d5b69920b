"""What a card shows of a decision that was carried out, sealed and kept once for all copies of a mail."""

from __future__ import annotations

import json
from dataclasses import dataclass

from server.domain.crm import Record
from server.domain.decision import Decision, Loser, Why
from server.domain.errors import SealBrokenError
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.ledger import ActivityRow
from server.domain.mail import Mail
from server.engine.ledger.record_form import from_record, to_record
from server.engine.ledger.sealing import Sealing

COLLECTION, PURPOSE = "activities", "snapshot"
MOST_LOSERS = 20
MOST_ADDRESSES = 5


@dataclass(frozen=True)
class Snapshot:
    """``more`` counts the records beyond those that are kept; ``addresses`` are external people on the mail."""

    chosen: Record | None
    losers: tuple[Loser, ...] = ()
    more: int = 0
    addresses: tuple[str, ...] = ()
    opportunity_id: SalesforceId | None = None


def snapshot_of(mail: Mail, decision: Decision) -> Snapshot:
    return Snapshot(
        chosen=decision.chosen,
        losers=decision.losers[:MOST_LOSERS],
        more=max(len(decision.losers) - MOST_LOSERS, 0),
        addresses=tuple(person.address for person in mail.externals[:MOST_ADDRESSES]),
    )


def seal_snapshot(sealing: Sealing, key: ActivityKey, snapshot: Snapshot) -> bytes:
    content = {
        "chosen": from_record(snapshot.chosen) if snapshot.chosen else None,
        "losers": [{**from_record(loser.record), "why": loser.why.value} for loser in snapshot.losers],
        "more": snapshot.more,
        "addresses": list(snapshot.addresses),
        "opportunity": snapshot.opportunity_id,
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
    return Snapshot(
        chosen=to_record(content["chosen"]) if content["chosen"] else None,
        losers=tuple(Loser(to_record(item), Why(item["why"])) for item in content["losers"]),
        more=int(content["more"]),
        addresses=tuple(content["addresses"]),
        opportunity_id=content.get("opportunity"),
    )
