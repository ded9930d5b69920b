"""A mailbox's own trouble pauses that mailbox, and nobody else."""

from __future__ import annotations

import logging
from dataclasses import replace

from server.domain.errors import MailboxUnavailableError, ReconnectRequiredError, TransientError
from server.domain.mailbox import Mailbox
from server.engine.ports import Ports
from server.rules.schedule.recovery import compute_backoff

log = logging.getLogger(__name__)

PARKED = 3600.0
"""Seconds until a mailbox that cannot be read is tried again."""


def pause(ports: Ports, mailbox: Mailbox, error: Exception) -> str:
    """Until when depends on the error's class; returns its name."""
    name = _logged(error)

    def change(before: Mailbox | None) -> Mailbox:
        found = before or mailbox
        failures = found.failures + 1
        until = ports.clock.now() + _wait(error, failures)
        return replace(found, failures=failures, last_error=name, paused_until=until)

    ports.store.save_mailbox(mailbox.mailbox_id, change)
    return name


def pause_past(ports: Ports, mailbox: Mailbox, error: Exception) -> str:
    """The past alone: reading new mail goes on, and its success ends no pause of the past."""
    name = _logged(error)

    def change(before: Mailbox | None) -> Mailbox:
        found = before or mailbox
        mine = mailbox.backfill
        if found.backfill is None or mine is None or found.backfill.begun_at != mine.begun_at:
            return found  # it began anew meanwhile, and that walk is in no trouble
        failures = found.backfill.failures + 1
        until = ports.clock.now() + _wait(error, failures)
        past = replace(found.backfill, failures=failures, last_error=name, paused_until=until)
        return replace(found, backfill=past)

    ports.store.save_mailbox(mailbox.mailbox_id, change)
    return name


def _logged(error: Exception) -> str:
    name = type(error).__name__
    if not isinstance(error, TransientError | MailboxUnavailableError):
        log.error("reading a mailbox failed with %s", name)  # the class alone: a text could hold mail
    return name


def _wait(error: Exception, failures: int) -> float:
    """Seconds."""
    if isinstance(error, TransientError) and error.retry_after is not None:
        return error.retry_after
    return PARKED if isinstance(error, MailboxUnavailableError | ReconnectRequiredError) else compute_backoff(failures)
