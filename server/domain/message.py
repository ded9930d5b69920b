"""A message as the decision sees it: labels and headers, never a body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from server.domain.ids import MessageId, ThreadId


class Header(StrEnum):
    """The address headers that carry people."""

    FROM = "From"
    SENDER = "Sender"
    REPLY_TO = "Reply-To"
    TO = "To"
    CC = "Cc"
    BCC = "Bcc"
    ORIGINAL_FROM = "X-Original-From"


@dataclass(frozen=True)
class Headers:
    """Top-level headers in their order on the wire; names compare without case and the white space around them.

    Values are unfolded, possibly hostile, and encoded (RFC 2047) or decoded: nobody knows which of the two Gmail shows.
    """

    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Headers:
        return cls(tuple((name.strip(), value) for name, value in pairs))

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """By name: some eighty questions are asked of each message, however many headers somebody wrote into it."""
        written: dict[str, list[int]] = {}
        for index, (name, _) in enumerate(self.fields):
            if (known := written.get(name)) is not None:
                known.append(index)
            else:
                written[name] = [index]
        places: dict[str, list[int]] = {}
        respelt = set()
        for name, found in written.items():
            if (known := places.setdefault(name.lower(), found)) is not found:
                known.extend(found)
                respelt.add(name.lower())
        for name in respelt:
            places[name].sort()
        return places

    @property
    def distinct_names(self) -> Iterable[str]:
        """Each name once, in lower case."""
        return self._places.keys()

    def first(self, name: str) -> str | None:
        position = self.position(name)
        return None if position is None else self.fields[position][1]

    def all(self, name: str) -> list[str]:
        return [self.fields[index][1] for index in self._places.get(name.lower(), ())]

    def has(self, name: str) -> bool:
        return name.lower() in self._places

    def has_any(self, lower_names: frozenset[str]) -> bool:
        """Whether one of these names, given in lower case, is there."""
        return not self._places.keys().isdisjoint(lower_names)

    def position(self, name: str) -> int | None:
        """Index of the first header of that name: evidence that quotes nothing."""
        return next(iter(self._places.get(name.lower(), ())), None)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)


@dataclass(frozen=True)
class Participant:
    """Someone named in an address header.

    ``address`` is normalised: lower-case, the domain as A-labels. ``name`` is the decoded display name, hostile.
    """

    address: str
    name: str = ""
    header: Header = Header.FROM

    @property
    def local(self) -> str:
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class Message:
    """What one metadata call says about one copy of a mail. ``internal_date`` is in epoch milliseconds, UTC.

    ``is_as_sent``: the headers are those of its raw bytes, and not the ones that the provider showed.
    """

    message_id: MessageId
    thread_id: ThreadId
    label_ids: frozenset[str]
    internal_date: int
    size_estimate: int
    headers: Headers
    is_as_sent: bool = False

    def has_label(self, label_id: str) -> bool:
        return label_id in self.label_ids

    @property
    def is_sent(self) -> bool:
        return self.has_label("SENT")
