"""sync and backfill: read mailboxes and deliver, once, while somebody watches."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from server.bootstrap import Services
from server.commands.arguments import Day
from server.commands.reports.past_price import describe_price, foresee
from server.commands.reports.tables import count_noun, make_outcome_table
from server.commands.running import ExitCode, Source, report_errors, stderr, stdout
from server.domain.errors import BadInputError, ReconnectRequiredError, TransientError
from server.domain.mailbox import Stage
from server.domain.trouble import PersonStep
from server.engine.mailboxes.stages import find_mailbox, set_start
from server.engine.mailboxes.status_text import (
    describe_settings_fault,
    describe_start,
    describe_status,
    describe_trouble,
)
from server.engine.operations.sync import Step, SyncResult


def commands(source: Source) -> list[click.Command]:
    return [_sync(source), _backfill(source)]


def _sync(source: Source) -> click.Command:
    @click.command("sync")
    @click.argument("addresses", nargs=-1)
    @click.option("--patience", default=60.0, help="Seconds to wait for what must be tried again.")
    @report_errors
    def command(addresses: tuple[str, ...], patience: float) -> None:
        """Sync every mailbox (or these ADDRESSES) once, and print what became of each message."""
        _run_sync(source.get(), frozenset(addresses), patience)

    return command


def _backfill(source: Source) -> click.Command:
    @click.command("backfill")
    @click.argument("address")
    @click.option("--since", required=True, type=Day("%Y-%m-%d"), help="First day (UTC) to be logged.")
    @click.option("--patience", default=60.0, help="Seconds to wait for what must be tried again.")
    @click.option("--preview", is_flag=True, help="Only say what it costs in Gmail units, and how long it takes.")
    @report_errors
    def command(address: str, since: datetime, patience: float, preview: bool) -> None:
        """Log older mail of one mailbox too. You can stop it at any time; the next run continues where it stopped."""
        services = source.get()
        ports = services.ports
        mailbox = find_mailbox(ports.store, address)
        start = int(since.replace(tzinfo=UTC).timestamp() * 1000)
        if start > mailbox.start:
            first_day = describe_start(mailbox)
            raise BadInputError(
                f"Mail of {mailbox.address} is logged from {first_day} on already: name an earlier day."
            )
        stdout.print(describe_price(foresee(services, [(mailbox, start)], mailbox.stage)))
        if preview:
            return
        set_start(ports.mail, ports.store, ports.clock, mailbox, start)
        stdout.print(f"Mail of {mailbox.address} is logged from {since.date()} on.")
        if mailbox.stage is not Stage.LIVE:
            stdout.print(describe_status(mailbox, ports.clock.now()))
        _run_sync(services, frozenset({mailbox.address}), patience)

    return command


def _run_sync(services: Services, only: frozenset[str], patience: float) -> None:
    """Run one pass under a progress bar, print what came of it, and exit with NOT_AT_REST where something waits."""
    with _make_progress() as progress:
        bars = {step: progress.add_task(step, total=None) for step in (Step.COLLECTED, Step.SETTLED)}
        expected = 0

        def advance(step: Step, count: int) -> None:
            nonlocal expected
            if step is Step.EXPECTED:
                expected += count
                progress.update(bars[Step.COLLECTED], total=expected)
            else:
                progress.advance(bars[step], count)

        result = services.rooms.syncer.sync(
            workers=services.settings.workers, patience=patience, only=only, on_progress=advance
        )
    if not (result.logged or result.other_org):
        _check_org(services)
    _print_outcomes(services, is_whole=not result.troubled)
    _print_trouble(services, result)
    if result.other_org:
        raise result.other_org
    if result.settings_fault:
        raise ReconnectRequiredError(describe_settings_fault(result.settings_fault))
    if not result.is_at_rest:
        sys.exit(ExitCode.NOT_AT_REST)


def _check_org(services: Services) -> None:
    """Where nothing was to be delivered, nobody asked yet which org answers. Raises OtherOrgError."""
    with suppress(TransientError, ReconnectRequiredError):
        services.ports.crm.name_org()
        services.ports.crm.shape()


def _make_progress() -> Progress:
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=stderr, disable=not stderr.is_terminal)


def _print_outcomes(services: Services, *, is_whole: bool) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for mailbox in services.ports.store.mailboxes():
        for row in services.ports.store.rows(mailbox.mailbox_id):
            counts[row.outcome.value, row.reason.value] += 1
    title = "All emails accounted for" if is_whole else "Emails of the mailboxes that could be read"
    stdout.print(make_outcome_table(title, counts))


def _print_trouble(services: Services, result: SyncResult) -> None:
    for address in sorted(services.settings.mailboxes - services.workspaces.current().owners.keys()):
        stderr.print(f"MAILBOXES names {address}, an address that is not in the Directory.")
    for address, cause in sorted(result.troubled.items()):
        trouble = find_mailbox(services.ports.store, address).trouble(PersonStep.READ)
        why = f" {describe_trouble(trouble.code)}" if trouble and trouble.code else ""
        stderr.print(f"{address} could not be read completely ({cause}).{why} We try again automatically.")
    if result.is_spent:
        stderr.print(
            "Background sync is paused, because it has used its share of the Salesforce org's daily API calls"
            " (SALESFORCE_BACKGROUND_PERCENT). It resumes automatically; the sidebar's buttons still work."
        )
    if result.is_short:
        stderr.print(
            "Older mail waits, because the Salesforce org's data storage is fuller than SALESFORCE_STORAGE_PERCENT."
            " It goes on automatically when there is room; new mail is logged."
        )
    if result.troubled:
        mailboxes = count_noun(len(result.troubled), "mailbox", "mailboxes")
        stderr.print(f"{mailboxes} could not be read completely. Run sync again later, or leave the service running.")
    if result.has_waiting or not (result.is_at_rest or result.troubled):
        stderr.print("Some messages wait for another try. Run sync again later, or leave the service running.")
