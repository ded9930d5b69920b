"""What is readable only in a sealed form: the place and the day are bound to every value by one class."""

from __future__ import annotations

from datetime import UTC, datetime

from server.ports.clock import Clock
from server.vault.envelope import Place, WorkSealer


class Sealing:
    """Seals values of our state under the key of the day and the place where they are kept. Thread-safe."""

    def __init__(self, sealer: WorkSealer, organisation: str, clock: Clock) -> None:
        self._sealer = sealer
        self._organisation = organisation
        self._clock = clock

    def seal(self, collection: str, key: str, purpose: str, plaintext: bytes) -> bytes:
        """``key`` is the document's, and ``purpose`` names the value in it. Raises TransientError."""
        today = datetime.fromtimestamp(self._clock.now(), UTC).date().isoformat()
        return self._sealer.seal(plaintext, Place(self._organisation, collection, key, purpose), today)

    def open(self, collection: str, key: str, purpose: str, sealed: bytes) -> bytes:
        """Raises SealBrokenError where the value was changed, or belongs to another place or key."""
        return self._sealer.open(sealed, Place(self._organisation, collection, key, purpose))
