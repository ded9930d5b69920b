"""Who owns the activity for a mail."""

from __future__ import annotations

from server.domain.crm import Candidates, CrmUser, Record
from server.domain.ids import SalesforceId
from server.domain.mail import Mail, People
from server.domain.mailbox import Workspace
from server.domain.message import Header
from server.domain.policy import Policy


def list_owner_addresses(mail: Mail, workspace: Workspace) -> tuple[str, ...]:
    """Who may own the mail, in order, each with all of the person's addresses.

    Of outbound mail the person in whose mailbox a copy is SENT, then Sender, then From, and nobody else: a colleague in
    Cc did not write it. Of inbound mail the internal people in To, then in Cc, then the mailboxes that hold a copy.
    """
    order = _list_senders(mail, workspace) or _list_recipients(mail, workspace)
    return tuple(dict.fromkeys(a for address in order for a in workspace.addresses_of(address)))


def _list_senders(mail: Mail, workspace: Workspace) -> list[str]:
    """Empty for inbound mail. A delegate or a program stands in Sender, a shared address in From."""
    people = mail.canonical.people
    author = people.author
    authors = [author.address] if author and workspace.is_internal(author.address) else []
    mailboxes = sorted({copy.mailbox_address for copy in mail.copies if copy.is_sent})
    if not (mailboxes or authors):
        return []
    return [
        *mailboxes,
        *_list_internals(people, Header.SENDER, workspace),
        *authors,
        *_list_internals(people, Header.FROM, workspace),
    ]


def _list_recipients(mail: Mail, workspace: Workspace) -> list[str]:
    people = mail.canonical.people
    return [
        *_list_internals(people, Header.TO, workspace),
        *_list_internals(people, Header.CC, workspace),
        *sorted(copy.mailbox_address for copy in mail.copies),
    ]


def _list_internals(people: People, header: Header, workspace: Workspace) -> list[str]:
    return [p.address for p in people.participants if p.header is header and workspace.is_internal(p.address)]


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
