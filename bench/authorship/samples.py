"""Labelled messages, as the rule sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import compat32

from server.domain.message import Headers
from server.rules.authorship.rule import AuthorKind
from server.rules.decision.screen import HEADERS

READ_NAMES = frozenset(name.lower() for name in HEADERS)
"""Gmail is asked for these, so nothing else may decide here either."""
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


def read_headers_of(raw: bytes) -> Headers:
    """The top-level headers that the service asks for, whatever their bytes."""
    message = message_from_bytes(raw, policy=compat32)
    return keep_read_headers((name, str(value)) for name, value in message.items())


def keep_read_headers(pairs: Iterable[tuple[str, str]]) -> Headers:
    return Headers.of((name, value) for name, value in pairs if name.lower() in READ_NAMES)
