"""The key ring and its two keys, with who may use each. No private key ever leaves Google."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.gcloud import Command, DeployError
from deploy.identities import ACCOUNTS, SERVICES
from deploy.steps import Site, grant, last_part
from server.rules.forecast.deployment import ROTATION_DAYS

RING = "truly"
ROTATION = timedelta(days=ROTATION_DAYS)
ENCRYPTER_DECRYPTER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
DECRYPTER = "roles/cloudkms.cryptoKeyDecrypter"
PUBLIC_KEY_VIEWER = "roles/cloudkms.publicKeyViewer"
ALGORITHM = "rsa-decrypt-oaep-3072-sha256"
DECRYPTION = {"cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms.cryptoKeyVersions.useToDecryptViaDelegation"}
DECRYPTERS = {
    DECRYPTER,
    ENCRYPTER_DECRYPTER,
    "roles/cloudkms.cryptoKeyDecrypterViaDelegation",
    "roles/cloudkms.cryptoKeyEncrypterDecrypterViaDelegation",
    "roles/cloudkms.cryptoOperator",
    "roles/cloudkmskacls.serviceAgent",
    "roles/dlp.serviceAgent",
    "roles/iam.dataScientist",
    "roles/iam.devOps",
}
"""Google's own roles with one of these permissions (August 2026), but for two.

``roles/cloudkms.admin`` may decrypt only through other services of Google, and none of them takes an asymmetric key;
who adds a version to a key needs it. ``roles/owner`` is looked at apart.
"""
OWNERS = {"roles/owner", "roles/admin"}
"""May decrypt as well, and a project has at least one. Then it is a person, or whoever deploys; no account of ours."""


def create_key_ring(site: Site) -> Iterable[Command]:
    rings = site.ask_list("kms", "keyrings", "list", _location(site))
    if RING not in map(last_part, rings):
        yield Command(("kms", "keyrings", "create", RING, _location(site)))


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
    opener = f"serviceAccount:{site.choices.account('truly-breakglass')}"
    services = [f"serviceAccount:{site.choices.account(name)}" for name in SERVICES]
    _check_vault(site, opener)
    work = [(ENCRYPTER_DECRYPTER, member) for member in [*services, opener]]
    vault = [(PUBLIC_KEY_VIEWER, member) for member in [*services, opener]] + [(DECRYPTER, opener)]
    for key, wanted in (("work", work), ("vault", vault)):
        yield from grant(
            site,
            ("kms", "keys", "get-iam-policy", key, *_ring(site)),
            ("kms", "keys", "add-iam-policy-binding", key, *_ring(site)),
            wanted,
        )


def _check_vault(site: Site, opener: str) -> None:
    """Looks at the key and at what it inherits from in this project. A binding with a condition counts as one without.

    What folders and the organization grant is not looked at: who deploys can seldom read it.
    """
    places = (
        ("the key vault", ("kms", "keys"), ("vault", *_ring(site))),
        (f"the key ring {RING}", ("kms", "keyrings"), (RING, _location(site))),
        ("the project", ("projects",), (site.project,)),
    )
    for place, group, resource in places:
        policy = site.ask(*group, "get-iam-policy", *resource) or {}
        for role, member in _list_others(policy, opener):
            if _may_decrypt(site, role, member):
                words = " ".join((*group, "remove-iam-policy-binding", *resource))
                raise DeployError(
                    f"{member} may decrypt with the key vault, by {role} on {place}, and only {opener} should. Take the"
                    f" role away: gcloud {words} --project={site.project} --member={member} --role={role} --all"
                )


def _list_others(policy: dict[str, Any], opener: str) -> list[tuple[str, str]]:
    """Role and member of each grant to somebody else."""
    return [
        (binding["role"], member)
        for binding in policy.get("bindings", [])
        for member in binding.get("members", [])
        if member != opener
    ]


def _may_decrypt(site: Site, role: str, member: str) -> bool:
    """Raises DeployError where Google does not say what a custom role allows."""
    if role in OWNERS:
        ours = [
            *map(site.choices.account, ACCOUNTS),
            site.choices.delegate,
            f"{site.project}@appspot.gserviceaccount.com",
        ]
        return member.removeprefix("serviceAccount:") in ours or member in ("allUsers", "allAuthenticatedUsers")
    if role.startswith("roles/"):
        return role in DECRYPTERS
    owner, _, name = role.rpartition("/roles/")
    organization = [f"--organization={owner.partition('/')[2]}"] if owner.startswith("organizations/") else []
    try:
        answer = site.ask("iam", "roles", "describe", name, *organization)
    except DeployError as error:
        raise DeployError(f"Whether {member} may decrypt with the key vault by {role} is not known. {error}") from None
    return not DECRYPTION.isdisjoint((answer or {}).get("includedPermissions", []))


def _location(site: Site) -> str:
    return f"--location={site.choices.region}"


def _ring(site: Site) -> tuple[str, ...]:
    return (f"--keyring={RING}", _location(site))
