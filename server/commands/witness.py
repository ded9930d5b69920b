"""witness: hold the ledger against Google's own record of deliveries."""

from __future__ import annotations

import sys

import click

from server.commands.running import Source, err, out, reported
from server.commands.syncing import INCOMPLETE
from server.domain.errors import ConfigurationError
from server.engine.coverage.witness import Heard, hear

DAY = 86_400.0


def commands(source: Source) -> list[click.Command]:
    return [_witness(source)]


def _witness(source: Source) -> click.Command:
    @click.command("witness")
    @click.option("--days", default=1, type=click.IntRange(1, 30), help="How far back (default 1, at most 30).")
    @reported
    def command(days: int) -> None:
        """Ask Google's Reports API what it delivered, and name what has no row here. Needs REPORTS_WITNESS=yes."""
        services = source.get()
        if services.witness is None:
            raise ConfigurationError("REPORTS_WITNESS is not yes. It needs the scope admin.reports.audit.readonly.")
        now = services.ports.clock.now()
        found = hear(services.ports, services.witness, services.finder, now - days * DAY, now)
        _print(found)
        addresses = {m.mailbox_id: m.address for m in services.ports.store.mailboxes()}
        for mailbox_id, ids in found.missed.items():
            err.print(f"{addresses.get(mailbox_id, mailbox_id)} has no row for: {', '.join(ids)}")
        if not found.is_whole:
            err.print("Run sync; if they stay missing, report it: that must not happen.")
            sys.exit(INCOMPLETE)

    return command


def _print(found: Heard) -> None:
    missed = sum(map(len, found.missed.values()))
    out.print(f"{found.deliveries} deliveries compared, {missed} without a row.")
    out.print(
        f"Not compared: {found.later} that the sync has not come to yet, {found.elsewhere} of mailboxes that are not"
        f" read, {found.unread} of mailboxes that could not be asked."
    )
    if found.vanished:
        out.print(f"{found.vanished} are no longer in Gmail.")
