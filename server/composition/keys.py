"""The keys of a process and its secrets: from files, or from Cloud KMS and Secret Manager.

Google's clients are imported where they are used: they take a second of processor, which one machine need not spend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from server.adapters.cloud.channels import CloudChannels
from server.adapters.keys import Keys
from server.adapters.local_kek import PUBLIC, RsaWrap, load_local_keys, load_public_key
from server.adapters.local_key_files import LocalKeyKeeper
from server.adapters.pinned_wrap import PinnedWrap
from server.domain.errors import ConfigurationError
from server.ports.clock import Clock
from server.ports.kek import KeyKeeper, WrapKek
from server.ports.store import IdentityStore
from server.setting_forms import SecretVersion
from server.settings import Settings


def load_keys(settings: Settings, channels: CloudChannels, store: IdentityStore, clock: Clock) -> Keys:
    """Load what the settings name; of ``vault`` the version that the state pinned last, also after a rotation.

    Raises ConfigurationError, and TransientError where Google Cloud is away.
    """
    keys, fetch = _load_local(settings, settings.keys) if settings.keys else _load_cloud(settings, channels, store)
    return replace(keys, vault_wrap=PinnedWrap(keys.vault_wrap, lambda: _find_vault_key(store), fetch, clock))


Fetch = Callable[[str], WrapKek | None]


def _load_local(settings: Settings, folder: Path) -> tuple[Keys, Fetch]:
    def fetch(name: str) -> WrapKek | None:
        """The public key may not be copied to this machine yet."""
        key = RsaWrap(load_public_key(folder / PUBLIC))
        return key if key.name == name else None

    return load_local_keys(folder, may_open=settings.may_open_copies), fetch


def _load_cloud(settings: Settings, channels: CloudChannels, store: IdentityStore) -> tuple[Keys, Fetch]:
    from server.adapters.cloud.cloud_keys import load_cloud_keys
    from server.adapters.cloud.cloud_kms import CloudKeyRing, read_version

    cloud, identity = settings.cloud, store.identity()
    pinned = identity.vault_keys if identity else ()
    keys = load_cloud_keys(
        channels,
        cloud.key_ring,
        cloud.hash_keys or "",
        may_open=settings.may_open_copies,
        vault_key=pinned[-1] if pinned else "",
    )
    # A key that was never pinned is refused by name a little later, with what else is not this state's.
    if keys.vault_wrap.name in pinned[:-1] and keys.vault_wrap.name != pinned[-1]:
        raise ConfigurationError(
            f"This state names {pinned[-1]} as its newest vault key, but the key of that number in Cloud KMS is"
            f" {keys.vault_wrap.name}: the state was changed by another hand. Find out by whose, then run"
            " `flask --app server.main keys rotate vault`."
        )
    ring = CloudKeyRing.connect(channels, cloud.key_ring)
    return keys, lambda name: ring.fetch_vault_key(read_version(name))


def make_key_keeper(
    settings: Settings, store: IdentityStore | None, name_hashes: Callable[[dict[int, bytes]], tuple[str, ...]]
) -> KeyKeeper:
    """``store`` is None where there is no state yet. ``name_hashes`` gives the check values of hash keys."""
    if settings.keys is not None:
        return LocalKeyKeeper(settings.keys, name_hashes)
    from server.adapters.cloud.kms_keeper import KmsKeyKeeper

    cloud = settings.cloud
    channels = CloudChannels(cloud.simulator_grpc, cloud.simulator_identity)
    return KmsKeyKeeper(
        channels, cloud.key_ring, cloud.hash_keys or "", name_hashes, lambda: _find_vault_key(store) if store else ""
    )


def _find_vault_key(store: IdentityStore) -> str:
    """The name that was pinned last; empty where there is none yet."""
    identity = store.identity()
    return identity.vault_keys[-1] if identity else ""


def read_private_key(source: Path | SecretVersion | None, channels: CloudChannels) -> str:
    """Salesforce's key in PEM, or nothing where the org is entered by a client secret. Raises as ``load_keys``."""
    setting = "SALESFORCE_PRIVATE_KEY_FILE"
    if source is None:
        return ""
    try:
        pem = _read_secret(channels, source, setting) if isinstance(source, SecretVersion) else source.read_bytes()
        load_pem_private_key(pem, password=None)
        return pem.decode("ascii")
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigurationError(f"{setting} cannot be read as a PEM file.") from None


def read_consumer_secret(source: str | SecretVersion, channels: CloudChannels) -> str:
    """Salesforce's client secret. Raises as ``load_keys``."""
    if not isinstance(source, SecretVersion):
        return source
    try:
        return _read_secret(channels, source, "SALESFORCE_CONSUMER_SECRET").decode("ascii").strip()
    except UnicodeDecodeError:
        raise ConfigurationError("SALESFORCE_CONSUMER_SECRET: the secret is not a text.") from None


def _read_secret(channels: CloudChannels, source: SecretVersion, setting: str) -> bytes:
    from server.adapters.cloud.secret_manager import CloudSecrets

    return CloudSecrets.connect(channels).read(source, setting)
