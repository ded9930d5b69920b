"""vault and erase: the stored copies, who opened one, and how to erase one."""

from __future__ import annotations

import getpass
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click
from rich.table import Table

from server.commands.reports.tables import count_noun
from server.commands.running import ExitCode, Source, report_errors, stderr, stdout
from server.domain.errors import BadInputError
from server.domain.ids import ActivityKey
from server.engine.copies.erasing import erase_mail, find_stored_mail
from server.engine.copies.opening import verify_access


def commands(source: Source) -> list[click.Command]:
    return [_vault(source), _erase(source)]


def _vault(source: Source) -> click.Command:
    @click.group("vault")
    def group() -> None:
        """Open a stored copy, and see who opened one."""

    @group.command("open")
    @click.argument("key")
    @click.option("--reason", required=True, help="Why you open it. The access ledger keeps the reason.")
    @click.option("--to", "path", type=click.Path(dir_okay=False, path_type=Path), required=True)
    @report_errors
    def open_copy(key: str, reason: str, path: Path) -> None:
        """Open the copy under KEY (activity_key in export) into a file. The access ledger gets an entry first."""
        opener = source.get().rooms.opener
        with _create_file(path) as file:
            size = file.write(opener.open_copy(ActivityKey(key), getpass.getuser(), reason))
        stdout.print(f"{size} bytes written to {path}. The access ledger has an entry for it.")

    @group.command("rewrap")
    @click.option("--reason", required=True, help="Why you do it. The access ledger keeps the reason.")
    @report_errors
    def rewrap(reason: str) -> None:
        """Bring the keys of all copies under the current version of the vault key. It may be stopped and run again."""
        services = source.get()
        done = services.rooms.rewrapper.rewrap(
            getpass.getuser(), reason, lambda count: stdout.print(f"{count_noun(count, 'copy', 'copies')} done.")
        )
        stdout.print(f"{count_noun(done.count, 'copy', 'copies')} brought under {services.ports.wrap.name}.")
        for name, count in sorted(Counter(done.unopened.values()).items()):
            stderr.print(f"{count_noun(count, 'copy', 'copies')} still under {name}, whose private key is not here.")
        if not done.unopened:
            stdout.print(_say_settled(done.settles_at))

    @group.command("ledger")
    @report_errors
    def list_openings() -> None:
        """List every opening of a copy, and verify that no entry was removed or changed."""
        entries, verdict = verify_access(source.get().ports.store)
        table = Table("No.", "When (UTC)", "Who", "Activity key", "Why")
        for entry in entries:
            opened_at = datetime.fromtimestamp(entry.at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
            table.add_row(str(entry.sequence), opened_at, entry.actor, entry.activity_key, entry.reason)
        stdout.print(table)
        if not verdict.ok:
            stderr.print(f"The access ledger was altered at entry {verdict.first_bad_sequence}: {verdict.why}")
            sys.exit(ExitCode.ACCESS_LEDGER_ALTERED)
        stdout.print("The access ledger is intact.")

    return group


def _say_settled(settles_at: float | None) -> str:
    if settles_at is None:
        return "No copy needs an earlier version of the vault key."
    until = datetime.fromtimestamp(settles_at, UTC).strftime("%H:%M:%S")
    return (
        f"Until {until} UTC a running process may still seal under the earlier version of the vault key."
        " Run this again after that."
    )


@contextmanager
def _create_file(path: Path) -> Iterator[BinaryIO]:
    """Create a file that nobody else may read, before the access ledger gets an entry. On an error it is deleted."""
    try:
        # O_EXCL: a file or link that somebody else put there is never written to.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInputError(f"{path} exists already. Name a file that does not exist yet.") from None
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
    @click.option("--yes", "is_confirmed", is_flag=True, help="Do not ask.")
    @report_errors
    def command(key: str, is_confirmed: bool) -> None:
        """Erase the copy under KEY (activity_key in export) everywhere. The Salesforce record stays."""
        ports = source.get().ports
        # Nobody is asked about a key under which there is nothing.
        find_stored_mail(ports.store, ActivityKey(key))
        if not is_confirmed:
            click.confirm("Nobody will be able to read the stored copy again. Erase it?", abort=True)
        rows = erase_mail(ports.store, ports.clock, ActivityKey(key))
        stdout.print(f"Erased. Marked as erased: {count_noun(rows, 'ledger row')}.")

    return command
