"""One machine or the whole domain: the same world has the same end in SQLite and in Firestore."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.support.demo import EXPECTED, demo_scene, end_state

pytestmark = [pytest.mark.firestore, pytest.mark.slow]


def test_sqlite_and_firestore_end_alike(tmp_path: Path, firestore_emulator: str) -> None:
    assert firestore_emulator
    ends = []
    for name, state in (("sqlite", ""), ("firestore", f"firestore:t-{uuid.uuid4().hex[:12]}")):
        folder = tmp_path / name
        folder.mkdir()
        scene = demo_scene(folder, **({"STATE": state} if state else {}))
        scene.sync()
        ends.append(end_state(scene))
        scene.close()
    assert ends[0]["rows"] == EXPECTED
    assert ends[0] == ends[1]
