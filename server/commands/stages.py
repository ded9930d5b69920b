"""What ``mailbox --stage`` does for many mailboxes: it shows what would change, asks, and changes it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server.bootstrap import Services
from server.commands.reports.past_price import describe_price, foresee
from server.commands.reports.tables import count_noun
from server.commands.running import ExitCode, stderr, stdout
from server.domain.mailbox import Stage
from server.engine.mailboxes.many import Progress as OneMore
from server.engine.mailboxes.many import Selection, StagePlan


def change_stages(
    services: Services, stage: Stage, group: str | None, org_unit: str | None, *, includes_off: bool, is_preview: bool,
    is_confirmed: bool,
) -> None:  # fmt: skip
    """Exits with NOT_AT_REST where a mailbox could not be changed: the same command goes on with what is left."""
    # Mailboxes that are new in the Directory can be set up before their first sync.
    services.rooms.sweeper.sweep()
    changer = services.rooms.stages
    selection = changer.select(
        stage, group=group and group.lower(), org_unit=org_unit, includes_off=includes_off,
        is_group=services.workspaces.current().is_group,
    )  # fmt: skip
    with _show_progress("Looking", len(selection.mailboxes)) as one_more:
        plan = changer.preview(selection, stage, one_more)
    _print_preview(selection, plan)
    _print_price(services, plan)
    if is_preview or not plan.needed:
        return _report(plan.troubled)
    if not is_confirmed:
        spared = f" {_describe_spared(selection)}" if selection.spared else ""
        click.confirm(f"Set {count_noun(len(plan.needed), 'mailbox', 'mailboxes')} to {stage}?{spared}", abort=True)
    with _show_progress("Changing", len(plan.needed)) as one_more:
        troubled = changer.carry_out(plan, one_more)
    done = len(plan.needed) - len(troubled)
    stdout.print(f"Now {stage}: {count_noun(done, 'mailbox', 'mailboxes')}.")
    return _report({**plan.troubled, **troubled})


def _print_preview(selection: Selection, plan: StagePlan) -> None:
    changed = sum(effect.is_changed for effect in plan.effects)
    stdout.print(f"Selected: {count_noun(len(selection.mailboxes), 'mailbox', 'mailboxes')}.")
    stdout.print(f"Would become {plan.stage}: {changed}. Already {plan.stage}: {len(plan.effects) - changed}.")
    if changed:
        stdout.print(f"Stages of those that would change: {_count_stages(plan)}.")
    if selection.spared:
        stdout.print(f"{_describe_spared(selection)} --include-off changes them too.")
    freed, held = (sum(counts) for counts in _count_rows(plan))
    if freed:
        stdout.print(f"Would be freed, to be logged by the next sync where they match: {_count_messages(freed)}.")
    if held:
        stdout.print(f"Would be held: {_count_messages(held)}.")
    if selection.departed:
        people = count_noun(selection.departed, "mailbox", "mailboxes")
        stdout.print(f"Left as they are, because the person is suspended, archived or deleted: {people}.")
    if selection.absent:
        people = count_noun(selection.absent, "person", "people")
        stdout.print(f"Without a mailbox here, because they are outside the configured scope or left: {people}.")


def _count_stages(plan: StagePlan) -> str:
    counts = Counter(effect.mailbox.stage for effect in plan.effects if effect.is_changed)
    return ", ".join(f"{counts[stage]} {stage}" for stage in Stage if counts[stage])


def _describe_spared(selection: Selection) -> str:
    counts = ", ".join(f"{selection.spared[stage]} {stage}" for stage in Stage if selection.spared.get(stage))
    return f"Left as they are, because somebody set them so: {counts}."


def _count_rows(plan: StagePlan) -> tuple[list[int], list[int]]:
    return [effect.freed for effect in plan.effects], [effect.held for effect in plan.effects]


def _count_messages(count: int) -> str:
    return count_noun(count, "waiting message")


def _print_price(services: Services, plan: StagePlan) -> None:
    """Of those that were never read, or whose older mail is not read to its end; those that are read are not asked."""
    unread = [effect.mailbox for effect in plan.effects if effect.past != 0]
    if not plan.stage.collects or not unread:
        return
    with _show_progress("Counting", len(unread)) as one_more:
        price = foresee(services, [(mailbox, mailbox.start) for mailbox in unread], plan.stage, one_more)
    stdout.print(describe_price(price))


def _report(troubled: Mapping[str, str]) -> None:
    for address, cause in sorted(troubled.items()):
        stderr.print(f"{address} could not be changed ({cause}). Run the command again.")
    if troubled:
        sys.exit(ExitCode.NOT_AT_REST)


@contextmanager
def _show_progress(what: str, total: int) -> Iterator[OneMore]:
    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal) as progress:
        bar = progress.add_task(what, total=total)
        yield lambda: progress.advance(bar)
