"""Erase the stored copy of one mail. What Salesforce has of it stays."""

from __future__ import annotations

from dataclasses import replace

from server.domain.errors import BadInputError
from server.domain.ids import ActivityKey
from server.domain.ledger import ActivityRow, ActivityState, Row
from server.engine.ledger.rows import erase_row
from server.ports.clock import Clock
from server.ports.store import Store


def find_stored_mail(store: Store, key: ActivityKey) -> tuple[list[Row], ActivityRow | None]:
    """The rows and the activity of one mail. Raises BadInputError where nothing has this activity key."""
    rows = list(store.copies_of(key))
    activity = store.activities([key]).get(key)
    if not rows and activity is None:
        raise BadInputError(
            "Nothing is stored under this key. Take activity_key from export, or Message_Key__c of its Task."
        )
    return rows, activity


def erase_mail(store: Store, clock: Clock, key: ActivityKey) -> int:
    """Erase the mail's key, then its copy; returns how many rows now have the reason "erased".

    Audit and backfill leave such rows alone. Raises BadInputError where nothing has this activity key.
    """
    rows, activity = find_stored_mail(store, key)
    # Before the rows: a process that dies in between leaves an unreadable copy, and erasing again finishes the work.
    store.drop_copies([key])
    now = clock.now()
    erased_rows = [erase_row(row, now) for row in rows]
    activities = [replace(activity, state=ActivityState.REMOVED, sealed_snapshot=None)] if activity else []
    store.save_activities(activities, erased_rows)
    return len(erased_rows)
