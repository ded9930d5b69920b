"""What an admin chose about matching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.domain.ids import SalesforceId


@dataclass(frozen=True)
class MatchingChoices:
    """Where records are looked for. Field names are Salesforce's API names.

    ``users`` maps a mailbox address to the User who owns its mail, whatever the User record says. ``websites``: an
    Account without our domain field filled is found by its Website. ``domain_lists``: the field may hold several.
    ``leads``: leads are matched, and not only read for the contacts that they became.
    """

    contact_emails: tuple[str, ...] = ()
    lead_emails: tuple[str, ...] = ()
    users: Mapping[str, SalesforceId] = field(default_factory=dict)
    websites: bool = False
    domain_lists: bool = False
    leads: bool = True
