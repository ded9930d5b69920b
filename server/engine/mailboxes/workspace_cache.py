"""The Workspace as the rules need it, read from the Directory once an hour."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

from server.domain.errors import ReconnectRequiredError, TransientError
from server.domain.mailbox import Mailbox, Person, Workspace
from server.ports.clock import Clock
from server.ports.directory import Directory
from server.ports.patience import hold, is_limited, limited
from server.ports.store import Store

log = logging.getLogger(__name__)

FRESH = 3_600.0
"""Seconds."""
OLDEST = 86_400.0
"""Seconds for which a Workspace serves while the Directory does not answer: colleagues are known by their domains."""
TRY_AGAIN = 60.0
"""Seconds from one vain try to the next."""


class WorkspaceCache:
    """Thread-safe. ``internal_domains`` count as the company's own beside those of the Directory.

    The Directory of a large company takes a minute to list. Meanwhile all threads but the one that lists go on with
    the Workspace as it was.
    """

    def __init__(
        self, directory: Directory, store: Store, clock: Clock, internal_domains: frozenset[str] = frozenset()
    ) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock
        self._internal_domains = internal_domains
        self._listing = threading.Lock()
        """Held while the Directory is listed, and by whoever changes what was listed."""
        self._read_at = 0.0
        self._tried_at = 0.0
        self._workspace: Workspace | None = None
        self._people: list[Person] = []
        self._domains: frozenset[str] = frozenset()
        self._groups: frozenset[str] = frozenset()

    def current(self) -> Workspace:
        """Raises what the Directory raises where there is no Workspace, or none that is young enough."""
        earlier, age = self._workspace, self._clock.now() - self._read_at
        if earlier is None or age > OLDEST:
            # Who comes first lists it for all, however long that takes.
            with hold(self._listing), limited(None):
                is_read_now = self._workspace is not None and self._clock.now() - self._read_at <= FRESH
                return self._workspace if is_read_now and self._workspace else self._read(self._store.mailboxes())
        if age > FRESH and self._clock.now() - self._tried_at > TRY_AGAIN and self._listing.acquire(blocking=False):
            if is_limited():
                # A person waits, and what was listed earlier serves.
                threading.Thread(target=self._read_again, name="list-the-directory", daemon=True).start()
            else:
                return self._read_again() or earlier
        return earlier

    def _read_again(self) -> Workspace | None:
        """Releases the lock, which may be another thread's: None where the Directory does not answer."""
        try:
            return self._read(self._store.mailboxes())
        except (TransientError, ReconnectRequiredError) as error:
            self._tried_at = self._clock.now()
            log.warning("the Directory could not be listed: %s", type(error).__name__)
            return None
        finally:
            self._listing.release()

    def refresh(self, mailboxes: Iterable[Mailbox]) -> list[Person]:
        """Read the Directory now; returns everybody in it. ``mailboxes`` are all that are stored."""
        with self._listing:
            self._read(mailboxes)
            return self._people

    def add_send_as_addresses(self, mailboxes: Iterable[Mailbox]) -> None:
        """Take in the send-as addresses of all mailboxes, as they are stored now."""
        with self._listing:
            self._assemble(mailboxes)

    def _read(self, mailboxes: Iterable[Mailbox]) -> Workspace:
        self._people = self._directory.people()
        self._domains = self._directory.domains()
        self._groups = self._directory.groups()
        workspace = self._assemble(mailboxes)
        # Only now: a listing that raised must be tried again.
        self._read_at = self._clock.now()
        return workspace

    def _assemble(self, mailboxes: Iterable[Mailbox]) -> Workspace:
        """Guests are outsiders. An address of a person who left may belong to somebody else by now."""
        employees = [person for person in self._people if not person.is_guest]
        people = {person.address: person.addresses for person in employees}
        owners = {address: person.mailbox_id for person in employees for address in person.addresses}
        for mailbox in mailboxes:
            own = [a for a in mailbox.addresses if owners.get(a, mailbox.mailbox_id) == mailbox.mailbox_id]
            if own:
                people[own[0]] = tuple(dict.fromkeys((*people.get(own[0], ()), *own)))
        workspace = Workspace(self._domains | self._internal_domains, self._groups, people)
        self._workspace = workspace
        return workspace
