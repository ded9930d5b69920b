"""The Workspace as the rules need it, read from the Directory at most once an hour."""

from __future__ import annotations

import threading

from server.domain.mailbox import Person, Workspace
from server.engine.ports import Ports

FRESH = 3600.0
"""Seconds."""


class WorkspaceCache:
    """Thread-safe."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._workspace: Workspace | None = None
        self._people: list[Person] = []
        self._extra = ports.admission.internal_domains

    def current(self) -> Workspace:
        with self._lock:
            if self._workspace is None or self._ports.clock.now() - self._read_at > FRESH:
                self._read()
            assert self._workspace is not None
            return self._workspace

    def refresh(self) -> list[Person]:
        """Read the Directory now; returns everybody in it."""
        with self._lock:
            self._read()
            return self._people

    def learn(self) -> None:
        """Take in the send-as addresses that the mailboxes have told us since."""
        with self._lock:
            self._assemble()

    def _read(self) -> None:
        directory = self._ports.directory
        self._people = directory.people()
        self._domains = directory.domains()
        self._groups = directory.groups()
        self._read_at = self._ports.clock.now()
        self._assemble()

    def _assemble(self) -> None:
        """A guest is an outsider. Of a mailbox whose person left, an address may be somebody else's by now."""
        ours = [person for person in self._people if not person.is_guest]
        people = {person.address: person.addresses for person in ours}
        owners = {address: person.mailbox_id for person in ours for address in person.addresses}
        for mailbox in self._ports.store.mailboxes():
            own = [a for a in mailbox.addresses if owners.get(a, mailbox.mailbox_id) == mailbox.mailbox_id]
            if own:
                people[own[0]] = tuple(dict.fromkeys((*people.get(own[0], ()), *own)))
        self._workspace = Workspace(self._domains | self._extra, self._groups, people)
