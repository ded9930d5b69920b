"""Cloud KMS: keys with versions, whose private halves never leave; checksums and status codes as the vendor's."""

from __future__ import annotations

from collections.abc import Mapping

import grpc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from google.cloud import kms_v1 as kms
from google.protobuf import duration_pb2
from google_crc32c import value as crc32c

from simulator.cloud.kms_keys import Key, KeyTable, Version
from simulator.cloud.service import Caller, Method, Refusal, invalid, missing

ENCRYPT = "cloudkms.cryptoKeyVersions.useToEncrypt"
DECRYPT = "cloudkms.cryptoKeyVersions.useToDecrypt"
MOST_BYTES = 64 * 1024
"""Of a plaintext, and of the additional authenticated data."""
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
State = kms.CryptoKeyVersion.CryptoKeyVersionState


class CloudKms:
    """Implements ``simulator.cloud.service.CloudService``. Thread-safe: a version's key is never changed."""

    name = "kms"
    full_name = "google.cloud.kms.v1.KeyManagementService"

    def __init__(self) -> None:
        self.keys = KeyTable()

    @property
    def methods(self) -> Mapping[str, Method]:
        return {
            "GetPublicKey": Method(self._get_public_key, kms.GetPublicKeyRequest, kms.PublicKey),
            "AsymmetricDecrypt": Method(
                self._asymmetric_decrypt, kms.AsymmetricDecryptRequest, kms.AsymmetricDecryptResponse
            ),
            "Encrypt": Method(self._encrypt, kms.EncryptRequest, kms.EncryptResponse),
            "Decrypt": Method(self._decrypt, kms.DecryptRequest, kms.DecryptResponse),
            "GetCryptoKey": Method(self._get_key, kms.GetCryptoKeyRequest, kms.CryptoKey),
            "GetCryptoKeyVersion": Method(self._get_version, kms.GetCryptoKeyVersionRequest, kms.CryptoKeyVersion),
            "ListCryptoKeyVersions": Method(
                self._list_versions, kms.ListCryptoKeyVersionsRequest, kms.ListCryptoKeyVersionsResponse
            ),
            "CreateCryptoKeyVersion": Method(
                self._create_version, kms.CreateCryptoKeyVersionRequest, kms.CryptoKeyVersion
            ),
            "UpdateCryptoKeyVersion": Method(
                self._update_version, kms.UpdateCryptoKeyVersionRequest, kms.CryptoKeyVersion
            ),
            "UpdateCryptoKeyPrimaryVersion": Method(
                self._update_primary, kms.UpdateCryptoKeyPrimaryVersionRequest, kms.CryptoKey
            ),
            "DestroyCryptoKeyVersion": Method(
                self._destroy_version, kms.DestroyCryptoKeyVersionRequest, kms.CryptoKeyVersion
            ),
        }

    def _get_public_key(self, caller: Caller, request: kms.GetPublicKeyRequest) -> kms.PublicKey:
        caller.demand("cloudkms.cryptoKeyVersions.viewPublicKey", request.name)
        version = self._usable(request.name, kms.CryptoKey.CryptoKeyPurpose.ASYMMETRIC_DECRYPT)
        pem = version.public_pem()
        return kms.PublicKey(
            name=request.name,
            pem=pem.decode(),
            pem_crc32c=crc32c(pem),
            algorithm=version.algorithm,
            protection_level=kms.ProtectionLevel.SOFTWARE,
        )

    def _asymmetric_decrypt(
        self, caller: Caller, request: kms.AsymmetricDecryptRequest
    ) -> kms.AsymmetricDecryptResponse:
        caller.demand(DECRYPT, request.name)
        version = self._usable(request.name, kms.CryptoKey.CryptoKeyPurpose.ASYMMETRIC_DECRYPT)
        verified = _check(request, "ciphertext")
        try:
            plaintext = version.private_key().decrypt(request.ciphertext, OAEP)
        except ValueError:
            raise invalid("Decryption failed: the ciphertext is invalid.") from None
        return kms.AsymmetricDecryptResponse(
            plaintext=plaintext,
            plaintext_crc32c=crc32c(plaintext),
            verified_ciphertext_crc32c=verified,
            protection_level=kms.ProtectionLevel.SOFTWARE,
        )

    def _encrypt(self, caller: Caller, request: kms.EncryptRequest) -> kms.EncryptResponse:
        caller.demand(ENCRYPT, request.name)
        key = self._symmetric(request.name)
        if max(len(request.plaintext), len(request.additional_authenticated_data)) > MOST_BYTES:
            raise invalid("The plaintext or the additional_authenticated_data is longer than 64 KiB.")
        verified = _check(request, "plaintext")
        aad_verified = _check(request, "additional_authenticated_data")
        version = key.primary()
        if version.state is not State.ENABLED:
            raise _not_enabled(version)
        ciphertext = version.encrypt(request.plaintext, request.additional_authenticated_data)
        return kms.EncryptResponse(
            name=version.name,
            ciphertext=ciphertext,
            ciphertext_crc32c=crc32c(ciphertext),
            verified_plaintext_crc32c=verified,
            verified_additional_authenticated_data_crc32c=aad_verified,
            protection_level=kms.ProtectionLevel.SOFTWARE,
        )

    def _decrypt(self, caller: Caller, request: kms.DecryptRequest) -> kms.DecryptResponse:
        caller.demand(DECRYPT, request.name)
        key = self._symmetric(request.name)
        _check(request, "ciphertext")
        _check(request, "additional_authenticated_data")
        # As KMS does, the ciphertext itself says which version made it.
        version = key.version_of(request.ciphertext)
        if version is None:
            raise invalid("Decryption failed: verify that 'name' refers to the correct CryptoKey.")
        if version.state is not State.ENABLED:
            raise _not_enabled(version)
        try:
            plaintext = version.decrypt(request.ciphertext, request.additional_authenticated_data)
        except InvalidTag:
            raise invalid("Decryption failed: verify that 'name' refers to the correct CryptoKey.") from None
        return kms.DecryptResponse(
            plaintext=plaintext,
            plaintext_crc32c=crc32c(plaintext),
            used_primary=version is key.primary(),
            protection_level=kms.ProtectionLevel.SOFTWARE,
        )

    def _get_key(self, caller: Caller, request: kms.GetCryptoKeyRequest) -> kms.CryptoKey:
        caller.demand("cloudkms.cryptoKeys.get", request.name)
        return _show_key(self._key(request.name))

    def _get_version(self, caller: Caller, request: kms.GetCryptoKeyVersionRequest) -> kms.CryptoKeyVersion:
        caller.demand("cloudkms.cryptoKeyVersions.get", request.name)
        return _show_version(self._version(request.name))

    def _list_versions(
        self, caller: Caller, request: kms.ListCryptoKeyVersionsRequest
    ) -> kms.ListCryptoKeyVersionsResponse:
        caller.demand("cloudkms.cryptoKeyVersions.list", request.parent)
        versions = [_show_version(version) for version in self._key(request.parent).list_versions()]
        start, size = int(request.page_token or 0), request.page_size or 100
        page, rest = versions[start : start + size], versions[start + size :]
        return kms.ListCryptoKeyVersionsResponse(
            crypto_key_versions=page, next_page_token=str(start + size) if rest else "", total_size=len(versions)
        )

    def _create_version(self, caller: Caller, request: kms.CreateCryptoKeyVersionRequest) -> kms.CryptoKeyVersion:
        caller.demand("cloudkms.cryptoKeyVersions.create", request.parent)
        return _show_version(self._key(request.parent).add_version())

    def _update_version(self, caller: Caller, request: kms.UpdateCryptoKeyVersionRequest) -> kms.CryptoKeyVersion:
        """Enables or disables a version."""
        version = self._version(request.crypto_key_version.name)
        caller.demand("cloudkms.cryptoKeyVersions.update", version.name)
        wanted = request.crypto_key_version.state
        if list(request.update_mask.paths) != ["state"] or wanted not in (State.ENABLED, State.DISABLED):
            raise invalid("Only the state can be updated, to ENABLED or DISABLED.")
        if version.state not in (State.ENABLED, State.DISABLED):
            raise _not_enabled(version)
        version.set_state(wanted)
        return _show_version(version)

    def _update_primary(self, caller: Caller, request: kms.UpdateCryptoKeyPrimaryVersionRequest) -> kms.CryptoKey:
        caller.demand("cloudkms.cryptoKeys.update", request.name)
        key = self._symmetric(request.name)
        version = self._version(f"{request.name}/cryptoKeyVersions/{request.crypto_key_version_id}")
        if version.state is not State.ENABLED:
            raise _not_enabled(version)
        key.set_primary(version)
        return _show_key(key)

    def _destroy_version(self, caller: Caller, request: kms.DestroyCryptoKeyVersionRequest) -> kms.CryptoKeyVersion:
        """Scheduled, as at Google: the key is of no use from now on, and gone in 30 days."""
        caller.demand("cloudkms.cryptoKeyVersions.destroy", request.name)
        version = self._version(request.name)
        if version.state not in (State.ENABLED, State.DISABLED):
            raise _not_enabled(version)
        version.set_state(State(State.DESTROY_SCHEDULED))
        return _show_version(version)

    def _key(self, name: str) -> Key:
        key = self.keys.find_key(name)
        if key is None:
            raise missing(f"CryptoKey {name}")
        return key

    def _symmetric(self, name: str) -> Key:
        key = self._key(name)
        if key.purpose is not kms.CryptoKey.CryptoKeyPurpose.ENCRYPT_DECRYPT:
            raise invalid(f"The purpose of CryptoKey {name} is not ENCRYPT_DECRYPT.")
        return key

    def _version(self, name: str) -> Version:
        version = self.keys.find_version(name)
        if version is None:
            raise missing(f"CryptoKeyVersion {name}")
        return version

    def _usable(self, name: str, purpose: int) -> Version:
        version = self._version(name)
        if version.purpose != purpose:
            raise invalid(
                f"The purpose of CryptoKeyVersion {name} is not {kms.CryptoKey.CryptoKeyPurpose(purpose).name}."
            )
        if version.state is not State.ENABLED:
            raise _not_enabled(version)
        return version


