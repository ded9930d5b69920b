"""Key-encryption keys. A process that may only seal is given no ``UnwrapKek``."""

from __future__ import annotations

from typing import Protocol


class WrapKek(Protocol):
    """The public half of the vault key."""

    @property
    def name(self) -> str:
        """The key's fingerprint, which is stored beside everything that the key wrapped."""

    def wrap(self, key: bytes) -> bytes:
        """Wrap at most 318 bytes, which is what RSA-OAEP 3072 with SHA-256 takes."""


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
