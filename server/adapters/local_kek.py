"""Keys in files: the vault's RSA pair, the work key and the hash keys."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
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
NUMBERED = re.compile(r"vault\.private\.([1-9][0-9]{0,5})\.pem")
BITS = 3072
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class RsaWrap:
    """Implements ``server.ports.kek.WrapKek``."""

    def __init__(self, public: rsa.RSAPublicKey) -> None:
        self._public = public
        self.name = fingerprint(public)

    def wrap(self, key: bytes) -> bytes:
        return self._public.encrypt(key, OAEP)

    def newest(self) -> RsaWrap:
        return self


class RsaUnwrap:
    """Implements ``server.ports.kek.UnwrapKek``."""

    def __init__(self, *versions: rsa.RSAPrivateKey) -> None:
        self._versions = {fingerprint(private.public_key()): private for private in versions}

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        if name not in self._versions:
            raise SealBrokenError(
                f"Another vault key sealed this copy: {name}. Put the file of that private key back into the folder"
                f" KEYS ({PRIVATE}, or a vault.private.N.pem). `doctor` lists the vault keys, the oldest first."
            )
        try:
            return self._versions[name].decrypt(wrapped, OAEP)
        except ValueError:
            raise SealBrokenError("The wrapped key was changed.") from None


class AesWork:
    """Implements ``server.ports.kek.WorkKek`` with AES-256-GCM: nonce, then ciphertext and tag.

    ``older`` are earlier versions of the key, which only unwrap. ``reload`` reads the file again, oldest version first:
    another process may have rotated the key meanwhile, and seals with what this process has not seen.
    """

    def __init__(self, key: bytes, *older: bytes, reload: Callable[[], Sequence[bytes]] | None = None) -> None:
        self._ciphers = {name_work_key(k): AESGCM(k) for k in (key, *older)}
        self._cipher = AESGCM(key)
        self._reload = reload
        self.name = name_work_key(key)

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, key, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        for cipher in chain(self._ciphers.values(), self._list_new_versions()):
            with suppress(InvalidTag, ValueError):
                return cipher.decrypt(wrapped[:12], wrapped[12:], bound_to)
        raise SealBrokenError("The wrapped work key was changed, or another work key wrapped it.")

    def _list_new_versions(self) -> Iterator[AESGCM]:
        """Read only where no version opened the value. A file that cannot be read adds none."""
        if self._reload is None:
            return
        with suppress(ConfigurationError):
            fresh = {name: AESGCM(key) for key in self._reload() if (name := name_work_key(key)) not in self._ciphers}
            # A new dictionary: other threads may be walking through the one before.
            self._ciphers = {**self._ciphers, **fresh}
            yield from fresh.values()


def list_private_keys(folder: Path) -> list[Path]:
    """The files of all versions of the vault's private key in the folder, the oldest first."""
    numbered = {p: int(m.group(1)) for p in folder.glob("vault.private.*.pem") if (m := NUMBERED.fullmatch(p.name))}
    first = [folder / PRIVATE] if (folder / PRIVATE).exists() else []
    return first + sorted(numbered, key=lambda path: numbered[path])


def load_local_keys(folder: Path, *, may_open: bool) -> Keys:
    """Raises ConfigurationError with a sentence for the first file that cannot be used."""
    if not folder.is_dir():
        # The value is not repeated: it may be the key itself, pasted in place of its folder.
        raise ConfigurationError("KEYS names a folder that does not exist. Run `flask --app server.main keys` once.")
    public = load_public_key(folder / PUBLIC)
    unwrap = None
    if may_open:
        unwrap = _load_unwrap(folder, public)
    _check_mode(folder / WORK)
    _check_mode(folder / HASH)
    hash_keys = parse_hash_keys(_read(folder / HASH), str(folder / HASH))
    *older, newest = load_work_keys(folder / WORK)
    work = AesWork(newest, *reversed(older), reload=lambda: load_work_keys(folder / WORK))
    return Keys(RsaWrap(public), unwrap, work, hash_keys)


def _load_unwrap(folder: Path, public: rsa.RSAPublicKey) -> RsaUnwrap:
    """All versions that lie here. The one that seals must be among them."""
    paths = list_private_keys(folder) or [folder / PRIVATE]
    for path in paths:
        _check_mode(path)
    versions = [load_private_key(path) for path in paths]
    if fingerprint(public) not in {fingerprint(private.public_key()) for private in versions}:
        raise ConfigurationError(f"{paths[-1]} does not belong to {PUBLIC}.")
    return RsaUnwrap(*versions)


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


def load_public_key(path: Path) -> rsa.RSAPublicKey:
    raw = _read(path)
    try:
        key = serialization.load_pem_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < BITS:
        raise ConfigurationError(f"{path} is not an RSA public key of {BITS} bits or more in PEM.")
    return key


def load_private_key(path: Path) -> rsa.RSAPrivateKey:
    raw = _read(path)
    try:
        key = serialization.load_pem_private_key(raw, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < BITS:
        raise ConfigurationError(f"{path} is not an RSA private key of {BITS} bits or more in PEM, without a password.")
    return key


def load_work_keys(path: Path) -> list[bytes]:
    """All versions, the newest last."""
    lines = [line.strip() for line in _read(path).decode("ascii", "replace").splitlines() if line.strip()]
    is_key = all(re.fullmatch(r"[0-9a-f]{64}", line) for line in lines)
    if not lines or not is_key or len(set(lines)) < len(lines):
        raise ConfigurationError(f"{path} is not a work key: 64 hexadecimal digits on a line for each version.")
    return [bytes.fromhex(line) for line in lines]
