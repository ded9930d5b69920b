"""Erase what we keep of one mail: the DEK first, then the copy, then the rows say so. Salesforce is left alone."""

from __future__ import annotations

from dataclasses import replace

from server.domain.errors import BadInputError
from server.domain.ids import ActivityKey
from server.domain.ledger import ActivityState
from server.engine.ledger.rows import erase_row
from server.engine.ports import Ports


def erase(ports: Ports, key: ActivityKey) -> int:
    """Returns how many rows say "erased" now. Audit and backfill leave them alone from here on."""
    rows = ports.store.copies_of(key)
    activity = ports.store.activities([key]).get(key)
    if not rows and activity is None:
        raise BadInputError(
            "Nothing is known under this key. It is activity_key in export, and Message_Key__c of the task."
        )
    ports.store.drop_copies([key])
    now = ports.clock.now()
    gone = [erase_row(row, now) for row in rows]
    activities = [replace(activity, state=ActivityState.REMOVED, sealed_snapshot=None)] if activity else []
    ports.store.save_activities(activities, gone)
    return len(gone)
