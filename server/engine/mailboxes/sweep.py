"""Keep our list of mailboxes in line with the Directory, by its immutable ids: people are renamed, leave and return."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from server.domain.alarm import AlarmCode
from server.domain.errors import (
    ConfigurationError,
    GmailOffError,
    MailboxUnavailableError,
    RefusedError,
    StateAwayError,
    TransientError,
    TrulyError,
)
from server.domain.ids import MailboxId
from server.domain.mailbox import DirectoryState, Mailbox, Person
from server.engine.mailboxes.admission import Admission, default_start
from server.engine.mailboxes.stages import align_mailbox
from server.engine.mailboxes.workspace_cache import FRESH, WorkspaceCache
from server.logs.events import Event, describe_error
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.directory import Directory
from server.ports.mail import MailProvider
from server.ports.scope import Scope
from server.ports.store import Store

log = logging.getLogger(__name__)

MOST_FAILURES = 50
"""Failures in a row after which a sweep asks Gmail nothing more: Google then refuses everybody, and not one person."""
SET_UP_WITHIN = 86_400.0
"""Seconds for which we ask Gmail for a mailbox that the Directory reports as not set up yet."""


@dataclass(frozen=True)
class Observation:
    """What the Directory and Gmail say of a person now. ``send_as`` is None where Gmail gave no answer.

    ``is_refused``: Gmail refused to answer, and will not be asked again within the hour.
    """

    person: Person
    state: DirectoryState
    is_in_scope: bool
    send_as: tuple[str, ...] | None = None
    is_refused: bool = False


@dataclass(frozen=True)
class Sweeper:
    """Admits new people, follows known ones, and drains the mailboxes of those who left."""

    mail: MailProvider
    directory: Directory
    scope: Scope
    alarms: Alarms
    store: Store
    clock: Clock
    admission: Admission
    workspaces: WorkspaceCache

    def sweep(self, *, patience: float = math.inf) -> list[Mailbox]:
        """Update the mailbox of every person in scope; returns the mailboxes that we read, sorted by address.

        After ``patience`` seconds Gmail is asked nothing more: the next sweep admits the people who are left, and asks
        for the send-as addresses that are left. The list is read once: there may be tens of thousands of mailboxes.
        """
        stored = {m.mailbox_id: m for m in self.store.mailboxes()}
        people = {p.mailbox_id: p for p in self.workspaces.refresh(stored.values()) if not p.is_guest}
        now = self.clock.now()
        run = _Run(self, {a: i for i, p in people.items() for a in p.addresses}, now, now + patience)
        # Who was asked longest ago comes first, or a sweep that ends early would ask the same people each time.
        asked_at = {mailbox_id: mailbox.asked_at for mailbox_id, mailbox in stored.items()}
        in_turn = sorted(people.values(), key=lambda person: asked_at.get(person.mailbox_id, 0.0))
        followed = [run.follow_alone(person, stored.get(person.mailbox_id)) for person in in_turn]
        followed += [run.check_missing_alone(stored[mailbox_id]) for mailbox_id in stored.keys() - people.keys()]
        mailboxes = {m.mailbox_id: m for m in followed if m}
        # The sweep has just stored what Gmail said, and the rules need these addresses now.
        self.workspaces.add_send_as_addresses((stored | mailboxes).values())
        return sorted((m for m in mailboxes.values() if m.reads), key=lambda m: m.address)


@dataclass
class _Run:
    """One sweep. ``owners`` maps each address of the Directory to the mailbox that has it now.

    ``asks_until`` (epoch seconds) is when it stops asking Gmail. ``failures`` are those since somebody's answer came.
    """

    sweeper: Sweeper
    owners: Mapping[str, MailboxId]
    now: float
    asks_until: float
    failures: int = 0

    def follow_alone(self, person: Person, mailbox: Mailbox | None) -> Mailbox | None:
        """``follow_person``; a person for whom that fails stays as stored, and holds nobody else up."""
        return self._keep_alone(person.mailbox_id, mailbox, lambda: self.follow_person(person, mailbox))

    def check_missing_alone(self, mailbox: Mailbox) -> Mailbox | None:
        return self._keep_alone(mailbox.mailbox_id, mailbox, lambda: self.check_missing(mailbox))

    def _keep_alone(
        self, mailbox_id: MailboxId, mailbox: Mailbox | None, follow: Callable[[], Mailbox | None]
    ) -> Mailbox | None:
        """Raises what concerns everybody: a wrong setting, and a state that is away."""
        try:
            return follow()
        except (ConfigurationError, StateAwayError):
            raise
        except Exception as error:  # noqa: BLE001  # whatever one person's trouble is, it is that person's
            self._note_failure(mailbox_id, error)
            return mailbox

    def _note_failure(self, mailbox_id: MailboxId, error: Exception) -> None:
        self.failures += 1
        fields = describe_error(Event.PAUSED, error, mailbox=mailbox_id)
        log.error("a person of the Directory cannot be followed: %s", type(error).__name__, extra=fields)

    def follow_person(self, person: Person, mailbox: Mailbox | None) -> Mailbox | None:
        """Store what changed about a person. Returns None for a person who has no mailbox here and gets none."""
        # A person who left before we knew of them has no mail here that is to be finished.
        if mailbox is None and person.state.has_left:
            return None
        is_in_scope = self.sweeper.scope.includes(person)
        if mailbox is None and not is_in_scope:
            return None
        if mailbox is None and self._is_over():
            return None
        observation = self._observe(Observation(person, person.state, is_in_scope), mailbox)
        if mailbox is not None and self._merge(mailbox, observation) == mailbox:
            return mailbox  # nothing changed: neither read again nor written
        saved = self.sweeper.store.save_mailbox(person.mailbox_id, lambda current: self._merge(current, observation))
        if mailbox is not None:
            self._react(mailbox, saved)
        return saved

    def check_missing(self, mailbox: Mailbox) -> Mailbox | None:
        """Look up by id a person who was missing in the listing: pages shift while they are read."""
        if mailbox.directory_state is DirectoryState.DELETED:
            return mailbox
        person = self.sweeper.directory.person(mailbox.mailbox_id)
        if person is not None:
            return None if person.is_guest else self.follow_person(person, mailbox)
        saved = self.sweeper.store.save_mailbox(
            mailbox.mailbox_id, lambda current: (current or mailbox).seen(DirectoryState.DELETED, self.now)
        )
        self._react(mailbox, saved)
        return saved

    def _observe(self, observation: Observation, mailbox: Mailbox | None) -> Observation:
        """Where the mailbox will be read, ask Gmail whether it exists, and for its send-as addresses."""
        state = observation.state
        if state is DirectoryState.NOT_SET_UP and mailbox and self._is_given_up(mailbox):
            return replace(observation, state=DirectoryState.NO_GMAIL)
        if state is DirectoryState.ACTIVE and mailbox and self._is_fresh(observation.person, mailbox):
            return observation
        # Gmail may be asked only for a mailbox that will be read.
        merged = self._merge(mailbox, observation)
        if not merged.reads:
            return observation
        if self._is_over():
            return _keep_state(observation, mailbox)
        try:
            send_as = self.sweeper.mail.send_as(merged)
        except GmailOffError:
            is_new = state is DirectoryState.NOT_SET_UP
            return replace(observation, state=state if is_new else DirectoryState.NO_GMAIL)
        except (TransientError, MailboxUnavailableError, RefusedError):
            # Collecting meets the same trouble, and pauses the mailbox with its cause.
            return _keep_state(observation, mailbox)
        except ConfigurationError:
            raise
        except TrulyError as error:
            self._note_failure(observation.person.mailbox_id, error)
            return replace(_keep_state(observation, mailbox), is_refused=True)
        self.failures = 0
        return replace(observation, state=DirectoryState.ACTIVE, send_as=send_as)

    def _is_over(self) -> bool:
        return self.failures >= MOST_FAILURES or self.sweeper.clock.now() >= self.asks_until

    def _is_given_up(self, mailbox: Mailbox) -> bool:
        """Gmail was not set up within a day."""
        if mailbox.directory_state is DirectoryState.NOT_SET_UP:
            return self.now - mailbox.directory_since > SET_UP_WITHIN
        return mailbox.directory_state is DirectoryState.NO_GMAIL

    def _is_fresh(self, person: Person, mailbox: Mailbox) -> bool:
        """Gmail named the send-as addresses recently, and the person's own addresses have not changed."""
        has_same_addresses = mailbox.addresses[: len(person.addresses)] == person.addresses
        was_active = mailbox.directory_state is DirectoryState.ACTIVE
        return has_same_addresses and was_active and self.now - mailbox.asked_at < FRESH

    def _merge(self, current: Mailbox | None, observation: Observation) -> Mailbox:
        person, admission = observation.person, self.sweeper.admission
        start = default_start(self.sweeper.clock, admission)
        mailbox = current or Mailbox(person.mailbox_id, person.addresses, admission.stage, start)
        # Gmail's last answer holds until the next one, except for addresses that belong to somebody else now.
        reported = mailbox.addresses if observation.send_as is None else observation.send_as
        own = [a for a in reported if self.owners.get(a, person.mailbox_id) == person.mailbox_id]
        return replace(
            mailbox.seen(observation.state, self.now),
            addresses=tuple(dict.fromkeys((*person.addresses, *own))),
            name=person.name,
            is_in_scope=observation.is_in_scope,
            asked_at=mailbox.asked_at if observation.send_as is None and not observation.is_refused else self.now,
        )

    def _react(self, previous: Mailbox, saved: Mailbox) -> None:
        if previous.is_in_scope and not saved.is_in_scope:
            self.sweeper.alarms.raise_alarm(AlarmCode.LEFT_SCOPE, saved.mailbox_id)
        if (previous.stage, previous.is_in_scope) != (saved.stage, saved.is_in_scope):
            align_mailbox(self.sweeper.store, self.sweeper.clock, saved)


def _keep_state(observation: Observation, mailbox: Mailbox | None) -> Observation:
    """Without an answer from Gmail, a mailbox that had none stays without."""
    was_off = mailbox is not None and mailbox.directory_state is DirectoryState.NO_GMAIL
    return replace(observation, state=DirectoryState.NO_GMAIL) if was_off else observation
