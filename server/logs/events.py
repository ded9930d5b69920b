"""What the service writes of itself: a closed set of events, each with figures and opaque ids, never with a text."""

from __future__ import annotations

import traceback
from enum import StrEnum
from types import TracebackType
from typing import Any

from server.domain.errors import Reaction, reaction_of


class Event(StrEnum):
    """What a line is about. The metrics and alerts under deploy/monitoring filter by the value."""

    REQUEST = "request"
    """A request was answered."""
    JOB = "job"
    """A job was done."""
    JOB_FAILED = "job_failed"
    """A job failed, and comes again."""
    PAUSED = "paused"
    """A mailbox, or its older mail, cannot be read for a while."""
    PAST_BEGINS = "past_begins"
    """Older mail of a mailbox is about to be read: how much, and for how many days."""
    ROUND_STOPPED = "round_stopped"
    """A delivery to Salesforce ended early; its mail waits."""
    CARD_FAILED = "card_failed"
    """A card could not be shown as asked."""
    PUSH_FAILED = "push_failed"
    """A push could not be stored, and comes again."""
    QUEUE_FAILED = "queue_failed"
    """The queue or the state did not answer: no job can be enqueued or run now."""
    AUDIT = "audit"
    """Gmail's own list was compared with the ledger."""
    ALARM = "alarm"
    """Something that a person must look at."""
    STATUS = "status"
    """The figures of the whole service, every five minutes."""
    BUG = "bug"
    """An exception that nobody expected."""


MOST_PLACES = 20
"""Calls of a trace that a line holds."""
EXTRA = "truly"
"""The attribute of a log record that carries an event's fields."""


def describe(event: Event, **fields: str | float | bool | list[str] | None) -> dict[str, Any]:
    """The ``extra`` of a log call. Fields that are None are left out."""
    return {EXTRA: {"event": event.value, **{key: value for key, value in fields.items() if value is not None}}}


def describe_error(event: Event, error: BaseException, **fields: str | float | bool | None) -> dict[str, Any]:
    """The same of a failure: its class, and the reaction that it asks for. Never its text, which could quote mail.

    A bug says where it was raised, too; of all other failures the class says enough.
    """
    reaction = reaction_of(error)
    raised_at = list_places(error.__traceback__) if reaction is Reaction.BUG else None
    return describe(event, error=name_class(type(error)), reaction=reaction.value, raised_at=raised_at, **fields)


def name_class(value_class: type) -> str:
    """A class that was made of a text at run time has no name to tell."""
    return value_class.__name__ if value_class.__name__.isidentifier() else "Exception"


def list_places(trace: TracebackType | None) -> list[str]:
    """``file:line function`` of each call, the innermost last: places in code, no values."""
    frames = traceback.extract_tb(trace)[-MOST_PLACES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
