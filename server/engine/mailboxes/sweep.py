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
    StateAwayError,
    TrulyError,
)
from server.domain.ids import MailboxId
from server.domain.mailbox import DirectoryState, Mailbox, Person
from server.domain.trouble import PersonStep
from server.engine.mailboxes.admission import Admission, default_start
from server.engine.mailboxes.pausing import code_of, code_of_directory, is_refused_to_collect
from server.engine.mailboxes.stages import align_mailbox
from server.engine.mailboxes.workspace_cache import FRESH, WorkspaceCache
from server.logs.events import Event, describe_error
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.directory import Directory
from server.ports.mail import MailProvider
from server.ports.scope import Scope
from server.ports.store import Store
from server.rules.schedule.troubles import tries_again_at

log = logging.getLogger(__name__)

SET_UP_WITHIN = 86_400.0
"""Seconds for which we ask Gmail for a mailbox that the Directory reports as not set up yet."""


@dataclass(frozen=True)
class Observation:
    """What the Directory and Gmail say of a person now. ``send_as`` is None where Gmail gave no answer.

    ``failure`` is why it gave none, where it was asked.
    """

    person: Person
    state: DirectoryState
    is_in_scope: bool
    send_as: tuple[str, ...] | None = None
    failure: Exception | None = None


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
        """``follow``; returns the mailboxes that we read."""
        return [mailbox for mailbox in self.follow(patience=patience) if mailbox.reads]

    def follow(self, *, patience: float = math.inf) -> list[Mailbox]:
        """Update the mailbox of every person in scope; returns all mailboxes that are known, sorted by address.

        After ``patience`` seconds Gmail is asked nothing more: the next sweep admits the people who are left, and asks
        for the send-as addresses that are left. The list is read once: there may be tens of thousands of mailboxes.
        """
        stored = {m.mailbox_id: m for m in self.store.mailboxes()}
        people = {p.mailbox_id: p for p in self.workspaces.refresh(stored.values()) if not p.is_guest}
        now = self.clock.now()
        run = _Run(self, {a: i for i, p in people.items() for a in p.addresses}, now, now + patience)
        # Who was asked longest ago comes first, or a sweep that ends early would ask the same people each time.
        # A vain question counts too: those who are refused must not stand before all others at every sweep.
        asked_at = {mailbox_id: _find_last_question(mailbox) for mailbox_id, mailbox in stored.items()}
        in_turn = sorted(people.values(), key=lambda person: asked_at.get(person.mailbox_id, 0.0))
        followed = [run.follow_alone(person, stored.get(person.mailbox_id)) for person in in_turn]
        followed += [run.check_missing_alone(stored[mailbox_id]) for mailbox_id in stored.keys() - people.keys()]
        mailboxes = {m.mailbox_id: m for m in followed if m}
        # The sweep has just stored what Gmail said, and the rules need these addresses now.
        self.workspaces.add_send_as_addresses((stored | mailboxes).values())
        return sorted(mailboxes.values(), key=lambda mailbox: mailbox.address)


@dataclass
class _Run:
    """One sweep. ``owners`` maps each address of the Directory to the mailbox that has it now.

    ``asks_until`` (epoch seconds) is when it stops asking Gmail. Refusals do not end it: whoever is refused is asked
    once an hour, as all others are, so that a Google which refuses everybody costs no more than one that answers.
    """

    sweeper: Sweeper
    owners: Mapping[str, MailboxId]
    now: float
    asks_until: float

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
            self._log_failure(mailbox_id, error)
            return self._save_trouble(mailbox, error) if mailbox else None

    def _save_trouble(self, mailbox: Mailbox, error: Exception) -> Mailbox:
        """The Directory or the store failed for this person: the mailbox stays as it is, and says so."""
        try:
            return self.sweeper.store.save_mailbox(
                mailbox.mailbox_id,
                lambda current: (current or mailbox).troubled(PersonStep.DIRECTORY, code_of_directory(error), self.now),
            )
        except StateAwayError:
            raise
        except Exception as again:  # noqa: BLE001  # a document that cannot be written stays as it was
            self._log_failure(mailbox.mailbox_id, again)
            return mailbox

    def _log_failure(self, mailbox_id: MailboxId, error: Exception) -> None:
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
        if mailbox.directory_state is DirectoryState.DELETED or self._waits(mailbox, PersonStep.DIRECTORY):
            return mailbox
        person = self.sweeper.directory.person(mailbox.mailbox_id)
        if person is not None:
            return None if person.is_guest else self.follow_person(person, mailbox)
        saved = self.sweeper.store.save_mailbox(
            mailbox.mailbox_id,
            lambda current: (current or mailbox).recovered(PersonStep.DIRECTORY).seen(DirectoryState.DELETED, self.now),
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
        is_refused = mailbox and (self._waits(mailbox, PersonStep.ADDRESSES) or is_refused_to_collect(mailbox))
        if is_refused or self._is_over():
            return _keep_state(observation, mailbox)
        try:
            send_as = self.sweeper.mail.send_as(merged)
        except GmailOffError as error:
            if state is DirectoryState.NOT_SET_UP:
                return observation  # asked for again by the next sweep: it may be there any minute
            return replace(observation, state=DirectoryState.NO_GMAIL, failure=error)
        except ConfigurationError:
            raise
        except TrulyError as error:
            # Where it is the mailbox's trouble, collecting meets it too, and pauses the mailbox with its cause.
            return replace(_keep_state(observation, mailbox), failure=error)
        return replace(observation, state=DirectoryState.ACTIVE, send_as=send_as)

    def _is_over(self) -> bool:
        return self.sweeper.clock.now() >= self.asks_until

    def _waits(self, mailbox: Mailbox, step: PersonStep) -> bool:
        trouble = mailbox.trouble(step)
        return trouble is not None and tries_again_at(trouble) > self.now

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
        seen = mailbox.seen(observation.state, self.now).recovered(PersonStep.DIRECTORY)
        if observation.failure is not None:
            seen = seen.troubled(PersonStep.ADDRESSES, code_of(observation.failure), self.now)
        elif observation.send_as is not None:
            seen = seen.recovered(PersonStep.ADDRESSES)
        return replace(
            seen,
            addresses=tuple(dict.fromkeys((*person.addresses, *own))),
            name=person.name,
            is_in_scope=observation.is_in_scope,
            asked_at=mailbox.asked_at if observation.send_as is None else self.now,
        )

    def _react(self, previous: Mailbox, saved: Mailbox) -> None:
        if previous.is_in_scope and not saved.is_in_scope:
            self.sweeper.alarms.raise_alarm(AlarmCode.LEFT_SCOPE, saved.mailbox_id)
        if (previous.stage, previous.is_in_scope) != (saved.stage, saved.is_in_scope):
            align_mailbox(self.sweeper.store, self.sweeper.clock, saved)


def _find_last_question(mailbox: Mailbox) -> float:
    """Epoch seconds."""
    trouble = mailbox.trouble(PersonStep.ADDRESSES)
    return max(mailbox.asked_at, trouble.at if trouble else 0.0)


def _keep_state(observation: Observation, mailbox: Mailbox | None) -> Observation:
    """Without an answer from Gmail, a mailbox that had none stays without."""
    was_off = mailbox is not None and mailbox.directory_state is DirectoryState.NO_GMAIL
    return replace(observation, state=DirectoryState.NO_GMAIL) if was_off else observation
