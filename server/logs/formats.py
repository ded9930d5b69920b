"""A log record as one line: JSON as Cloud Logging reads it, or text for one machine.

Only loggers of our own have their text printed. What a library says is reduced to who said it and the class of the
error, for a library puts addresses, queries and URLs into its messages and nobody can promise that it will not.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from server.logs.events import EXTRA, list_places, name_class
from server.logs.trail import current_labels

OURS = "server"
"""The root of our own loggers."""
LABELS = frozenset({"request_id", "task", "job", "mailbox"})
"""Fields that say whose a line is. In JSON they are labels of the entry; the rest are its payload."""
SEVERITIES = (
    (logging.CRITICAL, "CRITICAL"),
    (logging.ERROR, "ERROR"),
    (logging.WARNING, "WARNING"),
    (logging.INFO, "INFO"),
)
"""Cloud Logging's names by Python's levels: a level of a library's own gets the one below it."""
TRACE = "trace"
"""A label that becomes the entry's trace, by which Cloud Logging groups the lines of a request."""
KNOWN_TEXTS = frozenset(
    {
        "Starting gunicorn %s", "Listening at: %s (%s)", "Using worker: %s", "Booting worker with pid: %s",
        "Worker exiting (pid: %s)", "Handling signal: %s", "Shutting down: %s", "WORKER TIMEOUT (pid:%s)",
        "Worker (pid:%s) was sent %s!", "Worker (pid:%s) exited with code %s", "Worker (pid:%s) exited with code %s.",
        "Autorestarting worker after current request.", "starting to sync",
    }
)  # fmt: skip
"""Texts of gunicorn's that hold a number, a signal or our own address, and nothing else."""


def is_ours(name: str) -> bool:
    return name == OURS or name.startswith(f"{OURS}.")


def name_library(logger: str) -> str:
    """The library's name out of its logger's, which a library may make of anything."""
    library = logger.partition(".")[0]
    return library if library.isidentifier() else "a library"


def safe_text(record: logging.LogRecord) -> str:
    """The record's text where the text is ours or known; otherwise who logged it."""
    if is_ours(record.name):
        return record.getMessage()
    if record.name.startswith("gunicorn.") and record.msg in KNOWN_TEXTS:
        return record.getMessage()
    return f"{name_library(record.name)} logged something"


def describe_exception(record: logging.LogRecord) -> tuple[str, list[str]] | None:
    """The class of the record's exception, and where it was raised, the innermost call last. No text of it."""
    if not record.exc_info:
        return None
    error_class, _error, trace = record.exc_info
    return (name_class(error_class), list_places(trace)) if error_class else None


def collect_fields(record: logging.LogRecord) -> dict[str, Any]:
    """The trail's labels, then the event's own fields, then what is known of an exception."""
    fields: dict[str, Any] = {**current_labels(), **getattr(record, EXTRA, {})}
    if described := describe_exception(record):
        fields.setdefault("error", described[0])
        fields["raised_at"] = described[1]
    return fields


class JsonFormatter(logging.Formatter):
    """One JSON object a line, in the shape that Cloud Logging takes from a service's output."""

    def __init__(self, project: str = "") -> None:
        """``project`` is the Google Cloud project in whose traces the requests are; without it no trace is named."""
        super().__init__()
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        fields = collect_fields(record)
        entry: dict[str, Any] = {
            "severity": next((name for least, name in SEVERITIES if record.levelno >= least), "DEBUG"),
            "message": safe_text(record),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "logger": record.name if is_ours(record.name) else name_library(record.name),
        }
        trace = fields.pop(TRACE, "")
        if trace and self._project:
            entry["logging.googleapis.com/trace"] = f"projects/{self._project}/traces/{trace}"
        labels = {key: str(value) for key, value in fields.items() if key in LABELS}
        if labels:
            entry["logging.googleapis.com/labels"] = labels
        entry |= {key: value for key, value in fields.items() if key not in LABELS and key not in entry}
        return json.dumps(entry, ensure_ascii=True, allow_nan=False, default=_name_class)


class TextFormatter(logging.Formatter):
    """Time, severity and text, then the fields: for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        fields = collect_fields(record)
        fields.pop(TRACE, None)
        words = [f"{key}={_show(value)}" for key, value in fields.items()]
        return " ".join([moment, record.levelname, _one_line(safe_text(record)), *words])


def _show(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{key}:{_show(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ",".join(map(_show, value))
    return _one_line(str(value))


def _one_line(text: str) -> str:
    """A line end within a value would begin a line that nobody wrote."""
    return "".join(character if character.isprintable() else " " for character in text)


def _name_class(value: Any) -> str:
    """A value that JSON does not know is a mistake; its class says enough to find it."""
    return name_class(type(value))
