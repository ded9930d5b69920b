"""coverage: compare Gmail's own list of messages with the ledger's."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence

import click
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from server.bootstrap import Services
from server.commands.reports.tables import count_noun
from server.commands.running import ExitCode, Source, report_errors, stderr, stdout
from server.domain.decision import Outcome
from server.domain.errors import (
    BadInputError,
    MailboxUnavailableError,
    NotFoundError,
    ReconnectRequiredError,
    StateAwayError,
    TransientError,
)
from server.domain.ledger import Coverage, CoverageRow, DayCoverage
from server.domain.mailbox import Mailbox, Stage, Workspace
from server.engine.coverage.audit import Auditor, add_missed_rows
from server.engine.coverage.categories import count_unknown_categories
from server.engine.coverage.publishing import publish_rows
from server.engine.deliver.second_look import count_doubles
from server.engine.mailboxes.stages import find_mailbox
from server.engine.mailboxes.status_text import describe_past_pause, describe_status
from server.engine.operations.quota.check import describe_use


def commands(source: Source) -> list[click.Command]:
    return [_coverage(source)]


def _coverage(source: Source) -> click.Command:
    @click.command("coverage")
    @click.argument("addresses", nargs=-1)
    @click.option("--days", is_flag=True, help="Also day by day (UTC).")
    @click.option("--publish", "publishes", is_flag=True, help="Write all days to Salesforce, for its reports.")
    @report_errors
    def command(addresses: tuple[str, ...], days: bool, publishes: bool) -> None:
        """Compare Gmail's own list of messages with the ledger's, mailbox by mailbox."""
        services = source.get()
        workspace, auditor = services.workspaces.current(), services.rooms.auditor
        mailboxes = _choose_mailboxes(services, addresses)
        measured = {m: _measure(auditor, workspace, m, by_day=days or publishes) for m in mailboxes if m.reads}
        coverages = {m: coverage for m, coverage in measured.items() if coverage is not None}
        stdout.print(make_coverage_table("Mailbox", {m.address: coverage for m, coverage in coverages.items()}))
        for listed in (m for m in mailboxes if m not in coverages):
            mailbox = services.ports.store.mailbox(listed.mailbox_id) or listed
            stdout.print(f"{mailbox.address}: {describe_status(mailbox, services.ports.clock.now())}")
        if days:
            for mailbox, coverage in coverages.items():
                stdout.print(make_coverage_table("Day", coverage.days, title=mailbox.address))
        if publishes:
            _publish_days(services, coverages)
        for sentence in describe_use(services.rooms.quota.measure()):
            stdout.print(sentence)
        if coverages:
            stdout.print(_conclude(list(coverages.values())))
        _print_notes(services, coverages)
        # All mailboxes are reported before the worst result becomes the exit code.
        codes = {_report_missing(services, mailbox, coverage) for mailbox, coverage in coverages.items()}
        if len(coverages) < len(measured):
            codes.add(ExitCode.NOT_AT_REST)
        if worst := max(codes, default=0):
            sys.exit(worst)

    return command


def _choose_mailboxes(services: Services, addresses: tuple[str, ...]) -> list[Mailbox]:
    if addresses:
        return [find_mailbox(services.ports.store, address) for address in addresses]
    return [m for m in services.ports.store.mailboxes() if m.stage is not Stage.OFF]


def _measure(auditor: Auditor, workspace: Workspace, mailbox: Mailbox, *, by_day: bool) -> Coverage | None:
    """None where the mailbox does not answer: the others are measured all the same."""
    try:
        return auditor.measure(workspace, mailbox, by_day=by_day)
    except StateAwayError:
        raise
    except (TransientError, MailboxUnavailableError, ReconnectRequiredError) as error:
        auditor.park(mailbox, error)
        return None


ALWAYS_SHOWN = ("gmail", Outcome.LOGGED, Outcome.SKIPPED, "missing")


def make_coverage_table(what: str, coverages: Mapping[str, Coverage | DayCoverage], title: str | None = None) -> Table:
    """A column that is zero in every row is left out, so that the table fits 80 columns."""
    figures = {name or "unknown": _count_figures(coverage) for name, coverage in coverages.items()}
    names = ("gmail", "left", *Outcome, "missing")
    shown = [name for name in names if name in ALWAYS_SHOWN or any(row[name] for row in figures.values())]
    columns = [Column(name.capitalize(), justify="right", no_wrap=True) for name in shown]
    # A long address is folded, because a figure that is cut is wrong.
    table = Table(Column(what, overflow="fold"), *columns, title=title, box=SIMPLE_HEAD, padding=0)
    for name, row in figures.items():
        table.add_row(name, *(str(row[column]) for column in shown))
    return table


def _count_figures(coverage: Coverage | DayCoverage) -> dict[str, int]:
    missing = len(coverage.missing) if isinstance(coverage, Coverage) else coverage.missing
    outcomes = {outcome.value: count for outcome, count in coverage.outcomes.items()}
    return {"gmail": coverage.gmail, "left": coverage.left, **outcomes, "missing": missing}


def _conclude(coverages: Sequence[Coverage]) -> str:
    """The closing sentence: whether every email that Gmail lists has a row."""
    missing = sum(len(coverage.missing) for coverage in coverages)
    if not missing:
        return "Every email that Gmail lists has a row."
    return f"Without a row: {count_noun(missing, 'email')} that Gmail lists."


def _print_notes(services: Services, coverages: Mapping[Mailbox, Coverage]) -> None:
    """What an admin should know of logged email beside its number."""
    for mailbox, coverage in coverages.items():
        if coverage.unrelated:
            people = count_noun(coverage.unrelated, "contact on logged emails is", "contacts on logged emails are")
            stdout.print(f"{mailbox.address}: {people} not related to them in Salesforce. Each email's card says why.")
        if coverage.returned:
            emails = count_noun(coverage.returned, "email that was gone is", "emails that were gone are")
            stdout.print(f"{mailbox.address}: {emails} in Gmail again. The next nightly audit reads what came back.")
        _print_unknown_categories(services, mailbox)
    _print_categories(coverages.values())
    if doubled := count_doubles(services.ports.store):
        emails = count_noun(doubled, "email")
        stdout.print(f"Also logged by another tool, so twice in Salesforce: {emails}. doubles lists them.")


def _print_categories(coverages: Collection[Coverage]) -> None:
    """What Gmail's categories keep out of all these mailboxes, and what is logged from them."""
    by_people = sum(coverage.people_left_out for coverage in coverages)
    unread = sum(coverage.unread_left_out for coverage in coverages)
    logged = sum(coverage.from_categories for coverage in coverages)
    if by_people:
        emails = count_noun(by_people, "email that a person wrote", "emails that people wrote")
        stdout.print(f"Left out in Gmail's categories: {emails}.")
    if unread:
        emails = count_noun(unread, "email whose author was", "emails whose authors were")
        stdout.print(f"Left out in Gmail's categories: {emails} never read.")
    if by_people or unread:
        stdout.print("dry-run says how many of them are from contacts.")
    if logged:
        emails = count_noun(logged, "logged email is", "logged emails are")
        stdout.print(f"{emails} from Gmail's categories, for NOT_PRIMARY is contacts.")


