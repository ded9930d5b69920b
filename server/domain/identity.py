"""Whose state this is, and the keys that belong to it. Pinned at the first start; a rotation adds a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

SHORT_ID = 15


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

    ``vault_pinned_at`` (epoch seconds) is when the newest vault key was added, None for the first one.
    ``lost_keys`` belonged to this state before somebody said that they are lost. ``google_customer`` and
    ``salesforce_org`` are empty until the service has met them. ``next_salesforce_org`` is the org whose ledger is
    being begun: until that is done, nothing is written to any org.
    """

    organisation: str
    vault_keys: tuple[str, ...]
    work_keys: tuple[str, ...]
    hash_keys: tuple[str, ...]
    lost_keys: tuple[str, ...] = ()
    google_customer: str = ""
    salesforce_org: str = ""
    next_salesforce_org: str = ""
    vault_pinned_at: float | None = None
    version: str = field(default="", compare=False)

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.vault_keys, *self.work_keys, *self.hash_keys)

    def has_work_key(self, name: str) -> bool:
        """Also where Cloud KMS made a version of its own accord: a key of KMS opens with all its versions."""
        return name in self.work_keys or _strip_version(name) in map(_strip_version, self.work_keys)


def is_same_org(org: str, other: str) -> bool:
    """An id of 15 characters and its form of 18 name one org."""
    return org[:SHORT_ID] == other[:SHORT_ID]


def _strip_version(name: str) -> str:
    """``kms:<version>:<key>`` without the version; a name of a key file is its own."""
    kind, _, rest = name.partition(":")
    return f"kms:{rest.partition(':')[2]}" if kind == "kms" else name


@dataclass(frozen=True)
class SealedSample:
    """One sealed value of the state, and the place where it stands."""

    collection: str
    key: str
    purpose: str
    sealed: bytes
