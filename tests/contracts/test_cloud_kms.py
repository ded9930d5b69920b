"""Cloud KMS and Secret Manager on bad days: refusals, checksums, dead endpoints; each told in one sentence."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud import kms_v1 as kms
from google.cloud import secretmanager_v1 as secrets

from server.adapters.cloud.channels import CloudChannels
from server.adapters.cloud.cloud_keys import load_cloud_keys
from server.adapters.cloud.cloud_kms import AWAY_SECONDS, CloudKeyRing
from server.adapters.cloud.secret_manager import CloudSecrets
from server.adapters.keys import Keys
from server.domain.errors import (
    ConfigurationError,
    RefusedError,
    SealBrokenError,
    ThrottledError,
    TransientError,
)
from simulator.cloud.kms_keys import GENERATION, Key
from simulator.cloud.project import CloudProject
from tests.support.cloud import call_as, make_rsa_key, plan, run_cloud

DEK = bytes(range(32))
LONGEST_WAIT = 6.5
"""Seconds in which a dead endpoint is known: six, and what a busy machine adds."""
State = kms.CryptoKeyVersion.CryptoKeyVersionState
Purpose = kms.CryptoKey.CryptoKeyPurpose
Algorithm = kms.CryptoKeyVersion.CryptoKeyVersionAlgorithm


@pytest.fixture
def project() -> Iterator[CloudProject]:
    with run_cloud() as running:
        yield running


@pytest.fixture
def channels(project: CloudProject) -> Iterator[CloudChannels]:
    with call_as(project, project.break_glass) as opened:
        yield opened


@pytest.fixture
def keys(project: CloudProject, channels: CloudChannels) -> Keys:
    return open_keys(project, channels)


def open_keys(project: CloudProject, channels: CloudChannels, vault_key: str = "") -> Keys:
    return load_cloud_keys(channels, project.key_ring, project.hash_keys, may_open=True, vault_key=vault_key)


def unwrap(keys: Keys, wrapped: bytes, name: str) -> bytes:
    assert keys.vault_unwrap
    return keys.vault_unwrap.unwrap(wrapped, name)


def find_key(project: CloudProject, name: str) -> Key:
    key = project.kms.keys.find_key(project.key(name))
    assert key
    return key


def count(project: CloudProject, method: str, **more: str) -> int:
    return project.server.gate.count("kms", method, **more)


def test_sealing_makes_no_call(project: CloudProject, keys: Keys) -> None:
    before = project.server.gate.counts()
    project.server.stop()

    assert all(keys.vault_wrap.wrap(DEK) for _ in range(50))
    assert project.server.gate.counts() == before


def test_a_start_makes_three_calls(project: CloudProject, keys: Keys) -> None:
    assert keys.vault_unwrap
    asked = {(line["service"], line["method"]): line["count"] for line in project.server.gate.counts()}
    assert asked == {("kms", "GetPublicKey"): 1, ("kms", "Encrypt"): 1, ("secretmanager", "AccessSecretVersion"): 1}


def test_a_worker_may_not_open_copies_and_kms_has_it_on_record(project: CloudProject, keys: Keys) -> None:
    wrapped = keys.vault_wrap.wrap(DEK)
    with call_as(project, project.worker) as channels:
        worker = open_keys(project, channels)
        with pytest.raises(RefusedError, match="This identity may not open copies"):
            unwrap(worker, wrapped, keys.vault_wrap.name)

    assert count(project, "AsymmetricDecrypt", caller=project.worker, status="PERMISSION_DENIED") == 1
    assert count(project, "AsymmetricDecrypt", status="OK") == 0
    assert unwrap(keys, wrapped, keys.vault_wrap.name) == DEK
    assert count(project, "AsymmetricDecrypt", caller=project.break_glass, status="OK") == 1


@pytest.mark.parametrize("account", ["", "stranger@elsewhere.example"])
def test_who_has_no_role_starts_nothing(project: CloudProject, account: str) -> None:
    with call_as(project, account) as channels, pytest.raises(ConfigurationError, match="HASH_KEYS"):
        open_keys(project, channels)


@pytest.mark.parametrize(
    ("role", "key", "sentence"),
    [
        ("roles/cloudkms.publicKeyViewer", "vault", "Public Key Viewer"),
        ("roles/cloudkms.cryptoKeyEncrypterDecrypter", "work", "Encrypter/Decrypter"),
    ],
)
def test_a_missing_role_is_named_at_the_start(
    project: CloudProject, channels: CloudChannels, role: str, key: str, sentence: str
) -> None:
    project.iam.revoke(project.break_glass, role, project.key(key))

    with pytest.raises(ConfigurationError, match=sentence):
        open_keys(project, channels)


def test_a_key_ring_that_is_not_there(project: CloudProject, channels: CloudChannels) -> None:
    with pytest.raises(ConfigurationError, match="the key is missing"):
        load_cloud_keys(channels, f"{project.key_ring}x", project.hash_keys, may_open=False)


def test_a_public_key_of_another_algorithm_is_refused(project: CloudProject, channels: CloudChannels) -> None:
    ring = f"{project.key_ring}-other"
    weak = rsa.generate_private_key(65537, 2048)
    project.kms.keys.create(
        f"{ring}/cryptoKeys/vault", Purpose.ASYMMETRIC_DECRYPT, Algorithm(Algorithm.RSA_DECRYPT_OAEP_2048_SHA256), weak
    )
    project.iam.grant(project.break_glass, "roles/cloudkms.publicKeyViewer", ring)

    with pytest.raises(ConfigurationError, match="RSA_DECRYPT_OAEP_3072_SHA256"):
        CloudKeyRing.connect(channels, ring).fetch_vault_key()


@pytest.mark.parametrize("kind", ["stray_answer", "wrong_checksum"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_public_key_that_was_changed_on_its_way_is_asked_for_again(
    project: CloudProject, channels: CloudChannels, keys: Keys, kind: str, times: int
) -> None:
    plan(project, "kms", "GetPublicKey", kind, times)

    assert CloudKeyRing.connect(channels, project.key_ring).fetch_vault_key().name == keys.vault_wrap.name


@pytest.mark.parametrize("kind", ["stray_request", "stray_answer", "wrong_checksum", "unverified"])
def test_bytes_that_were_changed_on_their_way_are_asked_for_again(project: CloudProject, keys: Keys, kind: str) -> None:
    wrapped, sealed = keys.vault_wrap.wrap(DEK), keys.work.wrap(DEK, b"a")
    for method in ("AsymmetricDecrypt", "Encrypt", "Decrypt"):
        plan(project, "kms", method, kind, 2)

    assert unwrap(keys, wrapped, keys.vault_wrap.name) == DEK
    assert keys.work.unwrap(keys.work.wrap(DEK, b"b"), b"b") == DEK
    assert keys.work.unwrap(sealed, b"a") == DEK


@pytest.mark.parametrize("kind", ["stray_request", "stray_answer", "wrong_checksum", "unverified"])
def test_a_line_that_changes_all_bytes_is_no_broken_seal(project: CloudProject, keys: Keys, kind: str) -> None:
    """A broken seal ends a copy for its reader; a broken line is tried later."""
    wrapped = keys.vault_wrap.wrap(DEK)
    for method in ("AsymmetricDecrypt", "Encrypt"):
        plan(project, "kms", method, kind, -1)

    with pytest.raises(TransientError, match="checksums"):
        unwrap(keys, wrapped, keys.vault_wrap.name)
    with pytest.raises(TransientError, match="checksums"):
        keys.work.wrap(DEK, b"a")
    assert count(project, "AsymmetricDecrypt") == 3


@pytest.mark.parametrize("status", ["UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED", "UNKNOWN"])
def test_kms_out_of_order_is_tried_later(project: CloudProject, keys: Keys, status: str) -> None:
    sealed = keys.work.wrap(DEK, b"a")
    plan(project, "kms", "*", status, -1)

    for call in (lambda: keys.work.unwrap(sealed, b"a"), lambda: unwrap(keys, DEK, keys.vault_wrap.name)):
        with pytest.raises(TransientError, match="Cloud KMS cannot be reached"):
            call()


def test_a_refusal_of_bytes_is_believed_the_second_time(project: CloudProject, keys: Keys) -> None:
    """Whatever the vendor's sentence is: what one changed request costs is no copy."""
    wrapped, sealed = keys.vault_wrap.wrap(DEK), keys.work.wrap(DEK, b"a")
    for method in ("AsymmetricDecrypt", "Decrypt"):
        plan(project, "kms", method, "INVALID_ARGUMENT")
    assert unwrap(keys, wrapped, keys.vault_wrap.name) == DEK
    assert keys.work.unwrap(sealed, b"a") == DEK

    plan(project, "kms", "*", "INVALID_ARGUMENT", 2)
    with pytest.raises(SealBrokenError):
        unwrap(keys, wrapped, keys.vault_wrap.name)


