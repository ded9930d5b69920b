"""The vault key as a running process has it: the version that the state pinned last, also after a rotation."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from server.domain.errors import ConfigurationError, TransientError
from server.ports.clock import Clock
from server.ports.kek import WrapKek

log = logging.getLogger(__name__)

RECHECK = 60.0
"""Seconds after which a running process looks again which version the state pinned last."""


class PinnedWrap:
    """Implements ``server.ports.kek.WrapKek``. Thread-safe.

    ``find_pinned`` gives the name that was pinned last. ``fetch`` gets the key of a name; None where it is not here.
    """

    def __init__(
        self, key: WrapKek, find_pinned: Callable[[], str], fetch: Callable[[str], WrapKek | None], clock: Clock
    ) -> None:
        self._key = key
        self._find_pinned = find_pinned
        self._fetch = fetch
        self._now = clock.now
        self._lock = threading.Lock()
        self._looked_at = self._now()
        self._missing = ""

    @property
    def name(self) -> str:
        return self._key.name

    def wrap(self, key: bytes) -> bytes:
        return self._key.wrap(key)

    def newest(self) -> WrapKek:
        """Raises TransientError where the state or the key service does not answer, or refuses the new version.

        Nothing is sealed then: the earlier version may be destroyed soon.
        """
        if not 0 <= self._now() - self._looked_at < RECHECK:
            now = self._now()
            pinned = self._find_pinned()
            if pinned and pinned != self._key.name:
                self._take(pinned)
            self._looked_at = now
        return self._key

    def _take(self, pinned: str) -> None:
        try:
            fresh = self._fetch(pinned)
        except ConfigurationError:
            log.exception("the version of the vault key that was pinned last cannot be used")
            raise TransientError("The version of the vault key that was pinned last cannot be used yet.") from None
        if fresh is not None and fresh.name != pinned:
            log.error("the vault key of the number that was pinned last is another key: the state was changed")
            raise TransientError("The version of the vault key that was pinned last cannot be used yet.")
        with self._lock:
            if fresh is not None:
                self._key = fresh
                log.info("copies are sealed under another version of the vault key from now on")
            elif self._missing != pinned:
                self._missing = pinned
                log.error("the version of the vault key that was pinned last is not in the folder KEYS of this machine")
