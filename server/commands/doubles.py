"""doubles: the emails that another tool logged after us, and how to keep only the other tool's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from server.commands.reports.tables import count_noun
from server.commands.running import Source, report_errors, stdout
from server.domain.ledger import ActivityRow
from server.engine.deliver.doubles import DoublesPlan


def commands(source: Source) -> list[click.Command]:
    return [_doubles(source)]


def _doubles(source: Source) -> click.Command:
    @click.command("doubles")
    @click.option("--remove", "removes", is_flag=True, help="Delete ours where the other tool's is still there.")
    @click.option("--yes", "is_confirmed", is_flag=True, help="Do not ask.")
    @report_errors
    def command(removes: bool, is_confirmed: bool) -> None:
        """List the emails that another tool logged too. With --remove, delete our activities after asking."""
        services = source.get()
        remover = services.rooms.doubles
        plan = remover.preview()
        _tell_of_others(plan, removes=removes)
        if removes:
            remover.forget(plan.single)
            remover.let_theirs_stand(plan.gone)
        if not plan.removable:
            if not (plan.shared or plan.unseen or plan.doubtful or plan.gone):
                stdout.print("No email is known to be in Salesforce twice.")
            return
        addresses = {mailbox.mailbox_id: mailbox.address for mailbox in services.ports.store.mailboxes()}
        table = Table("Sent (UTC)", Column("Mailbox", overflow="fold"), "Ours", "The other tool's", box=SIMPLE_HEAD)
        for activity in plan.removable:
            sent_at = datetime.fromtimestamp(activity.sent_at / 1000, UTC).strftime("%Y-%m-%d %H:%M")
            mailbox = addresses.get(activity.mailbox_id, "unknown")
            table.add_row(sent_at, mailbox, activity.activity_id, activity.doubled_by)
        stdout.print(table)
        emails = count_noun(len(plan.removable), "email")
        if not removes:
            stdout.print(f"In Salesforce twice: {emails}. --remove deletes ours and keeps the other tool's.")
            return
        if not is_confirmed:
            question = f"Delete our activities of {emails}? They stay in Salesforce's Recycle Bin for 15 days."
            click.confirm(question, abort=True)
        count = remover.remove(plan.removable)
        stdout.print(f"Deleted: {count}. The other tool's activities stand for these emails.")

    return command


def _tell_of_others(plan: DoublesPlan, *, removes: bool) -> None:
    """Of what ours stays, and why."""
    if plan.single:
        emails = count_noun(len(plan.single), "email")
        stdout.print(f"Of {emails} the other tool's record was deleted since, so ours stays.")
    if plan.unseen:
        emails = count_noun(len(plan.unseen), "email")
        stdout.print(f"Of {emails} the other tool's record cannot be seen now, so ours stays.")
    if plan.shared:
        emails = count_noun(len(plan.shared), "email")
        stdout.print(f"{emails} share one record of the other tool, so ours stay.")
    if plan.doubtful:
        emails = count_noun(len(plan.doubtful), "email")
        stdout.print(f"Of {emails} the other tool's record may be another email's, so ours stays.")
    if plan.gone:
        emails = count_noun(len(plan.gone), "email")
        then = "the other tool's stands for it" if removes else "with --remove the other tool's stands for it"
        stdout.print(f"Of {emails} ours was deleted, or the integration user cannot see it: {then}.")
        stdout.print("Where it is still in Salesforce, delete it there by hand: " + ", ".join(_list_own(plan.gone)))


def _list_own(activities: Sequence[ActivityRow]) -> list[str]:
    return [activity.own_activity_id for activity in activities if activity.own_activity_id]
