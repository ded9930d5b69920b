"""What the rules say of each message and each mail: written from the design, knowing who was simulated, and simple."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from server.domain.decision import Reason
from tests.soak.town import CUSTOMERS, Kind
from tests.soak.truth import Copy, Truth

MONTH = 30.44 * 86_400
LOGGED = {
    Kind.CONTACT: Reason.CONTACT_MATCH,
    Kind.ACCOUNT: Reason.ACCOUNT_DOMAIN_MATCH,
    Kind.LEAD: Reason.LEAD_MATCH,
}
IN_PRIMARY = {
    **LOGGED,
    Kind.REFUSED: Reason.REJECTED,
    Kind.QUIET: Reason.CONTACTS_ONLY_ACCOUNT,
    Kind.STRANGER: Reason.NO_MATCH,
    Kind.COLLEAGUE: Reason.INTERNAL_ONLY,
    Kind.MACHINE: Reason.AUTOMATED,
}


@dataclass(frozen=True)
class Due:
    """How many activities a mail may have in the end."""

    least: int
    most: int


def reasons(copy: Copy, start: float, last_read: float | None) -> frozenset[Reason]:
    """With what a copy's row may end. ``start`` is its mailbox's, ``last_read`` that of who left."""
    found = {_by_labels(copy, start)}
    if copy.deleted_at is not None or last_read is not None:
        # It went, or nobody could look any more: what was known before stands.
        found |= {_of(copy, labels, start) for _, labels in copy.states} | {Reason.GONE}
    if copy.was_primary and copy.mail.sent_at >= start:
        # What is logged stays logged, and what Salesforce refused stays refused, wherever the copy went later.
        found |= {reason for kind, reason in LOGGED.items() if kind is copy.mail.kind}
        found |= {Reason.REJECTED} if copy.mail.kind is Kind.REFUSED else set()
    return frozenset(found)


def _by_labels(copy: Copy, start: float) -> Reason:
    return _of(copy, copy.labels, start)


def _of(copy: Copy, labels: frozenset[str], start: float) -> Reason:
    if "DRAFT" in labels:
        return Reason.NOT_MAIL
    out = labels & {"SPAM", "TRASH"}
    categories = {label for label in labels if label.startswith("CATEGORY_")}
    if out or (categories and "SENT" not in labels):
        return Reason.NOT_PRIMARY
    if copy.mail.sent_at < start:
        return Reason.BEFORE_START
    return IN_PRIMARY[copy.mail.kind]


def kept_out(copy: Copy, truth: Truth, allowed: frozenset[Reason]) -> frozenset[Reason]:
    """The same where somebody said "Don't log": it holds for what comes after, and for what is not logged yet."""
    word = truth.word_on(copy)
    if word is None or "DRAFT" in copy.labels or not copy.is_primary:
        return allowed
    if word.lifted_at is not None:
        return allowed
    if copy.arrived_at > word.put_at:
        return frozenset({Reason.KEPT_OUT})
    return allowed | {Reason.KEPT_OUT}


def due(truth: Truth, starts: dict[str, float]) -> dict[int, Due]:
    """By mail: one activity where a readable copy is a customer's primary mail now, at most one where it ever was."""
    copies: dict[int, list[Copy]] = defaultdict(list)
    for copy in truth.copies.values():
        copies[copy.mail.number].append(copy)
    return {number: _due(found, truth, starts) for number, found in copies.items()}


def _due(copies: list[Copy], truth: Truth, starts: dict[str, float]) -> Due:
    if copies[0].mail.kind not in CUSTOMERS:
        return Due(0, 0)
    least = most = 0
    for copy in copies:
        if copy.mail.sent_at < starts.get(copy.box, 0.0):
            continue
        word = truth.word_on(copy)
        is_silenced = word is not None and word.lifted_at is None
        if copy.was_primary and not (is_silenced and word is not None and copy.arrived_at > word.put_at):
            most = 1
        is_there = copy.deleted_at is None and copy.box not in truth.left_at
        if copy.is_primary and is_there and not is_silenced:
            least = 1
    return Due(least, most)
