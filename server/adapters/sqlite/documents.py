"""Documents in SQLite: one table a collection, JSON with its bytes beside it, the DEKs in a file of their own."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from more_itertools import chunked, map_reduce

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
    Tally,
    Version,
    Where,
    Write,
)
from server.adapters.sqlite.files import SqliteFile
from server.domain.errors import ConflictError, InvariantError, TrulyError

FORM = 4
"""The version of the tables. Each has more collections than the one before."""
KEYS_PER_QUERY = 500
to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
"""Made once: ``json.dumps`` with arguments makes an encoder for every call."""


class SqliteDocuments:
    """Implements ``server.adapters.documents.Documents``. Thread-safe, and safe between processes of one machine."""

    def __init__(self, path: Path) -> None:
        self._first = SqliteFile(
            path, FORM, lambda c: _prepare(c, [n for n in COLLECTIONS if n not in SECOND_DATABASE])
        )
        second = path.with_name(f"{path.stem}.deks{path.suffix}")
        try:
            self._second = SqliteFile(second, FORM, lambda c: _prepare(c, sorted(SECOND_DATABASE)))
        except TrulyError:
            self._first.close()
            raise
        self.tally = Tally()

    @property
    def writes(self) -> Counter[str]:
        return self.tally.writes

    def get(self, collection: str, key: str) -> Document | None:
        return self.get_many(collection, [key]).get(key)

    def get_many(self, collection: str, keys: Sequence[str]) -> dict[str, Document]:
        documents: dict[str, Document] = {}
        if keys:
            self.tally.add_read(collection, len(set(keys)))
        with self._file(collection).borrow() as connection:
            for portion in chunked(dict.fromkeys(keys), KEYS_PER_QUERY):
                marks = ",".join("?" * len(portion))
                sql = f"SELECT key, version, data, blob FROM {collection} WHERE key IN ({marks})"  # noqa: S608  # our names
                documents.update((row[0], _read_document(row)) for row in connection.execute(sql, portion))
        return documents

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        if len(writes) > MOST_WRITES:
            raise InvariantError("Too many writes for one commit.")
        second = [w for w in writes if w.collection in SECOND_DATABASE]
        first = [w for w in writes if w.collection not in SECOND_DATABASE]
        versions = {**_commit(self._second, second), **_commit(self._first, first)}
        self.tally.add_writes(writes)
        return [versions[id(w)] for w in writes]

    def query(
        self, collection: str, *, where: Sequence[Where] = (), order_by: str | None = None, limit: int | None = None,
        after: Document | None = None,
    ) -> list[Document]:  # fmt: skip
        conditions = [f"{_field(w.field)} {'=' if w.op == '==' else w.op} ?" for w in where]
        # Firestore leaves out documents that lack the field of the order, so SQLite must too.
        conditions += [f"{_field(order_by)} IS NOT NULL"] if order_by else []
        values: list[Any] = [w.value for w in where]
        if after is not None:
            conditions.append(f"({_field(order_by)}, key) > (?, ?)" if order_by else "key > ?")
            values += [after.data[order_by], after.key] if order_by else [after.key]
        sql = f"SELECT key, version, data, blob FROM {collection}"  # noqa: S608  # our own names
        sql += f" WHERE {' AND '.join(conditions)}" if conditions else ""
        sql += f" ORDER BY {_field(order_by)}, key" if order_by else " ORDER BY key"
        sql += f" LIMIT {int(limit)}" if limit is not None else ""
        with self._file(collection).borrow() as connection:
            documents = [_read_document(row) for row in connection.execute(sql, values)]
        self.tally.add_read(collection, len(documents))
        return documents

    def scan(
        self, collection: str, *, where: Sequence[Where] = (), page: int = 500, after: str = ""
    ) -> Iterator[Document]:
        conditions = " AND ".join(["key > ?", *(f"{_field(w.field)} = ?" for w in where)])
        sql = f"SELECT key, version, data, blob FROM {collection} WHERE {conditions} ORDER BY key LIMIT {page}"  # noqa: S608
        last = after
        while True:
            with self._file(collection).borrow() as connection:
                rows = connection.execute(sql, [last, *(w.value for w in where)]).fetchall()
            self.tally.add_read(collection, len(rows))
            yield from map(_read_document, rows)
            if len(rows) < page:
                return
            last = rows[-1][0]

    def close(self) -> None:
        self._first.close()
        self._second.close()

    def _file(self, collection: str) -> SqliteFile:
        return self._second if collection in SECOND_DATABASE else self._first


def _prepare(connection: sqlite3.Connection, collections: Iterable[str]) -> None:
    """Make the tables that the file does not have: all of a new file, a few of an older one."""
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


def _commit(file: SqliteFile, writes: Sequence[Write]) -> dict[int, Version]:
    if not writes:
        return {}
    try:
        with file.transaction() as connection:
            # One number for a commit: a document written again then never has a version that it had before.
            connection.execute("UPDATE sequence SET last = last + 1")
            [number] = connection.execute("SELECT last FROM sequence").fetchone()
            for group in _group_writes(writes):
                _apply(connection, type(group[0]), group[0].collection, group, number)
    except sqlite3.IntegrityError:
        raise ConflictError("A document exists already.") from None
    if file.path.stem.endswith(".deks") and any(isinstance(w, Delete) for w in writes):
        with file.borrow() as connection:  # an erased DEK does not live on in the write-ahead log
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {id(w): Version("" if isinstance(w, Delete) else str(number)) for w in writes}


def _group_writes(writes: Sequence[Write]) -> Iterable[list[Write]]:
    """Writes of one kind to one table. The order counts only where a document is written twice."""
    if len({(write.collection, write.key) for write in writes}) < len(writes):
        return ([write] for write in writes)
    return map_reduce(writes, lambda write: (type(write), write.collection)).values()


def _apply(connection: sqlite3.Connection, kind: type[Write], table: str, writes: Sequence[Any], number: int) -> None:
    """Writes of one kind to one table, by one statement for all of them."""
    if kind is Create:
        sql = f"INSERT INTO {table} (key, version, data, blob) VALUES (?, ?, ?, ?)"  # noqa: S608  # our own names
        connection.executemany(sql, [(write.key, number, *_encode(write.data)) for write in writes])
    elif kind is Replace:
        sql = f"UPDATE {table} SET version = ?, data = ?, blob = ? WHERE key = ? AND version = ?"  # noqa: S608
        rows = [(number, *_encode(write.data), write.key, int(write.version or 0)) for write in writes]
        _expect(connection.executemany(sql, rows).rowcount, len(writes))
    else:
        anything = [(write.key,) for write in writes if write.version is None]
        versions = [(write.key, int(write.version or 0)) for write in writes if write.version is not None]
        connection.executemany(f"DELETE FROM {table} WHERE key = ?", anything)  # noqa: S608
        deletion = connection.executemany(f"DELETE FROM {table} WHERE key = ? AND version = ?", versions)  # noqa: S608
        _expect(deletion.rowcount if versions else 0, len(versions))


def _expect(changed: int, count: int) -> None:
    if changed != count:
        raise ConflictError("A document was changed by somebody else.")


def _encode(data: Data) -> tuple[str, bytes | None]:
    """JSON, and a blob in which all bytes stand one after the other; JSON says where each value begins and ends."""
    fields: dict[str, Any] = {}
    blobs: list[bytes] = []
    at = 0
    for name, value in data.items():
        if isinstance(value, bytes):
            fields[name] = {"$at": at, "$bytes": len(value)}
            blobs.append(value)
            at += len(value)
        else:
            fields[name] = value
    return to_json(fields), b"".join(blobs) if blobs else None


def _read_document(row: tuple[str, int, str, bytes | None]) -> Document:
    key, version, text, blob = row
    data = json.loads(text)
    if blob is not None:
        for name, value in data.items():
            if isinstance(value, dict) and "$bytes" in value:
                data[name] = blob[value["$at"] : value["$at"] + value["$bytes"]]
    return Document(key, data, Version(str(version)))
