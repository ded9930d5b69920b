"""Records that nobody changes, in a file of their own: a million of them cost no memory, and an index finds one."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

AT_ONCE = 500
"""Values of one question to the file."""


class Crowd:
    """Thread-safe. Each row has values for ``fields``, one of them ``Id``; ``plain`` is what all have alike."""

    def __init__(self, fields: Sequence[str], rows: Iterable[Sequence[str]], defaults: Mapping[str, Any]) -> None:
        self._fields = tuple(fields)
        self._defaults = dict(defaults)
        self._lock = threading.Lock()
        self._file = sqlite3.connect("", check_same_thread=False)  # a file without a name goes when it is closed
        columns = ", ".join(f'"{name}" TEXT COLLATE {"BINARY" if name == "Id" else "NOCASE"}' for name in self._fields)
        self._file.execute(f"CREATE TABLE crowd ({columns})")
        slots = ", ".join("?" * len(self._fields))
        self._file.executemany(f"INSERT INTO crowd VALUES ({slots})", rows)  # noqa: S608  # names of our own
        for name in self._fields:
            self._file.execute(f'CREATE INDEX "by_{name}" ON crowd ("{name}")')

    def where(self, name: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows with one of these values, case aside as SOQL has it."""
        if name not in self._fields:
            return []
        dictionaries: list[dict[str, Any]] = []
        for start in range(0, len(values), AT_ONCE):
            slice_of_values = list(values[start : start + AT_ONCE])
            slots = ", ".join("?" * len(slice_of_values))
            with self._lock:
                rows = self._file.execute(
                    f'SELECT * FROM crowd WHERE "{name}" IN ({slots}) ORDER BY rowid',  # noqa: S608
                    slice_of_values,
                ).fetchall()
            dictionaries += [{**self._defaults, **dict(zip(self._fields, row, strict=True))} for row in rows]
        return dictionaries
