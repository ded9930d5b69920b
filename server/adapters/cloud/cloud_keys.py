"""The keys of a process whose key ring is in Cloud KMS, and whose hash keys are in Secret Manager."""

from __future__ import annotations

from server.adapters.cloud.channels import CloudChannels
from server.adapters.cloud.cloud_kms import CloudKeyRing, read_version
from server.adapters.cloud.secret_manager import CloudSecrets
from server.adapters.keys import Keys, parse_hash_keys


def load_cloud_keys(
    channels: CloudChannels, key_ring: str, hash_keys: str, *, may_open: bool, vault_key: str = ""
) -> Keys:
    """Read all that a start needs, in three calls.

    ``vault_key`` is the name of the vault key that the state has pinned last, empty where it has none yet.
    Raises ConfigurationError with a sentence for what cannot be used, and TransientError where Google is away.
    """
    text = CloudSecrets.connect(channels).read(hash_keys, "HASH_KEYS")
    ring = CloudKeyRing.connect(channels, key_ring)
    return Keys(
        vault_wrap=ring.fetch_vault_key(read_version(vault_key)),
        vault_unwrap=ring.open_vault() if may_open else None,
        work=ring.open_work(),
        hash_keys=parse_hash_keys(text, f"HASH_KEYS: {hash_keys}"),
    )
