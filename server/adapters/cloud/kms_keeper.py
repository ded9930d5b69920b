"""Adds versions to the keys in Cloud KMS. Nothing is destroyed here: a person does that, in KMS."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from google.api_core import exceptions
from google.cloud import kms_v1

from server.adapters.cloud.calls import call_cloud
from server.adapters.cloud.channels import CloudChannels
from server.adapters.cloud.cloud_kms import SERVICE, VAULT, WORK, CloudKeyRing, connect_kms, name_work_key, read_version
from server.adapters.cloud.secret_manager import CloudSecrets
from server.adapters.keys import parse_hash_keys
from server.domain.errors import ConfigurationError, TransientError
from server.domain.identity import KeyKind, KeyNames

GENERATION_SECONDS = 60.0
"""How long KMS may take to make an RSA key."""
State = kms_v1.CryptoKeyVersion.CryptoKeyVersionState


class KmsKeyKeeper:
    """Implements ``server.ports.kek.KeyKeeper``. The key ring and the first versions are made by ``make deploy``."""

    def __init__(
        self,
        channels: CloudChannels,
        key_ring: str,
        hash_keys: str,
        name_hashes: Callable[[dict[int, bytes]], tuple[str, ...]],
        find_vault_key: Callable[[], str],
    ) -> None:
        """``hash_keys`` is the secret's version; ``find_vault_key`` gives the name that the state pinned last."""
        self._client = connect_kms(channels)
        self._ring = CloudKeyRing(self._client, key_ring)
        self._key_ring = key_ring
        self._secrets = CloudSecrets.connect(channels)
        self._hash_keys = hash_keys
        self._name_hashes = name_hashes
        self._find_vault_key = find_vault_key

    def list_missing(self) -> dict[KeyKind, str]:
        """Nothing: a key that is not there is an error when it is named."""
        return {}

    def create_missing(self) -> list[str]:
        return []

    def name_keys(self) -> KeyNames:
        hash_keys = parse_hash_keys(self._secrets.read(self._hash_keys, "HASH_KEYS"), f"HASH_KEYS: {self._hash_keys}")
        return KeyNames(
            self._name_vault_key(),
            self._ring.open_work().name,
            self._name_hashes(hash_keys),
        )

    def _name_vault_key(self) -> str:
        version = read_version(self._find_vault_key())
        try:
            return self._ring.fetch_vault_key(version).name
        except ConfigurationError:
            if version == "1":
                raise
            # Another key ring than the state's: its first version names it.
            return self._ring.fetch_vault_key("1").name

    def rotate(self, kind: KeyKind, number: int, pin: Callable[[str], object]) -> str:  # noqa: ARG002  # KMS counts
        """``number`` is KMS's own. A version whose pin failed stays in KMS, and nothing is sealed with it."""
        return self._rotate_vault(pin) if kind is KeyKind.VAULT else self._rotate_work(pin)

    def _rotate_vault(self, pin: Callable[[str], object]) -> str:
        version = self._create_version(VAULT)
        pin(self._ring.fetch_vault_key(version).name)
        return f"{SERVICE}, version {version}"

    def _rotate_work(self, pin: Callable[[str], object]) -> str:
        version = self._create_version(WORK)
        pin(name_work_key(self._key_ring, version))
        request = kms_v1.UpdateCryptoKeyPrimaryVersionRequest(
            name=f"{self._key_ring}/cryptoKeys/{WORK}", crypto_key_version_id=version
        )
        self._administer(self._client.update_crypto_key_primary_version, request)
        return f"{SERVICE}, version {version}"

    def _create_version(self, key: str) -> str:
        """Returns the version's number, once it can be used."""
        parent = f"{self._key_ring}/cryptoKeys/{key}"
        # Not tried again: a first try whose answer was lost may have made one.
        made = self._administer(
            self._client.create_crypto_key_version,
            kms_v1.CreateCryptoKeyVersionRequest(parent=parent),
            is_repeatable=False,
        )
        ends = time.monotonic() + GENERATION_SECONDS
        while made.state == State.PENDING_GENERATION and time.monotonic() < ends:
            time.sleep(0.5)
            request = kms_v1.GetCryptoKeyVersionRequest(name=made.name)
            made = self._administer(self._client.get_crypto_key_version, request)
        if made.state == State.PENDING_GENERATION:
            raise TransientError(f"{SERVICE} is still making {made.name}. Nothing is sealed with it: run this again.")
        if made.state != State.ENABLED:
            raise ConfigurationError(f"{SERVICE} could not make {made.name}.")
        return str(made.name).rpartition("/")[2]

    def _administer(self, method: Callable[..., Any], request: Any, *, is_repeatable: bool = True) -> Any:
        try:
            return call_cloud(method, request, SERVICE, is_repeatable=is_repeatable)
        except exceptions.ClientError as error:
            raise ConfigurationError(
                f"{SERVICE} refuses to add a version ({error.code}). Log in as a person with the role Cloud KMS Admin"
                f" on {self._key_ring}: `gcloud auth application-default login`, without --impersonate-service-account."
                " Give that role to no account of the service."
            ) from None
