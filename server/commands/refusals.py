"""refused and replay: the emails that Salesforce refused, by cause, and another try once the cause is fixed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import click
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from server.commands.running import Source, report_errors, stdout
from server.domain.errors import BadInputError
from server.domain.ledger import Row
from server.engine.ledger.refusals import IN_DOUBT, group_by_cause, list_refused, replay_refused
from server.engine.mailboxes.stages import find_mailbox


def commands(source: Source) -> list[click.Command]:
    return [_list_refusals(source), _replay(source)]


def _check_cause(refused_rows: Iterable[Row], cause: str) -> None:
    """Raises BadInputError where nothing was refused for this cause."""
    causes = sorted({row.cause for row in refused_rows if row.cause})
    if cause not in causes:
        names = f"The causes are {', '.join(causes)}." if causes else "Salesforce refused nothing."
        raise BadInputError(f"Nothing was refused for the cause {cause}. {names}")


def _list_refusals(source: Source) -> click.Command:
    @click.command("refused")
    @report_errors
    def command() -> None:
        """List what Salesforce refused, by cause, with its own newest sentence."""
        services = source.get()
        store = services.ports.store
        refusals = group_by_cause(store, services.rooms.sealing, store.mailboxes())
        if not refusals:
            stdout.print("Salesforce refused nothing.")
            return
        # The cause is what --cause takes, so it must not be broken into lines.
        cause = Column("Cause", no_wrap=True)
        table = Table(cause, "Mails", "Boxes", "Last (UTC)", "Salesforce says", box=SIMPLE_HEAD)
        for group in refusals:
            last = datetime.fromtimestamp(group.last_at, UTC).strftime("%Y-%m-%d %H:%M")
            table.add_row(group.code, str(group.count), str(group.mailboxes), last, group.sentence)
        stdout.print(table)
        stdout.print("We try each of these emails again every night. After replay, the next sync tries them.")
        if any(group.code == IN_DOUBT for group in refusals):
            stdout.print(
                f"{IN_DOUBT} is the exception: such an email may be in Salesforce already, and without our key field"
                f" nobody can tell. Look there, then run `replay --cause {IN_DOUBT}` to log all of them (again)."
            )

    return command


def _replay(source: Source) -> click.Command:
    @click.command("replay")
    @click.argument("addresses", nargs=-1)
    @click.option("--cause", help="Only what was refused for this cause (see refused).")
    @report_errors
    def command(addresses: tuple[str, ...], cause: str | None) -> None:
        """Let the next sync retry what Salesforce refused, in all mailboxes or in the mailboxes of ADDRESSES."""
        ports = source.get().ports
        mailboxes = [find_mailbox(ports.store, address) for address in addresses] or ports.store.mailboxes()
        if cause:
            _check_cause([row for mailbox in mailboxes for row in list_refused(ports.store, mailbox)], cause)
        count = sum(replay_refused(ports.store, ports.clock, mailbox, cause) for mailbox in mailboxes)
        stdout.print(f"{count} messages wait for the next sync.")

    return command
