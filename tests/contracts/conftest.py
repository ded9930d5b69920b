"""Every backend of ``Documents``, each test with state of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.adapters.documents import Documents
from server.adapters.firestore.documents import FirestoreDocuments
from server.adapters.sqlite.documents import SqliteDocuments
from server.adapters.store import DocumentStore
from tests.support.firestore import firestore_emulator

__all__ = ["firestore_emulator"]

Opener = Callable[[], Documents]


@pytest.fixture(params=["sqlite", pytest.param("firestore", marks=pytest.mark.firestore)])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same state once more, as another process would."""
    opened: list[Documents] = []
    if request.param == "firestore":
        request.getfixturevalue("firestore_emulator")
    project = f"t-{uuid.uuid4().hex[:12]}"

    def open_one() -> Documents:
        one: Documents = (
            FirestoreDocuments.connect(project, "(default)")
            if request.param == "firestore"
            else SqliteDocuments(tmp_path / "s.sqlite3")
        )
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def documents(opener: Opener) -> Documents:
    return opener()


@pytest.fixture
def store(documents: Documents) -> DocumentStore:
    return DocumentStore(documents)
