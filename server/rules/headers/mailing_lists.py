"""Mailing lists that a mail came through, and who wrote the mail before a list put its own address into From."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.mailbox import Workspace
from server.domain.message import Headers, Participant
from server.rules.headers.address import normalise_address
from server.rules.headers.domains import find_registrable_domain
from server.rules.headers.known_addresses import is_intake

LONGEST = 2_000
"""Characters of a header that are looked at."""
MOST_REPEATS = 5
"""Headers of one name that are looked at. A proper mail has one."""

_POST = re.compile(r"mailto:\s*([^?>,\s]+)", re.IGNORECASE)
_MAILING_LIST = re.compile(r"\s*list\s+([^\s;]+)", re.IGNORECASE)
_MINTED = re.compile(r".+=.+")
"""A local part that a list makes for one sender: ``mina=acme.com@lists.example``."""
_LISTSERV_END = "-dmarc-request"
"""So ends what LISTSERV makes for one sender. Many of its lists name themselves in no header."""
_VIA = " via "


def through_own_group(headers: Headers, workspace: Workspace) -> bool:
    """Did one of the workspace's own Google Groups hand this on?

    Google writes the group's address into List-ID with a dot for the at sign. A group that keeps the sender's From is
    recognised by that alone. To believe a forged List-ID only makes the rules ignore bulk marks, so a forger gains
    nothing.
    """
    return find_own_group(headers, workspace) is not None


def find_own_group(headers: Headers, workspace: Workspace) -> str | None:
    """The address of the workspace's own group that handed this on."""
    mailing_list = _MAILING_LIST.match((headers.first("Mailing-list") or "").lower())
    if mailing_list and mailing_list.group(1) in workspace.groups:
        return mailing_list.group(1)
    identifier = _read_identifier(headers)
    return workspace.groups_by_identifier.get(identifier) if identifier else None


@dataclass(frozen=True)
class MailingList:
    """What a mail says of the list that it came through. ``identifier`` is the List-ID in lower case, or ""."""

    addresses: frozenset[str] = frozenset()
    identifier: str = ""

    def is_address(self, address: str) -> bool:
        return address in self.addresses or (self.identifier != "" and address.replace("@", ".", 1) == self.identifier)

    def writes_from(self, address: str) -> bool:
        """Whether the list writes From this address: its own, or one at its domain that it made for a sender."""
        local, _, domain = address.rpartition("@")
        if self.is_address(address) or local.endswith(_LISTSERV_END):
            return True
        if not (self.addresses or self.identifier) or not _MINTED.fullmatch(local):
            return False
        hosts = {*(own.rpartition("@")[2] for own in self.addresses), self.identifier}
        return find_registrable_domain(domain) in {find_registrable_domain(host) for host in hosts} - {None}


def read_mailing_list(headers: Headers) -> MailingList:
    """A list to which nobody can write ("List-Post: NO", a newsletter) is none: nobody else's mail comes through it."""
    posts = [value[:LONGEST] for value in headers.all("List-Post")[:MOST_REPEATS]]
    if posts and not any(_POST.search(value) for value in posts):
        return MailingList()
    texts = [match for value in posts for match in _POST.findall(value)]
    texts += [value[:LONGEST] for value in headers.all("X-BeenThere")[:MOST_REPEATS]]
    named = (_MAILING_LIST.match(value[:LONGEST]) for value in headers.all("Mailing-list")[:MOST_REPEATS])
    texts += [match.group(1) for match in named if match]
    addresses = frozenset(address for text in texts if (address := normalise_address(text)))
    return MailingList(addresses, _read_identifier(headers))


@dataclass(frozen=True)
class NamedSenders:
    """The people in the headers that can name a mail's sender, each header's in their order."""

    sender: Participant
    original_senders: Sequence[Participant] = ()
    reply_to: Sequence[Participant] = ()
    copied: Sequence[Participant] = ()


def find_original_sender(
    named: NamedSenders, mailing_list: MailingList, workspace: Workspace, *, own_group: bool
) -> Participant:
    """Who wrote the mail, if From is the address of a list that puts senders elsewhere; otherwise who is in From.

    A list leaves a sign of it: the original sender's own header, a name such as "Mina Tarn via Reps", or the name of
    somebody in Reply-To or Cc, where lists put the sender's address.
    """
    sender = named.sender
    if not (workspace.is_group(sender.address) or mailing_list.writes_from(sender.address)):
        return sender
    originals, reply_to, copied = (
        [p for p in people if p.address != sender.address and not mailing_list.is_address(p.address)]
        for people in (named.original_senders, named.reply_to, named.copied)
    )
    shown_name = _fold_name(sender.name)
    in_name = [p for p in (*reply_to, *copied) if len(name := _fold_name(p.name)) > 1 and shown_name.startswith(name)]
    is_rewritten = own_group or bool(originals) or bool(in_name) or _VIA in sender.name.lower()
    if not is_rewritten:
        return sender
    people = [p for p in (*originals, *in_name, *reply_to) if not is_intake(p.address)]
    # X-Original-Sender has no name, and Reply-To often has it.
    with_names = (p for p in people if p.address == people[0].address and p.name)
    return next(with_names, people[0]) if people else sender


def _fold_name(name: str) -> str:
    return " ".join(name.replace("'", " ").replace('"', " ").casefold().split())


def _read_identifier(headers: Headers) -> str:
    """The List-ID in lower case, without its description and brackets; "" where there is none."""
    text = (headers.first("List-ID") or "")[:LONGEST].lower()
    in_brackets = re.search(r"<([^<>\s]+)>", text)
    return in_brackets.group(1) if in_brackets else text.strip()
