"""Documents in SQLite: one table a collection, JSON with its bytes beside it, the DEKs in a file of their own."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from server.adapters.documents import (
    COLLECTIONS,
    INDEXES,
    MOST_WRITES,
    SECOND_DATABASE,
    Create,
    Data,
    Delete,
    Document,
    Replace,
    Version,
    Where,
    Write,
)
from server.adapters.sqlite.files import SqliteFile
from server.domain.errors import ConflictError, InvariantError

FORM = 2
"""2 added collections to 1."""
AT_ONCE = 500
"""Keys in one IN list."""


class SqliteDocuments:
    """Implements ``server.adapters.documents.Documents``. Thread-safe, and safe between processes of one machine."""

    def __init__(self, path: Path) -> None:
        self._first = SqliteFile(
            path, FORM, lambda c: _prepare(c, [n for n in COLLECTIONS if n not in SECOND_DATABASE])
        )
        second = path.with_name(f"{path.stem}.deks{path.suffix}")
        self._second = SqliteFile(second, FORM, lambda c: _prepare(c, sorted(SECOND_DATABASE)))
        self._lock = threading.Lock()
        self.writes: Counter[str] = Counter()

    def get(self, collection: str, key: str) -> Document | None:
        return self.get_many(collection, [key]).get(key)

    def get_many(self, collection: str, keys: Sequence[str]) -> dict[str, Document]:
        found: dict[str, Document] = {}
        wanted = list(dict.fromkeys(keys))
        with self._file(collection).borrow() as connection:
            for start in range(0, len(wanted), AT_ONCE):
                part = wanted[start : start + AT_ONCE]
                marks = ",".join("?" * len(part))
                sql = f"SELECT key, version, data, blob FROM {collection} WHERE key IN ({marks})"  # noqa: S608  # our names
                found.update((row[0], _document(row)) for row in connection.execute(sql, part))
        return found

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        if len(writes) > MOST_WRITES:
            raise InvariantError("Too many writes for one commit.")
        second = [w for w in writes if w.collection in SECOND_DATABASE]
        first = [w for w in writes if w.collection not in SECOND_DATABASE]
        versions = {**_committed(self._second, second), **_committed(self._first, first)}
        with self._lock:
            self.writes.update(w.collection for w in writes)
        return [versions[id(w)] for w in writes]

    def query(
        self, collection: str, *, where: Sequence[Where] = (), order_by: str | None = None, limit: int | None = None
    ) -> list[Document]:
        conditions = [f"{_field(w.field)} {'=' if w.op == '==' else w.op} ?" for w in where]
        conditions += [f"{_field(order_by)} IS NOT NULL"] if order_by else []
        sql = f"SELECT key, version, data, blob FROM {collection}"  # noqa: S608  # our own names
        sql += f" WHERE {' AND '.join(conditions)}" if conditions else ""
        sql += f" ORDER BY {_field(order_by)}, key" if order_by else " ORDER BY key"
        sql += f" LIMIT {int(limit)}" if limit is not None else ""
        with self._file(collection).borrow() as connection:
            return [_document(row) for row in connection.execute(sql, [w.value for w in where])]

    def scan(self, collection: str, *, where: Sequence[Where] = (), page: int = 500) -> Iterator[Document]:
        conditions = " AND ".join(["key > ?", *(f"{_field(w.field)} = ?" for w in where)])
        sql = f"SELECT key, version, data, blob FROM {collection} WHERE {conditions} ORDER BY key LIMIT {page}"  # noqa: S608
        last = ""
        while True:
            with self._file(collection).borrow() as connection:
                rows = connection.execute(sql, [last, *(w.value for w in where)]).fetchall()
            yield from map(_document, rows)
            if len(rows) < page:
                return
            last = rows[-1][0]

    def close(self) -> None:
        self._first.close()
        self._second.close()

    def _file(self, collection: str) -> SqliteFile:
        return self._second if collection in SECOND_DATABASE else self._first


def _prepare(connection: sqlite3.Connection, collections: Iterable[str]) -> None:
    """Of a file of an older form, only what it has not."""
    columns = "one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL"
    connection.execute(f"CREATE TABLE IF NOT EXISTS sequence ({columns})")
    connection.execute("INSERT OR IGNORE INTO sequence VALUES (1, 0)")
    for name in collections:
        columns = "key TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL, blob BLOB"
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
        for number, fields in enumerate(INDEXES.get(name, ())):
            columns = ", ".join(map(_field, fields))
            connection.execute(f"CREATE INDEX IF NOT EXISTS {name}_{number} ON {name} ({columns})")


def _field(name: str | None) -> str:
    return f"json_extract(data, '$.{name}')"


def _committed(file: SqliteFile, writes: Sequence[Write]) -> dict[int, Version]:
    if not writes:
        return {}
    try:
        with file.transaction() as connection:
            connection.execute("UPDATE sequence SET last = last + 1")
            [number] = connection.execute("SELECT last FROM sequence").fetchone()
            for write in writes:
                _apply(connection, write, number)
    except sqlite3.IntegrityError:
        raise ConflictError("A document exists already.") from None
    if file.path.stem.endswith(".deks") and any(isinstance(w, Delete) for w in writes):
        with file.borrow() as connection:  # an erased DEK does not live on in the write-ahead log
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {id(w): Version("" if isinstance(w, Delete) else str(number)) for w in writes}


def _apply(connection: sqlite3.Connection, write: Write, number: int) -> None:
    table = write.collection
    if isinstance(write, Create):
        sql = f"INSERT INTO {table} (key, version, data, blob) VALUES (?, ?, ?, ?)"  # noqa: S608  # our own names
        connection.execute(sql, (write.key, number, *_encoded(write.data)))
        return
    if isinstance(write, Replace):
        sql = f"UPDATE {table} SET version = ?, data = ?, blob = ? WHERE key = ? AND version = ?"  # noqa: S608
        done = connection.execute(sql, (number, *_encoded(write.data), write.key, int(write.version or 0)))
    elif write.version is None:
        connection.execute(f"DELETE FROM {table} WHERE key = ?", (write.key,))  # noqa: S608
        return
    else:
        sql = f"DELETE FROM {table} WHERE key = ? AND version = ?"  # noqa: S608
        done = connection.execute(sql, (write.key, int(write.version or 0)))
    if done.rowcount != 1:
        raise ConflictError("A document was changed by somebody else.")


def _encoded(data: Data) -> tuple[str, bytes | None]:
    """Bytes stand one after the other in the blob; JSON holds where each begins and how long it is."""
    plain: dict[str, Any] = {}
    blobs: list[bytes] = []
    at = 0
    for name, value in data.items():
        if isinstance(value, bytes):
            plain[name] = {"$at": at, "$bytes": len(value)}
            blobs.append(value)
            at += len(value)
        else:
            plain[name] = value
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False), b"".join(blobs) if blobs else None


def _document(row: tuple[str, int, str, bytes | None]) -> Document:
    key, version, text, blob = row
    data = json.loads(text)
    if blob is not None:
        for name, value in data.items():
            if isinstance(value, dict) and "$bytes" in value:
                data[name] = blob[value["$at"] : value["$at"] + value["$bytes"]]
    return Document(key, data, Version(str(version)))
