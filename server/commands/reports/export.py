"""export: the ledger and its coverage as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from server.bootstrap import Services
from server.commands.reports.tables import count_noun
from server.commands.running import Source, report_errors, stderr, stdout
from server.domain.decision import Outcome
from server.domain.errors import (
    BadInputError,
    MailboxUnavailableError,
    ReconnectRequiredError,
    StateAwayError,
    TransientError,
)
from server.domain.ledger import Coverage, Row
from server.domain.mailbox import Mailbox, Stage
from server.engine.coverage.audit import measure_coverage
from server.engine.deliver.second_look import count_doubles
from server.engine.ledger.rows import name_cause


def commands(source: Source) -> list[click.Command]:
    return [_export(source)]


def _export(source: Source) -> click.Command:
    @click.command("export")
    @click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
    @report_errors
    def command(path: Path) -> None:
        """Write the ledger and its coverage as JSON: ids, outcomes and reasons, and nothing that people wrote."""
        # Outside the try: an error of the network is no problem with the file.
        services = source.get()
        document = ledger_as_json(services)
        try:
            path.write_text(json.dumps(document, indent=1))
        except OSError as error:
            raise BadInputError(f"{path} cannot be written: {error.strerror}.") from None
        stdout.print(f"{count_noun(len(document['messages']), 'message')} written to {path}.")
        uncounted = [m for m in _list(services) if m.reads and m.address not in document["coverage"]]
        if uncounted:
            mailboxes = count_noun(len(uncounted), "mailbox", "mailboxes")
            stderr.print(f"Without a coverage, because Gmail does not answer for them: {mailboxes}.")

    return command


def ledger_as_json(services: Services) -> dict[str, Any]:
    """``{"messages": [...], "coverage": {address: {...}}, "unrelated": {...}, "complete_to": {...}, "writes": {...}}``.

    Every mailbox that is not off is in it. Gmail is asked for the list of those mailboxes that we read; for the others,
    and where Gmail does not answer, ``complete_to`` (epoch seconds) says up to when all their mail is in the ledger.
    ``unrelated`` counts the contacts on a mailbox's logged mail to whom its activities are not related, where there
    are any. ``doubled`` counts the emails that another tool logged too.
    """
    ports = services.ports
    messages: list[dict[str, Any]] = []
    coverages: dict[str, dict[str, int]] = {}
    complete_to: dict[str, float | None] = {}
    unrelated: dict[str, int] = {}
    for mailbox in _list(services):
        messages += [_row_as_json(mailbox, row) for row in ports.store.rows(mailbox.mailbox_id)]
        coverage = _measure(services, mailbox) if mailbox.reads else None
        if coverage is None:
            complete_to[mailbox.address] = mailbox.complete_to
            continue
        counts = {outcome.value: coverage.outcomes[outcome] for outcome in Outcome}
        coverages[mailbox.address] = {"gmail": coverage.gmail, "left": coverage.left, **counts}
        if coverage.unrelated:
            unrelated[mailbox.address] = coverage.unrelated
    return {
        "messages": messages,
        "coverage": coverages,
        "unrelated": unrelated,
        "complete_to": complete_to,
        "doubled": count_doubles(ports.store),
        "writes": ports.store.writes(),
    }


def _list(services: Services) -> list[Mailbox]:
    return [mailbox for mailbox in services.ports.store.mailboxes() if mailbox.stage is not Stage.OFF]


def _measure(services: Services, mailbox: Mailbox) -> Coverage | None:
    """None where this mailbox does not answer: the others are written all the same."""
    ports = services.ports
    try:
        return measure_coverage(ports.mail.in_background(), ports.store, ports.clock, mailbox)
    except StateAwayError:
        raise
    except (TransientError, MailboxUnavailableError, ReconnectRequiredError):
        return None


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
