"""Keys in files: made once, never overwritten, and refused in one sentence when they cannot be used."""

import os
import stat

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from server.adapters.local_kek import (
    HASH,
    PRIVATE,
    PUBLIC,
    WORK,
    AesWork,
    load_local_keys,
)
from server.adapters.local_key_files import LocalKeyKeeper, create_keys
from server.domain.errors import ConfigurationError, SealBrokenError
from server.domain.identity import KeyKind


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    create_keys(folder)
    return {path.name: (path.read_bytes(), path.stat().st_mode & 0o777) for path in folder.iterdir()}


@pytest.fixture
def folder(made, tmp_path):
    for name, (content, mode) in made.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(mode)
    return tmp_path


def pem(key, *, public=False, password=None):
    if public:
        return key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    secrecy = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secrecy)


def test_four_files_of_which_only_the_public_key_is_public(tmp_path):
    assert sorted(create_keys(tmp_path / "keys")) == sorted([PUBLIC, PRIVATE, WORK, HASH])

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {PUBLIC: 0o644, PRIVATE: 0o600, WORK: 0o600, HASH: 0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_what_is_there_stays(folder, made):
    assert create_keys(folder) == []
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {n: c for n, (c, _) in made.items()}


@pytest.mark.parametrize("missing", [PUBLIC, WORK, HASH])
def test_only_what_is_missing_is_made(folder, missing):
    (folder / missing).unlink()

    assert create_keys(folder) == [missing]
    load_local_keys(folder, may_open=True)


def test_a_private_key_kept_elsewhere_is_not_made_anew(folder):
    (folder / PRIVATE).unlink()

    assert create_keys(folder) == []
    assert load_local_keys(folder, may_open=False).vault_unwrap is None


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "keys").write_text("a file")

    with pytest.raises(ConfigurationError, match="cannot be written"):
        create_keys(tmp_path / "keys")


def test_what_is_wrapped_is_unwrapped(folder):
    keys = load_local_keys(folder, may_open=True)

    wrapped = keys.vault_wrap.wrap(b"x" * 65)

    assert keys.vault_unwrap.unwrap(wrapped, keys.vault_wrap.name) == b"x" * 65
    assert keys.work.unwrap(keys.work.wrap(b"dek", b"bound"), b"bound") == b"dek"
    assert list(keys.hash_keys) == [1]
    assert len(keys.hash_keys[1]) == 32


def test_a_process_that_may_only_seal_needs_no_private_key(folder):
    (folder / PRIVATE).unlink()

    assert load_local_keys(folder, may_open=False).vault_wrap.wrap(b"x")


@pytest.mark.parametrize("cut", [b"", b"short", bytes(384)], ids=len)
def test_a_changed_wrapped_key_says_so(folder, cut):
    keys = load_local_keys(folder, may_open=True)

    with pytest.raises(SealBrokenError, match="changed"):
        keys.vault_unwrap.unwrap(cut, keys.vault_wrap.name)
    with pytest.raises(SealBrokenError):
        keys.work.unwrap(cut, b"bound")


def test_a_work_key_is_bound_to_its_purpose_and_its_key():
    wrapped = AesWork(bytes(32)).wrap(b"dek", b"bound")

    with pytest.raises(SealBrokenError):
        AesWork(bytes(32)).unwrap(wrapped, b"other")
    with pytest.raises(SealBrokenError):
        AesWork(bytes([1]) * 32).unwrap(wrapped, b"bound")


def test_several_hash_keys(folder):
    (folder / HASH).write_text(f"1 {'0' * 64}\n\n  3 {'a' * 64}  \n")

    assert load_local_keys(folder, may_open=False).hash_keys == {1: bytes(32), 3: bytes([0xAA]) * 32}


@pytest.mark.parametrize("name", [PRIVATE, WORK, HASH])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_that_others_can_read_is_refused(folder, name, mode):
    (folder / name).chmod(mode)

    with pytest.raises(ConfigurationError, match=f"chmod 600 .*{name}"):
        load_local_keys(folder, may_open=True)


@pytest.mark.parametrize("name", [PUBLIC, PRIVATE, WORK, HASH])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()

    with pytest.raises(ConfigurationError, match=f"{name} cannot be read: No such file"):
        load_local_keys(folder, may_open=True)


def test_a_missing_folder_says_how_to_make_it(tmp_path):
    with pytest.raises(ConfigurationError, match=r"flask --app server\.main keys"):
        load_local_keys(tmp_path / "none", may_open=False)


SMALL = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
WRONG = {
    PUBLIC: [b"", b"-----BEGIN PUBLIC KEY-----\nxx\n-----END PUBLIC KEY-----", pem(SMALL, public=True),
             pem(CURVE, public=True)],
    PRIVATE: [b"", os.urandom(100), pem(SMALL), pem(CURVE), pem(SMALL, password=b"secret")],
    WORK: [b"", b"\xff" * 40, b"ab" * 31, b"zz" * 32, b"ab" * 32 + b"\n" + b"ab" * 32,
           b"ab" * 32 + b" " + b"cd" * 32, b"ab" * 32 + b"\nnoise"],
    HASH: [b"", b"0 " + b"ab" * 32, b"1 ab", b"one " + b"ab" * 32, b"1 " + b"ab" * 32 + b"\nnoise", b"\xff\xfe"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "number"), [(name, i) for name, contents in WRONG.items() for i in range(len(contents))]
)
def test_a_file_that_is_no_key_is_named_and_its_content_is_not_told(folder, name, number):
    content = WRONG[name][number]
    (folder / name).write_bytes(content)

    with pytest.raises(ConfigurationError) as raised:
        load_local_keys(folder, may_open=True)

    assert str(folder / name) in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    assert "ababab" not in str(raised.value)


