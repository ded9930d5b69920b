"""Who is on a mail, and who wrote the mail."""

from __future__ import annotations

import re

from server.domain.mail import People
from server.domain.mailbox import Workspace
from server.domain.message import Header, Headers, Participant
from server.rules.headers.addresses import read_original_senders, read_participants


def through_own_group(headers: Headers, workspace: Workspace) -> bool:
    """Did one of the workspace's own Google Groups hand this on?

    Google writes the group's address into List-ID with a dot for the at sign. A group that keeps the sender's From is
    recognised by that alone. To believe a forged List-ID only makes the rules ignore bulk marks, so a forger gains
    nothing.
    """
    list_id = (headers.first("List-ID") or "").lower()
    in_brackets = re.search(r"<([^<>\s]+)>", list_id)
    identifier = in_brackets.group(1) if in_brackets else list_id.strip()
    if any(group.replace("@", ".", 1) == identifier for group in workspace.groups):
        return True
    mailing_list = re.match(r"\s*list\s+([^\s;]+)", (headers.first("Mailing-list") or "").lower())
    return bool(mailing_list and mailing_list.group(1) in workspace.groups)


def people_of(headers: Headers, workspace: Workspace) -> People:
    """X-Original-From counts only behind a From of one of the workspace's own groups: outsiders can write it too."""
    own_group = through_own_group(headers, workspace)
    participants = read_participants(headers)
    senders = [p for p in participants if p.header is Header.FROM]
    is_rewritten = own_group and any(workspace.is_group(p.address) for p in senders)
    original_senders = read_original_senders(headers) if is_rewritten else ()
    author = next(iter(original_senders or senders), None)
    everyone = participants + original_senders
    externals: dict[str, Participant] = {}
    internals: dict[str, Participant] = {}
    for person in everyone:
        side = internals if workspace.is_internal(person.address) else externals
        side.setdefault(person.address, person)
    return People(
        author=author,
        participants=everyone,
        externals=tuple(externals.values()),
        internals=tuple(internals.values()),
        through_own_group=own_group,
    )
