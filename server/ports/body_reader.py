"""What turns the bytes of an email into its text, within bounds of time and memory."""

from __future__ import annotations

from typing import Protocol

from server.domain.mail_body import MailBody


class BodyReader(Protocol):
    """Thread-safe. Raises UnreadableError where the bytes have no header line."""

    def read(self, raw: bytes) -> MailBody:
        """The text of an email that nothing is known against.

        Raises UnfinishedReadingError where the email takes longer than an ordinary one may, or breaks its reader:
        then ``read_apart`` is for it.
        """

    def read_apart(self, raw: bytes) -> MailBody:
        """The text of an email that an earlier reader did not finish, read in a process of its own.

        It gets all the time that any email may take. ``UNREADABLE_BODY`` where that is not enough, or where the email
        breaks this reader too. Raises TransientError where no process can be started.
        """

    def close(self) -> None:
        """End what was started. Safe to call twice."""
