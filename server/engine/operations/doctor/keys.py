"""How well are the stored copies protected?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.engine.operations.doctor.registry import Checks, Finding


@dataclass(frozen=True)
class KeysContext:
    """``is_encrypted_at_rest``: the database encrypts too. ``can_open``: this process has the private key."""

    is_encrypted_at_rest: bool
    can_open: bool


CHECKS = Checks[KeysContext]()


@CHECKS.register("Encryption")
def check_encryption(context: KeysContext) -> Iterator[Finding]:
    twice = "Stored copies are encrypted twice: by us, and by the database."
    once = "Stored copies are encrypted once, by us: SQLite adds no layer. Use Firestore or an encrypted disk."
    is_twice = context.is_encrypted_at_rest
    yield Finding("Encryption", is_good=is_twice, text=twice if is_twice else once)


@CHECKS.register("Opening copies")
def check_opening(context: KeysContext) -> Iterator[Finding]:
    text = f"This process {'can' if context.can_open else 'cannot'} open stored copies."
    yield Finding("Opening copies", is_good=not context.can_open, text=text)