def test_a_private_key_of_another_pair_is_refused(folder):
    (folder / PRIVATE).write_bytes(pem(rsa.generate_private_key(65537, 3072)))

    with pytest.raises(ConfigurationError, match="does not belong"):
        load_local_keys(folder, may_open=True)


def keeper_of(folder):
    return LocalKeyKeeper(folder, lambda keys: tuple(map(str, keys)))


def test_a_rotated_vault_key_opens_what_each_version_wrapped(folder):
    before = load_local_keys(folder, may_open=True)
    old = before.vault_wrap.wrap(b"old")
    pinned = []

    assert keeper_of(folder).rotate(KeyKind.VAULT, 2, pinned.append) == "vault.private.2.pem"

    after = load_local_keys(folder, may_open=True)
    assert pinned == [after.vault_wrap.name] != [before.vault_wrap.name]
    new = after.vault_wrap.wrap(b"new")
    assert after.vault_unwrap.unwrap(old, before.vault_wrap.name) == b"old"
    assert after.vault_unwrap.unwrap(new, after.vault_wrap.name) == b"new"
    assert stat.S_IMODE((folder / "vault.private.2.pem").stat().st_mode) == 0o600
    with pytest.raises(SealBrokenError):
        after.vault_unwrap.unwrap(old, after.vault_wrap.name)


def test_a_rotation_overwrites_no_private_key(folder):
    (folder / "vault.private.2.pem").write_bytes(kept := (folder / PRIVATE).read_bytes())

    assert keeper_of(folder).rotate(KeyKind.VAULT, 2, lambda _name: None) == "vault.private.3.pem"
    assert (folder / "vault.private.2.pem").read_bytes() == kept


def test_a_rotation_that_dies_before_the_pin_leaves_the_old_version_in_use(folder):
    before = load_local_keys(folder, may_open=True).vault_wrap.name, load_local_keys(folder, may_open=True).work.name

    for kind in (KeyKind.VAULT, KeyKind.WORK):
        with pytest.raises(ZeroDivisionError):
            keeper_of(folder).rotate(kind, 2, lambda _name: 1 / 0)

    keys = load_local_keys(folder, may_open=True)
    assert (keys.vault_wrap.name, keys.work.name) == before


def test_a_private_key_without_its_public_one_gives_the_newest(folder):
    keeper_of(folder).rotate(KeyKind.VAULT, 2, lambda _name: None)
    public = (folder / PUBLIC).read_bytes()
    (folder / PUBLIC).unlink()

    assert keeper_of(folder).list_missing() == {}
    assert create_keys(folder) == [PUBLIC]
    assert (folder / PUBLIC).read_bytes() == public


def test_every_version_of_a_private_key_is_for_one_user_alone(folder):
    keeper_of(folder).rotate(KeyKind.VAULT, 2, lambda _name: None)
    (folder / PRIVATE).chmod(0o640)

    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_local_keys(folder, may_open=True)


def test_a_rotated_work_key_opens_what_each_version_wrapped(folder):
    before = load_local_keys(folder, may_open=False).work
    old = before.wrap(b"old", b"bound")
    pinned = []

    assert keeper_of(folder).rotate(KeyKind.WORK, 2, pinned.append) == WORK

    after = load_local_keys(folder, may_open=False).work
    assert pinned == [after.name] != [before.name]
    assert after.unwrap(old, b"bound") == b"old"
    assert len((folder / WORK).read_text().splitlines()) == 2
    assert stat.S_IMODE((folder / WORK).stat().st_mode) == 0o600
    # A process that runs since before the rotation wraps as before, and opens what the others wrap.
    assert before.unwrap(after.wrap(b"new", b"bound"), b"bound") == b"new"
    assert after.unwrap(before.wrap(b"old", b"bound"), b"bound") == b"old"
    with pytest.raises(SealBrokenError):
        before.unwrap(AesWork(bytes(32)).wrap(b"x", b"bound"), b"bound")


def test_a_work_key_that_vanished_under_a_running_process_is_no_trouble(folder):
    work = load_local_keys(folder, may_open=False).work
    (folder / WORK).unlink()

    assert work.unwrap(work.wrap(b"dek", b"b"), b"b") == b"dek"
    with pytest.raises(SealBrokenError):
        work.unwrap(b"noise", b"b")


def test_two_rotations_at_once_overwrite_nothing(folder):
    refused = []

    def rotate_again(_name):
        with pytest.raises(ConfigurationError, match="Another rotation"):
            keeper_of(folder).rotate(KeyKind.WORK, 2, lambda _name: None)
        refused.append(True)

    keeper_of(folder).rotate(KeyKind.WORK, 2, rotate_again)

    assert refused == [True]
    assert len((folder / WORK).read_text().splitlines()) == 2
    keeper_of(folder).rotate(KeyKind.WORK, 3, lambda _name: None)
    assert len((folder / WORK).read_text().splitlines()) == 3
