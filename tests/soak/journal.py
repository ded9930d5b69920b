"""What became of each row, step by step, written down by the database itself in the commit that changed it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from server.domain.decision import OUTCOME_OF, Outcome, Reason

SCRIPT = """
CREATE TABLE IF NOT EXISTS row_changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, at REAL, old TEXT, new TEXT, old_activity TEXT, activity TEXT);
CREATE TRIGGER IF NOT EXISTS row_added AFTER INSERT ON messages BEGIN
    INSERT INTO row_changes (key, at, new, activity)
    VALUES (NEW.key, json_extract(NEW.data, '$.updated_at'), json_extract(NEW.data, '$.reason'),
        json_extract(NEW.data, '$.activity_id'));
END;
CREATE TRIGGER IF NOT EXISTS row_changed AFTER UPDATE ON messages BEGIN
    INSERT INTO row_changes (key, at, old, old_activity, new, activity)
    VALUES (NEW.key, json_extract(NEW.data, '$.updated_at'), json_extract(OLD.data, '$.reason'),
        json_extract(OLD.data, '$.activity_id'), json_extract(NEW.data, '$.reason'),
        json_extract(NEW.data, '$.activity_id'));
END;
CREATE TRIGGER IF NOT EXISTS row_removed AFTER DELETE ON messages BEGIN
    INSERT INTO row_changes (key, old, old_activity)
    VALUES (OLD.key, json_extract(OLD.data, '$.reason'), json_extract(OLD.data, '$.activity_id'));
END;
"""


@dataclass(frozen=True)
class Change:
    """``old`` is None for a new row, ``new`` for one that was removed. ``at`` is when the server says it wrote."""

    key: str
    at: float
    old: Reason | None
    new: Reason | None
    old_activity: str | None
    activity: str | None

    @property
    def closes(self) -> bool:
        return self.new is not None and OUTCOME_OF[self.new] is not Outcome.WAITING


def watch(state: Path) -> None:
    """From now on every change of a row is written down."""
    with closing(sqlite3.connect(state)) as connection:
        connection.executescript(SCRIPT)


def changes(state: Path) -> Iterator[Change]:
    """In order of commits."""
    sql = "SELECT key, at, old, new, old_activity, activity FROM row_changes ORDER BY number"
    with closing(sqlite3.connect(state)) as connection:
        found = connection.execute(sql).fetchall()
    for key, at, old, new, old_activity, activity in found:
        yield Change(key, at or 0.0, Reason(old) if old else None, Reason(new) if new else None, old_activity, activity)
