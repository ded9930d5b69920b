"""Keep Gmail's pushes alive: renew the watch of every mailbox daily, and stop watches that are no longer needed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from server.domain.alarm import AlarmCode
from server.domain.errors import ConfigurationError, MailboxRefusedError, MailboxUnavailableError, RefusedError
from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox
from server.domain.trouble import PersonStep
from server.engine.mailboxes.pausing import code_of
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.store import Store
from server.ports.watch import Watch
from server.rules.schedule.push_proof import begin_watch
from server.rules.schedule.watch_renewal import is_alive, is_being_lost, is_due, select_due, select_leftovers

log = logging.getLogger(__name__)

PATIENCE = 240.0
"""Seconds after which a pass leaves the rest to the next one: a job ends within five minutes."""


@dataclass
class Renewals:
    """What a pass did. ``troubled`` maps a mailbox id to the class of its error. ``is_done``: nothing is left over."""

    renewed: int = 0
    stopped: int = 0
    troubled: dict[MailboxId, str] = field(default_factory=dict)
    is_done: bool = True


@dataclass(frozen=True)
class WatchRenewer:
    """``watch`` is None where mailboxes are only polled: then there is nothing to renew."""

    watch: Watch | None
    alarms: Alarms
    store: Store
    clock: Clock

    @property
    def is_on(self) -> bool:
        return self.watch is not None

    def renew(self, *, patience: float = PATIENCE) -> Renewals:
        """Renew and stop what is due, for at most ``patience`` seconds. Trouble with one mailbox stops no other.

        Raises only ConfigurationError, at once, for it concerns all mailboxes. Polling finds what a missing watch does
        not announce, so nothing here holds up other work.
        """
        renewals = Renewals()
        if self.watch is None:
            return renewals
        watch_pass = _Pass(self.watch, self.alarms, self.store, self.clock, renewals)
        started_at = self.clock.now()
        mailboxes = self.store.mailboxes()
        # Renewals come first: a watch that nobody needs does no harm while it waits.
        steps: list[tuple[Callable[[Mailbox], None], Mailbox]]
        steps = [(watch_pass.renew, mailbox) for mailbox in select_due(mailboxes, started_at)]
        steps += [(watch_pass.stop, mailbox) for mailbox in select_leftovers(mailboxes, started_at)]
        for step, mailbox in steps:
            if self.clock.now() - started_at > patience:
                renewals.is_done = False
                break
            step(mailbox)
        return renewals


@dataclass(frozen=True)
class _Pass:
    """One pass. A mailbox is read again before its step: another pass or an admin may have changed it meanwhile."""

    watch: Watch
    alarms: Alarms
    store: Store
    clock: Clock
    renewals: Renewals

    def renew(self, listed: Mailbox) -> None:
        mailbox = self.store.mailbox(listed.mailbox_id)
        if mailbox is None or not is_due(mailbox, self.clock.now()):
            return
        try:
            expires_at = self.watch.start(mailbox).expires_at
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001  # any other error concerns this mailbox alone
            self._note_failure(mailbox, error)
            return
        now = self.clock.now()

        def note(current: Mailbox) -> Mailbox:
            watched = current if is_alive(current, now) else begin_watch(current)
            watched = watched.recovered(PersonStep.WATCH)
            return replace(watched, watch_expires_at=expires_at, watched_at=now, watch_failed_at=None)

        self._save(mailbox, note)
        self.renewals.renewed += 1

    def stop(self, listed: Mailbox) -> None:
        """Stop the watch once. Where Gmail does not know the mailbox any more, there is nothing to stop."""
        mailbox = self.store.mailbox(listed.mailbox_id)
        if mailbox is None or mailbox.reads:
            return
        try:
            # Outside the scope we may ask Gmail nothing at all.
            if mailbox.is_in_scope:
                self.watch.stop(mailbox)
        except (MailboxUnavailableError, RefusedError):
            log.info("a watch is left to expire")
        except Exception as error:  # noqa: BLE001  # tried again in an hour, and a watch expires within a week
            self._note_failure(mailbox, error)
            return
        self._save(
            mailbox,
            lambda current: replace(
                current.recovered(PersonStep.WATCH), watch_expires_at=None, watched_at=None, watch_failed_at=None
            ),
        )
        self.renewals.stopped += 1

    def _note_failure(self, mailbox: Mailbox, error: Exception) -> None:
        cause, now = type(error).__name__, self.clock.now()
        self.renewals.troubled[mailbox.mailbox_id] = cause
        self._save(mailbox, lambda m: replace(m, watch_failed_at=now).troubled(PersonStep.WATCH, code_of(error), now))
        is_refused = isinstance(error, MailboxRefusedError)
        if not mailbox.reads or (isinstance(error, MailboxUnavailableError) and not is_refused):
            return  # no mail is late: the mailbox gets none, or nobody reads it
        log.warning("a watch could not be renewed: %s", cause)
        if is_being_lost(mailbox, now):
            self.alarms.raise_alarm(AlarmCode.WATCH_ENDS, mailbox.mailbox_id)

    def _save(self, mailbox: Mailbox, change: Callable[[Mailbox], Mailbox]) -> None:
        self.store.save_mailbox(mailbox.mailbox_id, lambda current: change(current or mailbox))
