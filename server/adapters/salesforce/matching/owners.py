"""Which User a mailbox is: active, with a standard licence, and never the integration user.

A username is nearest, then the federation id, then the email; the email of a sandbox, and a username with the sandbox's
name behind it, count where nobody has the address itself.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from server.adapters.salesforce.matching import records
from server.adapters.salesforce.matching.spellings import fold_address
from server.adapters.salesforce.soql import INVALID, USER_FIELDS
from server.domain.crm import CrmUser, RecordOwner
from server.domain.ids import SalesforceId

SANDBOX_NAME = re.compile(r"[a-z0-9]{1,10}")
"""Salesforce allows letters and digits, at most ten."""
FRESH = 3_600.0
"""Seconds after which usernames with a sandbox's name are asked for again."""
MOST_KEPT = 50_000
"""Addresses."""


def read_users(
    rows: Iterable[Any], addresses: Collection[str], by_setting: Mapping[str, CrmUser], own_user: tuple[str, str]
) -> dict[str, CrmUser]:
    """By address. A User that the setting names wins; then the nearest spelling, then the lowest id.

    ``own_user`` is the integration user, by id and by username.
    """
    ranked: dict[str, tuple[int, bool, str, str]] = {}
    for row in rows:
        if _is_own(row, own_user):
            continue
        for rank, address in _list_spellings(row):
            if address in addresses:
                candidate = (rank, not extends(row, address), str(row["Id"]), records.time_zone(row))
                ranked[address] = min(ranked.get(address, candidate), candidate)
    users = {address: CrmUser(SalesforceId(user), address, zone) for address, (_, _, user, zone) in ranked.items()}
    return users | {address: user for address, user in by_setting.items() if address in addresses}


def read_owners(
    rows: Iterable[Any], identifiers: Collection[str], by_setting: Mapping[str, CrmUser], own_user: tuple[str, str]
) -> dict[SalesforceId, RecordOwner]:
    """Users by id with all addresses for which they may stand, those of the setting too."""
    owners: dict[SalesforceId, RecordOwner] = {}
    for row in rows:
        user_id = SalesforceId(row["Id"])
        if user_id not in identifiers or _is_own(row, own_user):
            continue
        addresses = {address for _, address in _list_spellings(row)}
        addresses |= {address for address, user in by_setting.items() if user.user_id == user_id}
        own = frozenset(addresses - {""})
        owners[user_id] = RecordOwner(CrmUser(user_id, min(own, default=""), records.time_zone(row)), own)
    return owners


def _is_own(row: Any, own_user: tuple[str, str]) -> bool:
    identifier, username = own_user
    is_id = bool(identifier) and str(row["Id"])[:15] == identifier[:15]
    return is_id or (bool(username) and fold_address(str(row.get("Username") or "")) == fold_address(username))


def _list_spellings(row: Any) -> Iterable[tuple[int, str]]:
    """The addresses for which a User may stand, each with how near it is."""
    for rank, name in enumerate(USER_FIELDS):
        yield rank, fold_address(str(row.get(name) or ""))
    email, username = (fold_address(str(row.get(name) or "")) for name in ("Email", "Username"))
    yield len(USER_FIELDS), email.removesuffix(INVALID)
    address, _, _ = username.rpartition(".")
    if extends(row, address):
        yield len(USER_FIELDS) + 1, address


def extends(row: Any, address: str) -> bool:
    """Whether the username is the address and a sandbox's name.

    Where the email has the username's own domain, the username is a whole address: ``ann@acme.co.uk`` is not Ann of
    ``acme.co`` in a sandbox "uk".
    """
    email, username = (fold_address(str(row.get(name) or "")) for name in ("Email", "Username"))
    start, dot, name = username.rpartition(".")
    is_whole = email.removesuffix(INVALID).rpartition("@")[2] == username.rpartition("@")[2]
    return bool(dot and start == address and "@" in start and SANDBOX_NAME.fullmatch(name)) and not is_whole


class SandboxUsers:
    """Users whose username only begins with an address, kept for an hour. Thread-safe.

    Each address is asked about once an hour, beside the other questions of a round: of most the answer is nobody.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._rows: dict[str, tuple[float, list[Any]]] = {}

    def list_unasked(self, addresses: Collection[str]) -> list[str]:
        now = self._now()
        with self._lock:
            return sorted(a for a in addresses if a not in self._rows or not 0 <= now - self._rows[a][0] < FRESH)

    def keep(self, asked: Collection[str], rows: Iterable[Any]) -> None:
        now, by_address = self._now(), {address: list[Any]() for address in asked}
        for row in rows:
            by_address.get(fold_address(str(row.get("Username") or "")).rpartition(".")[0], []).append(row)
        with self._lock:
            if len(self._rows) + len(by_address) > MOST_KEPT:
                self._rows.clear()
            self._rows |= {address: (now, found) for address, found in by_address.items()}

    def rows(self, addresses: Collection[str]) -> list[Any]:
        with self._lock:
            return [row for address in addresses for row in self._rows.get(address, (0.0, []))[1]]
