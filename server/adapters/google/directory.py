"""The Admin Directory behind the Directory port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import idna
from googleapiclient.discovery import build

from server.adapters.google.admin_calls import AdminCalls, as_settings_problem
from server.adapters.transport import Transport
from server.domain.errors import NotFoundError, TrulyError
from server.domain.ids import MailboxId
from server.domain.mailbox import Members, Person
from server.ports.clock import Clock

WHO = "Google Directory"
MOST_PAGES = 3_000
"""A group has some 500,000 members at most. Where there are more we do not know who is in it."""
PAGE_SIZE = 200
"""Members."""
MOST_GROUPS = 200
"""Groups asked for on behalf of one group. Where there are more we do not know who is in it."""


class GoogleDirectory:
    """Implements ``server.ports.directory.Directory`` as an admin of the Workspace. Thread-safe.

    ``mint`` gives credentials for the Directory.
    """

    def __init__(
        self, mint: Callable[[], Any], transport: Transport, clock: Clock, customer: str,
        on_customer: Callable[[str], None] = lambda _customer: None,
    ) -> None:  # fmt: skip
        """``on_customer`` hears the customer id of a Workspace before its people are returned."""
        self._calls = AdminCalls(mint, transport, clock, WHO)
        self._customer = customer
        self._on_customer = on_customer
        self._service = build("admin", "directory_v1", http=transport.http(), static_discovery=True)

    def people(self) -> list[Person]:
        users = self._service.users()
        request = users.list(customer=self._customer, maxResults=500, orderBy="email")
        items = [item for page in self._pages(users, request) for item in page.get("users", ())]
        # A guest belongs to somebody else's Workspace.
        for customer in sorted({str(item.get("customerId", "")) for item in items if not item.get("isGuestUser")}):
            self._on_customer(customer)
        return [_read_person(item) for item in items]

    def person(self, key: MailboxId | str) -> Person | None:
        try:
            user = self._calls.call(self._service.users().get(userKey=key))
        except NotFoundError:
            return None
        except TrulyError as error:
            raise as_settings_problem(error, WHO) from None
        return None if user.get("deletionTime") else _read_person(user)

    def members(self, group: str) -> Members:
        group = group.lower()
        listed: list[Any] = []
        waiting, seen = [group], {group}
        while waiting:
            asked = waiting.pop()
            members = self._list_members(asked)
            listed += members
            # Nobody has shown that Google looks into groups of other domains, so they are asked for as well.
            far = {inner for inner in _list_far_groups(asked, members) if inner not in seen}
            far = far and self._leave_ours(far)
            seen |= far
            waiting += sorted(far)
            if len(seen) > MOST_GROUPS:
                raise TrulyError("A group has more groups within than can be read.")
        return Members(
            addresses=frozenset(str(member.get("email") or "").lower() for member in listed) - {""},
            is_everybody=any(member.get("type") == "CUSTOMER" for member in listed),
            ids=frozenset(MailboxId(str(member["id"])) for member in listed if member.get("type") == "USER"),
        )

    def _leave_ours(self, groups: set[str]) -> set[str]:
        """Another company's group holds nobody of ours, and Google does not let us list it."""
        domains = self.domains()
        return {group for group in groups if _to_a_label(group.rpartition("@")[2]) in domains}

    def _list_members(self, group: str) -> list[Any]:
        """Nobody for a group that does not exist."""
        members = self._service.members()
        request = members.list(groupKey=group, maxResults=PAGE_SIZE, includeDerivedMembership=True)
        listed: list[Any] = []
        try:
            pages = self._calls.pages(members, request)
            for page in islice(pages, MOST_PAGES):
                listed += page.get("members", ())
            # Pages are counted, not members: Google may fill none of them.
            is_whole = next(pages, None) is None
        except NotFoundError:
            if group in self.groups():
                raise TrulyError("Google names a group, and does not say who is in it.") from None
            return []
        except TrulyError as error:
            raise as_settings_problem(error, WHO) from None
        if not is_whole:
            raise TrulyError("A group has more members than can be read.")
        return listed

    def domains(self) -> frozenset[str]:
        listing = self._call(self._service.domains().list(customer=self._customer))
        return frozenset(
            _to_a_label(str(name)) for domain in listing.get("domains", ()) for name in _list_names(domain)
        )

    def groups(self) -> frozenset[str]:
        groups = self._service.groups()
        request = groups.list(customer=self._customer, maxResults=200)
        return frozenset(
            address.lower()
            for page in self._pages(groups, request)
            for group in page.get("groups", ())
            for address in [group["email"], *group.get("aliases", ()), *group.get("nonEditableAliases", ())]
        )

    def _pages(self, resource: Any, request: Any) -> Iterator[Any]:
        try:
            yield from self._calls.pages(resource, request)
        except TrulyError as error:
            raise as_settings_problem(error, WHO) from None

    def _call(self, request: Any) -> Any:
        try:
            return self._calls.call(request)
        except TrulyError as error:
            raise as_settings_problem(error, WHO) from None


def _list_far_groups(group: str, members: list[Any]) -> list[str]:
    """The groups among the members that are of another domain than the group."""
    domain = "@" + group.rpartition("@")[2]
    addresses = [str(member.get("email") or "").lower() for member in members if member.get("type") == "GROUP"]
    return [address for address in addresses if address and not address.endswith(domain)]


def _list_names(domain: Any) -> Iterator[str]:
    """The names of a verified domain and of its verified aliases: anybody could claim the others."""
    if domain.get("verified", True):
        yield domain["domainName"]
        yield from (a["domainAliasName"] for a in domain.get("domainAliases", ()) if a.get("verified", True))


def _to_a_label(name: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return name.lower()


def _read_person(item: Any) -> Person:
    listed = [item["primaryEmail"], *item.get("aliases", ()), *item.get("nonEditableAliases", ())]
    # The primary address comes first, and the Directory may list it again as an alias.
    addresses = dict.fromkeys(str(a).lower() for a in listed)
    return Person(
        mailbox_id=MailboxId(str(item["id"])),
        addresses=tuple(addresses),
        name=str(item.get("name", {}).get("fullName", "")),
        is_suspended=bool(item.get("suspended")),
        is_admin=bool(item.get("isAdmin")),
        is_archived=bool(item.get("archived")),
        is_set_up=bool(item.get("isMailboxSetup", True)),
        is_guest=bool(item.get("isGuestUser")),
        org_unit=str(item.get("orgUnitPath") or "/"),
    )
