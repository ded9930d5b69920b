"""The secrets: hash keys that are made here, and what proves to Salesforce who we are, from the operator's file."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from deploy.gcloud import Command, DeployError
from deploy.identities import SERVICES
from deploy.steps import Site, grant, last_part

ACCESSOR = "roles/secretmanager.secretAccessor"
HASH_KEYS = "truly-hash-keys"
READERS = (*SERVICES, "truly-breakglass")
"""Who reads the secrets: each process that builds the service."""
ANNOTATION = "fingerprint-of-version-"
"""Of the secret, with the number behind it: what we put into that version."""
UNKNOWN = "unknown"


def create_secrets(site: Site) -> Iterator[Command]:
    known = {last_part(secret) for secret in site.ask_list("secrets", "list")}
    for name in (HASH_KEYS, site.choices.salesforce.name):
        if name not in known:
            yield Command(
                ("secrets", "create", name, "--replication-policy=user-managed", f"--locations={site.choices.region}")
            )


def fill_secrets(site: Site) -> Iterator[Command]:
    """Hash keys that are there stay: others would make every kept hash worthless. A new file is a new version.

    The fingerprint is noted before the version is added, so that a run that is killed in between ends the same.
    """
    if find_version(site, HASH_KEYS) is None:
        yield from _fill_hash_keys(site)
    if find_salesforce_version(site) is not None:
        return
    salesforce = site.choices.salesforce
    number, fingerprint = _next_number(site, salesforce.name), _take_fingerprint(site)
    if _read_annotations(site, salesforce.name).get(f"{ANNOTATION}{number}") != fingerprint:
        yield _annotate(salesforce.name, {number: fingerprint})
    yield Command(
        ("secrets", "versions", "add", salesforce.name, "--data-file=-"),
        stdin=lambda: salesforce.content,
        learn=partial(_keep_number, site, salesforce.name),
    )
    made = site.filled.get(salesforce.name, number)
    if made != number:  # somebody else added that one in the meantime
        yield _annotate(salesforce.name, {number: UNKNOWN, made: fingerprint})


def _fill_hash_keys(site: Site) -> Iterator[Command]:
    """Raises DeployError where there were hash keys all the same: only the number of what was made is sure at once."""
    yield Command(
        ("secrets", "versions", "add", HASH_KEYS, "--data-file=-"),
        stdin=make_hash_keys,
        learn=partial(_keep_number, site, HASH_KEYS),
    )
    made = site.filled.pop(HASH_KEYS, "1")
    if made != "1":
        yield Command(("secrets", "versions", "disable", made, f"--secret={HASH_KEYS}"))
        raise DeployError(
            f"The secret {HASH_KEYS} had a version already that Google does not list yet. Version {made}, which was"
            " made now, is disabled and never used. Wait some minutes."
        )


def make_hash_keys() -> bytes:
    """One key, numbered, as the file ``hash.key`` has it."""
    return f"1 {secrets.token_hex(32)}\n".encode()


def _annotate(name: str, fingerprints: dict[str, str]) -> Command:
    pairs = ",".join(f"{ANNOTATION}{number}={text}" for number, text in fingerprints.items())
    return Command(("secrets", "update", name, f"--update-annotations={pairs}"))


def _keep_number(site: Site, name: str, made: Any) -> None:
    site.filled[name] = last_part(made)


def grant_reading_of_secrets(site: Site) -> Iterator[Command]:
    for name in (HASH_KEYS, site.choices.salesforce.name):
        yield from grant(
            site,
            ("secrets", "get-iam-policy", name),
            ("secrets", "add-iam-policy-binding", name),
            [(ACCESSOR, f"serviceAccount:{site.choices.account(reader)}") for reader in READERS],
        )


def find_version(site: Site, name: str) -> str | None:
    """The newest enabled version of a secret. Raises DeployError where all versions are switched off."""
    versions = _read_versions(site, name)
    numbers = [number for number, state in versions.items() if state == "ENABLED"]
    if versions and not numbers:
        raise DeployError(f"Every version of the secret {name} is disabled. Enable the one that the service used last.")
    return str(max(numbers)) if numbers else None


def find_salesforce_version(site: Site) -> str | None:
    """The newest enabled version, where it holds what the operator's file does.

    Raises DeployError where the file's content was switched off: that was done on purpose.
    """
    name, fingerprint = site.choices.salesforce.name, _take_fingerprint(site)
    if name in site.filled:
        return site.filled[name]
    versions, annotations = _read_versions(site, name), _read_annotations(site, name)
    ours = [number for number in versions if annotations.get(f"{ANNOTATION}{number}") == fingerprint]
    enabled = [number for number, state in versions.items() if state == "ENABLED"]
    if enabled and max(enabled) in ours:
        return str(max(enabled))
    for number in ours:
        if versions[number] == "DISABLED":
            raise DeployError(
                f"The file is what version {number} of the secret {name} holds, and that version is disabled. Name the"
                " new file, or enable the version."
            )
    return None


def name_secrets(site: Site) -> dict[str, str]:
    """The settings that name secrets, each with its pinned version."""
    salesforce = site.choices.salesforce
    pinned = {
        ("HASH_KEYS", HASH_KEYS): find_version(site, HASH_KEYS) or "1",
        (salesforce.setting, salesforce.name): find_salesforce_version(site) or _next_number(site, salesforce.name),
    }
    return {
        setting: f"secret:projects/{site.project}/secrets/{name}/versions/{version}"
        for (setting, name), version in pinned.items()
    }


def _read_versions(site: Site, name: str) -> dict[int, str]:
    """The state of each version, by number.

    A list may be hours behind. Where it is empty, the first version is asked for by its number, which is known
    sooner.
    """
    versions = site.ask_list("secrets", "versions", "list", name)
    if not versions and (first := site.ask("secrets", "versions", "describe", "1", f"--secret={name}")):
        versions = [first]
    return {int(last_part(version)): version.get("state", "").upper() for version in versions}


def _next_number(site: Site, name: str) -> str:
    return str(max(_read_versions(site, name), default=0) + 1)


def _read_annotations(site: Site, name: str) -> dict[str, str]:
    secrets_there = {last_part(secret): secret for secret in site.ask_list("secrets", "list")}
    return dict(secrets_there.get(name, {}).get("annotations", {}))


def _take_fingerprint(site: Site) -> str:
    salesforce = site.choices.salesforce
    return _fingerprint(f"projects/{site.project}/secrets/{salesforce.name}", salesforce.content)


@cache
def _fingerprint(name: str, content: bytes) -> str:
    """Slow on purpose: who may see the annotation must not find a short secret by trying."""
    return hashlib.scrypt(content, salt=name.encode(), n=2**14, r=8, p=1, dklen=16).hex()
