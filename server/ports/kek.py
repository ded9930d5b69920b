"""Key-encryption keys. A process that may only seal is given no ``UnwrapKek``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from server.domain.identity import KeyKind, KeyNames


class WrapKek(Protocol):
    """The public half of the vault key."""

    @property
    def name(self) -> str:
        """The key's fingerprint, which is stored beside everything that the key wrapped."""

    def wrap(self, key: bytes) -> bytes:
        """Wrap at most 318 bytes, which is what RSA-OAEP 3072 with SHA-256 takes."""

    def newest(self) -> WrapKek:
        """The version to seal with now, whose name never changes. Raises TransientError where nobody can say."""


class UnwrapKek(Protocol):
    """The private half of the vault key, of all its versions that this process may use."""

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Raises SealBrokenError where another key wrapped it, or the bytes were changed."""


class WorkKek(Protocol):
    """The symmetric key of everyday work. Both ways raise TransientError where the key service cannot be reached."""

    @property
    def name(self) -> str:
        """The version that wraps, without asking the key service. Pinned in the state; another one after a rotation."""

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        """Wrap a key so that it unwraps only with the same ``bound_to``."""

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """Raises SealBrokenError."""


class KeyKeeper(Protocol):
    """Makes keys and further versions of them, for a person at the keyboard. Raises ConfigurationError."""

    def list_missing(self) -> dict[KeyKind, str]:
        """The keys that are not there and would have to be made anew, and the file or resource of each."""

    def create_missing(self) -> list[str]:
        """Make what is missing, change nothing that is there; returns the names of what was made."""

    def name_keys(self) -> KeyNames:
        """The names of the versions that seal, and of all hash keys; empty for what is missing."""

    def rotate(self, kind: KeyKind, number: int, pin: Callable[[str], object]) -> str:
        """Add a version of ``vault`` or ``work``. Earlier ones still open what they sealed. Returns where it lies.

        ``number`` is one that no earlier version of this state's keys has.

        ``pin`` is called with its name once the version is there for good, and before anything is sealed with it.
        """