def _not_enabled(version: Version) -> Refusal:
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION, f"{version.name} is not enabled, current state is: {version.state.name}."
    )


def _check(request: object, field: str) -> bool:
    """Whether a checksum came with the field. Raises Refusal where it does not fit."""
    checksum = getattr(request, f"{field}_crc32c")
    if checksum is None:
        return False
    if checksum != crc32c(getattr(request, field)):
        raise invalid(f"The checksum in field {field}_crc32c did not match the data in field {field}.")
    return True


def _show_version(version: Version) -> kms.CryptoKeyVersion:
    return kms.CryptoKeyVersion(
        name=version.name,
        state=version.state,
        algorithm=version.algorithm,
        protection_level=kms.ProtectionLevel.SOFTWARE,
        create_time=version.created,
    )


def _show_key(key: Key) -> kms.CryptoKey:
    is_symmetric = key.purpose is kms.CryptoKey.CryptoKeyPurpose.ENCRYPT_DECRYPT
    return kms.CryptoKey(
        name=key.name,
        purpose=key.purpose,
        primary=_show_version(key.primary()) if is_symmetric else None,
        version_template=kms.CryptoKeyVersionTemplate(
            algorithm=key.algorithm, protection_level=kms.ProtectionLevel.SOFTWARE
        ),
        destroy_scheduled_duration=duration_pb2.Duration(seconds=30 * 86_400),
    )
