"""After a rotation every copy comes under the current key: with a trace, after any death, and without losing one."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.adapters.local_kek import RsaUnwrap, RsaWrap, fingerprint, list_private_keys, load_private_key
from server.adapters.pinned_wrap import RECHECK
from server.adapters.sqlite.documents import SqliteDocuments
from server.adapters.store import DocumentStore
from server.domain.errors import BadInputError, ConfigurationError, RefusedError, TransientError
from server.domain.identity import StateIdentity
from server.domain.ids import ActivityKey
from server.domain.ledger import SealedMail
from server.engine.copies import rewrapping
from server.engine.copies.opening import CopyOpener, verify_access
from server.engine.copies.rewrapping import SETTLED, Rewrapper
from server.vault.envelope import Place, seal_copy
from simulator.clock import Clock
from tests.support.scene import MakeScene, Scene, eml

COPIES = 11
OLD, NEW = 0, 1
KILLED = """
import os, signal, sys
from pathlib import Path
from server.adapters.local_kek import RsaUnwrap, RsaWrap, list_private_keys, load_private_key
from server.adapters.sqlite.documents import SqliteDocuments
from server.adapters.store import DocumentStore
from server.engine.copies import rewrapping
from simulator.clock import Clock

folder, calls = Path(sys.argv[1]), int(sys.argv[2])
rewrapping.BATCH = 4
keys = [load_private_key(path) for path in list_private_keys(folder)]

class Unwrap(RsaUnwrap):
    asked = 0
    def unwrap(self, wrapped, name):
        Unwrap.asked += 1
        if Unwrap.asked == calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().unwrap(wrapped, name)

store = DocumentStore(SqliteDocuments(folder / "s.sqlite3"))
rewrapping.Rewrapper(Unwrap(*keys), RsaWrap(keys[1].public_key()), store, Clock(1.0, frozen=True)).rewrap("ann", "rotation")
"""
"""A process that is killed at its n-th question to the holder of the private key."""


class Vault:
    """Copies under the first of two keys, in a state on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = [load_private_key(path) for path in list_private_keys(folder)]
        self.names = [fingerprint(key.public_key()) for key in self.keys]
        self.documents = SqliteDocuments(folder / "s.sqlite3")
        self.store = DocumentStore(self.documents)
        self.unwrap = RsaUnwrap(*self.keys)

    def seal(self, *numbers: int, under: int = OLD) -> None:
        for number in numbers:
            key = ActivityKey(f"k{number}")
            sealed = seal_copy(
                _text(number), Place("acme", "copies", key, "copy"), RsaWrap(self.keys[under].public_key())
            )
            self.store.keep_copies(
                [SealedMail(key, sealed.dek_id, sealed.ciphertext, sealed.wrapped_dek, sealed.key_name)]
            )

    def rewrapper(self, unwrap: RsaUnwrap | None = None) -> Rewrapper:
        wrap = RsaWrap(self.keys[NEW].public_key())
        return Rewrapper(unwrap or self.unwrap, wrap, self.store, Clock(1.0, frozen=True))

    def count_names(self) -> list[str]:
        return [dek.kek_name for dek in self.store.wrapped_deks()]

    def entries(self) -> list[str]:
        entries, check = verify_access(self.store)
        assert check.ok
        return [entry.reason for entry in entries if entry.reason.startswith("re-wrap")]

    def open_all(self, count: int = COPIES) -> None:
        opener = CopyOpener(self.unwrap, self.store, Clock(1.0, frozen=True), "acme")
        for number in range(count):
            assert opener.open_copy(ActivityKey(f"k{number}"), "ann", "a test") == _text(number)


def _text(number: int) -> bytes:
    return f"Dear Ann, this is {number}.".encode()


