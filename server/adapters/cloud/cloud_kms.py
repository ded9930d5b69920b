"""The keys of one key ring in Cloud KMS: ``vault`` (an RSA pair) seals copies, ``work`` (symmetric) everyday values.

A DEK that ``vault`` wrapped carries the key's name ``kms:<version>:<fingerprint>``, so that unwrapping knows which
version to ask. What ``work`` wrapped names its version itself.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.api_core import exceptions
from google.cloud import kms_v1
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcTransport
from google_crc32c import value as crc32c

from server.adapters.cloud.calls import TRIES, call_cloud
from server.adapters.cloud.channels import CloudChannels
from server.domain.errors import ConfigurationError, RefusedError, SealBrokenError, ThrottledError, TransientError

T = TypeVar("T")
SERVICE = "Cloud KMS"
VAULT = "vault"
WORK = "work"
ALGORITHM = kms_v1.CryptoKeyVersion.CryptoKeyVersionAlgorithm.RSA_DECRYPT_OAEP_3072_SHA256
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
NAME = re.compile(r"kms:([1-9][0-9]{0,9}):([0-9a-f]{32})")
AWAY_SECONDS = 2.0
"""How long the work key is not asked for after it did not answer."""
GONE = re.compile(r"DESTROYED|DESTROY_SCHEDULED")


class StrayBytesError(Exception):
    """Bytes were changed on their way: ask again."""


class FirstRefusalError(SealBrokenError):
    """KMS calls the bytes wrong. It is believed the second time: they may have been changed on their way."""


class KmsWrap:
    """Implements ``server.ports.kek.WrapKek`` with the public key alone: sealing makes no call."""

    def __init__(self, public: rsa.RSAPublicKey, version: str) -> None:
        self._public = public
        self.version = version
        self.name = f"kms:{version}:{fingerprint(public)}"

    def wrap(self, key: bytes) -> bytes:
        return self._public.encrypt(key, OAEP)

    def newest(self) -> KmsWrap:
        return self


class KmsUnwrap:
    """Implements ``server.ports.kek.UnwrapKek``: each call asks KMS, and KMS knows who asks."""

    def __init__(self, client: kms_v1.KeyManagementServiceClient, key_ring: str) -> None:
        self._client = client
        self._key = f"{key_ring}/cryptoKeys/{VAULT}"

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Raises RefusedError for an identity that may not decrypt, SealBrokenError for what this key never wrapped.

        Also TransientError where KMS cannot be reached, and ConfigurationError where the version is switched off.
        """
        match = NAME.fullmatch(name)
        if not match:
            raise SealBrokenError("A key that is not in Cloud KMS sealed this copy.")
        request = kms_v1.AsymmetricDecryptRequest(
            name=f"{self._key}/cryptoKeyVersions/{match.group(1)}",
            **_with_sum("ciphertext", wrapped),
        )
        return _ask_until_whole(lambda: self._decrypt(request))

    def _decrypt(self, request: kms_v1.AsymmetricDecryptRequest) -> bytes:
        version = request.name.rpartition("/")[2]
        try:
            answer = call_cloud(self._client.asymmetric_decrypt, request, SERVICE)
        except exceptions.PermissionDenied:
            raise RefusedError("This identity may not open copies: Cloud KMS refused to decrypt with vault.") from None
        except exceptions.NotFound:
            raise SealBrokenError(
                f"Another vault key sealed this copy: Cloud KMS has no version {version} of the key vault."
            ) from None
        except exceptions.FailedPrecondition as error:
            if GONE.search(str(error)):
                raise SealBrokenError(
                    f"Version {version} of the key vault, which sealed this copy, is destroyed."
                ) from None
            raise ConfigurationError(
                f"Version {version} of the key vault, which sealed this copy, is disabled: enable it."
            ) from None
        except exceptions.InvalidArgument as error:
            raise _read_refusal(error, "Another vault key sealed this copy, or its wrapped key was changed.") from None
        except exceptions.ClientError as error:
            raise ConfigurationError(f"Cloud KMS refuses to decrypt with vault: {error.code}.") from None
        if not answer.verified_ciphertext_crc32c or answer.plaintext_crc32c != crc32c(answer.plaintext):
            raise StrayBytesError
        return bytes(answer.plaintext)


