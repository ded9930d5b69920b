"""What only the files of SQLite can go wrong with."""

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from server.adapters.documents import Create, Delete
from server.adapters.sqlite.documents import SqliteDocuments
from server.domain.errors import ConfigurationError, ConflictError
from tests.support.documents import keys, write

NOBODY = 65534


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.sqlite3"


def second(path):
    return path.with_name("s.deks.sqlite3")


def refusal(path):
    """The text of the refusal, which is one sentence or two for a person."""
    with pytest.raises(ConfigurationError) as caught:
        SqliteDocuments(path)
    text = str(caught.value)
    assert "\n" not in text
    assert "Error" not in text
    assert "sqlite3." not in text.replace(str(path), "").replace(str(second(path)), "")
    assert caught.value.__cause__ is None
    return text


@contextmanager
def as_nobody():
    """A folder's mode binds everybody but root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared():
    """A folder that others can reach, as those under pytest's own cannot be."""
    folder = Path(tempfile.mkdtemp(prefix="shared-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_wrapped_deks_are_in_a_file_of_their_own(path):
    documents = SqliteDocuments(path)
    write(documents, "d", {"wrapped": b"wrapped-dek-bytes"}, "deks")
    write(documents, "c", {"bytes": b"ciphertext-bytes"}, "copies")
    documents.close()

    assert b"wrapped-dek-bytes" in second(path).read_bytes()
    assert b"wrapped-dek-bytes" not in path.read_bytes()
    assert b"ciphertext-bytes" not in second(path).read_bytes()


def test_a_deleted_dek_is_in_no_file_any_more(path):
    documents = SqliteDocuments(path)
    for name in ("a", "b"):
        write(documents, name, {"wrapped": f"wrapped-dek-of-{name}".encode() * 10}, "deks")

    documents.commit([Delete("deks", "a", None)])

    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"wrapped-dek-of-a" not in left
    assert documents.get("deks", "a") is None
    assert documents.get("deks", "b") is not None
    documents.close()


def test_what_was_written_is_there_when_it_is_opened_again(path):
    first = SqliteDocuments(path)
    version = write(first, "a", {"x": 1})
    first.close()

    again = SqliteDocuments(path)

    assert again.get("messages", "a").version == version
    assert write(again, "b", {"x": 1}) != version
    again.close()


@pytest.mark.parametrize("which", ["first", "second"])
@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database_is_named(path, which, content):
    bad = path if which == "first" else second(path)
    bad.write_bytes(content)

    assert str(bad) in refusal(path)
    assert bad.read_bytes() == content


@pytest.mark.parametrize("which", ["first", "second"])
def test_a_file_with_damaged_pages_is_named_when_they_are_read(path, which):
    documents = SqliteDocuments(path)
    for i in range(200):
        write(documents, f"k{i:03}", {"x": "y" * 200}, "messages" if which == "first" else "deks")
    documents.close()
    bad = path if which == "first" else second(path)
    size = bad.stat().st_size
    with bad.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * (size - 8192))

    with pytest.raises(ConfigurationError, match="damaged") as caught:
        list(SqliteDocuments(path).scan("messages" if which == "first" else "deks"))
    assert str(bad) in str(caught.value)


@pytest.mark.parametrize("which", ["first", "second"])
def test_a_file_of_a_newer_program_is_named_and_left_alone(path, which):
    SqliteDocuments(path).close()
    newer = path if which == "first" else second(path)
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    before = newer.read_bytes()

    text = refusal(path)

    assert str(newer) in text
    assert "newer" in text
    assert newer.read_bytes() == before


def test_a_missing_folder_is_named(path):
    assert str(path.parent / "gone") in refusal(path.parent / "gone" / "s.sqlite3")


def test_a_folder_in_place_of_the_file_is_named(path):
    path.mkdir()

    assert str(path) in refusal(path)


def test_a_folder_that_cannot_be_written_is_named(shared):
    path = shared / "s.sqlite3"
    shared.chmod(0o555)

    with as_nobody():
        assert str(path) in refusal(path)
    assert list(shared.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(shared):
    path = shared / "s.sqlite3"
    SqliteDocuments(path).close()
    for file in (path, second(path)):
        file.chmod(0o444)
    shared.chmod(0o555)

    with as_nobody():
        assert str(path) in refusal(path)


def test_other_users_cannot_read_the_state(path):
    umask = os.umask(0o022)
    try:
        documents = SqliteDocuments(path)
        write(documents, "a", {"x": 1})
    finally:
        os.umask(umask)

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert {path.name, second(path).name} <= set(modes)
    assert not any(mode & 0o077 for mode in modes.values()), modes
    documents.close()


KILLED = """
import sys
from pathlib import Path
from server.adapters.documents import Create
from server.adapters.sqlite.documents import SqliteDocuments

documents = SqliteDocuments(Path(sys.argv[1]))
documents.commit([Create("messages", f"whole{i}", {"x": i}) for i in range(50)])
with documents._first.transaction() as connection:
    connection.execute("PRAGMA cache_size=5")
    for i in range(500):
        sql = "INSERT INTO messages (key, version, data, blob) VALUES (?, 99, '{}', ?)"
        connection.execute(sql, (f"half{i}", bytes(5000)))
    connection.execute("DELETE FROM messages WHERE key = 'whole0'")
    print("now", flush=True)
    sys.stdin.read()
"""


def test_a_process_killed_in_a_transaction_leaves_the_file_whole(path):
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"now\n"
        process.send_signal(signal.SIGKILL)

    documents = SqliteDocuments(path)

    assert sorted(keys(documents.scan("messages"))) == sorted(f"whole{i}" for i in range(50))
    write(documents, "after", {"x": 1})
    documents.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_failed_commit_leaves_its_connection_fit_for_the_next(path):
    documents = SqliteDocuments(path)
    write(documents, "a", {"x": 1})

    for _ in range(3):
        with pytest.raises(ConflictError):
            documents.commit([Create("messages", "b", {}), Create("messages", "a", {})])
    documents.commit([Create("messages", "b", {"x": 2})])

    assert keys(documents.query("messages")) == ["a", "b"]
    documents.close()


def test_a_file_of_the_first_form_gets_the_collections_it_has_not_and_keeps_the_rest(path):
    documents = SqliteDocuments(path)
    documents.commit([Create("mailboxes", "m1", {"addresses": ["a@acme.example"], "stage": "live"})])
    documents.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE alarms")
        connection.execute("PRAGMA user_version=1")
    connection.close()

    documents = SqliteDocuments(path)
    documents.commit([Create("alarms", "a", {"code": "x"})])

    assert documents.get("mailboxes", "m1").data["stage"] == "live"
    assert len(documents.query("alarms")) == 1
    documents.close()
