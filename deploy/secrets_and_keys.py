"""The key ring, its two keys with who may use each, and the secrets. No private key ever leaves Google."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.gcloud import Command, DeployError
from deploy.identities import SERVICES
from deploy.steps import Site, grant, last_part

RING = "truly"
ROTATION = timedelta(days=90)
DECRYPTS = ("roles/cloudkms.cryptoKeyDecrypter", "roles/cloudkms.cryptoKeyEncrypterDecrypter")
ENCRYPTER_DECRYPTER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
DECRYPTER = "roles/cloudkms.cryptoKeyDecrypter"
PUBLIC_KEY_VIEWER = "roles/cloudkms.publicKeyViewer"
ACCESSOR = "roles/secretmanager.secretAccessor"
HASH_KEYS = "truly-hash-keys"
SALESFORCE = "truly-salesforce"
ALGORITHM = "rsa-decrypt-oaep-3072-sha256"
READERS = (*SERVICES, "truly-breakglass")
"""Who reads the secrets: each process that builds the service."""


def create_key_ring(site: Site) -> Iterable[Command]:
    rings = site.ask_list("kms", "keyrings", "list", f"--location={site.choices.region}")
    if RING not in map(last_part, rings):
        yield Command(("kms", "keyrings", "create", RING, f"--location={site.choices.region}"))


def create_keys(site: Site) -> Iterable[Command]:
    """Raises DeployError for a key of another kind under our name: a key's purpose cannot be changed."""
    known = {last_part(key): key for key in site.ask_list("kms", "keys", "list", *_ring(site))}
    protection = f"--protection-level={site.choices.key_protection}"
    _check_key(known.get("vault"), "vault", "ASYMMETRIC_DECRYPT")
    _check_key(known.get("work"), "work", "ENCRYPT_DECRYPT")
    if "vault" not in known:
        yield Command(
            ("kms", "keys", "create", "vault", *_ring(site), "--purpose=asymmetric-encryption",
             f"--default-algorithm={ALGORITHM}", protection, "--destroy-scheduled-duration=30d")
        )  # fmt: skip
    if "work" not in known:
        first = (datetime.now(UTC) + ROTATION).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield Command(
            ("kms", "keys", "create", "work", *_ring(site), "--purpose=encryption", protection,
             f"--rotation-period={ROTATION.days}d", f"--next-rotation-time={first}", "--destroy-scheduled-duration=30d")
        )  # fmt: skip


def _check_key(key: dict[str, Any] | None, name: str, purpose: str) -> None:
    if key is not None and key.get("purpose") != purpose:
        raise DeployError(
            f"The key {name} is there with the purpose {key.get('purpose')}, and {purpose} is needed. A purpose cannot"
            " be changed: use another project or region."
        )


def grant_use_of_keys(site: Site) -> Iterator[Command]:
    """Raises DeployError where somebody but the break-glass account may decrypt with ``vault``."""
    openers = f"serviceAccount:{site.choices.account('truly-breakglass')}"
    services = [f"serviceAccount:{site.choices.account(name)}" for name in SERVICES]
    _check_vault(site, openers)
    work = [(ENCRYPTER_DECRYPTER, member) for member in [*services, openers]]
    vault = [(PUBLIC_KEY_VIEWER, member) for member in [*services, openers]] + [(DECRYPTER, openers)]
    for key, wanted in (("work", work), ("vault", vault)):
        yield from grant(
            site,
            ("kms", "keys", "get-iam-policy", key, *_ring(site)),
            ("kms", "keys", "add-iam-policy-binding", key, *_ring(site)),
            wanted,
        )


def _check_vault(site: Site, opener: str) -> None:
    policy = site.ask("kms", "keys", "get-iam-policy", "vault", *_ring(site)) or {}
    others = sorted(
        member
        for binding in policy.get("bindings", [])
        if binding["role"] in DECRYPTS
        for member in binding.get("members", [])
        if member != opener
    )
    if others:
        raise DeployError(
            f"{others[0]} may decrypt with the key vault, and only {opener} should. Take the role away:"
            f" gcloud kms keys remove-iam-policy-binding vault --keyring={RING} --location={site.choices.region}"
            f" --project={site.project} --member={others[0]} --role=ROLE"
        )


def create_secrets(site: Site) -> Iterator[Command]:
    known = {last_part(secret) for secret in site.ask_list("secrets", "list")}
    for name in (HASH_KEYS, SALESFORCE):
        if name not in known:
            yield Command(
                ("secrets", "create", name, "--replication-policy=user-managed", f"--locations={site.choices.region}")
            )


def fill_secrets(site: Site) -> Iterator[Command]:
    """A secret that has a version keeps it: another hash key would make every kept hash worthless."""
    choices = site.choices
    if find_version(site, HASH_KEYS) is None:
        yield Command(("secrets", "versions", "add", HASH_KEYS, "--data-file=-"), stdin=make_hash_keys)
    if find_version(site, SALESFORCE) is None:
        file = choices.salesforce_key or choices.salesforce_secret
        if file is None:
            raise DeployError("Name one file: SALESFORCE_KEY (the PEM file) or SALESFORCE_SECRET (the client secret).")
        read = file.read_bytes
        yield Command(("secrets", "versions", "add", SALESFORCE, "--data-file=-"), stdin=lambda: read().strip())


def make_hash_keys() -> bytes:
    """One key, numbered, as the file ``hash.key`` has it."""
    return f"1 {secrets.token_hex(32)}\n".encode()


def grant_reading_of_secrets(site: Site) -> Iterator[Command]:
    for name in (HASH_KEYS, SALESFORCE):
        yield from grant(
            site,
            ("secrets", "get-iam-policy", name),
            ("secrets", "add-iam-policy-binding", name),
            [(ACCESSOR, f"serviceAccount:{site.choices.account(reader)}") for reader in READERS],
        )


def find_version(site: Site, name: str) -> str | None:
    """The newest enabled version of a secret. Raises DeployError where all versions are switched off."""
    versions = site.ask_list("secrets", "versions", "list", name)
    numbers = [int(last_part(version)) for version in versions if version.get("state", "").upper() == "ENABLED"]
    if versions and not numbers:
        raise DeployError(f"Every version of the secret {name} is disabled. Enable the one that the service used last.")
    return str(max(numbers)) if numbers else None


def name_secrets(site: Site) -> dict[str, str]:
    """The settings that name secrets, each with its pinned version."""
    salesforce = "SALESFORCE_PRIVATE_KEY_FILE" if site.choices.salesforce_key else "SALESFORCE_CONSUMER_SECRET"
    return {
        setting: f"secret:projects/{site.project}/secrets/{name}/versions/{find_version(site, name) or 1}"
        for setting, name in (("HASH_KEYS", HASH_KEYS), (salesforce, SALESFORCE))
    }


def _ring(site: Site) -> tuple[str, ...]:
    return (f"--keyring={RING}", f"--location={site.choices.region}")
