"""The readings of one round: what a mail may cost the others, and what becomes of one that no reader finishes.

An ordinary mail is read once. One that takes its reader too long, or ends the process around it, is read apart in a
later round, behind everything else. How many readers began with it stands on its claim before each of them begins, so
that it counts whatever they end with.
"""

from __future__ import annotations

from dataclasses import replace

from server.domain.errors import ConflictError, TransientError, UnfinishedReadingError
from server.domain.mail_body import UNREADABLE_BODY, MailBody
from server.engine.deliver.wanted import Claimed
from server.engine.mailboxes.lease import RenewLeases
from server.ports.body_reader import BodyReader
from server.ports.clock import Clock
from server.ports.store import ActivityStore

FIRST_WITHIN = 10.0
"""Seconds that a round reads mails of which nothing is known; ordinary ones take milliseconds each."""
AGAIN_WITHIN = 20.0
"""Seconds that a round reads mails which an earlier try did not finish."""
FIRST_PAUSE = 1.0
AGAIN_PAUSE = 30.0
"""Seconds until a mail is looked at again for which no time was left."""
MOST_READINGS = 3
"""Readers that may end with a mail. From then on it is logged with a sentence in place of its text."""
CHANGED_ELSEWHERE = 5.0
"""Seconds until a mail is looked at again that another worker has changed."""


class MailReadings:
    """Reads one mail after the other. ``renew_leases`` raises TransientError where another worker took a lease."""

    def __init__(self, reader: BodyReader, store: ActivityStore, clock: Clock, renew_leases: RenewLeases) -> None:
        self._reader = reader
        self._store = store
        self._clock = clock
        self.renew_leases = renew_leases
        self._seconds_first = 0.0
        self._seconds_again = 0.0

    def read_first(self, claimed: Claimed, raw: bytes) -> tuple[Claimed, MailBody]:
        """Raises UnfinishedReadingError for a mail to be read again, UnreadableError for bytes that are no mail."""
        if self._seconds_first > FIRST_WITHIN:
            raise UnfinishedReadingError("No time is left for further mails.", retry_after=FIRST_PAUSE)
        began_at = self._clock.now()
        try:
            return claimed, self._reader.read(raw)
        finally:
            self._seconds_first += self._clock.now() - began_at

    def read_again(self, claimed: Claimed, raw: bytes) -> tuple[Claimed, MailBody]:
        """Returns the mail with its claim as it stands then. Raises as ``read_first``, and other TransientErrors."""
        if claimed.claim.readings >= MOST_READINGS:
            return claimed, UNREADABLE_BODY
        if self._seconds_again > AGAIN_WITHIN:
            raise UnfinishedReadingError("No time is left for mails that take long.", retry_after=AGAIN_PAUSE)
        counted = self._count_readings(claimed, claimed.claim.readings + 1)
        began_at = self._clock.now()
        try:
            body = self._reader.read_apart(raw)
        except TransientError:
            # No reader could be started, which is not the mail's fault.
            self._count_readings(counted, claimed.claim.readings)
            raise
        finally:
            self._seconds_again += self._clock.now() - began_at
        return self._count_readings(counted, 0), body

    def _count_readings(self, claimed: Claimed, readings: int) -> Claimed:
        try:
            self._store.save_activities([replace(claimed.claim, readings=readings)], [])
        except ConflictError:
            raise TransientError("Another worker has this mail.", retry_after=CHANGED_ELSEWHERE) from None
        return Claimed(claimed.wanted, self._store.activities([claimed.key])[claimed.key])
