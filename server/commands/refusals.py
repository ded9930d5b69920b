"""refused and replay: what Salesforce would not take, by cause, and another try once that is mended."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from server.commands.running import Source, out, reported
from server.engine.ledger.refusals import IN_DOUBT, by_cause, replay
from server.engine.mailboxes.stages import find_mailbox


def commands(source: Source) -> list[click.Command]:
    return [_refused(source), _replay(source)]


def _refused(source: Source) -> click.Command:
    @click.command("refused")
    @reported
    def command() -> None:
        """List what Salesforce refused, by cause, with its own newest sentence."""
        ports = source.get().ports
        found = by_cause(ports, ports.store.mailboxes())
        if not found:
            out.print("Salesforce refused nothing.")
            return
        cause = Column("Cause", no_wrap=True)  # it is what --cause takes
        table = Table(cause, "Mails", "Boxes", "Last (UTC)", "Salesforce says", box=SIMPLE_HEAD)
        for each in found:
            last = datetime.fromtimestamp(each.last_at, UTC).strftime("%Y-%m-%d %H:%M")
            table.add_row(each.code, str(each.count), str(each.mailboxes), last, each.sentence)
        out.print(table)
        out.print("Each is tried once more every night; replay does it now.")
        if any(each.code == IN_DOUBT for each in found):
            out.print(
                f"{IN_DOUBT} is not: such mail may stand in Salesforce already, and without our key field nobody can"
                f" tell. Look there, then `replay --cause {IN_DOUBT}` logs all of it (again)."
            )

    return command


def _replay(source: Source) -> click.Command:
    @click.command("replay")
    @click.argument("addresses", nargs=-1)
    @click.option("--cause", help="Only what was refused for this (see refused).")
    @reported
    def command(addresses: tuple[str, ...], cause: str | None) -> None:
        """Try what Salesforce refused once more, of everybody or of these ADDRESSES; the next sync does it."""
        ports = source.get().ports
        chosen = [find_mailbox(ports, address) for address in addresses] or ports.store.mailboxes()
        count = sum(replay(ports, mailbox, cause) for mailbox in chosen)
        out.print(f"{count} messages wait for the next sync.")

    return command
