"""A mail's SENT copy that comes after a colleague's: the activity goes to the person who sent the mail."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from server.domain.crm import Query
from server.domain.errors import ConfigurationError, ConflictError, StaleTargetError, TransientError
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState
from server.domain.mail import Mail
from server.domain.mailbox import Workspace
from server.ports.crm import Crm
from server.ports.store import Store
from server.rules.decision.owner import find_owner, list_owner_addresses, needs_sent_copy

log = logging.getLogger(__name__)


def give_to_senders(
    crm: Crm, store: Store, workspace: Workspace, joining: Sequence[tuple[Mail, ActivityRow]]
) -> dict[ActivityKey, TransientError]:
    """``joining`` are mails whose copies join an activity; returns those that must be tried again, each with why.

    Most mail says in From who sent it, and nothing is asked. What somebody gave to another owner in Salesforce stays.
    """
    late = [
        (mail, activity)
        for mail, activity in joining
        if activity.state is ActivityState.LOGGED and activity.own_activity_id and needs_sent_copy(mail, workspace)
    ]
    if not late:
        return {}
    try:
        users = frozenset(a for mail, _ in late for a in list_owner_addresses(mail, workspace, {}))
        candidates = crm.look_up(Query(users=users))
        owners = ((activity, find_owner(mail, workspace, candidates, {}).user_id) for mail, activity in late)
        moved = [(activity, owner) for activity, owner in owners if owner and owner != activity.owner_id]
        return _give(crm, store, _keep_untouched(crm, moved))
    except TransientError as error:
        return {mail.key: error for mail, _ in late}


def _keep_untouched(
    crm: Crm, moved: Sequence[tuple[ActivityRow, SalesforceId]]
) -> list[tuple[ActivityRow, SalesforceId]]:
    """Those that still belong to whom we gave them."""
    if not moved:
        return []
    try:
        standing = crm.find_by_key([activity.crm_key for activity, _ in moved])
    except ConfigurationError:
        return []  # without a key field nobody can tell whether somebody else changed the owner
    return [
        (activity, owner)
        for activity, owner in moved
        if (task := standing.get(activity.crm_key)) is not None
        and not task.is_deleted
        and task.owner_id == (activity.owner_id or task.created_by)
    ]


def _give(
    crm: Crm, store: Store, moved: Sequence[tuple[ActivityRow, SalesforceId]]
) -> dict[ActivityKey, TransientError]:
    failed: dict[ActivityKey, TransientError] = {}
    given = [(activity.activity_id, owner) for activity, owner in moved if activity.activity_id]
    for (activity, owner), failure in zip(moved, crm.give(given) if given else (), strict=True):
        # Where the activity or its new owner is gone there is nothing to try again: the mail is logged.
        if isinstance(failure, TransientError) and not isinstance(failure, StaleTargetError):
            failed[activity.key] = failure
        elif failure is not None:
            log.warning("an activity could not be given to its sender: %s", type(failure).__name__)
        else:
            with suppress(ConflictError):
                store.save_activities([replace(activity, owner_id=owner)], [])
    return failed
