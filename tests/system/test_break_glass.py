"""Only the break-glass account opens a copy, and the access ledger has it before KMS is asked, also by a process that dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.domain.ids import ActivityKey
from server.engine.copies.opening import verify_access
from simulator.cloud.project import CloudProject
from tests.support.cloud import plan, run_cloud_scene
from tests.support.scene import Scene, eml

RAW = eml(sender="ada@byron.example", subject="Lamps", text="The lamps are blue.")
ATTEMPT_SECONDS = 3
"""For so long one call of KMS is waited for."""


class Vault:
    """A service in the cloud that has logged one email, and the operator's command that opens its copy."""

    def __init__(self, scene: Scene, project: CloudProject, folder: Path) -> None:
        self.scene = scene
        self.project = project
        self.target = folder / "copy.eml"
        scene.deliver("ann@acme.example", RAW)
        scene.sync()
        store = scene.services.ports.store
        [row] = store.rows(scene.mailbox().mailbox_id)
        assert row.activity_key
        self.key = ActivityKey(row.activity_key)

    def start_opening(self, account: str, may_open: str = "yes") -> subprocess.Popen[str]:
        """In a process of its own, which may be killed."""
        env = {
            **os.environ,
            **self.scene.source,
            **self.project.settings(account),
            "MAY_OPEN_COPIES": may_open,
        }
        command = [sys.executable, "-m", "flask", "--app", "server.main", "vault", "open", self.key]
        return subprocess.Popen(
            [*command, "--reason", "audit 7", "--to", str(self.target)],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def open(self, account: str, may_open: str = "yes") -> tuple[int, str]:
        process = self.start_opening(account, may_open)
        output, errors = process.communicate(timeout=60)
        return process.returncode, output + errors

    def reasons(self) -> list[str]:
        """Of the access ledger's entries, whose chain must hold."""
        entries, verdict = verify_access(self.scene.services.ports.store)
        assert verdict.ok
        return [entry.reason for entry in entries]

    def count_decrypts(self, account: str = "", status: str = "") -> int:
        return self.project.server.gate.count("kms", "AsymmetricDecrypt", caller=account, status=status)

    def wait_for_kms(self, calls: int) -> None:
        ends = time.monotonic() + 60
        while self.project.server.gate.count_begun("kms", "AsymmetricDecrypt") < calls:
            assert time.monotonic() < ends, "KMS was never asked."
            time.sleep(0.02)


@pytest.fixture(params=["sqlite", pytest.param("firestore", marks=pytest.mark.firestore)])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Vault]:
    settings = {}
    if request.param == "firestore":
        request.getfixturevalue("firestore_emulator")
        settings["STATE"] = f"firestore:t-{uuid.uuid4().hex[:12]}"
    with run_cloud_scene(tmp_path, **settings) as (scene, project):
        yield Vault(scene, project, tmp_path)


def test_the_break_glass_account_opens_a_copy(vault: Vault) -> None:
    code, output = vault.open(vault.project.break_glass)

    assert code == 0, output
    assert vault.target.read_bytes() == RAW
    assert vault.reasons() == ["audit 7"]
    assert vault.count_decrypts(vault.project.break_glass, "OK") == 1


@pytest.mark.parametrize("account", ["worker", "sidebar", "operator"])
def test_no_other_account_opens_a_copy_and_kms_has_the_attempt_on_record(vault: Vault, account: str) -> None:
    address = vault.project.account(account)

    code, output = vault.open(address)

    assert (code, "This identity may not open copies" in output) == (5, True)
    assert not vault.target.exists()
    assert vault.count_decrypts(address, "PERMISSION_DENIED") == 1
    assert vault.count_decrypts(status="OK") == 0
    # The attempt stands in our own ledger too.
    assert vault.reasons() == ["audit 7"]


def test_a_process_that_may_not_open_copies_asks_nobody(vault: Vault) -> None:
    code, output = vault.open(vault.project.break_glass, may_open="no")

    assert (code, "MAY_OPEN_COPIES" in output) == (5, True)
    assert vault.count_decrypts() == 0
    assert vault.reasons() == []


def test_an_opening_that_is_killed_while_kms_is_asked_stands_in_the_ledger(vault: Vault) -> None:
    plan(vault.project, "kms", "AsymmetricDecrypt", "slow:2")
    process = vault.start_opening(vault.project.break_glass)
    try:
        vault.wait_for_kms(1)
        assert vault.reasons() == ["audit 7"]
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)

    assert process.returncode == -signal.SIGKILL
    assert vault.reasons() == ["audit 7"]
    assert not vault.target.exists() or vault.target.read_bytes() == b""


def test_the_ledger_has_an_opening_that_kms_never_answered(vault: Vault) -> None:
    plan(vault.project, "kms", "AsymmetricDecrypt", f"slow:{ATTEMPT_SECONDS * 3}", -1)

    code, output = vault.open(vault.project.break_glass)

    assert (code, "Cloud KMS cannot be reached" in output) == (6, True)
    assert not vault.target.exists()
    assert vault.reasons() == ["audit 7"]


def test_without_a_ledger_kms_is_not_asked(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.scene.restart(**vault.project.settings(vault.project.break_glass), MAY_OPEN_COPIES="yes")
    services = vault.scene.services

    def fail(*_args: object) -> None:
        raise OSError("The disk is full.")

    monkeypatch.setattr(services.documents, "commit", fail)
    with pytest.raises(OSError, match="full"):
        services.rooms.opener.open_copy(vault.key, "ann", "audit 8")

    assert vault.count_decrypts() == 0
