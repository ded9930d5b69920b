"""Makes key files, and adds versions to them. Nothing that opens older values is ever overwritten.

``vault.public.pem`` is the version that seals. Private keys are never renamed: a further version is
``vault.private.2.pem``, and any of them may lie with another user. ``work.key`` has a line for each version, the newest
last.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from server.adapters.keys import parse_hash_keys
from server.adapters.local_kek import (
    BITS,
    HASH,
    PRIVATE,
    PUBLIC,
    WORK,
    fingerprint,
    list_private_keys,
    load_private_key,
    load_public_key,
    load_work_keys,
    name_work_key,
)
from server.domain.errors import ConfigurationError
from server.domain.identity import KeyKind, KeyNames


def create_keys(folder: Path) -> list[str]:
    """Create what is missing, overwrite nothing; returns the names of the new files. Raises ConfigurationError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        created = _create_vault(folder)
        for name, text in ((WORK, os.urandom(32).hex()), (HASH, f"1 {os.urandom(32).hex()}")):
            if not (folder / name).exists():
                _write(folder / name, f"{text}\n".encode(), 0o600)
                created.append(name)
    except OSError as error:
        raise ConfigurationError(f"KEYS: {folder} cannot be written: {error.strerror}.") from None
    return created


class LocalKeyKeeper:
    """Implements ``server.ports.kek.KeyKeeper``."""

    def __init__(self, folder: Path, name_hashes: Callable[[dict[int, bytes]], tuple[str, ...]]) -> None:
        """``name_hashes`` gives the check values of hash keys."""
        self._folder = folder
        self._name_hashes = name_hashes

    def list_missing(self) -> dict[KeyKind, str]:
        missing = {
            kind: name
            for kind, name in ((KeyKind.WORK, WORK), (KeyKind.HASH, HASH))
            if not (self._folder / name).exists()
        }
        # The public key is not lost where a private key lies beside it.
        if not (self._folder / PUBLIC).exists() and not list_private_keys(self._folder):
            missing[KeyKind.VAULT] = PUBLIC
        return missing

    def create_missing(self) -> list[str]:
        return create_keys(self._folder)

    def name_keys(self) -> KeyNames:
        public, work, hashes = self._folder / PUBLIC, self._folder / WORK, self._folder / HASH
        return KeyNames(
            fingerprint(load_public_key(public)) if public.exists() else "",
            name_work_key(load_work_keys(work)[-1]) if work.exists() else "",
            self._name_hashes(parse_hash_keys(hashes.read_bytes(), str(hashes))) if hashes.exists() else (),
        )

    def rotate(self, kind: KeyKind, number: int, pin: Callable[[str], object]) -> str:
        try:
            with self._alone():
                return self._rotate_vault(number, pin) if kind is KeyKind.VAULT else self._rotate_work(pin)
        except OSError as error:
            raise ConfigurationError(f"KEYS: {self._folder} cannot be written: {error.strerror}.") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two rotations at once would write one file over the other. The lock ends with the process."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise ConfigurationError("Another rotation of these keys is running. Wait until it has ended.") from None
        finally:
            os.close(folder)

    def _rotate_vault(self, number: int, pin: Callable[[str], object]) -> str:
        """The private key is on the disk before the state knows its fingerprint, and the public key comes last."""
        private = rsa.generate_private_key(65537, BITS)
        # A number of its own, also beside files that were moved away: moved together, none replaces another.
        while (path := self._folder / f"vault.private.{number}.pem").exists():
            number += 1
        _write(path, _to_pem(private), 0o600)
        pin(fingerprint(private.public_key()))
        _write(self._folder / PUBLIC, _to_public_pem(private), 0o644)
        return path.name

    def _rotate_work(self, pin: Callable[[str], object]) -> str:
        path, key = self._folder / WORK, os.urandom(32)
        keys = [*load_work_keys(path), key]
        pin(name_work_key(key))
        _write(path, "".join(f"{k.hex()}\n" for k in keys).encode(), 0o600)
        return path.name


def _create_vault(folder: Path) -> list[str]:
    """Make what is missing of the pair. With a public key the private one may rightly be on another machine."""
    if (folder / PUBLIC).exists():
        return []
    created = []
    if not (existing := list_private_keys(folder)):
        _write(folder / PRIVATE, _to_pem(rsa.generate_private_key(65537, BITS)), 0o600)
        existing, created = [folder / PRIVATE], [PRIVATE]
    # The newest version is the one that seals.
    _write(folder / PUBLIC, _to_public_pem(load_private_key(existing[-1])), 0o644)
    return [*created, PUBLIC]


def _to_pem(private: rsa.RSAPrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _to_public_pem(private: rsa.RSAPrivateKey) -> bytes:
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write the whole file or nothing: a process that dies here leaves no half of a key."""
    # Renamed into place at the end, for a rename replaces a file in one step.
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(file, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.rename(path)
    # The rename is on the disk too before the state pins the key.
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
