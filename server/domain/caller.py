"""Who is calling us, and with what."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    """A person whom Google vouches for. ``subject`` never changes and is the Directory's id; ``address`` may."""

    subject: str
    address: str


@dataclass(frozen=True)
class AddonTokens:
    """What Google gives an add-on with one event: ``user`` acts for the person, ``message`` opens the opened message.

    They live for an hour at most. Neither is kept, and neither is ever written.
    """

    user: str = field(default="", repr=False)
    message: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.user and self.message)
