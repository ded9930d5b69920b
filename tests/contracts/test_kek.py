"""What both homes of the keys promise: key files, and Cloud KMS over real gRPC."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from server.adapters.cloud.cloud_keys import load_cloud_keys
from server.adapters.keys import Keys
from server.adapters.local_kek import PRIVATE, load_local_keys
from server.adapters.local_key_files import create_keys
from server.domain.errors import SealBrokenError
from server.vault.envelope import Place, open_copy, seal_copy
from tests.support.cloud import call_as, make_rsa_key, run_cloud, write_private_pem

LONGEST = 318
"""Bytes that RSA-OAEP 3072 with SHA-256 takes."""
DEK = bytes(range(32))
PLACE = Place("acme", "copies", "k1", "copy")


class Homes:
    """Opens the keys of one home, or those of another with other keys. ``may_open`` as in MAY_OPEN_COPIES."""

    def __init__(self, kind: str, folder: Path, stack: ExitStack) -> None:
        self._kind = kind
        self._folder = folder
        self._stack = stack

    def open(self, name: str = "one", *, may_open: bool = True) -> Keys:
        if self._kind == "files":
            (self._folder / name).mkdir(exist_ok=True)
            (self._folder / name / PRIVATE).write_bytes(write_private_pem(make_rsa_key(len(name))))
            (self._folder / name / PRIVATE).chmod(0o600)
            create_keys(self._folder / name)
            return load_local_keys(self._folder / name, may_open=may_open)
        project = self._stack.enter_context(run_cloud(vault=make_rsa_key(len(name))))
        channels = self._stack.enter_context(call_as(project, project.break_glass if may_open else project.worker))
        return load_cloud_keys(channels, project.key_ring, project.hash_keys, may_open=may_open)


@pytest.fixture(params=["files", "kms"])
def homes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Homes]:
    with ExitStack() as stack:
        yield Homes(request.param, tmp_path, stack)


@pytest.fixture
def keys(homes: Homes) -> Keys:
    return homes.open()


def unwrap(keys: Keys, wrapped: bytes, name: str) -> bytes:
    assert keys.vault_unwrap
    return keys.vault_unwrap.unwrap(wrapped, name)


@pytest.mark.parametrize("size", [16, 65, LONGEST])
def test_the_vault_key_wraps_and_unwraps(keys: Keys, size: int) -> None:
    key = b"k" * size

    wrapped = keys.vault_wrap.wrap(key)

    assert key not in wrapped
    assert unwrap(keys, wrapped, keys.vault_wrap.name) == key


def test_what_is_too_long_for_the_vault_key_is_an_error(keys: Keys) -> None:
    with pytest.raises(ValueError, match=r"."):
        keys.vault_wrap.wrap(b"k" * (LONGEST + 1))


def test_the_same_key_is_wrapped_differently_each_time(keys: Keys) -> None:
    assert keys.vault_wrap.wrap(DEK) != keys.vault_wrap.wrap(DEK)
    assert keys.work.wrap(DEK, b"a") != keys.work.wrap(DEK, b"a")


@pytest.mark.parametrize("position", [0, 200, -1])
def test_a_changed_wrapped_key_does_not_unwrap(keys: Keys, position: int) -> None:
    wrapped = bytearray(keys.vault_wrap.wrap(DEK))
    wrapped[position] ^= 1

    with pytest.raises(SealBrokenError):
        unwrap(keys, bytes(wrapped), keys.vault_wrap.name)


@pytest.mark.parametrize("wrapped", [b"", b"x", b"x" * 384, b"x" * 10_000])
def test_what_was_never_wrapped_does_not_unwrap(keys: Keys, wrapped: bytes) -> None:
    with pytest.raises(SealBrokenError):
        unwrap(keys, wrapped, keys.vault_wrap.name)
    with pytest.raises(SealBrokenError):
        keys.work.unwrap(wrapped, b"a")


@pytest.mark.parametrize(
    "name", ["", "kms:1", "local:00", f"kms:99:{'0' * 32}", f"kms:0:{'0' * 32}", f"kms:1/../2:{'0' * 32}"]
)
def test_a_name_of_no_key_here_is_refused(keys: Keys, name: str) -> None:
    wrapped = keys.vault_wrap.wrap(DEK)

    with pytest.raises(SealBrokenError):
        unwrap(keys, wrapped, name)


def test_another_vault_key_does_not_unwrap(homes: Homes, keys: Keys) -> None:
    other = homes.open("other")

    assert other.vault_wrap.name != keys.vault_wrap.name
    with pytest.raises(SealBrokenError):
        unwrap(keys, other.vault_wrap.wrap(DEK), other.vault_wrap.name)


def test_a_copy_opens_in_its_place_alone(keys: Keys) -> None:
    copy = seal_copy(b"From: ada", PLACE, keys.vault_wrap)

    assert keys.vault_unwrap
    assert open_copy(copy.ciphertext, copy.wrapped_dek, PLACE, keys.vault_unwrap, copy.key_name) == b"From: ada"
    elsewhere = Place("acme", "copies", "k2", "copy")
    with pytest.raises(SealBrokenError):
        open_copy(copy.ciphertext, copy.wrapped_dek, elsewhere, keys.vault_unwrap, copy.key_name)


def test_the_work_key_unwraps_only_what_is_bound_alike(keys: Keys) -> None:
    wrapped = keys.work.wrap(DEK, b"work/acme")

    assert DEK not in wrapped
    assert keys.work.unwrap(wrapped, b"work/acme") == DEK
    for other in (b"work/other", b"", b"work/acme "):
        with pytest.raises(SealBrokenError):
            keys.work.unwrap(wrapped, other)


@pytest.mark.parametrize("position", [0, 5, -1])
def test_a_changed_work_seal_does_not_unwrap(keys: Keys, position: int) -> None:
    wrapped = bytearray(keys.work.wrap(DEK, b"a"))
    wrapped[position] ^= 1

    with pytest.raises(SealBrokenError):
        keys.work.unwrap(bytes(wrapped), b"a")


def test_another_work_key_does_not_unwrap(homes: Homes, keys: Keys) -> None:
    with pytest.raises(SealBrokenError):
        keys.work.unwrap(homes.open("other").work.wrap(DEK, b"a"), b"a")


def test_a_process_that_may_not_open_copies_has_nothing_to_open_them_with(homes: Homes) -> None:
    keys = homes.open(may_open=False)

    assert keys.vault_unwrap is None
    assert keys.vault_wrap.wrap(DEK)
    assert keys.work.unwrap(keys.work.wrap(DEK, b"a"), b"a") == DEK


def test_names_tell_keys_apart_and_stay(homes: Homes, keys: Keys) -> None:
    before = (keys.vault_wrap.name, keys.work.name)
    keys.work.wrap(DEK, b"a")

    assert (keys.vault_wrap.name, keys.work.name) == before
    assert all(before)


def test_hash_keys_are_there(keys: Keys) -> None:
    assert {number: len(key) for number, key in keys.hash_keys.items()} == {1: 32}


def test_many_threads_share_the_keys(keys: Keys) -> None:
    def use(number: int) -> tuple[bytes, bytes]:
        key = number.to_bytes(32, "big")
        bound = str(number).encode()
        return (
            unwrap(keys, keys.vault_wrap.wrap(key), keys.vault_wrap.name),
            keys.work.unwrap(keys.work.wrap(key, bound), bound),
        )

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(use, range(48)))

    assert results == [(number.to_bytes(32, "big"),) * 2 for number in range(48)]
