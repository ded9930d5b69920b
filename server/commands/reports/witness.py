"""witness: compare the ledger with Google's own record of deliveries."""

from __future__ import annotations

import sys

import click

from server.commands.running import ExitCode, Source, report_errors, stderr, stdout
from server.domain.errors import ConfigurationError
from server.engine.coverage.witness import Comparison
from server.engine.mailboxes.status_text import describe_trouble

DAY = 86_400.0
"""Seconds."""


def commands(source: Source) -> list[click.Command]:
    return [_witness(source)]


def _witness(source: Source) -> click.Command:
    @click.command("witness")
    @click.option("--days", default=1, type=click.IntRange(1, 30), help="How far back (default 1, at most 30).")
    @report_errors
    def command(days: int) -> None:
        """Ask Google's Reports API what it delivered, and name what has no row here. Needs REPORTS_WITNESS=yes."""
        services = source.get()
        comparer = services.rooms.comparer
        if comparer is None:
            raise ConfigurationError("REPORTS_WITNESS is not yes. It needs the scope admin.reports.audit.readonly.")
        now = services.ports.clock.now()
        comparison = comparer.compare_with_deliveries(now - days * DAY, now)
        _print_comparison(comparison)
        addresses = {m.mailbox_id: m.address for m in services.ports.store.mailboxes()}
        for mailbox_id, code in comparison.refused.items():
            stderr.print(f"{addresses.get(mailbox_id, mailbox_id)} was not compared. {describe_trouble(code)}")
        for mailbox_id, ids in comparison.missed.items():
            stderr.print(f"{addresses.get(mailbox_id, mailbox_id)} has no row for: {', '.join(ids)}")
        if not comparison.is_whole:
            stderr.print("Run sync. If rows are still missing after that, please report it: this must not happen.")
            sys.exit(ExitCode.INCOMPLETE)

    return command


def _print_comparison(comparison: Comparison) -> None:
    missed = sum(map(len, comparison.missed.values()))
    stdout.print(f"{comparison.deliveries} deliveries compared, {missed} without a row.")
    stdout.print(
        f"Not compared: {comparison.later} deliveries that the sync has not reached yet, {comparison.elsewhere} to"
        f" mailboxes that we do not read, {comparison.unread} to mailboxes that did not answer."
    )
    if comparison.vanished:
        stdout.print(f"{comparison.vanished} of the compared messages are no longer in Gmail.")
