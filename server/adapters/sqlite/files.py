"""A SQLite file, opened safely, with connections to borrow."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from server.domain.errors import ConfigurationError, StateAwayError
from server.ports.patience import shorten

PATIENCE = 30.0
"""Seconds that a connection waits for another process's write."""


class SqliteFile:
    """Thread-safe: each borrower has a connection alone, and connections are used again.

    ``prepare`` makes the tables, within one exclusive transaction. ``form`` is the version of the format, kept as
    ``user_version``: an older program never writes into a newer file.
    """

    def __init__(self, path: Path, form: int, prepare: Callable[[sqlite3.Connection], None]) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._is_closed = False
        _create_private(path)
        with self.borrow() as connection:
            self._check(connection, form, prepare)

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """Raises TransientError where the disk or a lock is in the way, ConfigurationError where it is no database."""
        connection = self._take()
        is_sound = False
        try:
            yield connection
            is_sound = True
        except sqlite3.OperationalError as error:
            raise _name_failure(self.path, error) from None
        except sqlite3.IntegrityError:
            is_sound = True
            raise
        except sqlite3.DatabaseError:
            raise ConfigurationError(
                f"{self.path} is damaged, or not a SQLite database. Restore it, or name another file in STATE."
            ) from None
        finally:
            self._give_back(connection, is_sound=is_sound)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Holds the write lock from its first statement on, so that two writers never deadlock."""
        with self.borrow() as connection:
            _set_patience(connection, shorten(PATIENCE))
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        try:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise ConfigurationError(f"{self.path} cannot be opened: {error}.") from None
        _set_patience(connection, PATIENCE)
        # Deleted headers and copies are overwritten, not only unlinked.
        connection.execute("PRAGMA secure_delete=ON")
        return connection

    def _give_back(self, connection: sqlite3.Connection, *, is_sound: bool) -> None:
        with self._lock:
            if is_sound and not self._is_closed:
                self._idle.append(connection)
                return
        connection.close()

    def _check(self, connection: sqlite3.Connection, form: int, prepare: Callable[[sqlite3.Connection], None]) -> None:
        # Readers go on while a writer writes, and a commit that returned survives a power cut.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            [stored_form] = connection.execute("PRAGMA user_version").fetchone()
            if stored_form > form:
                self._refuse_newer()
            if stored_form < form:
                prepare(connection)
                connection.execute(f"PRAGMA user_version={form}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _refuse_newer(self) -> NoReturn:
        raise ConfigurationError(f"{self.path} was written by a newer version of this program. Update the program.")


def _create_private(path: Path) -> None:
    """For our user alone; SQLite gives the files beside it the same mode. Where this fails, opening says why."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _set_patience(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")


def _name_failure(path: Path, error: sqlite3.OperationalError) -> Exception:
    text = str(error)
    if "readonly" in text or "unable to open" in text:
        return ConfigurationError(f"{path} cannot be written: {text}.")
    return StateAwayError(f"The database file could not be used: {text}.")