@pytest.fixture
def vault(make_scene: MakeScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    scene = make_scene()
    assert scene.flask("keys", "rotate", "vault").code == 0
    for path in list_private_keys(scene.folder / "keys"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(rewrapping, "BATCH", 4)
    vault = Vault(tmp_path)
    vault.seal(*range(COPIES))
    yield vault
    vault.documents.close()


def test_every_copy_comes_under_the_current_key_and_opens(vault: Vault) -> None:
    before = {key: vault.store.copy(ActivityKey(key)) for key in ("k0", "k7")}

    done = vault.rewrapper().rewrap("ann", "rotation")

    assert done.count == COPIES
    assert vault.count_names() == [vault.names[NEW]] * COPIES
    vault.open_all()
    for key, copy in before.items():
        after = vault.store.copy(ActivityKey(key))
        assert copy
        assert after
        assert after.ciphertext == copy.ciphertext
    assert vault.rewrapper().rewrap("ann", "again").count == 0


def test_each_batch_has_one_entry_before_its_keys_are_asked_for(vault: Vault) -> None:
    seen: list[int] = []

    class Watching(RsaUnwrap):
        def unwrap(self, wrapped: bytes, name: str) -> bytes:
            seen.append(len(vault.entries()))
            return super().unwrap(wrapped, name)

    vault.rewrapper(Watching(*vault.keys)).rewrap("ann", "rotation")

    assert seen == [1] * 4 + [2] * 4 + [3] * 3
    assert vault.entries() == [f"re-wrap {n} keys for {vault.names[NEW]}: rotation" for n in (4, 4, 3)]
    spans = [entry.activity_key for entry in verify_access(vault.store)[0]]
    assert all(span.startswith("deks ") for span in spans)


@pytest.mark.parametrize("calls", [1, 4, 5, 7, 11])
def test_a_run_that_is_killed_is_taken_up_and_loses_no_copy(vault: Vault, calls: int) -> None:
    command = [sys.executable, "-c", KILLED, str(vault.folder), str(calls)]
    killed = subprocess.run(command, check=False, cwd=Path(__file__).parents[3])
    assert killed.returncode == -signal.SIGKILL

    # The entry of the batch is durable, although nobody lived to see its first key.
    assert len(vault.entries()) == (calls - 1) // 4 + 1
    vault.open_all()

    done = vault.rewrapper().rewrap("ann", "rotation")

    assert done.count == COPIES - (calls - 1) // 4 * 4
    assert vault.count_names() == [vault.names[NEW]] * COPIES
    vault.open_all()


def test_a_later_run_goes_on_where_the_last_one_stopped(vault: Vault) -> None:
    class Failing(RsaUnwrap):
        left = 6

        def unwrap(self, wrapped: bytes, name: str) -> bytes:
            Failing.left -= 1
            if Failing.left < 0:
                raise TransientError("The key service did not answer.")
            return super().unwrap(wrapped, name)

    with pytest.raises(TransientError):
        vault.rewrapper(Failing(*vault.keys)).rewrap("ann", "rotation")

    position = vault.store.rewrap_position(vault.names[NEW])
    assert position == sorted(dek.dek_id for dek in vault.store.wrapped_deks())[3]
    assert vault.store.rewrap_position(vault.names[OLD]) == ""
    assert vault.rewrapper().rewrap("ann", "rotation").count == COPIES - 4
    assert vault.store.rewrap_position(vault.names[NEW]) == ""


def test_what_a_process_sealed_under_the_old_key_meanwhile_comes_too(vault: Vault) -> None:
    class Sealing(RsaUnwrap):
        asked = 0

        def unwrap(self, wrapped: bytes, name: str) -> bytes:
            Sealing.asked += 1
            if Sealing.asked == COPIES:
                vault.seal(*range(COPIES, 2 * COPIES))
            return super().unwrap(wrapped, name)

    vault.rewrapper(Sealing(*vault.keys)).rewrap("ann", "rotation")

    assert vault.count_names() == [vault.names[NEW]] * 2 * COPIES
    vault.open_all(2 * COPIES)


def test_a_copy_that_is_erased_meanwhile_stays_erased(vault: Vault) -> None:
    class Erasing(RsaUnwrap):
        def unwrap(self, wrapped: bytes, name: str) -> bytes:
            key = super().unwrap(wrapped, name)
            vault.store.drop_copies([ActivityKey("k5")])
            return key

    done = vault.rewrapper(Erasing(*vault.keys)).rewrap("ann", "rotation")

    assert done.count == COPIES - 1
    assert vault.store.copy(ActivityKey("k5")) is None
    assert vault.count_names() == [vault.names[NEW]] * (COPIES - 1)


def test_a_copy_whose_key_is_not_here_stays_as_it_is_and_is_counted(vault: Vault) -> None:
    done = vault.rewrapper(RsaUnwrap(vault.keys[NEW])).rewrap("ann", "rotation")

    assert done.count == 0
    assert list(done.unopened.values()) == [vault.names[OLD]] * COPIES
    vault.open_all()


def pin(vault: Vault, *numbers: int) -> None:
    names = tuple(vault.names[number] for number in numbers)
    vault.store.save_identity(lambda _current: StateIdentity("acme", names, (), (), vault_pinned_at=0.0))


def test_a_run_stops_when_a_newer_version_is_pinned_meanwhile(vault: Vault) -> None:
    """Here the other key is the newer one: it was pinned, and seals, while the second batch is on its way."""
    pin(vault, NEW)

    class Rotating(RsaUnwrap):
        asked = 0

        def unwrap(self, wrapped: bytes, name: str) -> bytes:
            Rotating.asked += 1
            if Rotating.asked == 6:
                pin(vault, NEW, OLD)
            return super().unwrap(wrapped, name)

    with pytest.raises(ConfigurationError, match="Run this again"):
        vault.rewrapper(Rotating(*vault.keys)).rewrap("ann", "rotation")

    assert Rotating.asked == 8
    assert len(vault.entries()) == 2
    assert sorted(vault.count_names()) == sorted([vault.names[NEW]] * 8 + [vault.names[OLD]] * (COPIES - 8))


def test_a_process_with_an_earlier_version_brings_no_copy_back_under_it(vault: Vault) -> None:
    pin(vault, NEW, OLD)

    with pytest.raises(ConfigurationError, match=vault.names[OLD]):
        vault.rewrapper().rewrap("ann", "rotation")

    assert vault.entries() == []
    assert vault.count_names() == [vault.names[OLD]] * COPIES


def test_nothing_settles_before_the_clock_of_another_machine_may_have_got_there(vault: Vault) -> None:
    """The key was rotated now, by a clock that is ten minutes behind."""
    pin(vault, NEW)
    rewrapper = replace(vault.rewrapper(), clock=Clock(600.0, frozen=True))
    assert rewrapper.rewrap("ann", "rotation").settles_at == SETTLED
    assert SETTLED - 600.0 >= 300.0


def test_a_run_of_a_process_from_before_a_rotation_brings_copies_under_the_newest_version(
    make_scene: MakeScene,
) -> None:
    scene = make_scene(MAY_OPEN_COPIES="yes")
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    services = scene.services
    assert scene.flask("keys", "rotate", "vault").code == 0
    scene.clock.advance(RECHECK)

    assert services.rooms.rewrapper.rewrap("ann", "rotation").count == 1

    identity = services.ports.store.identity()
    assert identity
    assert [dek.kek_name for dek in services.ports.store.wrapped_deks()] == [identity.vault_keys[-1]]


def test_only_break_glass_may_rewrap_and_only_with_a_reason(vault: Vault) -> None:
    rewrapper = vault.rewrapper()

    with pytest.raises(RefusedError):
        Rewrapper(None, rewrapper.wrap, vault.store, rewrapper.clock).rewrap("ann", "rotation")
    with pytest.raises(BadInputError):
        rewrapper.rewrap("ann", " ")
    assert vault.entries() == []


def test_the_command_rewraps_what_the_service_sealed(make_scene: MakeScene) -> None:
    scene = make_scene()
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    assert scene.flask("keys", "rotate", "vault").code == 0
    scene.restart(MAY_OPEN_COPIES="no")
    assert scene.flask("vault", "rewrap", "--reason", "rotation").code == 5
    scene.restart(MAY_OPEN_COPIES="yes")

    scene.clock.advance(_until_settled(scene) - 1)

    done = scene.flask("vault", "rewrap", "--reason", "rotation")

    assert done.code == 0
    assert "1 copy brought under" in done.output
    # A process from before the rotation may have sealed a moment ago, and what it sealed may not be stored yet.
    assert "may still seal under the earlier version of the vault key. Run this again" in " ".join(done.output.split())
    assert "No copy needs" not in done.output
    scene.clock.advance(1)
    done = scene.flask("vault", "rewrap", "--reason", "rotation")
    assert "No copy needs an earlier version of the vault key." in done.output
    # The earlier private key may go now: the copy opens without it.
    (scene.folder / "keys" / "vault.private.pem").unlink()
    scene.restart()
    [task] = scene.tasks()
    key = ActivityKey(task["TrulyActivity__Message_Key__c"])
    assert b"Hello." in scene.services.rooms.opener.open_copy(key, "ann", "a test")
    assert "re-wrap 1 keys" in " ".join(scene.flask("vault", "ledger").output.split())


def _until_settled(scene: Scene) -> float:
    """Seconds of the world's clock."""
    identity = scene.services.ports.store.identity()
    assert identity
    assert identity.vault_pinned_at
    return identity.vault_pinned_at + SETTLED - scene.clock.now()


def test_a_running_process_seals_under_the_new_version_after_a_minute(make_scene: MakeScene) -> None:
    scene = make_scene()
    scene.sync()
    assert scene.flask("keys", "rotate", "vault").code == 0
    identity = scene.services.ports.store.identity()
    assert identity
    scene.clock.advance(RECHECK)

    scene.deliver("ann@acme.example", eml())
    scene.sync()

    assert [dek.kek_name for dek in scene.services.ports.store.wrapped_deks()] == [identity.vault_keys[-1]]
    assert scene.services.ports.wrap.name == identity.vault_keys[-1]


def test_a_machine_without_the_new_public_key_goes_on_and_says_so(
    make_scene: MakeScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene = make_scene()
    scene.sync()
    public = scene.folder / "keys" / "vault.public.pem"
    before = public.read_bytes()
    assert scene.flask("keys", "rotate", "vault").code == 0
    public.write_bytes(before)
    for subject in ("One", "Two"):
        scene.clock.advance(RECHECK)
        scene.deliver("ann@acme.example", eml(subject=subject))
        scene.sync()

    identity = scene.services.ports.store.identity()
    assert identity
    assert {dek.kek_name for dek in scene.services.ports.store.wrapped_deks()} == {identity.vault_keys[0]}
    assert len(scene.tasks()) == 2
    assert caplog.text.count("is not in the folder KEYS of this machine") == 1
