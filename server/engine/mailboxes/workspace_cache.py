"""The Workspace as the rules need it, read from the Directory at most once an hour."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from server.domain.mailbox import Mailbox, Person, Workspace
from server.ports.clock import Clock
from server.ports.directory import Directory
from server.ports.store import Store

FRESH = 3600.0
"""Seconds."""


class WorkspaceCache:
    """Thread-safe. ``internal_domains`` count as the company's own beside those of the Directory."""

    def __init__(
        self, directory: Directory, store: Store, clock: Clock, internal_domains: frozenset[str] = frozenset()
    ) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock
        self._internal_domains = internal_domains
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._workspace: Workspace | None = None
        self._people: list[Person] = []
        self._domains: frozenset[str] = frozenset()
        self._groups: frozenset[str] = frozenset()

    def current(self) -> Workspace:
        with self._lock:
            if self._workspace is None or self._clock.now() - self._read_at > FRESH:
                return self._read(self._store.mailboxes())
            return self._workspace

    def refresh(self, mailboxes: Iterable[Mailbox]) -> list[Person]:
        """Read the Directory now; returns everybody in it. ``mailboxes`` are all that are stored."""
        with self._lock:
            self._read(mailboxes)
            return self._people

    def add_send_as_addresses(self, mailboxes: Iterable[Mailbox]) -> None:
        """Take in the send-as addresses of all mailboxes, as they are stored now."""
        with self._lock:
            self._assemble(mailboxes)

    def _read(self, mailboxes: Iterable[Mailbox]) -> Workspace:
        self._people = self._directory.people()
        self._domains = self._directory.domains()
        self._groups = self._directory.groups()
        # Only now: a listing that raised must be tried again at the next call.
        self._read_at = self._clock.now()
        return self._assemble(mailboxes)

    def _assemble(self, mailboxes: Iterable[Mailbox]) -> Workspace:
        """Guests are outsiders. An address of a person who left may belong to somebody else by now."""
        employees = [person for person in self._people if not person.is_guest]
        people = {person.address: person.addresses for person in employees}
        owners = {address: person.mailbox_id for person in employees for address in person.addresses}
        for mailbox in mailboxes:
            own = [a for a in mailbox.addresses if owners.get(a, mailbox.mailbox_id) == mailbox.mailbox_id]
            if own:
                people[own[0]] = tuple(dict.fromkeys((*people.get(own[0], ()), *own)))
        self._workspace = Workspace(self._domains | self._internal_domains, self._groups, people)
        return self._workspace
