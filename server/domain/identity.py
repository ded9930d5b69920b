"""Whose state this is, and the keys that belong to it. Pinned at the first start; a rotation adds a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class KeyKind(StrEnum):
    VAULT = "vault"
    WORK = "work"
    HASH = "hash"


@dataclass(frozen=True)
class KeyNames:
    """Fingerprints and check values of the keys that a process has, which nobody can turn back.

    ``hashes`` has one for each hash key, as ``number:check value``.
    """

    vault: str
    work: str
    hashes: tuple[str, ...]


@dataclass(frozen=True)
class StateIdentity:
    """``vault_keys`` and ``work_keys`` have the newest last.

    ``lost_keys`` belonged to this state before somebody said that they are lost. ``google_customer`` and
    ``salesforce_org`` are empty until the service has met them.
    """

    organisation: str
    vault_keys: tuple[str, ...]
    work_keys: tuple[str, ...]
    hash_keys: tuple[str, ...]
    lost_keys: tuple[str, ...] = ()
    google_customer: str = ""
    salesforce_org: str = ""
    version: str = field(default="", compare=False)

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.vault_keys, *self.work_keys, *self.hash_keys)


@dataclass(frozen=True)
class SealedSample:
    """One sealed value of the state, and the place where it stands."""

    collection: str
    key: str
    purpose: str
    sealed: bytes
