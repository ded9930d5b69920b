"""mailbox and dry-run: one mailbox's status and settings, and what its waiting mail would become."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from server.bootstrap import Services
from server.commands.arguments import Day
from server.commands.reports.past_price import describe_price, foresee
from server.commands.reports.tables import count_noun, make_outcome_table
from server.commands.running import Source, report_errors, stdout
from server.commands.stages import change_stages
from server.domain.crm_survey import KILOBYTES_PER_ACTIVITY
from server.domain.mailbox import Mailbox, Stage
from server.domain.policy import NotPrimary
from server.engine.decide.category_cost import CategoryCount
from server.engine.decide.dry_run import Preview
from server.engine.mailboxes.stages import find_mailbox, set_stage, set_start
from server.engine.mailboxes.status_text import describe_start, describe_status


def commands(source: Source) -> list[click.Command]:
    return [_dry_run(source), _mailbox(source)]


def _dry_run(source: Source) -> click.Command:
    @click.command("dry-run")
    @click.argument("addresses", nargs=-1)
    @report_errors
    def command(addresses: tuple[str, ...]) -> None:
        """Show what the waiting messages would become, beside those settled. Nothing is written to Salesforce."""
        services = source.get()
        store = services.ports.store
        mailboxes = [find_mailbox(store, address) for address in addresses] or store.mailboxes()
        if all(mailbox.cursor is None for mailbox in mailboxes):
            stdout.print("No mail has been read yet. Run sync first.")
            return
        preview = services.rooms.dry_run.preview(services.workspaces.current(), mailboxes)
        stdout.print(make_outcome_table("If these mailboxes were live", preview.rows))
        size = preview.activities * KILOBYTES_PER_ACTIVITY
        stdout.print(f"{preview.activities} activities would be added to Salesforce: {size:,} KB of its data storage.")
        count = services.rooms.dry_run.count_categories(services.workspaces.current(), mailboxes)
        _print_categories(preview, count, services.settings.not_primary)
        if preview.unreadable:
            reason = "the work key that sealed them is gone or was replaced"
            stdout.print(f"{preview.unreadable} waiting messages cannot be opened: {reason}.")
            stdout.print("They are read from Gmail again. Run sync, and then dry-run once more.")

    return command


def _print_categories(preview: Preview, count: CategoryCount, setting: NotPrimary) -> None:
    """What the setting NOT_PRIMARY costs or brings."""
    if preview.from_categories:
        stdout.print(f"{preview.from_categories} of them are from Gmail's categories, for NOT_PRIMARY is contacts.")
    if not count.emails:
        return
    emails = count_noun(count.emails, "email is", "emails are")
    stdout.print(f"{emails} left out because Gmail put them into Promotions, Updates or another category.")
    wanted = count_noun(count.wanted, "email was", "emails were")
    stdout.print(f"Of {count.looked_at} looked at, {wanted} written by contacts or in logged conversations.")
    if setting is NotPrimary.SKIP:
        stdout.print("With NOT_PRIMARY=contacts new email of this kind would be logged.")
    stdout.print('What was left out stays out, unless somebody chooses "Log it anyway" on its card.')


def _mailbox(source: Source) -> click.Command:
    @click.command("mailbox")
    @click.argument("address", required=False)
    @click.option("--all", "everybody", is_flag=True, help="All mailboxes in place of one ADDRESS.")
    @click.option("--group", help="The mailboxes of the members of this group, in place of one ADDRESS.")
    @click.option("--org-unit", help="The mailboxes of this org unit and all below it, in place of one ADDRESS.")
    @click.option("--stage", type=click.Choice([s.value for s in Stage]))
    @click.option("--start", type=Day("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"), help="First day (UTC) to log.")
    @click.option(
        "--include-off", is_flag=True, help="Of many mailboxes: also those that somebody switched off or lets drain."
    )
    @click.option("--preview", is_flag=True, help="Of many mailboxes: only show what the stage would do.")
    @click.option("--yes", is_flag=True, help="Of many mailboxes: do not ask before the change.")
    @report_errors
    def command(
        address: str | None, everybody: bool, group: str | None, org_unit: str | None, stage: str | None,
        start: datetime | None, include_off: bool, preview: bool, yes: bool,
    ) -> None:  # fmt: skip
        """Show one mailbox's status, or set its stage (off, dry_run, live, draining) or the first day to log."""
        if sum((address is not None, everybody, group is not None, org_unit is not None)) != 1:
            raise click.UsageError("Name one ADDRESS, or --all, --group or --org-unit.")
        services = source.get()
        if address is None:
            if start is not None:
                raise click.UsageError("--start is for one ADDRESS.")
            if stage is None:
                raise click.UsageError("Add --stage: of many mailboxes the stage alone can be set.")
            change_stages(
                services, Stage(stage), group, org_unit,
                includes_off=include_off, is_preview=preview, is_confirmed=yes,
            )  # fmt: skip
            return
        if preview or yes or include_off:
            raise click.UsageError("--preview, --yes and --include-off are for many mailboxes.")
        # A mailbox that is new in the Directory can be set up before its first sync.
        services.rooms.sweeper.sweep()
        if start:
            _set_start(services, find_mailbox(services.ports.store, address), start)
        if stage:
            _set_stage(services, find_mailbox(services.ports.store, address), Stage(stage))
        _show(services, find_mailbox(services.ports.store, address))

    return command


def _show(services: Services, mailbox: Mailbox) -> None:
    stdout.print(f"{mailbox.address}: {describe_status(mailbox, services.ports.clock.now())}")
    stdout.print(f"Directory id, by which log and alerts name it: {mailbox.mailbox_id}", soft_wrap=True)
    if mailbox.delivers:
        stdout.print(f"Mail of {mailbox.address} is logged from {describe_start(mailbox)} on.")
    elif not mailbox.stage.delivers:
        stdout.print(f"Once it is live, its mail will be logged from {describe_start(mailbox)} on.")


def _set_start(services: Services, mailbox: Mailbox, start: datetime) -> None:
    ports = services.ports
    start_ms = int(start.replace(tzinfo=UTC).timestamp() * 1000)
    set_start(ports.mail, ports.store, ports.clock, mailbox, start_ms)
    stdout.print(f"{mailbox.address} starts on {start.date()}.")
    if start_ms > ports.clock.now() * 1000:
        stdout.print("That day is in the future. Until then no mail of this mailbox is logged.")


def _set_stage(services: Services, mailbox: Mailbox, stage: Stage) -> None:
    has_past = mailbox.cursor is None or mailbox.backfill is not None
    if stage.collects and has_past:
        stdout.print(describe_price(foresee(services, [(mailbox, mailbox.start)], stage)))
    changed = set_stage(services.ports.store, services.ports.clock, mailbox, stage)
    stdout.print(f"{mailbox.address} is now {stage}.")
    if changed:
        current = find_mailbox(services.ports.store, mailbox.address)
        effect = "Free now; the next sync logs those that match" if current.delivers else "Held now"
        stdout.print(f"{effect}: {count_noun(changed, 'waiting message')}.")
