"""Envelope encryption: AES-256-GCM under a DEK, the DEK under a KEK, and the place of the value bound into both.

Formats, version 1 (docs/security.md has the same table):

=============  =======================================================================================
sealed copy    ``TC`` 01 | nonce (12) | ciphertext and tag (16)
its DEK        KEK-wrapped: 01 | DEK (32) | SHA-256 of the place (32)
work seal      ``TW`` 01 | length of the wrapped DEK (2, big-endian) | wrapped DEK | nonce (12) | ciphertext and tag
=============  =======================================================================================

The additional data of every ciphertext is its header and the place, so that a moved ciphertext does not open.
"""

from __future__ import annotations

import hashlib
import os
import struct
import uuid
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.domain.errors import SealBrokenError
from server.ports.kek import UnwrapKek, WorkKek, WrapKek
from server.ports.store import WorkDekStore
from server.vault.dek_cache import DekCache

COPY = b"TC\x01"
WORK = b"TW\x01"
DEK_VERSION = b"\x01"
DEK_BYTES = 32
NONCE_BYTES = 12
CACHED_DEKS = 4096
"""Unwrapped work DEKs that a process remembers. Earlier versions made one a day and process: a year of those of ten."""
CACHED_DAYS = 8
"""Days whose DEK a process remembers for sealing: clocks of two processes may disagree about the day."""


@dataclass(frozen=True)
class Place:
    """Where a sealed value belongs. A value from one place does not open in another."""

    organisation: str
    collection: str
    document: str
    purpose: str

    def encode(self) -> bytes:
        """Each field after its length, so that no two places have the same bytes."""
        fields = (self.organisation, self.collection, self.document, self.purpose)
        return b"".join(struct.pack(">I", len(raw)) + raw for raw in map(str.encode, fields))


@dataclass(frozen=True)
class SealedCopy:
    """``dek_id`` names the wrapped DEK, which is stored elsewhere: without the DEK the ciphertext is noise."""

    dek_id: str
    ciphertext: bytes
    wrapped_dek: bytes
    key_name: str


def seal_copy(plaintext: bytes, place: Place, kek: WrapKek) -> SealedCopy:
    """Seals under a new DEK for each copy, so that one copy can be erased alone. Raises TransientError."""
    kek = kek.newest()  # one version for both, the key and its name
    dek = os.urandom(DEK_BYTES)
    bound = place.encode()
    nonce = os.urandom(NONCE_BYTES)
    ciphertext = COPY + nonce + AESGCM(dek).encrypt(nonce, plaintext, COPY + bound)
    wrapped = kek.wrap(DEK_VERSION + dek + hashlib.sha256(bound).digest())
    return SealedCopy(uuid.uuid4().hex, ciphertext, wrapped, kek.name)


def open_copy(ciphertext: bytes, wrapped_dek: bytes, place: Place, kek: UnwrapKek, key_name: str) -> bytes:
    """Raises SealBrokenError for another key, another place, changed bytes or an unknown version."""
    bound = place.encode()
    inner = kek.unwrap(wrapped_dek, key_name)
    # The KEK of a copy binds nothing itself, so the place is checked inside the wrapped key.
    if len(inner) != 1 + DEK_BYTES + 32 or inner[:1] != DEK_VERSION:
        raise SealBrokenError("The wrapped key has an unknown form.")
    if inner[1 + DEK_BYTES :] != hashlib.sha256(bound).digest():
        raise SealBrokenError("The wrapped key belongs to another place.")
    return _decrypt(inner[1 : 1 + DEK_BYTES], ciphertext, COPY, bound)


class WorkSealer:
    """Seals headers, snapshots and shown texts until they are needed. Thread-safe.

    All processes share one DEK a day, which ``deks`` holds wrapped. The head of a sealed value carries the wrapped DEK
    too, so that a value opens without that store. No lock is held while the KEK or the store is asked.
    """

    def __init__(self, kek: WorkKek, deks: WorkDekStore, organisation: str) -> None:
        self._kek = kek
        self._deks = deks
        self._bound = f"work/{organisation}".encode()
        self._days: DekCache[str, tuple[bytes, bytes]] = DekCache(CACHED_DAYS)
        self._unwrapped: DekCache[bytes, bytes] = DekCache(CACHED_DEKS)

    @property
    def key_name(self) -> str:
        """The version of the work key that wraps."""
        return self._kek.name

    def seal(self, plaintext: bytes, place: Place, day: str) -> bytes:
        """``day`` is a date such as 2026-11-24. Raises TransientError where the day's DEK cannot be had yet.

        Once this process has it, neither the key service nor the store is asked again on that day.
        """
        name = self._name_day(day)
        dek, wrapped = self._days.get(name, lambda: self._begin_day(name))
        head = WORK + struct.pack(">H", len(wrapped)) + wrapped
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + AESGCM(dek).encrypt(nonce, plaintext, head + place.encode())

    def open(self, sealed: bytes, place: Place) -> bytes:
        """Raises SealBrokenError, and TransientError where the key service cannot be reached."""
        if len(sealed) < len(WORK) + 2 or not sealed.startswith(WORK):
            raise SealBrokenError("This is not a sealed value of a known version.")
        # The head carries its own wrapped DEK, so that rows of any day open.
        end = len(WORK) + 2 + struct.unpack(">H", sealed[len(WORK) : len(WORK) + 2])[0]
        dek = self._unwrap(sealed[len(WORK) + 2 : end])
        return _decrypt(dek, sealed, sealed[:end], place.encode())

    def _name_day(self, day: str) -> str:
        """After a rotation the day has another DEK, so that the new version of the KEK is used at once."""
        return f"{day}.{hashlib.sha256(self._kek.name.encode()).hexdigest()[:16]}"

    def _begin_day(self, name: str) -> tuple[bytes, bytes]:
        stored = self._deks.work_dek(name)
        if stored is None:
            # Another process may be faster: then all use its DEK, and ours was never used.
            stored = self._deks.add_work_dek(name, self._make_dek())
        try:
            return self._unwrap(stored), stored
        except SealBrokenError:
            # A damaged document must not stop all sealing of a day: this process goes on with a DEK of its own.
            own = self._make_dek()
            return self._unwrap(own), own

    def _make_dek(self) -> bytes:
        """Returns it wrapped. The cache has it unwrapped."""
        dek = os.urandom(DEK_BYTES)
        wrapped = self._kek.wrap(dek, self._bound)
        self._unwrapped.put(wrapped, dek)
        return wrapped

    def _unwrap(self, wrapped: bytes) -> bytes:
        return self._unwrapped.get(wrapped, lambda: self._kek.unwrap(wrapped, self._bound))


def _decrypt(dek: bytes, sealed: bytes, head: bytes, bound: bytes) -> bytes:
    start = len(head) + NONCE_BYTES
    if not sealed.startswith(head) or len(sealed) < start + 16:
        raise SealBrokenError("This is not a sealed value of a known version.")
    try:
        return AESGCM(dek).decrypt(sealed[len(head) : start], sealed[start:], head + bound)
    except (InvalidTag, ValueError):
        raise SealBrokenError("A sealed value was changed, or belongs to another place.") from None
