"""What the real Google and the real org are like, by answers that name nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from server.domain.mailbox import Mailbox

Value = int | bool | str | None | Mapping[str, int] | Sequence[str]
"""Counts, codes, and words of the vendor's own: never a word that a person or a company chose."""


@dataclass(frozen=True)
class Answer:
    """``question`` is a fixed sentence of ours. ``status`` is the HTTP status, 0 without an answer."""

    question: str
    status: int = 200
    reason: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """On whom the questions are tried: some mailboxes in scope, and one group."""

    mailboxes: Sequence[Mailbox]
    group: str | None


class Survey(Protocol):
    """Reads only, and asks a bounded number of questions."""

    def answers(self, sample: Sample) -> Iterator[Answer]:
        """A question that fails is an answer too. Raises nothing that one question may raise."""