class KmsWork:
    """Implements ``server.ports.kek.WorkKek``. Thread-safe.

    ``name`` is ``kms:<version>:<hash of the key's full name>``, of the version that wrapped last. KMS says the version
    with each answer, so the first wrap is made at the start: ``CloudKeyRing.open_work``.
    """

    def __init__(self, client: kms_v1.KeyManagementServiceClient, key_ring: str) -> None:
        self._client = client
        self._key_ring = key_ring
        self._key = f"{key_ring}/cryptoKeys/{WORK}"
        self._away_until = 0.0
        self.name = ""

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        request = kms_v1.EncryptRequest(
            name=self._key, **_with_sum("plaintext", key), **_with_sum("additional_authenticated_data", bound_to)
        )
        return _ask_until_whole(lambda: self._encrypt(request))

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        request = kms_v1.DecryptRequest(
            name=self._key, **_with_sum("ciphertext", wrapped), **_with_sum("additional_authenticated_data", bound_to)
        )
        return _ask_until_whole(lambda: self._decrypt(request))

    def _encrypt(self, request: kms_v1.EncryptRequest) -> bytes:
        answer = self._ask(self._client.encrypt, request)
        verified = answer.verified_plaintext_crc32c and answer.verified_additional_authenticated_data_crc32c
        if not verified or answer.ciphertext_crc32c != crc32c(answer.ciphertext):
            raise StrayBytesError
        self.name = name_work_key(self._key_ring, answer.name.rpartition("/")[2])
        return bytes(answer.ciphertext)

    def _decrypt(self, request: kms_v1.DecryptRequest) -> bytes:
        answer = self._ask(self._client.decrypt, request)
        if answer.plaintext_crc32c != crc32c(answer.plaintext):
            raise StrayBytesError
        return bytes(answer.plaintext)

    def _ask(self, method: Callable[..., Any], request: Any) -> Any:
        if time.monotonic() < self._away_until:
            raise TransientError(f"{SERVICE} did not answer a moment ago.")
        try:
            return call_cloud(method, request, SERVICE)
        except ThrottledError:
            raise
        except TransientError:
            # Or each message of a mailbox would wait for a deadline of its own.
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise
        except (exceptions.PermissionDenied, exceptions.NotFound):
            raise ConfigurationError(
                f"Cloud KMS refuses {self._key}: the key is missing, or this service's account lacks the role"
                " Cloud KMS CryptoKey Encrypter/Decrypter on it."
            ) from None
        except exceptions.FailedPrecondition as error:
            if GONE.search(str(error)):
                raise SealBrokenError("The version of the work key that wrapped this is destroyed.") from None
            raise TransientError("The version of the work key that is needed is disabled in KMS.") from None
        except exceptions.InvalidArgument as error:
            raise _read_refusal(error, "The wrapped work key was changed, or another work key wrapped it.") from None
        except exceptions.ClientError as error:
            raise ConfigurationError(f"Cloud KMS refuses {self._key}: {error.code}.") from None


class CloudKeyRing:
    """What one process does with the key ring ``projects/P/locations/L/keyRings/R``."""

    def __init__(self, client: kms_v1.KeyManagementServiceClient, key_ring: str) -> None:
        self._client = client
        self._key_ring = key_ring

    @classmethod
    def connect(cls, channels: CloudChannels, key_ring: str) -> CloudKeyRing:
        return cls(connect_kms(channels), key_ring)

    def fetch_vault_key(self, version: str = "1") -> KmsWrap:
        """Fetch the public key of one version of ``vault``. Raises ConfigurationError, or TransientError."""
        name = f"{self._key_ring}/cryptoKeys/{VAULT}/cryptoKeyVersions/{version}"
        request = kms_v1.GetPublicKeyRequest(name=name)
        return KmsWrap(_ask_until_whole(lambda: self._get_public_key(request)), version)

    def open_vault(self) -> KmsUnwrap:
        return KmsUnwrap(self._client, self._key_ring)

    def open_work(self) -> KmsWork:
        """Raises ConfigurationError for a key that this identity cannot use, or TransientError."""
        work = KmsWork(self._client, self._key_ring)
        work.wrap(b"", b"start")
        return work

    def _get_public_key(self, request: kms_v1.GetPublicKeyRequest) -> rsa.RSAPublicKey:
        try:
            answer = call_cloud(self._client.get_public_key, request, SERVICE)
        except exceptions.ClientError as error:
            raise ConfigurationError(
                f"Cloud KMS gives no public key for {request.name} ({error.code}): the key is missing or switched off,"
                " or this service's account lacks the role Cloud KMS CryptoKey Public Key Viewer on it."
            ) from None
        if answer.name != request.name or answer.pem_crc32c != crc32c(answer.pem.encode()):
            raise StrayBytesError
        if answer.algorithm != ALGORITHM:
            raise ConfigurationError(f"{request.name} is not a key of RSA_DECRYPT_OAEP_3072_SHA256.")
        try:
            public = serialization.load_pem_public_key(answer.pem.encode())
        except (ValueError, UnsupportedAlgorithm):
            public = None
        if not isinstance(public, rsa.RSAPublicKey) or public.key_size != 3072:
            raise ConfigurationError(f"{request.name} is not an RSA public key of 3072 bits in PEM.")
        return public


def connect_kms(channels: CloudChannels) -> kms_v1.KeyManagementServiceClient:
    """Raises ConfigurationError without credentials."""
    return channels.connect(kms_v1.KeyManagementServiceClient, KeyManagementServiceGrpcTransport)


def name_work_key(key_ring: str, version: str) -> str:
    """KMS gives a key's name to no other key, a deleted one's neither, so the hash of it tells keys apart."""
    return f"kms:{version}:{hashlib.sha256(f'{key_ring}/cryptoKeys/{WORK}'.encode()).hexdigest()[:32]}"


def fingerprint(public: rsa.RSAPublicKey) -> str:
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:32]


def read_version(name: str) -> str:
    """The version in a key's name, or the first one for a name that is not of Cloud KMS."""
    match = NAME.fullmatch(name)
    return match.group(1) if match else "1"


def _with_sum(field: str, value: bytes) -> dict[str, bytes | int]:
    """A field of a request, and the checksum by which KMS knows that it arrived whole."""
    return {field: value, f"{field}_crc32c": crc32c(value)}


def _ask_until_whole(ask: Callable[[], T]) -> T:
    """Ask again where bytes were changed on their way, or may have been. Raises TransientError after a few tries."""
    was_refused = False
    for _ in range(TRIES):
        try:
            return ask()
        except StrayBytesError:
            continue
        except FirstRefusalError:
            if was_refused:
                raise
            was_refused = True
    raise TransientError(f"{SERVICE} and we exchanged bytes that do not fit their checksums, {TRIES} times.")


def _read_refusal(error: exceptions.InvalidArgument, broken: str) -> Exception:
    """KMS answers alike where the bytes are wrong and where they were changed on their way; its text may tell which."""
    return StrayBytesError() if "checksum" in str(error).lower() else FirstRefusalError(broken)