@pytest.mark.parametrize("status", ["UNAUTHENTICATED", "OUT_OF_RANGE", "PERMISSION_DENIED"])
def test_any_other_refusal_is_told_in_a_sentence(project: CloudProject, keys: Keys, status: str) -> None:
    plan(project, "kms", "*", status, -1)

    with pytest.raises((ConfigurationError, RefusedError), match="KMS refuse"):
        unwrap(keys, DEK, keys.vault_wrap.name)
    with pytest.raises(ConfigurationError, match="KMS refuses"):
        keys.work.wrap(DEK, b"a")


def test_a_hiccup_is_not_noticed(project: CloudProject, keys: Keys) -> None:
    plan(project, "kms", "Encrypt", "UNAVAILABLE", 2)
    plan(project, "kms", "Decrypt", "drop_answer", 1)

    assert keys.work.unwrap(keys.work.wrap(DEK, b"a"), b"a") == DEK


def test_a_quota_that_is_used_up_is_throttling(project: CloudProject, keys: Keys) -> None:
    plan(project, "kms", "Encrypt", "RESOURCE_EXHAUSTED")

    with pytest.raises(ThrottledError):
        keys.work.wrap(DEK, b"a")


def test_a_server_that_is_gone_is_known_in_time_and_found_again(project: CloudProject, keys: Keys) -> None:
    sealed = keys.work.wrap(DEK, b"a")
    project.server.stop()

    began = time.monotonic()
    with pytest.raises(TransientError):
        keys.work.unwrap(sealed, b"a")
    assert time.monotonic() - began < LONGEST_WAIT

    project.server.start()
    time.sleep(AWAY_SECONDS)
    assert keys.work.unwrap(sealed, b"a") == DEK


