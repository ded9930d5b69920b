"""What a card shows of a decision that was carried out, sealed and kept once for all copies of a mail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from server.domain.crm import Record, RecordKind
from server.domain.decision import Decision, Loser, Why
from server.domain.errors import SealBrokenError
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.ledger import ActivityRow
from server.domain.mail import Mail
from server.engine.ports import Ports
from server.engine.screening import day_of
from server.vault.envelope import Place

MOST_LOSERS = 20
MOST_ADDRESSES = 5


@dataclass(frozen=True)
class Snapshot:
    """``author`` wrote the mail. ``more`` counts the records beyond those that are kept."""

    chosen: Record | None
    losers: tuple[Loser, ...] = ()
    more: int = 0
    author: str = ""
    addresses: tuple[str, ...] = ()


def seal_snapshot(ports: Ports, mail: Mail, decision: Decision) -> bytes:
    plain = {
        "chosen": _record(decision.chosen) if decision.chosen else None,
        "losers": [{**_record(loser.record), "why": loser.why.value} for loser in decision.losers[:MOST_LOSERS]],
        "more": max(len(decision.losers) - MOST_LOSERS, 0),
        "author": mail.author.address if mail.author else "",
        "addresses": [person.address for person in mail.externals[:MOST_ADDRESSES]],
    }
    return ports.sealer.seal(json.dumps(plain).encode(), _place(ports, mail.key), day_of(ports.clock.now()))


def open_snapshot(ports: Ports, activity: ActivityRow) -> Snapshot | None:
    """None where there is none, or where it does not open: the card then says less."""
    if activity.sealed_snapshot is None:
        return None
    try:
        plain = json.loads(ports.sealer.open(activity.sealed_snapshot, _place(ports, activity.key)))
    except SealBrokenError:
        return None
    return Snapshot(
        chosen=_opened(plain["chosen"]) if plain["chosen"] else None,
        losers=tuple(Loser(_opened(item), Why(item["why"])) for item in plain["losers"]),
        more=int(plain["more"]),
        author=str(plain["author"]),
        addresses=tuple(plain["addresses"]),
    )


def _place(ports: Ports, key: ActivityKey) -> Place:
    return Place(ports.organisation, "activities", key, "snapshot")


def _record(record: Record) -> dict[str, Any]:
    return {
        "id": record.record_id, "kind": record.kind.value, "found_by": record.found_by, "name": record.name,
        "owner": record.owner_id, "account": record.account_id, "account_name": record.account_name,
    }  # fmt: skip


def _opened(item: dict[str, Any]) -> Record:
    return Record(
        record_id=SalesforceId(item["id"]),
        kind=RecordKind(item["kind"]),
        found_by=item["found_by"],
        name=item["name"],
        owner_id=item["owner"],
        account_id=item["account"],
        account_name=item["account_name"],
    )
