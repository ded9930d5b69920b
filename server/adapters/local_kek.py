"""Keys in files: the vault's RSA pair, the work key and the hash keys."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.adapters.keys import Keys, parse_hash_keys
from server.domain.errors import ConfigurationError, SealBrokenError

PUBLIC = "vault.public.pem"
PRIVATE = "vault.private.pem"
WORK = "work.key"
HASH = "hash.key"
BITS = 3072
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class RsaWrap:
    """Implements ``server.ports.kek.WrapKek``."""

    def __init__(self, public: rsa.RSAPublicKey) -> None:
        self._public = public
        self.name = fingerprint(public)

    def wrap(self, key: bytes) -> bytes:
        return self._public.encrypt(key, OAEP)


class RsaUnwrap:
    """Implements ``server.ports.kek.UnwrapKek``."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self._private = private
        self._name = fingerprint(private.public_key())

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        if name != self._name:
            raise SealBrokenError("Another vault key sealed this copy.")
        try:
            return self._private.decrypt(wrapped, OAEP)
        except ValueError:
            raise SealBrokenError("The wrapped key was changed.") from None


class AesWork:
    """Implements ``server.ports.kek.WorkKek`` with AES-256-GCM: nonce, then ciphertext and tag."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self.name = name_work_key(key)

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, key, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        try:
            return self._cipher.decrypt(wrapped[:12], wrapped[12:], bound_to)
        except (InvalidTag, ValueError):
            raise SealBrokenError("The wrapped work key was changed, or another work key wrapped it.") from None


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


def _create_vault(folder: Path) -> list[str]:
    """Make what is missing of the pair. With a public key the private one may rightly be on another machine."""
    if (folder / PUBLIC).exists():
        return []
    if (folder / PRIVATE).exists():
        private = _load_private(folder / PRIVATE)
        created = [PUBLIC]
    else:
        private = rsa.generate_private_key(65537, BITS)
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write(folder / PRIVATE, pem, 0o600)
        created = [PRIVATE, PUBLIC]
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _write(folder / PUBLIC, public, 0o644)
    return created


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


def has_private_key(folder: Path) -> bool:
    """Whether the vault's private key lies in the folder, whoever may read it."""
    return (folder / PRIVATE).exists()


def load_local_keys(folder: Path, *, may_open: bool) -> Keys:
    """Raises ConfigurationError with a sentence for the first file that cannot be used."""
    if not folder.is_dir():
        raise ConfigurationError(
            f"KEYS names a folder that does not exist: {folder}. Run `flask --app server.main keys` once."
        )
    public = _load_public(folder / PUBLIC)
    unwrap = None
    if may_open:
        _check_mode(folder / PRIVATE)
        private = _load_private(folder / PRIVATE)
        if fingerprint(private.public_key()) != fingerprint(public):
            raise ConfigurationError(f"{folder / PRIVATE} does not belong to {PUBLIC}.")
        unwrap = RsaUnwrap(private)
    _check_mode(folder / WORK)
    _check_mode(folder / HASH)
    hash_keys = parse_hash_keys(_read(folder / HASH), str(folder / HASH))
    return Keys(RsaWrap(public), unwrap, AesWork(_load_work_key(folder / WORK)), hash_keys)


def fingerprint(public: rsa.RSAPublicKey) -> str:
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"local:{hashlib.sha256(der).hexdigest()[:32]}"


def name_work_key(key: bytes) -> str:
    """A check value: it tells two keys apart, and nobody can turn it back."""
    return f"local:{hmac.digest(key, b'truly work key', 'sha256').hex()[:32]}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The key file {path} cannot be read: {error.strerror}.") from None


def _check_mode(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigurationError(f"The key file {path} cannot be read: {error.strerror}.") from None
    # Anybody else's bit on a key is a mistake, whatever it allows.
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigurationError(f"The key file {path} can be read by others. Run: chmod 600 {path}")


def _load_public(path: Path) -> rsa.RSAPublicKey:
    raw = _read(path)
    try:
        key = serialization.load_pem_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < BITS:
        raise ConfigurationError(f"{path} is not an RSA public key of {BITS} bits or more in PEM.")
    return key


def _load_private(path: Path) -> rsa.RSAPrivateKey:
    raw = _read(path)
    try:
        key = serialization.load_pem_private_key(raw, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < BITS:
        raise ConfigurationError(f"{path} is not an RSA private key of {BITS} bits or more in PEM, without a password.")
    return key


def _load_work_key(path: Path) -> bytes:
    text = _read(path).decode("ascii", "replace").strip()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ConfigurationError(f"{path} is not a work key: 64 hexadecimal digits on one line.")
    return bytes.fromhex(text)
