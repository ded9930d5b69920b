"""vault and erase: what we keep, who looked at it, and how to end it."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click
from rich.table import Table

from server.commands.running import Source, err, out, reported
from server.domain.errors import BadInputError
from server.domain.ids import ActivityKey
from server.engine.copies.erasing import erase
from server.engine.copies.opening import open_sealed, verify_access

BROKEN = 10
"""Exit code of a broken access ledger."""


def commands(source: Source) -> list[click.Command]:
    return [_vault(source), _erase(source)]


def _vault(source: Source) -> click.Command:
    @click.group("vault")
    def group() -> None:
        """Open a stored copy, and see who opened one."""

    @group.command("open")
    @click.argument("key")
    @click.option("--reason", required=True, help="Why. It is kept in the access ledger.")
    @click.option("--to", "path", type=click.Path(dir_okay=False, path_type=Path), required=True)
    @reported
    def open_(key: str, reason: str, path: Path) -> None:
        """Open the copy under KEY (activity_key in export) into a file. The access ledger has the entry first."""
        ports = source.get().ports
        with _new_file(path) as file:
            size = file.write(open_sealed(ports, ActivityKey(key), getpass.getuser(), reason))
        out.print(f"{size} bytes written to {path}. This is in the access ledger.")

    @group.command("ledger")
    @reported
    def ledger() -> None:
        """List every opening of a copy, and verify that none was removed or changed."""
        entries, verdict = verify_access(source.get().ports)
        table = Table("No.", "When (epoch ms)", "Who", "Activity key", "Why")
        for entry in entries:
            table.add_row(str(entry.sequence), str(entry.at_ms), entry.actor, entry.activity_key, entry.reason)
        out.print(table)
        if not verdict.ok:
            err.print(f"The access ledger was altered at entry {verdict.first_bad_sequence}: {verdict.why}")
            sys.exit(BROKEN)
        out.print("The access ledger is whole.")

    return group


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Nobody else's to read, and there before the ledger has an entry; gone again where nothing came to be in it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInputError(f"{path} exists already. Name a file that does not.") from None
    except OSError as error:
        raise BadInputError(f"{path} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _erase(source: Source) -> click.Command:
    @click.command("erase")
    @click.argument("key")
    @click.confirmation_option(prompt="The stored copy will be unreadable for ever. Erase it?")
    @reported
    def command(key: str) -> None:
        """Erase the copy under KEY (activity_key in export) everywhere. The Salesforce record stays."""
        rows = erase(source.get().ports, ActivityKey(key))
        out.print(f"Erased. {rows} ledger rows say so.")

    return command
