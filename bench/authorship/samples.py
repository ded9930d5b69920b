"""Labelled messages, as the rule sees them."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.policy import compat32

from server.domain.message import Headers
from server.rules.authorship import AuthorKind

PEOPLE = frozenset({AuthorKind.PERSON, AuthorKind.PERSON_VIA_LIST, AuthorKind.SALES_SEQUENCE})


@dataclass(frozen=True)
class Sample:
    """``kinds`` are the kinds that are right, the label first. ``miss`` says why a wrong verdict is known and left."""

    name: str
    headers: Headers
    kinds: tuple[AuthorKind, ...]
    is_outbound: bool = False
    own_group: bool = False
    label_ids: frozenset[str] = frozenset()
    miss: str = ""

    @property
    def label(self) -> AuthorKind:
        return self.kinds[0]

    @property
    def is_machine(self) -> bool:
        return self.label not in PEOPLE


def headers_of(raw: bytes) -> Headers:
    """The top-level headers, whatever their bytes."""
    message = message_from_bytes(raw, policy=compat32)
    return Headers.of((name, str(value)) for name, value in message.items())
