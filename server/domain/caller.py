"""Who is calling us."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """A person whom Google vouches for. ``subject`` never changes and is the Directory's id; ``address`` may."""

    subject: str
    address: str
