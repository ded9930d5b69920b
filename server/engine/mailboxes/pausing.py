"""Trouble with one mailbox pauses that mailbox alone."""

from __future__ import annotations

import logging
from dataclasses import replace

from server.domain.errors import MailboxUnavailableError, ReconnectRequiredError, TransientError, reaction_of
from server.domain.mailbox import Mailbox
from server.domain.trouble import PersonStep, TroubleCode
from server.logs.events import Event, describe_error
from server.logs.trail import count_on_trail
from server.ports.clock import Clock
from server.ports.store import Store
from server.rules.schedule.recovery import compute_backoff
from server.rules.schedule.troubles import PASSING

log = logging.getLogger(__name__)

UNAVAILABLE_PAUSE = 3600.0
"""Seconds until a mailbox that cannot be read is tried again."""


def pause_mailbox(store: Store, clock: Clock, mailbox: Mailbox, error: Exception) -> str:
    """Pause the mailbox for as long as the error's class requires; returns the name of that class."""
    error_name = _log_error(error, mailbox)

    def add_failure(current: Mailbox | None) -> Mailbox:
        saved = current or mailbox
        failures = saved.failures + 1
        until = clock.now() + _pause_seconds(error, failures)
        paused = replace(saved, failures=failures, last_error=error_name, paused_until=until)
        return paused.troubled(PersonStep.READ, code_of(error), clock.now())

    store.save_mailbox(mailbox.mailbox_id, add_failure)
    return error_name


def code_of(error: Exception) -> str:
    """The ``TroubleCode`` that a mailbox keeps; empty for what may pass by itself, and for a bug."""
    if isinstance(error, ReconnectRequiredError) and not error.code:
        return TroubleCode.NOT_SIGNED
    if isinstance(error, MailboxUnavailableError | ReconnectRequiredError | TransientError):
        return error.code
    return ""


def code_of_directory(error: Exception) -> str:
    """The same of a question that GOOGLE_ADMIN asks about one person: others are answered, so we are who we say."""
    code = code_of(error)
    return TroubleCode.DIRECTORY_REFUSED if code == TroubleCode.NOT_SIGNED else code


def is_refused_to_collect(mailbox: Mailbox) -> bool:
    """Google refused it last, and collecting will find out when that is over: nobody else need ask."""
    trouble = mailbox.trouble(PersonStep.READ)
    return mailbox.reads and trouble is not None and trouble.code not in PASSING


def is_parked(mailbox: Mailbox, now: float) -> bool:
    """Google refused this mailbox less than an hour ago. Nothing asks for it meanwhile."""
    trouble = mailbox.trouble(PersonStep.READ)
    return trouble is not None and trouble.code not in PASSING and mailbox.paused_until > now


def pause_backfill(store: Store, clock: Clock, mailbox: Mailbox, error: Exception) -> str:
    """Pause only the reading of older mail; returns the name of the error's class.

    New mail is read meanwhile, and a success there does not end this pause.
    """
    error_name = _log_error(error, mailbox)

    def add_failure(current: Mailbox | None) -> Mailbox:
        saved = current or mailbox
        failing = mailbox.backfill
        if saved.backfill is None or failing is None or saved.backfill.begun_at != failing.begun_at:
            return saved  # a new backfill began meanwhile, and that one has no trouble
        failures = saved.backfill.failures + 1
        until = clock.now() + _pause_seconds(error, failures)
        paused = replace(saved.backfill, failures=failures, last_error=error_name, paused_until=until)
        return replace(saved, backfill=paused)

    store.save_mailbox(mailbox.mailbox_id, add_failure)
    return error_name


def _log_error(error: Exception, mailbox: Mailbox) -> str:
    error_name = type(error).__name__
    # What ends by itself, or concerns one mailbox only, is for the metrics; all else is for a person.
    level = logging.WARNING if isinstance(error, TransientError | MailboxUnavailableError) else logging.ERROR
    fields = describe_error(Event.PAUSED, error, mailbox=mailbox.mailbox_id)
    count_on_trail(f"errors_{reaction_of(error).value}")
    log.log(level, "reading a mailbox failed with %s", error_name, extra=fields)
    return error_name


def _pause_seconds(error: Exception, failures: int) -> float:
    if isinstance(error, TransientError) and error.retry_after is not None:
        return error.retry_after
    # Only a person can end these two, so an early try would be in vain.
    is_unavailable = isinstance(error, MailboxUnavailableError | ReconnectRequiredError)
    return UNAVAILABLE_PAUSE if is_unavailable else compute_backoff(failures)
