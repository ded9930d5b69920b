"""What must hold at the end of a week; each violation names ids only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.domain.decision import OUTCOME_OF, Outcome, Reason
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox
from tests.soak import oracle
from tests.soak.journal import Change
from tests.soak.play import Violation
from tests.soak.town import CUSTOMERS, Kind
from tests.soak.truth import Truth

KEY = "TrulyActivity__Message_Key__c"
MESSAGE_ID = "TrulyActivity__Message_Id__c"
FINAL = frozenset({Outcome.LOGGED, Outcome.FAILED, Outcome.GONE, Outcome.REMOVED})
"""Outcomes that no event of this week may change."""
AGAIN = (Reason.REJECTED, Reason.RETRYING)
"""What Salesforce refused is tried once more each night."""


@dataclass(frozen=True)
class End:
    """All that is looked at."""

    truth: Truth
    mailboxes: Mapping[str, Mailbox]
    rows: Mapping[str, Row]
    changes: Iterable[Change]
    tasks: list[dict[str, Any]]


def violations(end: End) -> list[Violation]:
    return [*_sets(end), *_outcomes(end), *_activities(end), *_history(end)]


def _sets(end: End) -> Iterator[Violation]:
    """Gmail's list and what left are the rows, as sets of ids; of who left the company, up to the last sync."""
    truth = end.truth
    rows: dict[str, set[str]] = defaultdict(set)
    for row in end.rows.values():
        rows[row.mailbox_id].add(row.message_id)
    known: dict[str, set[str]] = defaultdict(set)
    for copy in truth.copies.values():
        known[copy.box].add(copy.message_id)
    for address, box in truth.boxes.items():
        mailbox_id = truth.ids[address]
        mailbox = end.mailboxes.get(mailbox_id)
        if mailbox is None:
            yield Violation("mailbox without a record", mailbox_id)
            continue
        listed = set(box.messages)
        if address in truth.left_at:
            listed = _read_by(truth, address, mailbox.last_synced_at)
        for lost in sorted(listed - rows[mailbox_id]):
            yield Violation("lost: no row", f"{mailbox_id}.{lost}")
        for strange in sorted(rows[mailbox_id] - known[address]):
            yield Violation("a row for no message", f"{mailbox_id}.{strange}")


def _read_by(truth: Truth, address: str, last: float | None) -> set[str]:
    """What was in a mailbox when it was last read, and is not known to have left before."""
    return {
        c.message_id
        for c in truth.copies.values()
        if c.box == address and last is not None and c.arrived_at < last and (c.deleted_at or last) >= last
    }


def _outcomes(end: End) -> Iterator[Violation]:
    truth = end.truth
    for (mailbox_id, message_id), copy in truth.by_id().items():
        row = end.rows.get(f"{mailbox_id}.{message_id}")
        if row is None:
            continue  # ``_sets`` says whether there should be one
        mailbox = end.mailboxes[mailbox_id]
        last = mailbox.last_synced_at if copy.box in truth.left_at else None
        if row.outcome is Outcome.WAITING:
            if last is None:
                yield Violation("still waiting", row.key, f"{row.reason} {row.cause or ''}".strip())
            continue
        allowed = oracle.kept_out(copy, truth, oracle.reasons(copy, mailbox.start / 1000, last))
        if row.reason not in allowed:
            yield Violation("wrong outcome", row.key, f"{row.reason}, expected {' or '.join(sorted(allowed))}")
        if copy.mail.kind is Kind.REFUSED and row.outcome is Outcome.FAILED and not row.cause:
            yield Violation("a refusal without its cause", row.key)


def _activities(end: End) -> Iterator[Violation]:
    truth = end.truth
    starts = {address: m.start / 1000 for address, i in truth.ids.items() if (m := end.mailboxes.get(i))}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for task in end.tasks:
        found[str(task[MESSAGE_ID]).strip("<>")].append(task)
    for key, count in Counter(str(task[KEY]) for task in end.tasks).items():
        if count > 1:
            yield Violation("one key, several activities", key, str(count))
    mails = truth.plan.mails
    for number, due in oracle.due(truth, starts).items():
        tasks = found.pop(mails[number].message_id.strip("<>"), [])
        if len(tasks) > due.most:
            what = "doubled activity" if due.most else "an activity that must not be"
            yield Violation(what, f"mail {number}", f"{len(tasks)}, {mails[number].kind}")
        elif len(tasks) < due.least:
            yield Violation("no activity", f"mail {number}", mails[number].kind)
        for task in tasks:
            yield from _target(number, mails[number].kind, mails[number].record, task)
    for message_id in found:
        yield Violation("an activity of no mail", message_id)


def _target(number: int, kind: Kind, record: str | None, task: dict[str, Any]) -> Iterator[Violation]:
    if kind not in CUSTOMERS:
        return
    who, what = task.get("WhoId"), task.get("WhatId")
    if (what if kind is Kind.ACCOUNT else who) != record or (kind is Kind.ACCOUNT and who):
        yield Violation("an activity on the wrong record", f"mail {number}", f"{who} {what}")


def _history(end: End) -> Iterator[Violation]:
    """No row is closed twice, but for an event between."""
    copies = {f"{i}.{m}": copy for (i, m), copy in end.truth.by_id().items()}
    closed: dict[str, list[Change]] = defaultdict(list)
    again: dict[str, list[float]] = defaultdict(list)
    for change in end.changes:
        if change.new is None:
            yield Violation("a row was removed", change.key)
            continue
        if (change.old, change.new) == AGAIN:
            again[change.key].append(change.at)
        elif change.old is not None and OUTCOME_OF[change.old] in FINAL:
            yield Violation("a final row was written again", change.key, f"{change.old} to {change.new}")
        if change.closes and not _is_repeated(change, closed[change.key]):
            closed[change.key].append(change)
    for key, found in closed.items():
        copy = copies.get(key)
        if copy is not None:
            yield from _unprovoked(key, sorted([*copy.moments, *again[key]]), found)


def _is_repeated(change: Change, before: list[Change]) -> bool:
    """Work that a crash repeats ends as it ended before: that is no second effect."""
    if not before:
        return False
    last = before[-1]
    return last.new is not None and OUTCOME_OF[last.new] is Outcome.SKIPPED and last.new == change.new


def _unprovoked(key: str, moments: list[float], found: list[Change]) -> Iterator[Violation]:
    """The first closing needs the arrival, each further one an event of its own, before it."""
    for number, change in enumerate(found, 1):
        if sum(at <= change.at for at in moments) < number:
            yield Violation("closed twice without an event between", key, f"{change.new}, closing {number}")


def repeats(changes: Iterable[Change]) -> int:
    """Closings that wrote what stood there already."""
    return sum(
        change.closes and change.old == change.new and change.old_activity == change.activity for change in changes
    )
