"""Does our own state answer?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from server.engine.mailboxes.status_text import RETRIED, describe_settings_fault, describe_trouble
from server.engine.mailboxes.troubles import TroubleReporter
from server.engine.operations.doctor.registry import Checks, Finding
from server.ports.store import Store


@dataclass(frozen=True)
class StateContext:
    store: Store
    troubles: TroubleReporter


NAMED = 10
"""Mailboxes that one finding names."""
CHECKS = Checks[StateContext]()


@CHECKS.register("State")
def check_state(context: StateContext) -> Iterator[Finding]:
    count = len(context.store.mailboxes())
    yield Finding("State", is_good=True, text=f"The state knows {count} mailboxes.")


@CHECKS.register("Mailboxes")
def check_mailboxes(context: StateContext) -> Iterator[Finding]:
    """By what the last sweeps met; nothing is asked."""
    report = context.troubles.examine(context.store.mailboxes())
    if report.fault:
        yield Finding("Mailboxes", is_good=False, text=describe_settings_fault(report.fault))
        return
    if not report.troubled:
        yield Finding("Mailboxes", is_good=True, text="Google refuses no mailbox.")
        return
    codes = Counter(trouble.code for _, trouble in report.troubled)
    for code, count in sorted(codes.items()):
        names = [mailbox.address for mailbox, trouble in report.troubled if trouble.code == code]
        rest = f" and {count - NAMED} more" if count > NAMED else ""
        text = f"{', '.join(names[:NAMED])}{rest}: {describe_trouble(code)} All others are read. {RETRIED}"
        yield Finding("Mailboxes", is_good=False, text=text)