def _print_unknown_categories(services: Services, mailbox: Mailbox) -> None:
    """A category for which there is no rule yet."""
    try:
        unknown = count_unknown_categories(services.ports.mail.in_background(), mailbox)
    except (TransientError, MailboxUnavailableError, ReconnectRequiredError):
        return  # the coverage itself says whether the mailbox answers
    for name, count in unknown.items():
        emails = count_noun(count, "email")
        stdout.print(f"{mailbox.address}: {emails} in {name}, a category unknown to this version, counted as primary.")


def _publish_days(services: Services, coverages: Mapping[Mailbox, Coverage]) -> None:
    rows = [
        CoverageRow(mailbox.mailbox_id, mailbox.address, day)
        for mailbox, coverage in coverages.items()
        for day in coverage.days.values()
        if day.day
    ]
    try:
        count = publish_rows(services.ports.crm, rows)
    except NotFoundError as error:
        raise BadInputError(str(error)) from None
    stdout.print(f"{count} days written to Salesforce.")
    if count < len(rows):
        raise BadInputError(f"Salesforce refused {len(rows) - count} days. The log says why.")


def _report_missing(services: Services, mailbox: Mailbox, coverage: Coverage) -> int:
    """Name the messages without a row and add rows for them; returns the exit code."""
    ports = services.ports
    current = ports.store.mailbox(mailbox.mailbox_id)
    if current and current.backfill:
        seen, size = current.backfill.seen, current.backfill.size
        stderr.print(f"Older mail of {mailbox.address} is still being read: {seen} of about {size} messages.")
        if waiting := describe_past_pause(current, ports.clock.now()):
            stderr.print(waiting)
        return ExitCode.NOT_AT_REST
    if not coverage.missing:
        return 0
    add_missed_rows(ports.store, ports.clock, mailbox, coverage.missing)
    ids = ", ".join(ref.message_id for ref in coverage.missing)
    stderr.print(f"{mailbox.address} had no row for {ids}. These messages have a row now; run sync to read them.")
    stderr.print("If messages are still missing after that, please report it: this must not happen.")
    return ExitCode.INCOMPLETE
