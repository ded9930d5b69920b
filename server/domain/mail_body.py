"""The text of one email, as the activity in the CRM needs it."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 100_000
"""Characters of text that are kept: three times what the longest activity field takes."""
UNREADABLE = "(The text of this email could not be read.)"
"""Stands in place of a text that breaks its reader, or that takes more time or memory than an email may."""


@dataclass(frozen=True)
class MailBody:
    """Plain text with single line ends, and the file names of attachments in their order.

    ``whole_text`` has up to twice ``LONGEST`` characters. ``subject`` is the header as it was sent.
    ``own`` is the author's part of the text: without the mail that it answers, and without a signature.
    ``is_answer`` says that the mail answers another, by In-Reply-To, References or its subject. ``calendar_method`` is
    the upper-case iTIP method (REQUEST, REPLY, CANCEL ...) of a calendar part that stands for the body, else "".
    ``received`` is the end of the topmost Received header, where a server wrote when the mail arrived.
    """

    whole_text: str
    attachments: tuple[str, ...] = ()
    subject: str = ""
    own: str = ""
    is_answer: bool = False
    calendar_method: str = ""
    received: str = ""

    @property
    def text(self) -> str:
        return self.whole_text[:LONGEST]

    @property
    def is_cut(self) -> bool:
        return len(self.whole_text) > LONGEST


UNREADABLE_BODY = MailBody(UNREADABLE, own=UNREADABLE)
