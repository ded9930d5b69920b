"""The keys of the simulated KMS and their versions. They live in memory and end with the simulator."""

from __future__ import annotations

import os
import re
import threading
import time
from datetime import UTC, datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.cloud import kms_v1 as kms

NAME = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")
Purpose = kms.CryptoKey.CryptoKeyPurpose
Algorithm = kms.CryptoKeyVersion.CryptoKeyVersionAlgorithm
State = kms.CryptoKeyVersion.CryptoKeyVersionState
ALGORITHMS = {
    Purpose.ENCRYPT_DECRYPT: Algorithm.GOOGLE_SYMMETRIC_ENCRYPTION,
    Purpose.ASYMMETRIC_DECRYPT: Algorithm.RSA_DECRYPT_OAEP_3072_SHA256,
}
GENERATION = 0.2
"""Seconds for which a new asymmetric version after the first is in PENDING_GENERATION."""
HEAD = 4
NONCE = 12


class Version:
    """One version: an RSA pair or an AES key, and its state."""

    def __init__(
        self, name: str, purpose: Purpose, algorithm: Algorithm, secret: rsa.RSAPrivateKey | bytes, ready: float = 0
    ) -> None:
        self.name = name
        self.purpose = purpose
        self.algorithm = algorithm
        self.created = datetime.now(UTC)
        self._secret = secret
        self._ready = time.monotonic() + ready
        self._state = State(State.ENABLED)

    @property
    def number(self) -> int:
        return int(self.name.rpartition("/")[2])

    @property
    def state(self) -> State:
        return State(self._state if time.monotonic() >= self._ready else State.PENDING_GENERATION)

    def set_state(self, state: State) -> None:
        self._state = state

    def private_key(self) -> rsa.RSAPrivateKey:
        assert isinstance(self._secret, rsa.RSAPrivateKey)
        return self._secret

    def public_pem(self) -> bytes:
        return (
            self.private_key()
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def encrypt(self, plaintext: bytes, additional: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return self.number.to_bytes(HEAD, "big") + nonce + self._aes().encrypt(nonce, plaintext, additional)

    def decrypt(self, ciphertext: bytes, additional: bytes) -> bytes:
        """Raises InvalidTag."""
        return self._aes().decrypt(ciphertext[HEAD : HEAD + NONCE], ciphertext[HEAD + NONCE :], additional)

    def _aes(self) -> AESGCM:
        assert isinstance(self._secret, bytes)
        return AESGCM(self._secret)


class Key:
    """Versions are numbered from 1 and never used again. Thread-safe."""

    def __init__(self, name: str, purpose: Purpose, algorithm: Algorithm, first: rsa.RSAPrivateKey | None) -> None:
        self.name = name
        self.purpose = purpose
        self.algorithm = algorithm
        self._lock = threading.Lock()
        self._versions = [self._make_version(1, first or self._make_secret(), 0)]
        self._primary = self._versions[0]

    def primary(self) -> Version:
        return self._primary

    def set_primary(self, version: Version) -> None:
        self._primary = version

    def list_versions(self) -> list[Version]:
        with self._lock:
            return list(self._versions)

    def add_version(self, pair: rsa.RSAPrivateKey | None = None) -> Version:
        """``pair`` is the new version's RSA key, where a test has made one."""
        secret = pair or self._make_secret()
        with self._lock:
            is_symmetric = self.purpose is Purpose.ENCRYPT_DECRYPT
            version = self._make_version(len(self._versions) + 1, secret, 0 if is_symmetric else GENERATION)
            self._versions.append(version)
            return version

    def version_of(self, ciphertext: bytes) -> Version | None:
        """The version that made it; None where these bytes are of no version of this key."""
        number = int.from_bytes(ciphertext[:HEAD], "big")
        is_long_enough = len(ciphertext) >= HEAD + NONCE + 16
        return next((v for v in self.list_versions() if v.number == number and is_long_enough), None)

    def _make_version(self, number: int, secret: rsa.RSAPrivateKey | bytes, ready: float) -> Version:
        return Version(f"{self.name}/cryptoKeyVersions/{number}", self.purpose, self.algorithm, secret, ready)

    def _make_secret(self) -> rsa.RSAPrivateKey | bytes:
        if self.purpose is Purpose.ENCRYPT_DECRYPT:
            return os.urandom(32)
        bits = re.search(r"_(\d{4})_", self.algorithm.name)
        assert bits
        return rsa.generate_private_key(65537, int(bits.group(1)))


class KeyTable:
    """Keys by full name. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, Key] = {}

    def create(
        self, name: str, purpose: int, algorithm: Algorithm | None = None, first: rsa.RSAPrivateKey | None = None
    ) -> Key:
        """Make a key with its first version, from ``first`` where an RSA key is given.

        Raises ValueError for a malformed name, or a key that exists.
        """
        if not NAME.fullmatch(name):
            raise ValueError(name)
        kind = Purpose(purpose)
        key = Key(name, kind, algorithm or Algorithm(ALGORITHMS[kind]), first)
        with self._lock:
            if name in self._keys:
                raise ValueError(name)
            self._keys[name] = key
        return key

    def find_key(self, name: str) -> Key | None:
        with self._lock:
            return self._keys.get(name)

    def find_version(self, name: str) -> Version | None:
        parent, _, number = name.partition("/cryptoKeyVersions/")
        key = self.find_key(parent)
        return next((v for v in key.list_versions() if str(v.number) == number), None) if key else None
