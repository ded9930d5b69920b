"""The Salesforce org as the settings name it."""

from __future__ import annotations

from collections.abc import Callable

from server.adapters.cloud.channels import CloudChannels
from server.adapters.salesforce.activities.tasks import full_id
from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.crm import SalesforceCrm
from server.adapters.salesforce.login import Login
from server.adapters.salesforce.matching.choices import MatchingChoices
from server.adapters.salesforce.org.task_values import ActivityChoices
from server.adapters.salesforce.org.usage import Usage
from server.adapters.transport import Transport
from server.composition.keys import read_consumer_secret, read_private_key
from server.domain.ids import SalesforceId
from server.ports.clock import Clock
from server.settings import SalesforceSettings


def connect_crm(
    org: SalesforceSettings, transport: Transport, clock: Clock, channels: CloudChannels,
    on_login: Callable[[str], None], *, leads: bool = True,
) -> SalesforceCrm:  # fmt: skip
    """Make the port without a call to Salesforce. ``on_login`` hears the org's id. ``leads``: leads are matched.

    Raises ConfigurationError, and TransientError for a secret.
    """
    choices = MatchingChoices(
        contact_emails=org.contact_email_fields,
        lead_emails=org.lead_email_fields,
        users={address: SalesforceId(full_id(identifier)) for address, identifier in org.users.items()},
        websites=org.websites,
        domain_lists=org.domain_lists,
        leads=leads,
    )
    activities = ActivityChoices(values=org.task_fields, has_header=org.header_block)
    login = Login(
        domain=org.domain,
        consumer_key=org.consumer_key,
        version=org.api_version,
        username=org.username,
        private_key=read_private_key(org.private_key, channels),
        consumer_secret=read_consumer_secret(org.consumer_secret, channels),
    )
    client = OrgClient(login, transport, Usage(org.background_share, clock.now), on_login)
    return SalesforceCrm(client, choices, activities, storage_share=org.storage_share)
