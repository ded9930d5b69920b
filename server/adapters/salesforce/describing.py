"""What is asked of an org before anything else, and what its answers mean for matching.

One composite: describes, the statuses, and the Users that a setting names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from server.adapters.salesforce import queries
from server.adapters.salesforce.look_up import Matching
from server.adapters.salesforce.more_emails import with_emails
from server.adapters.salesforce.shape import OrgShape, shape_of

STATUSES = "SELECT ApiName, MasterLabel, IsClosed, SortOrder FROM TaskStatus"
WEBSITE = (
    "Accounts are also searched by Website, which has no index of its own: with more than some hundred thousand "
    "accounts, ask Salesforce support for one."
)


def asked(base: str, matching: Matching) -> list[str]:
    """Addresses of the parts, in the order in which ``understood`` reads them."""
    objects = ["Account", "Task", *(["Contact", "Lead"] if matching.has_more_emails else [])]
    questions = [STATUSES, *(queries.active_users(part) for part in queries.chunks(set(matching.users.values())))]
    return [
        *(f"{base}/sobjects/{name}/describe" for name in objects),
        *(f"{base}/query?q={quote(q)}" for q in questions),
    ]


def understood(answers: Sequence[Any], matching: Matching) -> OrgShape:
    described = [answer for answer in answers if "fields" in answer]
    statuses, *users = [answer["records"] for answer in answers if "fields" not in answer]
    shape = shape_of(described[0], described[1], statuses)
    if matching.has_more_emails:
        shape = with_emails(shape, matching, described[2], described[3])
    shape = _with_users(shape, matching.users, {str(row["Id"]) for rows in users for row in rows})
    return replace(shape, advice=(*shape.advice, WEBSITE)) if matching.websites else shape


def _with_users(shape: OrgShape, table: Mapping[str, Any], active: set[str]) -> OrgShape:
    """A line of the table that names nobody is left out: then the User record says whose mail it is."""
    wrong = sorted({user for user in table.values() if user not in active})
    sentences = tuple(f"SALESFORCE_USERS names {user}, which is no active User." for user in wrong)
    known = {address: user for address, user in table.items() if user in active}
    return replace(shape, users=known, unusable=(*shape.unusable, *sentences))
