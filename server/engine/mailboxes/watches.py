"""Keep Gmail telling us of changes: renew every mailbox's watch daily, stop those that nobody needs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from server.domain.alarm import AlarmCode
from server.domain.errors import ConfigurationError, MailboxUnavailableError, RefusedError
from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox
from server.engine.ports import Ports
from server.ports.watch import Watch
from server.rules.schedule.watch_renewal import is_being_lost, is_due, select_due, select_leftovers

log = logging.getLogger(__name__)

PATIENCE = 240.0
"""Seconds after which a pass leaves the rest to the next one: a job ends within five minutes."""


@dataclass
class Renewed:
    """What a pass did. ``troubled`` maps a mailbox id to the class of its error. ``is_done``: nothing is left over."""

    renewed: int = 0
    stopped: int = 0
    troubled: dict[MailboxId, str] = field(default_factory=dict)
    is_done: bool = True


def renew(ports: Ports, *, patience: float = PATIENCE) -> Renewed:
    """Whatever one mailbox's trouble is, the others go on. Raises only ConfigurationError, at once: it is everybody's.

    Polling finds all that a missing watch does not tell, so nothing here holds up anything else.
    """
    result = Renewed()
    if ports.watch is None:
        return result
    work = _Pass(ports, ports.watch, result)
    started = ports.clock.now()
    mailboxes = ports.store.mailboxes()
    steps: list[tuple[Callable[[Mailbox], None], Mailbox]] = [(work.renew, m) for m in select_due(mailboxes, started)]
    steps += [(work.stop, m) for m in select_leftovers(mailboxes, started)]
    for step, mailbox in steps:
        if ports.clock.now() - started > patience:
            result.is_done = False
            return result
        step(mailbox)
    return result


class _Pass:
    def __init__(self, ports: Ports, watch: Watch, result: Renewed) -> None:
        self._ports = ports
        self._watch = watch
        self._result = result

    def renew(self, listed: Mailbox) -> None:
        # Another pass, or the operator, may have been here since the list was read.
        mailbox = self._ports.store.mailbox(listed.mailbox_id)
        if mailbox is None or not is_due(mailbox, self._ports.clock.now()):
            return
        try:
            watched = self._watch.start(mailbox)
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this mailbox's alone
            self._failed(mailbox, error)
            return
        now = self._ports.clock.now()
        expires_at = watched.expires_at
        self._save(mailbox, lambda m: replace(m, watch_expires_at=expires_at, watched_at=now, watch_failed_at=None))
        self._result.renewed += 1

    def stop(self, listed: Mailbox) -> None:
        """Once: where Gmail does not know the mailbox any more, there is nothing left to stop."""
        mailbox = self._ports.store.mailbox(listed.mailbox_id)
        if mailbox is None or mailbox.reads:
            return
        try:
            # Out of scope nothing may be asked at all.
            if mailbox.is_in_scope:
                self._watch.stop(mailbox)
        except (MailboxUnavailableError, RefusedError):
            log.info("a watch is left to lapse")
        except Exception as error:  # noqa: BLE001  # tried again in an hour, and dead within a week in any case
            self._failed(mailbox, error)
            return
        self._save(mailbox, lambda m: replace(m, watch_expires_at=None, watched_at=None, watch_failed_at=None))
        self._result.stopped += 1

    def _failed(self, mailbox: Mailbox, error: Exception) -> None:
        cause, now = type(error).__name__, self._ports.clock.now()
        self._result.troubled[mailbox.mailbox_id] = cause
        self._save(mailbox, lambda m: replace(m, watch_failed_at=now))
        if not mailbox.reads or isinstance(error, MailboxUnavailableError):
            return  # nobody's mail is late: no mail comes, or nobody wants it
        log.warning("a watch could not be renewed: %s", cause)
        if is_being_lost(mailbox, now):
            self._ports.alarms.raise_alarm(AlarmCode.WATCH_ENDS, mailbox.mailbox_id)

    def _save(self, mailbox: Mailbox, change: Callable[[Mailbox], Mailbox]) -> None:
        self._ports.store.save_mailbox(mailbox.mailbox_id, lambda before: change(before or mailbox))
