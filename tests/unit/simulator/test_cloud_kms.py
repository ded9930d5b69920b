"""The simulated Cloud KMS as Google's own client sees it: versions, purposes, roles and status codes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.api_core import exceptions
from google.cloud import kms_v1 as kms
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcTransport

from simulator.cloud.iam import Iam
from simulator.cloud.project import CloudProject
from tests.support.cloud import call_as, run_cloud

State = kms.CryptoKeyVersion.CryptoKeyVersionState
Client = kms.KeyManagementServiceClient


@pytest.fixture
def project() -> Iterator[CloudProject]:
    with run_cloud() as running:
        yield running


@pytest.fixture
def operator(project: CloudProject) -> Iterator[Client]:
    """Who administers keys, and may use ``work``."""
    with call_as(project, project.operator) as channels:
        yield channels.connect(Client, KeyManagementServiceGrpcTransport)


def first(project: CloudProject, key: str) -> str:
    return f"{project.key(key)}/cryptoKeyVersions/1"


def test_versions_are_listed_page_by_page(project: CloudProject, operator: Client) -> None:
    for _ in range(4):
        operator.create_crypto_key_version(parent=project.key("work"), crypto_key_version={})

    listed = list(operator.list_crypto_key_versions(request={"parent": project.key("work"), "page_size": 2}))

    assert [version.name.rpartition("/")[2] for version in listed] == ["1", "2", "3", "4", "5"]
    assert project.server.gate.count("kms", "ListCryptoKeyVersions") == 3


def test_a_new_version_wraps_only_as_the_primary_one(project: CloudProject, operator: Client) -> None:
    operator.create_crypto_key_version(parent=project.key("work"), crypto_key_version={})
    assert operator.encrypt(name=project.key("work"), plaintext=b"x").name == first(project, "work")

    key = operator.update_crypto_key_primary_version(name=project.key("work"), crypto_key_version_id="2")

    assert key.primary.name.endswith("/2")
    assert operator.encrypt(name=project.key("work"), plaintext=b"x").name.endswith("/2")


def test_an_asymmetric_version_is_of_use_once_it_is_made(project: CloudProject, operator: Client) -> None:
    made = operator.create_crypto_key_version(parent=project.key("vault"), crypto_key_version={})

    assert made.state == State.PENDING_GENERATION
    with pytest.raises(exceptions.FailedPrecondition, match="PENDING_GENERATION"):
        operator.get_public_key(name=made.name)


def test_a_disabled_version_comes_back_and_a_destroyed_one_does_not(project: CloudProject, operator: Client) -> None:
    ciphertext = operator.encrypt(name=project.key("work"), plaintext=b"x").ciphertext
    for state in (State.DISABLED, State.ENABLED):
        request = {"crypto_key_version": {"name": first(project, "work"), "state": state}, "update_mask": "state"}
        assert operator.update_crypto_key_version(request=request).state == state
    assert operator.decrypt(name=project.key("work"), ciphertext=ciphertext).plaintext == b"x"

    assert operator.destroy_crypto_key_version(name=first(project, "work")).state == State.DESTROY_SCHEDULED

    with pytest.raises(exceptions.FailedPrecondition, match="DESTROY_SCHEDULED"):
        operator.decrypt(name=project.key("work"), ciphertext=ciphertext)
    with pytest.raises(exceptions.FailedPrecondition):
        operator.destroy_crypto_key_version(name=first(project, "work"))


def test_a_key_serves_its_purpose_alone(project: CloudProject, operator: Client) -> None:
    project.iam.grant(project.operator, "roles/cloudkms.cryptoKeyEncrypterDecrypter", project.key_ring)
    with pytest.raises(exceptions.InvalidArgument, match="purpose"):
        operator.encrypt(name=project.key("vault"), plaintext=b"x")
    with pytest.raises(exceptions.InvalidArgument, match="purpose"):
        operator.asymmetric_decrypt(name=first(project, "work"), ciphertext=b"x")


def test_what_is_not_there_and_what_is_too_long(project: CloudProject, operator: Client) -> None:
    with pytest.raises(exceptions.NotFound):
        operator.get_crypto_key_version(name=f"{project.key('work')}/cryptoKeyVersions/9")
    with pytest.raises(exceptions.NotFound):
        operator.get_crypto_key(name=project.key("other"))
    with pytest.raises(exceptions.InvalidArgument, match="64 KiB"):
        operator.encrypt(name=project.key("work"), plaintext=b"x" * 65_537)


def test_who_administers_keys_opens_nothing_with_them(project: CloudProject, operator: Client) -> None:
    with pytest.raises(exceptions.PermissionDenied, match="useToDecrypt"):
        operator.asymmetric_decrypt(name=first(project, "vault"), ciphertext=b"x")


def test_without_a_token_nobody_is_anybody(project: CloudProject) -> None:
    with call_as(project, "") as channels, pytest.raises(exceptions.Unauthenticated):
        channels.connect(Client, KeyManagementServiceGrpcTransport).get_crypto_key(name=project.key("work"))


def test_a_grant_holds_below_its_resource_and_not_beside_it() -> None:
    iam = Iam()
    iam.grant("ann", "roles/cloudkms.viewer", "projects/p/locations/l/keyRings/r")

    assert iam.is_allowed("ann", "cloudkms.cryptoKeys.get", "projects/p/locations/l/keyRings/r/cryptoKeys/k")
    assert not iam.is_allowed("ann", "cloudkms.cryptoKeys.get", "projects/p/locations/l/keyRings/ring")
    assert not iam.is_allowed("bob", "cloudkms.cryptoKeys.get", "projects/p/locations/l/keyRings/r")
    iam.revoke("ann", "roles/cloudkms.viewer", "projects/p/locations/l/keyRings/r")
    assert not iam.is_allowed("ann", "cloudkms.cryptoKeys.get", "projects/p/locations/l/keyRings/r")
