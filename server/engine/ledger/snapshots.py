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
from server.engine.collect.screening import day_of
from server.engine.conversations.overrides import from_record, to_record
from server.engine.ports import Ports
from server.vault.envelope import Place

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


def seal_snapshot(ports: Ports, key: ActivityKey, snapshot: Snapshot) -> bytes:
    plain = {
        "chosen": from_record(snapshot.chosen) if snapshot.chosen else None,
        "losers": [{**from_record(loser.record), "why": loser.why.value} for loser in snapshot.losers],
        "more": snapshot.more,
        "addresses": list(snapshot.addresses),
        "opportunity": snapshot.opportunity_id,
    }
    return ports.sealer.seal(json.dumps(plain).encode(), _place(ports, key), day_of(ports.clock.now()))


def open_snapshot(ports: Ports, activity: ActivityRow) -> Snapshot | None:
    """None where there is none, or where it does not open: the card then says less."""
    if activity.sealed_snapshot is None:
        return None
    try:
        plain = json.loads(ports.sealer.open(activity.sealed_snapshot, _place(ports, activity.key)))
    except SealBrokenError:
        return None
    return Snapshot(
        chosen=to_record(plain["chosen"]) if plain["chosen"] else None,
        losers=tuple(Loser(to_record(item), Why(item["why"])) for item in plain["losers"]),
        more=int(plain["more"]),
        addresses=tuple(plain["addresses"]),
        opportunity_id=plain.get("opportunity"),
    )


def _place(ports: Ports, key: ActivityKey) -> Place:
    return Place(ports.organisation, "activities", key, "snapshot")
