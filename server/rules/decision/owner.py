"""Who owns the activity for a mail."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from server.domain.crm import Candidates, CrmUser, Record
from server.domain.ids import SalesforceId
from server.domain.mail import Mail, People
from server.domain.mailbox import GroupPeople, Workspace
from server.domain.message import Header
from server.domain.policy import Policy
from server.rules.headers.mailing_lists import find_own_group

MOST_GROUPS = 5
"""Groups of a mail that are looked into: people write to one or two."""
MOST_MEMBERS = 500
"""Members of a group, by address, among whom the first User is looked for."""


@dataclass(frozen=True)
class Owner:
    """Whose mail it is. ``user`` is a person, or of mail to a group the first member who is a User.

    ``members`` are, of mail to ``group``, the Users in it: records of each of them win a tie.
    """

    user: CrmUser | None = None
    members: tuple[CrmUser, ...] = ()
    group: str = ""

    @property
    def user_id(self) -> SalesforceId | None:
        return self.user.user_id if self.user else None

    @property
    def ids(self) -> frozenset[SalesforceId]:
        """The Users whose records win a tie."""
        return frozenset(user.user_id for user in (*self.members, *([self.user] if self.user else [])))

    def settle(self, chosen: Record | None) -> CrmUser | None:
        """The User who owns the mail once its record is chosen: of mail to a group, the member who owns the record."""
        owners = (member for member in self.members if chosen and member.user_id == chosen.owner_id)
        return next(owners, self.user)


def list_owner_addresses(mail: Mail, workspace: Workspace, groups: GroupPeople) -> tuple[str, ...]:
    """Who may own the mail, in order, each with all of the person's addresses.

    Of outbound mail the person in whose mailbox a copy is SENT, then Sender, then From, and nobody else: a colleague in
    Cc did not write it. Of inbound mail the internal people in To, then in Cc, then the mailboxes that hold a copy; in
    a group's place its first members.
    """
    senders = _list_senders(mail, workspace)
    if senders:
        return tuple(dict.fromkeys(a for address in senders for a in _list_own_addresses(address, workspace)))
    recipients = (
        name
        for address in _list_recipients(mail, workspace)
        for name in (groups[address][:MOST_MEMBERS] if address in groups else (address,))
    )
    return tuple(dict.fromkeys(a for address in recipients for a in _list_own_addresses(address, workspace)))


def list_groups(mail: Mail, workspace: Workspace) -> tuple[str, ...]:
    """Our groups that the mail went to: those whose members may own it."""
    if _list_senders(mail, workspace):
        return ()
    groups = (address for address in _list_recipients(mail, workspace) if workspace.is_group(address))
    return tuple(dict.fromkeys(groups))[:MOST_GROUPS]


def needs_sent_copy(mail: Mail, workspace: Workspace) -> bool:
    """Whether the SENT copy that is there says who sent the mail, and the headers alone say otherwise or nothing."""
    mailboxes = {copy.mailbox_address for copy in mail.copies if copy.is_sent}
    without = replace(mail, copies=tuple(replace(copy, is_sent=False) for copy in mail.copies))
    named = next(iter(_list_senders(without, workspace)), None)
    return bool(mailboxes) and (named is None or workspace.addresses_of(named)[0] not in mailboxes)


def find_owner(
    mail: Mail, workspace: Workspace, candidates: Candidates, groups: GroupPeople,
    record_owners: Collection[SalesforceId] = (),
) -> Owner:  # fmt: skip
    """The first of the possible owners who is an active Salesforce User, or a group that has such a member.

    ``record_owners`` own the records that fit the mail. Of a large group, they and the first members are known.
    """
    senders = _list_senders(mail, workspace)
    if senders:
        return Owner(next(_find_users(senders, workspace, candidates), None))
    for address in _list_recipients(mail, workspace):
        if address in groups:
            owner = replace(_find_member(groups[address], workspace, candidates, record_owners), group=address)
        else:
            owner = Owner(next(_find_users([address], workspace, candidates), None))
        if owner.ids:
            return owner
    return Owner()


def _find_member(
    people: Sequence[str], workspace: Workspace, candidates: Candidates, record_owners: Collection[SalesforceId]
) -> Owner:
    first_users = tuple(_find_users(people[:MOST_MEMBERS], workspace, candidates))
    asked = (candidates.owners[user_id] for user_id in sorted(record_owners) if user_id in candidates.owners)
    further = tuple(
        owner.user
        for owner in asked
        if any(_is_among(people, workspace.addresses_of(address)[0]) for address in owner.addresses)
    )
    return Owner(next(iter(first_users), None), (*first_users, *further))


def _is_among(people: Sequence[str], address: str) -> bool:
    """``people`` are in order: a large group is not looked through for each mail."""
    place = bisect_left(people, address)
    return place < len(people) and people[place] == address


def _find_users(addresses: Iterable[str], workspace: Workspace, candidates: Candidates) -> Iterator[CrmUser]:
    for address in addresses:
        names = _list_own_addresses(address, workspace)
        user = next((candidates.users[name] for name in names if name in candidates.users), None)
        if user is not None:
            yield user


def _list_own_addresses(address: str, workspace: Workspace) -> tuple[str, ...]:
    """All addresses of the person that are nobody else's. What several people send from names none of them."""
    names = workspace.addresses_of(address)
    own = (name for name in names if not (workspace.is_group(name) or name in workspace.shared_addresses))
    return (address,) if len(names) == 1 else tuple(own)


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
    """The group whose List-ID the mail has stands in no other header where somebody wrote to it in a blind copy."""
    copy = mail.canonical
    own_groups = (find_own_group(copy.headers, workspace) for copy in mail.copies)
    return [
        *_list_internals(copy.people, Header.TO, workspace),
        *_list_internals(copy.people, Header.CC, workspace),
        *sorted({group for group in own_groups if group}),
        *sorted(copy.mailbox_address for copy in mail.copies),
    ]


def _list_internals(people: People, header: Header, workspace: Workspace) -> list[str]:
    return [p.address for p in people.participants if p.header is header and workspace.is_internal(p.address)]


def choose_activity_owner(owner: SalesforceId | None, chosen: Record | None, policy: Policy) -> SalesforceId | None:
    """The owner of the activity: the mail's owner, or else the chosen record's, if the policy says so.

    None: the integration user owns it.
    """
    if owner or chosen is None or not policy.owner_of_record:
        return owner
    return chosen.owner_id if chosen.is_owner_active else None
