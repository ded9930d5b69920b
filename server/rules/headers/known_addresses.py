"""Addresses and hosts that the lists in ``lists/`` name: intakes of robots, and relays of strangers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from server.rules.headers.domains import is_within, names_a_relay
from server.rules.headers.listed_names import read_list, relay_entries

KEPT_ADDRESSES = 4_096
"""Addresses of which a process remembers whether they are intakes: the same people are on mail again and again."""
_WILDCARDS = {"*": "[^@]*", "{digits}": "[0-9]+"}
_ANY_HOST = "*"
_DESK = "? "
"""Before the pattern of a host at which many firms have a help desk."""


@lru_cache(maxsize=KEPT_ADDRESSES)
def is_intake(address: str) -> bool:
    """Does a program file what this address gets: a CRM's drop box, a ticket's, chat's or task's reply address?

    ``address`` is normalised. People at the same vendor (anna@slack.com) are people. At a firm's help desk, only an
    address with a thread's token is an intake (support+id7@acme.zendesk.com).
    """
    if _fits(address, _intakes()):
        return True
    return "+" in address.rpartition("@")[0] and is_desk(address)


@lru_cache(maxsize=KEPT_ADDRESSES)
def is_desk(address: str) -> bool:
    """Is it at a host where many firms have a help desk? It says nothing of the firm by its domain."""
    return _fits(address, _desks())


def _fits(address: str, patterns: Mapping[str, tuple[re.Pattern[str], ...]]) -> bool:
    host = address.rpartition("@")[2]
    return any(pattern.fullmatch(address) for key in (_key_of(host), _ANY_HOST) for pattern in patterns.get(key, ()))


def is_relay_domain(domain: str) -> bool:
    """Is each address there a stranger's: a market place's, a booking site's, a text gateway's, a privacy relay's?"""
    return is_within(domain, relay_entries()) or names_a_relay(domain)


def is_listed_relay(domain: str) -> bool:
    """Is it a relay by name? A relay by its first label can be anybody's host, and is not believed who wrote a mail."""
    return is_within(domain, relay_entries())


@cache
def _intakes() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    return _group_patterns(line for line in read_list("intakes") if not line.startswith(_DESK))


@cache
def _desks() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    return _group_patterns(line.removeprefix(_DESK) for line in read_list("intakes") if line.startswith(_DESK))


def _group_patterns(lines: Iterable[str]) -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """Patterns by the last two labels of their host, so that an address is held against few of them."""
    patterns: defaultdict[str, list[re.Pattern[str]]] = defaultdict(list)
    for line in lines:
        patterns[_key_of(line.rpartition("@")[2])].append(_compile_pattern(line))
    return {key: tuple(group) for key, group in patterns.items()}


def _key_of(host: str) -> str:
    return ".".join(host.split(".")[-2:])


def _compile_pattern(line: str) -> re.Pattern[str]:
    parts = re.split(r"(\*|\{digits\})", line)
    return re.compile("".join(_WILDCARDS.get(part) or re.escape(part) for part in parts))
