"""Whose Salesforce Users the doctor looks for: those of the mailboxes, and before the first sync those in scope."""

from __future__ import annotations

from server.domain.errors import TrulyError
from server.ports.directory import Directory
from server.ports.scope import Scope
from server.ports.store import MailboxStore

Addresses = tuple[str, ...]
"""Those of one person, the primary one first."""


def list_owners(store: MailboxStore, directory: Directory, scope: Scope) -> list[Addresses]:
    """Nobody where the Directory does not answer: the checks of Google say so."""
    mailboxes = store.mailboxes()
    if mailboxes:
        return [mailbox.addresses for mailbox in mailboxes if mailbox.reads]
    try:
        people = [p for p in directory.people() if p.has_mailbox and not p.is_suspended and scope.includes(p)]
    except TrulyError:
        return []
    return [person.addresses for person in people]
