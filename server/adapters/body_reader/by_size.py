"""Which emails are read in the calling process, and which in a process of their own."""

from __future__ import annotations

from server.domain.mail_body import MailBody
from server.ports.body_reader import BodyReader

LARGE_FROM = 256 * 1024
"""Bytes of a raw email. Half of all mail with attachments is below it, and nearly all mail without."""


class BodyReaderBySize:
    """``small`` reads what nothing is known against and is below ``large_from`` bytes; ``large`` reads the rest.

    ``apart`` reads what an earlier reader did not finish, so that no other mail waits for it.
    """

    def __init__(self, small: BodyReader, large: BodyReader, apart: BodyReader, large_from: int = LARGE_FROM) -> None:
        self._small = small
        self._large = large
        self._apart = apart
        self._large_from = large_from

    def read(self, raw: bytes) -> MailBody:
        return (self._large if len(raw) >= self._large_from else self._small).read(raw)

    def read_apart(self, raw: bytes) -> MailBody:
        return self._apart.read_apart(raw)

    def close(self) -> None:
        self._small.close()
        self._large.close()
        self._apart.close()
