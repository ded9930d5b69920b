"""What is asked of an org before anything else, and what its answers mean for matching.

One composite: describes and the statuses; one more where a setting names Users.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from server.adapters.salesforce import soql
from server.adapters.salesforce.matching import records
from server.adapters.salesforce.matching.choices import MatchingChoices
from server.adapters.salesforce.org.email_fields import add_email_fields
from server.adapters.salesforce.org.shape import NO_LEADS, OrgShape, read_describes
from server.adapters.salesforce.org.task_values import ActivityChoices
from server.domain.crm import CrmUser
from server.domain.errors import ConfigurationError

STATUSES = "SELECT ApiName, MasterLabel, IsClosed, SortOrder FROM TaskStatus"
WEBSITE = (
    "Accounts are also searched by Website, which has no index of its own: with more than some hundred thousand "
    "accounts, ask Salesforce support for one."
)


NO_WEBSITE = (
    "ACCOUNT_WEBSITE is yes, but the integration user cannot read Account.Website, or the field cannot be filtered by."
    " Give it read access."
)
OBJECTS = ("Account", "Contact", "Lead", "Task", "User", "Opportunity", "OpportunityContactRole")


def list_urls(base: str) -> list[str]:
    """URLs of the resources, in the order in which ``read_shape`` reads them."""
    return [*(f"{base}/sobjects/{name}/describe" for name in OBJECTS), f"{base}/query?q={quote(STATUSES)}"]


def read_shape(answers: Sequence[Any], choices: MatchingChoices, activities: ActivityChoices) -> OrgShape:
    """Raises ConfigurationError where the integration user may not read what everything needs."""
    described = dict(zip(OBJECTS, answers, strict=False))
    shape = read_describes(described, (answers[-1] or {}).get("records", []), activities)
    shape = add_email_fields(shape, choices, described["Contact"], described["Lead"])
    if not (shape.contact_emails.indexed or shape.contact_emails.searched):
        raise ConfigurationError(
            "The integration user cannot read Contact.Email in Salesforce, so nothing is logged."
            " Give it read access to the field. Email waits until then."
        )
    return _say_of_choices(shape, choices)


def _say_of_choices(shape: OrgShape, choices: MatchingChoices) -> OrgShape:
    """What the settings ask for and the org does not give."""
    unusable, advice = list(shape.unusable), list(shape.advice)
    if not shape.readable.has_object("Lead"):
        (unusable if choices.leads else advice).append(NO_LEADS)
    if choices.websites and shape.readable.can_filter("Account", "Website"):
        advice.append(WEBSITE)
    elif choices.websites:
        unusable.append(NO_WEBSITE)
    return replace(shape, unusable=tuple(unusable), advice=tuple(advice))


def list_user_queries(shape: OrgShape, choices: MatchingChoices) -> list[str]:
    """Statements that read the Users whom a setting names."""
    portions = soql.chunks(set(choices.users.values()))
    return [soql.active_users(portion, time_zones=shape.has_time_zones) for portion in portions]


def add_users(shape: OrgShape, choices: MatchingChoices, rows: Sequence[Any]) -> OrgShape:
    """The shape with the Users of the setting. A line that names no active User is left out and reported."""
    table = choices.users
    active = {str(row["Id"]): records.time_zone(row) for row in rows}
    wrong = sorted({user for user in table.values() if user not in active})
    sentences = tuple(f"SALESFORCE_USERS names {user}, which is no active User." for user in wrong)
    users = {address: CrmUser(user, address, active[user]) for address, user in table.items() if user in active}
    return replace(shape, users=users, unusable=(*shape.unusable, *sentences))
