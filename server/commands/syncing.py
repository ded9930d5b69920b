"""sync, backfill, dry-run, mailbox, coverage, export."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table

from server.bootstrap import Services
from server.commands.running import Source, err, out, reported
from server.domain.decision import Outcome
from server.domain.errors import BadInputError, NotFoundError
from server.domain.ledger import Coverage, CoverageRow, DayCoverage, Row
from server.domain.mailbox import Mailbox, Stage
from server.engine.coverage.audit import coverage, covered, enqueue
from server.engine.coverage.publishing import publish_rows
from server.engine.decide.dry_run import preview
from server.engine.ledger.rows import name_cause
from server.engine.mailboxes.stages import find_mailbox, set_stage, set_start
from server.engine.mailboxes.status_text import first_day, standing
from server.engine.mailboxes.sweep import sweep
from server.engine.operations.sync import sync

NOT_AT_REST = 8
"""Exit code of a sync that had to leave something waiting."""
INCOMPLETE = 9
"""Exit code of a coverage that found a message without a row."""


def commands(source: Source) -> list[click.Command]:
    return [_sync(source), _backfill(source), _dry_run(source), _mailbox(source), _coverage(source), _export(source)]


def _sync(source: Source) -> click.Command:
    @click.command("sync")
    @click.argument("addresses", nargs=-1)
    @click.option("--patience", default=60.0, help="Seconds to wait for what must be tried again.")
    @reported
    def command(addresses: tuple[str, ...], patience: float) -> None:
        """Sync every mailbox (or these ADDRESSES) once, and print what became of each message."""
        _synced(source.get(), frozenset(a.lower() for a in addresses), patience)

    return command


def _synced(services: Services, only: frozenset[str], patience: float) -> None:
    """One pass under a progress bar, and what came of it."""
    with _bar() as progress:
        bars = {what: progress.add_task(what, total=None) for what in ("collected", "settled")}
        expected = 0

        def moved(what: str, count: int) -> None:
            nonlocal expected
            if what == "expected":
                expected += count
                progress.update(bars["collected"], total=expected)
            else:
                progress.advance(bars[what], count)

        result = sync(
            services.ports, services.workspaces, workers=services.settings.workers, patience=patience, only=only,
            on_progress=moved, sleep=services.sleep,
        )  # fmt: skip
    _summary(services)
    unknown = services.settings.mailboxes - services.workspaces.current().owners.keys()
    if unknown:
        err.print(f"MAILBOXES names {', '.join(sorted(unknown))}, an address that nobody in the Directory has.")
    for address, cause in sorted(result.troubled.items()):
        err.print(f"{address} could not be read to the end ({cause}). It is tried again by itself.")
    if result.is_spent:
        err.print(
            "The Salesforce org's daily API calls are used as far as background work may"
            " (SALESFORCE_BACKGROUND_PERCENT). The rest of the mail goes on by itself; buttons in the sidebar work."
        )
    if not result.is_at_rest:
        err.print("Some messages wait for another try. Run sync again later, or leave the service running.")
        sys.exit(NOT_AT_REST)


def _bar() -> Progress:
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=err, disable=not err.is_terminal)


def _summary(services: Services) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for mailbox in services.ports.store.mailboxes():
        for row in services.ports.store.rows(mailbox.mailbox_id):
            counts[row.outcome.value, row.reason.value] += 1
    out.print(_table("All emails accounted for", counts))


def _table(title: str, counts: Counter[tuple[str, str]]) -> Table:
    order = {outcome.value: i for i, outcome in enumerate(Outcome)}
    table = Table("Outcome", "Reason", title=title, show_footer=True)
    table.add_column("Messages", justify="right", footer=str(sum(counts.values())))
    for (outcome, reason), count in sorted(counts.items(), key=lambda item: (order[item[0][0]], -item[1])):
        table.add_row(outcome, reason, str(count))
    return table


def _backfill(source: Source) -> click.Command:
    @click.command("backfill")
    @click.argument("address")
    @click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC) to be logged.")
    @click.option("--patience", default=60.0, help="Seconds to wait for what must be tried again.")
    @reported
    def command(address: str, since: datetime, patience: float) -> None:
        """Log older mail of one mailbox too. It may be stopped at any time and goes on where it was."""
        services = source.get()
        mailbox = find_mailbox(services.ports, address)
        began = int(since.replace(tzinfo=UTC).timestamp() * 1000)
        if began > mailbox.start:
            raise BadInputError(
                f"{mailbox.address} is logged from {first_day(mailbox)} on already: name an earlier day."
            )
        set_start(services.ports, mailbox, began)
        out.print(f"{mailbox.address} is logged from {since.date()} on.")
        if mailbox.stage is not Stage.LIVE:
            out.print(standing(mailbox, services.ports.clock.now()))
        _synced(services, frozenset({mailbox.address}), patience)

    return command


def _dry_run(source: Source) -> click.Command:
    @click.command("dry-run")
    @click.argument("addresses", nargs=-1)
    @reported
    def command(addresses: tuple[str, ...]) -> None:
        """Show what the waiting messages would become. Nothing is written to Salesforce."""
        services = source.get()
        mailboxes = [find_mailbox(services.ports, a) for a in addresses] or services.ports.store.mailboxes()
        shown = preview(services.ports, services.workspaces.current(), mailboxes)
        out.print(_table("If these mailboxes were live", shown.rows))
        out.print(f"{shown.activities} activities would be added to Salesforce.")

    return command


def _mailbox(source: Source) -> click.Command:
    @click.command("mailbox")
    @click.argument("address")
    @click.option("--stage", type=click.Choice([s.value for s in Stage]))
    @click.option("--start", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]), help="First day (UTC) to log.")
    @reported
    def command(address: str, stage: str | None, start: datetime | None) -> None:
        """Show where one mailbox stands, or set its stage (off, dry_run, live, draining) or the day it starts."""
        services = source.get()
        sweep(services.ports, services.workspaces)
        mailbox = find_mailbox(services.ports, address)
        if start:
            began = int(start.replace(tzinfo=UTC).timestamp() * 1000)
            set_start(services.ports, mailbox, began)
            out.print(f"{mailbox.address} starts on {start.date()}.")
            if began > services.ports.clock.now() * 1000:
                out.print("That day is yet to come: until then nothing of it is logged.")
        if stage:
            moved = set_stage(services.ports, mailbox, Stage(stage))
            out.print(f"{mailbox.address} is {stage} now; {moved} waiting messages follow.")
        mailbox = find_mailbox(services.ports, address)
        out.print(f"{mailbox.address}: {standing(mailbox, services.ports.clock.now())}")
        out.print(f"Its mail is logged from {first_day(mailbox)} on.")

    return command


def _coverage(source: Source) -> click.Command:
    @click.command("coverage")
    @click.argument("addresses", nargs=-1)
    @click.option("--days", is_flag=True, help="Also day by day (UTC).")
    @click.option("--publish", "published", is_flag=True, help="Write all days to Salesforce, for its reports.")
    @reported
    def command(addresses: tuple[str, ...], days: bool, published: bool) -> None:
        """Compare Gmail's own list of messages with the ledger's, mailbox by mailbox."""
        services = source.get()
        workspace = services.workspaces.current()
        chosen = _chosen(services, addresses)
        found = {m: covered(services.ports, workspace, m, by_day=days or published) for m in chosen if m.reads}
        out.print(_counted("Mailbox", {m.address: c for m, c in found.items()}))
        for mailbox in (m for m in chosen if not m.reads):
            out.print(f"{mailbox.address}: {standing(mailbox, services.ports.clock.now())}")
        for mailbox, one in found.items():
            if days:
                out.print(_counted("Day", one.days, title=mailbox.address))
        if published:
            _publish(services, found)
        codes = {_told(services, mailbox, one) for mailbox, one in found.items()}
        if worst := max(codes, default=0):
            sys.exit(worst)

    return command


def _publish(services: Services, found: Mapping[Mailbox, Coverage]) -> None:
    rows = [
        CoverageRow(m.mailbox_id, m.address, day) for m, one in found.items() for day in one.days.values() if day.day
    ]
    try:
        count = publish_rows(services.ports, rows)
    except NotFoundError as error:
        raise BadInputError(str(error)) from None
    out.print(f"{count} days written to Salesforce.")
    if count < len(rows):
        raise BadInputError(f"Salesforce refused {len(rows) - count} days; the log says why.")


def _told(services: Services, mailbox: Mailbox, found: Coverage) -> int:
    """Says what is missing and sees to it that it comes; returns the exit code."""
    now = services.ports.store.mailbox(mailbox.mailbox_id)
    if now and now.backfill:
        seen, size = now.backfill.seen, now.backfill.size
        err.print(f"The past of {mailbox.address} is still being read: {seen} of about {size} messages.")
        return NOT_AT_REST
    if not found.missing:
        return 0
    enqueue(services.ports, mailbox, found.missing)
    ids = ", ".join(ref.message_id for ref in found.missing)
    err.print(f"{mailbox.address} had no row for {ids}. They have one now; run sync to read them.")
    err.print("If messages are still missing after that, report it: that must not happen.")
    return INCOMPLETE


def _counted(what: str, counted: Mapping[str, Coverage | DayCoverage], title: str | None = None) -> Table:
    names = ("gmail", "left", *Outcome, "missing")
    counts = [Column(name.capitalize(), justify="right") for name in names]
    table = Table(Column(what, no_wrap=True), *counts, title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name, found in counted.items():
        missing = len(found.missing) if isinstance(found, Coverage) else found.missing
        table.add_row(name or "unknown", *map(str, [found.gmail, found.left, *found.outcomes.values(), missing]))
    return table


def _chosen(services: Services, addresses: tuple[str, ...]) -> list[Mailbox]:
    if addresses:
        return [find_mailbox(services.ports, a) for a in addresses]
    return [m for m in services.ports.store.mailboxes() if m.stage is not Stage.OFF]


def _export(source: Source) -> click.Command:
    @click.command("export")
    @click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
    @reported
    def command(path: Path) -> None:
        """Write the ledger and its coverage as JSON: ids, outcomes and reasons, and nothing that people wrote."""
        services = source.get()
        try:
            path.write_text(json.dumps(ledger_as_json(services), indent=1))
        except OSError as error:
            raise BadInputError(f"{path} cannot be written: {error.strerror}.") from None

    return command


def ledger_as_json(services: Services) -> dict[str, Any]:
    """``{"messages": [...], "coverage": {address: {...}}}`` for every mailbox that is not off.

    Gmail's own list is asked of those that read; ``complete_to`` (epoch seconds) says how far the others came.
    """
    messages: list[dict[str, Any]] = []
    covered: dict[str, dict[str, int]] = {}
    complete_to: dict[str, float | None] = {}
    for mailbox in _chosen(services, ()):
        messages += [_row_as_json(mailbox, row) for row in services.ports.store.rows(mailbox.mailbox_id)]
        if not mailbox.reads:
            complete_to[mailbox.address] = mailbox.complete_to
            continue
        found = coverage(services.ports, mailbox)
        counts = {outcome.value: found.outcomes[outcome] for outcome in Outcome}
        covered[mailbox.address] = {"gmail": found.gmail, "left": found.left, **counts}
    writes = services.ports.store.writes()
    return {"messages": messages, "coverage": covered, "complete_to": complete_to, "writes": writes}


def _row_as_json(mailbox: Mailbox, row: Row) -> dict[str, Any]:
    return {
        "mailbox": mailbox.address,
        "gmail_message_id": row.message_id,
        "outcome": row.outcome.value,
        "reason": row.reason.value,
        "cause": name_cause(row),
        "record": row.record_id,
        "activity": row.activity_id,
        "activity_key": row.activity_key,
    }
