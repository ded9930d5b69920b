"""How a process logs: one handler, our formats, and no way around them."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import TextIO

from server.logs.events import Event, describe, list_places
from server.logs.formats import OURS, JsonFormatter, TextFormatter

log = logging.getLogger(__name__)


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


QUIET = (
    "google", "google.auth", "google.api_core", "googleapiclient", "grpc", "httplib2", "urllib3", "requests",
    "werkzeug", "simple_salesforce", "cachecontrol", "asyncio", "charset_normalizer",
)  # fmt: skip
"""Loggers of libraries. Below a warning they have nothing to say that would help, and much that is private."""


class SafeHandler(logging.StreamHandler[TextIO]):
    """A record that cannot be formatted is counted as one line without content: logging's own way prints the values."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        text = "a log line could not be written"
        substitute = logging.LogRecord(__name__, logging.ERROR, record.pathname, record.lineno, text, (), None)
        with suppress(OSError, ValueError):  # nobody may read the output any more
            self.stream.write(self.format(substitute) + self.terminator)
            self.flush()


def make_formatter(form: LogFormat, project: str = "") -> logging.Formatter:
    return JsonFormatter(project) if form is LogFormat.JSON else TextFormatter()


def configure_logging(
    source: Mapping[str, str], *, level: int = logging.INFO, stream: TextIO | None = None
) -> logging.Handler:
    """Configure the process. ``source`` is the environment; a LOG_FORMAT that is no format counts as text here.

    Settings report such a value; until they are read there must be some format to report it in.
    """
    handler = make_handler(source, stream)
    root = logging.getLogger()
    for earlier in [h for h in root.handlers if isinstance(h, SafeHandler)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)
    for name in QUIET:
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.propagate = True  # Google's clients switch it off, and their warnings would be lost
    _catch_what_goes_past()
    return handler


def make_handler(source: Mapping[str, str], stream: TextIO | None = None) -> logging.Handler:
    handler = SafeHandler(stream or sys.stderr)
    handler.setFormatter(make_formatter(read_format(source), read_project(source)))
    return handler


def read_format(source: Mapping[str, str]) -> LogFormat:
    return LogFormat.JSON if source.get("LOG_FORMAT", "").strip() == LogFormat.JSON.value else LogFormat.TEXT


def read_project(source: Mapping[str, str]) -> str:
    """The project of the state, whose Cloud Trace has the requests; empty on one machine."""
    kind, _, name = source.get("STATE", "").strip().partition(":")
    return name.partition("/")[0] if kind == "firestore" else ""


def _catch_what_goes_past() -> None:
    """Python prints warnings and exceptions that nobody caught with their texts. These say the class instead."""
    warnings.showwarning = show_warning
    sys.excepthook = _report_uncaught
    threading.excepthook = _report_uncaught_in_thread


def show_warning(
    message: Warning | str,  # noqa: ARG001  # it may quote anything
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    log.warning(
        "Python warned of something",
        extra=describe(Event.BUG, error=category.__name__, raised_at=[f"{filename}:{lineno}"]),
    )


def _report_uncaught(error_class: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(error_class, KeyboardInterrupt):
        return
    fields = describe(Event.BUG, error=error_class.__name__, reaction="bug", raised_at=list_places(trace))
    log.critical("the process ends because of an error", extra=fields)


def _report_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_type is not SystemExit:
        _report_uncaught(arguments.exc_type, arguments.exc_value or arguments.exc_type(), arguments.exc_traceback)
