"""gunicorn's own lines through our handler: its tracebacks and request lines could hold what people wrote."""

from __future__ import annotations

import os
from typing import Any

from gunicorn.glogging import Logger

from server.logs.configure import make_handler


class SafeLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """``logger_class`` of gunicorn.conf.py."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        handler = make_handler(os.environ)
        for logger in (self.error_log, self.access_log):
            logger.handlers = [handler]
            logger.propagate = False
