"""status: how the service is doing, for a person or, with --json, for a program."""

from __future__ import annotations

import json

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from server.commands.running import Source, report_errors, stdout
from server.engine.operations.alarm_texts import SENTENCES

LABELS = {
    "mailboxes": "Mailboxes that are read",
    "live": "of these live",
    "paused": "of these paused by trouble",
    "never_read": "of these never read yet",
    "reading_past": "of these reading older mail",
    "watched": "of these with an active Gmail watch",
    "pushes_heard": "of these with a push heard, 26 hours",
    "pushes_unproven": "watched, but polled until a push is heard",
    "behind_worst_min": "Minutes behind, the worst mailbox",
    "behind_worst_mailbox": "its Directory id",
    "behind_over_15_min": "Mailboxes over 15 minutes behind",
    "behind_over_1_h": "over an hour",
    "behind_over_1_day": "over a day",
    "waiting_min": "Minutes that the oldest new email waits for Salesforce",
    "past_waiting_min": "the same of older mail",
    "audit_age_h": "Hours since the oldest comparison with Gmail (-1: none yet)",
    "missed_mailboxes": "Mailboxes with missed email, 24 hours",
    "salesforce_used": "Salesforce calls of all programs, 24 hours",
    "salesforce_allowed": "allowed",
    "salesforce_percent": "percent used",
    "salesforce_background_percent": "percent at which background sync pauses",
    "salesforce_calls_today": "Salesforce calls of our jobs today (UTC)",
    "gmail_units_today": "Gmail units of our jobs today (UTC)",
    "gmail_percent": "percent used of the day's Gmail units, by everything",
    "quota_live_today": "Gmail units today (Pacific time): new mail, cards",
    "quota_audit_today": "the nightly comparison",
    "quota_past_today": "older mail",
    "quota_yesterday": "Gmail units yesterday, all",
    "quota_left": "Gmail units left today (GMAIL_UNITS_PER_DAY)",
    "past_messages_left": "Older messages still to be read, about",
    "past_units_left": "Gmail units for them, about",
    "past_days_left": "days for them, about",
    "jobs_today": "Jobs today (UTC)",
    "late_jobs_today": "of these over a minute late",
}
"""The figures that always have a line, in this order; the alarms and errors that there are follow."""


NEVER = "never: new mail takes all units"
SHORT_OF_STORAGE = (
    "Older mail waits: more than {share:.0%} of the Salesforce org's data storage is used (SALESFORCE_STORAGE_PERCENT)."
)


def commands(source: Source) -> list[click.Command]:
    return [_status(source)]


def _status(source: Source) -> click.Command:
    @click.command("status")
    @click.option("--json", "as_json", is_flag=True, help="The same figures, by the names that the log has.")
    @report_errors
    def command(as_json: bool) -> None:
        """How far behind the service is, what it spent, and what it met."""
        services = source.get()
        status = services.rooms.jobs.status.measure(services.ports.store.mailboxes(), ask=True)
        figures = status.list_figures()
        is_endless = status.past is not None and "past_days_left" not in figures
        if as_json:
            click.echo(json.dumps(figures, indent=2))
            return
        table = Table("Figure", "Now", box=SIMPLE_HEAD, padding=0)
        shown = {**figures, "past_days_left": NEVER} if is_endless else figures
        for name in (name for name in LABELS if name in shown):
            table.add_row(LABELS[name], str(shown[name]))
        if status.allowance is None:
            table.add_row(LABELS["salesforce_used"], "not known: run doctor")
        for code, count in sorted(status.alarms.items()):
            table.add_row(f"Alarm, 24 hours: {SENTENCES.get(code, code)}", str(count))
        for reaction, count in status.errors.items():
            table.add_row(f"Failures today that ask for: {reaction.replace('_', ' ')}", str(count))
        stdout.print(table)
        storage = services.ports.crm.storage(ask=status.past_waiting_min > 0)
        if storage is not None and storage.is_short:
            stdout.print(SHORT_OF_STORAGE.format(share=storage.share))
        if other := services.ports.crm.other_org:
            stdout.print(str(other))

    return command
