"""Reads emails in the calling process: for those whose size alone bounds what they cost."""

from __future__ import annotations

from collections.abc import Callable

from server.domain.errors import UnreadableError
from server.domain.mail_body import UNREADABLE_BODY, MailBody

ReadBody = Callable[[bytes], MailBody]


class InProcessBodyReader:
    """``read_body`` may raise UnreadableError. Another error is a bug that the email meets, and costs only its text."""

    def __init__(self, read_body: ReadBody) -> None:
        self._read_body = read_body

    def read(self, raw: bytes) -> MailBody:
        try:
            return self._read_body(raw)
        except UnreadableError:
            raise
        except Exception:  # noqa: BLE001  # the same email would raise the same again in every further try
            return UNREADABLE_BODY

    def read_apart(self, raw: bytes) -> MailBody:
        """In the same process: whoever needs a process of its own takes ``ChildBodyReader``."""
        return self.read(raw)

    def close(self) -> None:
        pass
