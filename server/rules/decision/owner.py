"""Who owns the activity for a mail."""

from __future__ import annotations

from server.domain.crm import Candidates, CrmUser, Record
from server.domain.ids import SalesforceId
from server.domain.mail import Mail
from server.domain.mailbox import Workspace
from server.domain.message import Header
from server.domain.policy import Policy


def list_owner_addresses(mail: Mail, workspace: Workspace) -> tuple[str, ...]:
    """Who may own the mail, in order: internal author, internal To, internal Cc, then the mailboxes that hold it."""
    canonical = mail.canonical
    people = canonical.people
    order: list[str] = []
    if people.author and workspace.is_internal(people.author.address):
        order.append(people.author.address)
    for header in (Header.TO, Header.CC):
        order += [p.address for p in people.participants if p.header is header and workspace.is_internal(p.address)]
    order += [copy.mailbox_address for copy in sorted(mail.copies, key=lambda c: c.mailbox_address)]
    return tuple(dict.fromkeys(a for address in order for a in workspace.addresses_of(address)))


def find_owner(mail: Mail, workspace: Workspace, candidates: Candidates) -> CrmUser | None:
    """The first of the possible owners who is an active Salesforce User."""
    users = (candidates.users.get(address) for address in list_owner_addresses(mail, workspace))
    return next((user for user in users if user), None)


def choose_activity_owner(owner: SalesforceId | None, chosen: Record | None, policy: Policy) -> SalesforceId | None:
    """The owner of the activity: the mail's owner, or else the chosen record's, if the policy says so.

    None: the integration user owns it.
    """
    if owner or chosen is None or not policy.owner_of_record:
        return owner
    return chosen.owner_id if chosen.is_owner_active else None
