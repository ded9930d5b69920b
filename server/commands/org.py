"""org: which Salesforce org the state belongs to, which one answers, and how to log again in another one."""

from __future__ import annotations

import sys

import click

from server.commands.reports.tables import count_noun
from server.commands.running import ExitCode, Source, report_errors, stderr, stdout
from server.domain.crm import OrgName
from server.engine.operations.new_org import NewOrgPlan


def commands(source: Source) -> list[click.Command]:
    return [_org(source)]


def _org(source: Source) -> click.Command:
    @click.command("org")
    @click.option("--begin-anew", "begins", is_flag=True, help="Log the mail again in the org that answers now.")
    @click.option("--preview", "is_preview", is_flag=True, help="With --begin-anew: only show what it would do.")
    @click.option("--yes", "is_confirmed", is_flag=True, help="With --begin-anew: do not ask.")
    @report_errors
    def command(begins: bool, is_preview: bool, is_confirmed: bool) -> None:
        """Show which Salesforce org this state belongs to, and which one answers."""
        new_org = source.get().rooms.new_org
        plan = new_org.preview()
        stdout.print(f"This state belongs to the org {plan.bound or 'that answers first'}.")
        stdout.print(f"The org {_describe(plan.answering)} answers.")
        if not plan.is_needed:
            stdout.print("Nothing to do.")
            return
        if not begins:
            stderr.print("Nothing is written to it. Name the right org in SALESFORCE_DOMAIN, or run org --begin-anew.")
            sys.exit(ExitCode.UNWELL)
        _print_plan(plan)
        if is_preview:
            return
        if not is_confirmed:
            click.confirm(f"Log again in {_describe(plan.answering)}?", abort=True)
        count = new_org.begin(plan)
        stdout.print(f"The state belongs to {plan.answering.org_id} now. {_count(count)} will be read again.")
        stdout.print("Restart the service, or run sync.")

    return command


def _describe(org: OrgName) -> str:
    kind = "a sandbox" if org.is_sandbox else ""
    about = ", ".join(filter(None, (org.name, kind)))
    return f"{org.org_id} ({about})" if about else org.org_id


def _print_plan(plan: NewOrgPlan) -> None:
    stdout.print(f"What stands in {plan.bound} stays there, and is no longer changed from here.")
    if plan.is_begun:
        stdout.print("An earlier run of this command was cut short: this one goes on.")
    stdout.print(f"In {count_noun(plan.mailboxes, 'mailbox', 'mailboxes')}, from each one's first day on:")
    stdout.print(f"- logged, to be looked up again: {_count(plan.logged)}")
    stdout.print(f"- refused by Salesforce, to be tried again: {_count(plan.refused)}")
    stdout.print(f"- without a record in Salesforce, to be looked up again: {_count(plan.unmatched)}")
    if plan.unread:
        stdout.print(f"- in mailboxes that are not read now, waiting until they are: {_count(plan.unread)}")
    if plan.lost:
        stdout.print(f"- in mailboxes of deleted people, which nobody can read again: {_count(plan.lost)}")
    stdout.print("An email that was deleted from Gmail since cannot be logged again.")
    stdout.print("What reps stopped or deleted stays so, sealed copies stay, and records that reps chose are tried.")
    stdout.print("Stop every process that still uses the old settings.")


def _count(count: int) -> str:
    return count_noun(count, "copy of an email", "copies of emails")
