"""What is asked of an org before anything else, and what its answers mean for matching.

One composite: describes and the statuses; one more where a setting names Users.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from server.adapters.salesforce import soql as queries
from server.adapters.salesforce.matching import records as reading
from server.adapters.salesforce.matching.look_up import Matching
from server.adapters.salesforce.org.email_fields import with_emails
from server.adapters.salesforce.org.shape import OrgShape, shape_of
from server.domain.crm import CrmUser

STATUSES = "SELECT ApiName, MasterLabel, IsClosed, SortOrder FROM TaskStatus"
WEBSITE = (
    "Accounts are also searched by Website, which has no index of its own: with more than some hundred thousand "
    "accounts, ask Salesforce support for one."
)


def asked(base: str, matching: Matching) -> list[str]:
    """Addresses of the parts, in the order in which ``understood`` reads them."""
    objects = ["Account", "Task", "User", *(["Contact", "Lead"] if matching.has_more_emails else [])]
    return [*(f"{base}/sobjects/{name}/describe" for name in objects), f"{base}/query?q={quote(STATUSES)}"]


def understood(answers: Sequence[Any], matching: Matching) -> OrgShape:
    account, task, user, *people = answers[:-1]
    shape = shape_of(account, task, answers[-1]["records"])
    has_time_zones = any(field["name"] == queries.TIME_ZONE for field in user["fields"])
    shape = replace(shape, has_time_zones=has_time_zones)
    if matching.has_more_emails:
        shape = with_emails(shape, matching, *people)
    return replace(shape, advice=(*shape.advice, WEBSITE)) if matching.websites else shape


def asked_of_users(shape: OrgShape, matching: Matching) -> list[str]:
    """Queries for the Users that a setting names; none where it names nobody."""
    parts = queries.chunks(set(matching.users.values()))
    return [queries.active_users(part, time_zones=shape.has_time_zones) for part in parts]


def with_users(shape: OrgShape, matching: Matching, rows: Sequence[Any]) -> OrgShape:
    """A line of the table that names nobody is left out: then the User record says whose mail it is."""
    table = matching.users
    active = {str(row["Id"]): reading.time_zone(row) for row in rows}
    wrong = sorted({user for user in table.values() if user not in active})
    sentences = tuple(f"SALESFORCE_USERS names {user}, which is no active User." for user in wrong)
    known = {address: CrmUser(user, address, active[user]) for address, user in table.items() if user in active}
    return replace(shape, users=known, unusable=(*shape.unusable, *sentences))
