"""Keyed hashes: equal values have equal hashes, and no value can be tried out without the key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from server.domain.ids import KeyedHash


class KeyedHasher:
    """HMAC-SHA256 under a numbered key. ``current`` is the number under which new hashes are made."""

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        self._keys = dict(keys)
        self._current = current

    def hash(self, kind: str, value: str) -> KeyedHash:
        """``kind`` makes the hashes of an address and of a domain differ, even with the same spelling."""
        return self._hash_under(self._current, kind, value)

    def all(self, kind: str, value: str) -> tuple[KeyedHash, ...]:
        """One hash under each key, the current key first, so that rows from before a rotation match too."""
        versions = sorted(self._keys, key=lambda v: (v != self._current, v))
        return tuple(self._hash_under(version, kind, value) for version in versions)

    def derive_keys(self, purpose: str) -> tuple[bytes, ...]:
        """Returns 32 bytes for each key there is, the current one last: for signatures that outlive a rotation.

        ``purpose`` keeps the derived keys of two uses apart. No kind of hash is called ``derived-key``.
        """
        versions = sorted(self._keys, key=lambda v: (v == self._current, v))
        return tuple(hmac.digest(self._keys[v], f"derived-key\0{purpose}".encode(), "sha256") for v in versions)

    @property
    def names(self) -> tuple[str, ...]:
        """``number:check value`` of each key: it tells two keys apart, and nobody can turn it back."""
        constant = b"truly hash key"
        return tuple(f"{v}:{hmac.digest(self._keys[v], constant, 'sha256').hex()[:32]}" for v in sorted(self._keys))

    def _hash_under(self, version: int, kind: str, value: str) -> KeyedHash:
        digest = hmac.new(self._keys[version], f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()
        return KeyedHash(f"v{version}:{digest}")
