"""Who is on a mail, and who wrote the mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from more_itertools import partition

from server.domain.mail import People
from server.domain.mailbox import Workspace
from server.domain.message import Header, Headers, Participant
from server.rules.headers.addresses import read_original_senders, read_participants, read_sending_people
from server.rules.headers.domains import find_registrable_domain
from server.rules.headers.known_addresses import is_desk, is_intake, is_listed_relay, is_relay_domain
from server.rules.headers.mailing_lists import (
    MailingList,
    NamedSenders,
    find_original_sender,
    read_mailing_list,
    through_own_group,
)

_WRITTEN_BY_PROGRAMS = frozenset({Header.SENDER, Header.REPLY_TO})


def people_of(headers: Headers, workspace: Workspace, *, is_sent: bool = False) -> People:
    """``is_sent``: the copy is the one of the person who sent it. Then From is the author, whatever else is written.

    X-Original-From and X-Original-Sender count only behind a From that is not the author's own: outsiders can write
    them too.
    """
    own_group = through_own_group(headers, workspace)
    sending_people = read_sending_people(headers)
    participants = read_participants(headers)
    authors = _find_authors(headers, participants, sending_people, workspace, own_group=own_group, is_sent=is_sent)
    everyone = participants + authors.original_senders + sending_people
    return _sort_people(everyone, authors, workspace, own_group=own_group)


@dataclass(frozen=True)
class _Authors:
    """``sender`` is in From, or in Sender where From names nobody. ``original_senders`` are those that count."""

    sender: Participant | None = None
    author: Participant | None = None
    original_sender: Participant | None = None
    original_senders: tuple[Participant, ...] = ()

    @property
    def is_behind_relay(self) -> bool:
        return any(
            person is not None and is_relay_domain(person.domain) for person in (self.sender, self.original_sender)
        )


def _find_authors(
    headers: Headers,
    participants: tuple[Participant, ...],
    sending_people: tuple[Participant, ...],
    workspace: Workspace,
    *,
    own_group: bool,
    is_sent: bool,
) -> _Authors:
    sender = next((p for p in participants if p.header is Header.FROM), None)
    if sender is None:
        sender = next((p for p in sending_people if p.header is Header.SENDER), None)
        return _Authors(sender, sender)
    originals = read_original_senders(headers)
    reply_to = tuple(p for p in sending_people if p.header is Header.REPLY_TO)
    copied = tuple(p for p in participants if p.header is Header.CC)
    mailing_list = read_mailing_list(headers)
    named = NamedSenders(sender, originals, reply_to, copied)
    original_sender = find_original_sender(named, mailing_list, workspace, own_group=own_group)
    author = sender if is_sent else _find_author(named, original_sender, mailing_list, workspace)
    # What an outsider wrote into X-Original-From names nobody, unless the mail's own From is lent to its author.
    is_lent = original_sender is not sender or (not is_sent and _lends_address(sender, workspace))
    known_sender = original_sender if _may_speak_for(sender, original_sender, workspace) else sender
    return _Authors(sender, author, known_sender, originals if is_lent else ())


def _find_author(
    named: NamedSenders, original_sender: Participant, mailing_list: MailingList, workspace: Workspace
) -> Participant:
    """The original sender; or, where that is our own address or a relay's, the first outsider who is named behind it.

    A website's form, a market place and a group's robot write From their own address, and put the customer elsewhere.
    """
    if not _lends_address(original_sender, workspace):
        return original_sender
    if not _lends_address(named.sender, workspace):
        # A stranger's list says that one of our people wrote. That would make the mail outbound, so it is not believed.
        return named.sender
    outsiders = (
        person
        for person in (*named.original_senders, *named.reply_to)
        if not _lends_address(person, workspace)
        and not mailing_list.is_address(person.address)
        and not is_intake(person.address)
    )
    return next(outsiders, original_sender)


def _lends_address(person: Participant, workspace: Workspace) -> bool:
    """Whether mail from this address may be somebody else's: it is the workspace's own, or a relay's."""
    return workspace.is_internal(person.address) or is_listed_relay(person.domain)


def _may_speak_for(sender: Participant, original_sender: Participant, workspace: Workspace) -> bool:
    """Whether a list at ``sender`` may say that its mail is the one that the original sender also sent directly.

    Anybody can run a list, and a stranger's mail that passed for a customer's would take its place. So only our own
    lists and those of the sender's company may; and any list for our own people, whose SENT copy comes first always.
    """
    if sender is original_sender or workspace.is_internal(sender.address):
        return True
    if workspace.is_internal(original_sender.address):
        return True
    registrable = find_registrable_domain(sender.domain)
    return registrable is not None and registrable == find_registrable_domain(original_sender.domain)


def _sort_people(
    everyone: tuple[Participant, ...], authors: _Authors, workspace: Workspace, *, own_group: bool
) -> People:
    """Each address once, by the header that says most of the person: From before To, Sender and Reply-To last."""
    author, sender = authors.author, authors.sender
    by_address = {author.address: author} if author else {}
    for person in everyone:
        by_address.setdefault(person.address, person)
    outside, inside = partition(lambda person: workspace.is_internal(person.address), by_address.values())
    outsiders = list(outside)
    robots, people = partition(
        lambda person: person.header is Header.FROM or not _is_robot(person.address, workspace), outsiders
    )
    is_moved = author is not None and author is not sender
    return People(
        author=author,
        participants=everyone,
        externals=tuple(people),
        internals=tuple(inside),
        through_own_group=own_group,
        original_sender=authors.original_sender,
        is_author_behind_from=is_moved and sender is not None and _lends_address(sender, workspace),
        by_address_only=frozenset(_list_by_address_only(outsiders, authors)),
        intakes=tuple(robots),
    )


def _is_robot(address: str, workspace: Workspace) -> bool:
    """Whether a program files what the address gets: an intake, or the help desk of our own firm."""
    if not is_desk(address):
        return is_intake(address)
    tenant = address.rpartition("@")[2].partition(".")[0]
    registrable = (find_registrable_domain(domain) or domain for domain in workspace.domains)
    own_names = {domain.partition(".")[0] for domain in registrable}
    return is_intake(address) or any(tenant == name or tenant.startswith(f"{name}-") for name in own_names)


def _list_by_address_only(outsiders: list[Participant], authors: _Authors) -> Iterator[str]:
    """Whose domain says nothing of a company: programs write Sender and Reply-To, and robots From.

    An author who stands behind From counts as one in From does, but not behind a relay: there, only a Contact is sure.
    """
    for person in outsiders:
        if is_desk(person.address) or is_intake(person.address):
            is_exact = True
        elif person.header is Header.ORIGINAL_FROM or (person is authors.author and person.header is Header.REPLY_TO):
            is_exact = authors.is_behind_relay
        else:
            is_exact = person.header in _WRITTEN_BY_PROGRAMS
        if is_exact:
            yield person.address