def test_only_the_first_of_many_waits_for_a_server_that_is_gone(project: CloudProject, keys: Keys) -> None:
    sealed = keys.work.wrap(DEK, b"a")
    project.server.stop()
    with pytest.raises(TransientError):
        keys.work.unwrap(sealed, b"a")

    began = time.monotonic()
    for _ in range(200):
        with pytest.raises(TransientError, match="a moment ago"):
            keys.work.unwrap(sealed, b"a")
    assert time.monotonic() - began < 1


def test_an_endpoint_that_never_answers_is_known_in_time() -> None:
    """The client's own retry would take a minute, whatever timeout it is given."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channels = CloudChannels(f"127.0.0.1:{silent.getsockname()[1]}", "worker@acme.example")
        ring = CloudKeyRing.connect(channels, "projects/p/locations/l/keyRings/r")
        began = time.monotonic()
        with pytest.raises(TransientError):
            ring.fetch_vault_key()
        assert time.monotonic() - began < LONGEST_WAIT
        channels.close()


def test_a_slow_answer_is_not_waited_for(project: CloudProject, keys: Keys) -> None:
    plan(project, "kms", "Encrypt", "slow:20", -1)

    began = time.monotonic()
    with pytest.raises(TransientError):
        keys.work.wrap(DEK, b"a")
    assert time.monotonic() - began < LONGEST_WAIT


def test_one_slow_call_holds_up_no_other(project: CloudProject, keys: Keys) -> None:
    sealed = keys.work.wrap(DEK, b"a")
    plan(project, "kms", "Encrypt", "slow:2")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(keys.work.wrap, DEK, b"b")
        began = time.monotonic()
        assert all(keys.work.unwrap(sealed, b"a") == DEK for _ in range(5))
        assert time.monotonic() - began < 1.5
        assert not slow.done()
        assert keys.work.unwrap(slow.result(), b"b") == DEK


def test_earlier_versions_of_both_keys_stay_readable(project: CloudProject, channels: CloudChannels) -> None:
    before = open_keys(project, channels)
    wrapped, sealed = before.vault_wrap.wrap(DEK), before.work.wrap(DEK, b"a")
    find_key(project, "vault").add_version(make_rsa_key(2))
    time.sleep(GENERATION)
    work = find_key(project, "work")
    work.set_primary(work.add_version())

    after = open_keys(project, channels, before.vault_wrap.name.replace("kms:1:", "kms:2:"))

    assert after.vault_wrap.name.startswith("kms:2:")
    assert after.work.name.startswith("kms:2:")
    assert unwrap(after, wrapped, before.vault_wrap.name) == DEK
    assert unwrap(before, after.vault_wrap.wrap(DEK), after.vault_wrap.name) == DEK
    assert after.work.unwrap(sealed, b"a") == DEK
    assert before.work.unwrap(after.work.wrap(DEK, b"a"), b"a") == DEK


def test_a_work_key_that_rotates_gets_its_new_name_with_the_next_wrap(project: CloudProject, keys: Keys) -> None:
    work = find_key(project, "work")
    work.set_primary(work.add_version())
    assert keys.work.name.startswith("kms:1:")

    keys.work.wrap(DEK, b"a")

    assert keys.work.name.startswith("kms:2:")


def test_a_destroyed_version_opens_nothing_more(project: CloudProject, keys: Keys) -> None:
    wrapped, sealed = keys.vault_wrap.wrap(DEK), keys.work.wrap(DEK, b"a")
    for name in ("vault", "work"):
        find_key(project, name).list_versions()[0].set_state(State.DESTROY_SCHEDULED)

    with pytest.raises(SealBrokenError, match="destroyed"):
        unwrap(keys, wrapped, keys.vault_wrap.name)
    with pytest.raises(SealBrokenError, match="destroyed"):
        keys.work.unwrap(sealed, b"a")


def test_a_disabled_version_loses_nothing(project: CloudProject, keys: Keys) -> None:
    wrapped, sealed = keys.vault_wrap.wrap(DEK), keys.work.wrap(DEK, b"a")
    versions = [find_key(project, name).list_versions()[0] for name in ("vault", "work")]
    for version in versions:
        version.set_state(State.DISABLED)

    with pytest.raises(ConfigurationError, match="disabled"):
        unwrap(keys, wrapped, keys.vault_wrap.name)
    with pytest.raises(TransientError, match="disabled"):
        keys.work.unwrap(sealed, b"a")
    with pytest.raises(TransientError, match="disabled"):
        keys.work.wrap(DEK, b"a")

    for version in versions:
        version.set_state(State.ENABLED)
    assert unwrap(keys, wrapped, keys.vault_wrap.name) == DEK
    assert keys.work.unwrap(sealed, b"a") == DEK


def test_no_sentence_holds_what_was_sealed(project: CloudProject, keys: Keys) -> None:
    sealed = keys.work.wrap(b"very private", b"bound to ann")

    with pytest.raises(SealBrokenError) as caught:
        keys.work.unwrap(sealed, b"bound to bob")
    assert "bob" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_secret_is_read_by_its_pinned_version(project: CloudProject, channels: CloudChannels) -> None:
    first = project.add_secret("client-secret", b"one")
    second = project.add_secret("client-secret", b"two")
    reader = CloudSecrets.connect(channels)

    assert [reader.read(version, "X") for version in (first, second)] == [b"one", b"two"]
    assert [first[-2:], second[-2:]] == ["/1", "/2"]


@pytest.mark.parametrize("kind", ["stray_answer", "wrong_checksum"])
def test_a_secret_that_was_changed_on_its_way_is_asked_for_again(
    project: CloudProject, channels: CloudChannels, kind: str
) -> None:
    version = project.add_secret("client-secret", b"one")
    reader = CloudSecrets.connect(channels)
    plan(project, "secretmanager", "AccessSecretVersion", kind, 2)
    assert reader.read(version, "X") == b"one"

    plan(project, "secretmanager", "AccessSecretVersion", kind, -1)
    with pytest.raises(TransientError, match="checksum"):
        reader.read(version, "X")


@pytest.mark.parametrize("state", [secrets.SecretVersion.State.DISABLED, secrets.SecretVersion.State.DESTROYED])
def test_a_secret_that_is_switched_off_is_named(
    project: CloudProject, channels: CloudChannels, state: secrets.SecretVersion.State
) -> None:
    version = project.add_secret("client-secret", b"one")
    project.secrets.set_state(version, state)

    with pytest.raises(ConfigurationError, match=r"^SALESFORCE_CONSUMER_SECRET: .* is disabled or destroyed"):
        CloudSecrets.connect(channels).read(version, "SALESFORCE_CONSUMER_SECRET")


def test_a_secret_that_is_not_there_is_named(project: CloudProject, channels: CloudChannels) -> None:
    version = project.add_secret("client-secret", b"one").replace("/1", "/7")

    with pytest.raises(ConfigurationError, match="there is no projects/"):
        CloudSecrets.connect(channels).read(version, "X")


@pytest.mark.parametrize("text", [b"", b"1 abc", b"\xff" * 70, b"1 " + b"0" * 64 + b"\nrubbish"])
def test_hash_keys_that_are_none_are_refused(project: CloudProject, channels: CloudChannels, text: bytes) -> None:
    project.hash_keys = project.add_secret("hash-keys", text)

    with pytest.raises(ConfigurationError, match=r"^HASH_KEYS: projects/.* does not hold hash keys"):
        open_keys(project, channels)


def test_secrets_of_a_project_that_is_away_are_tried_later(project: CloudProject, channels: CloudChannels) -> None:
    plan(project, "secretmanager", "*", "INTERNAL", -1)

    with pytest.raises(TransientError, match="Secret Manager cannot be reached"):
        open_keys(project, channels)


def test_without_google_credentials_a_start_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))

    with pytest.raises(ConfigurationError, match="there are no Google credentials"):
        CloudSecrets.connect(CloudChannels())
