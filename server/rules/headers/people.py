"""Who is on a mail, and who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from server.domain.mail import People
from server.domain.mailbox import Workspace
from server.domain.message import Header, Headers, Participant
from server.rules.headers.addresses import read_participants


def through_own_group(headers: Headers, workspace: Workspace) -> bool:
    """Did one of our own Google Groups hand this on?

    Google writes the group's address into List-ID with a dot for the at sign. A group that keeps the sender's From is
    recognised by that alone: believing it only makes us ignore bulk marks, which is where a forger gains nothing.
    """
    list_id = (headers.first("List-ID") or "").lower()
    found = re.search(r"<([^<>\s]+)>", list_id)
    identifier = found.group(1) if found else list_id.strip()
    if any(group.replace("@", ".", 1) == identifier for group in workspace.groups):
        return True
    mailing_list = re.match(r"\s*list\s+([^\s;]+)", (headers.first("Mailing-list") or "").lower())
    return bool(mailing_list and mailing_list.group(1) in workspace.groups)


def people_of(headers: Headers, workspace: Workspace) -> People:
    """X-Original-From is believed only behind a From that is one of our own groups: outsiders can write it too."""
    own_group = through_own_group(headers, workspace)
    plain = read_participants(headers, trusted_original_from=False)
    senders = [p for p in plain if p.header is Header.FROM]
    rewritten = own_group and any(workspace.is_group(p.address) for p in senders)
    everyone = read_participants(headers, trusted_original_from=True) if rewritten else plain
    original = next((p for p in everyone if p.header is Header.ORIGINAL_FROM), None)
    author: Participant | None = original if rewritten and original else next(iter(senders), None)
    return People(
        author=author,
        participants=everyone,
        externals=_once(p for p in everyone if not workspace.is_internal(p.address)),
        internals=_once(p for p in everyone if workspace.is_internal(p.address)),
        through_own_group=own_group,
    )


def _once(people: Iterable[Participant]) -> tuple[Participant, ...]:
    seen: dict[str, Participant] = {}
    for person in people:
        seen.setdefault(person.address, person)
    return tuple(seen.values())
