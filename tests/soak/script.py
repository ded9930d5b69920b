"""What a plan is made of: mails, and what happens to their copies and to people, each at its time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum

from tests.soak.town import Kind

START = 1_790_000_000.0 // 86_400 * 86_400
"""Epoch seconds: the week begins on a midnight in September 2026."""
DAY = 86_400.0
HOUR = 3_600.0
WEEK = 7 * DAY
END = START + WEEK


@dataclass(frozen=True)
class Mail:
    """One real mail. ``record`` is the Salesforce record that its activity must name; ``root`` begins its thread."""

    number: int
    kind: Kind
    sender: str
    to: tuple[str, ...]
    root: str
    sent_at: float
    record: str | None

    @property
    def message_id(self) -> str:
        return f"<m{self.number}@faults.example>"

    @property
    def subject(self) -> str:
        return f"Matter {self.number}"

    def raw(self) -> bytes:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, ", ".join(self.to), self.subject
        mail["Date"] = format_datetime(datetime.fromtimestamp(int(self.sent_at), UTC))
        mail["Message-ID"] = self.message_id
        if self.root != self.message_id:
            mail["In-Reply-To"] = mail["References"] = self.root
        if self.kind is Kind.MACHINE:
            mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(f"Number {self.number}.\n")
        return mail.as_bytes()


class Act(StrEnum):
    ARRIVE = "arrive"
    RELABEL = "relabel"
    DELETE = "delete"
    EXPIRE = "expire"
    RENAME = "rename"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    LEAVE = "leave"
    JOIN = "join"


@dataclass(frozen=True)
class Event:
    """``box`` is a mailbox's first address, ``copy`` our own name of a message in it, ``mail`` a number."""

    at: float
    act: Act
    box: str
    copy: str = ""
    mail: int = -1
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()


@dataclass
class Plan:
    """``away`` maps a mailbox to the spans in which its person is not there; ``events`` are in order of time."""

    seed: int
    mailboxes: int
    mails: list[Mail] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    away: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def is_there(self, box: str, at: float) -> bool:
        return not any(begins <= at < ends for begins, ends in self.away.get(box, ()))
