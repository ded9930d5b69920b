"""All that a process would write to its log, by the service's own handler, with every logger at its most talkative."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from server.logs.configure import configure_logging


class LogLines:
    """``text`` is the whole output."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def entries(self, event: str = "") -> list[dict[str, Any]]:
        """The lines of a log in JSON, or those of one event."""
        entries = [json.loads(line) for line in self.text.splitlines()]
        return [entry for entry in entries if not event or entry.get("event") == event]

    def clear(self) -> None:
        self._stream.truncate(0)
        self._stream.seek(0)


@contextmanager
def record_log(form: str = "json", level: int = logging.INFO, **settings: str) -> Iterator[LogLines]:
    """Configure logging as a service does, and put everything back afterwards. At DEBUG libraries talk, too."""
    stream = io.StringIO()
    root = logging.getLogger()
    loggers = [root, *(x for x in list(logging.Logger.manager.loggerDict.values()) if isinstance(x, logging.Logger))]
    kept = [(logger, logger.level) for logger in loggers]
    hooks = (warnings.showwarning, sys.excepthook, threading.excepthook)
    handler = configure_logging({"LOG_FORMAT": form, **settings}, level=level, stream=stream)
    if level <= logging.DEBUG:
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
    try:
        yield LogLines(stream)
    finally:
        root.removeHandler(handler)
        warnings.showwarning, sys.excepthook, threading.excepthook = hooks
        for logger, earlier in kept:
            logger.setLevel(earlier)
