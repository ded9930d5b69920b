"""What became of the mail: how long it took, what is missing, what is there twice."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.soak.cloud.plan import Arrival
from tests.soak.town import Kind

MESSAGE_ID = "TrulyActivity__Message_Id__c"
KEY = "TrulyActivity__Message_Key__c"
HISTORY_LAG = 10.0
"""Seconds after which Gmail's history surely has a mail, and with the workers' clocks apart."""


@dataclass(frozen=True)
class Delivered:
    """``at`` (epoch seconds) is when the mail was in the mailbox, ``message`` its Gmail id."""

    arrival: Arrival
    at: float
    mailbox: str
    message: str


@dataclass(frozen=True)
class Lags:
    """Seconds from the mailbox to Salesforce."""

    count: int = 0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    worst: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Lags:
        ranked = sorted(values)
        if not ranked:
            return cls()
        p50, p95, p99 = (ranked[math.ceil(len(ranked) * share) - 1] for share in (0.5, 0.95, 0.99))
        return cls(len(ranked), round(p50, 2), round(p95, 2), round(p99, 2), round(ranked[-1], 2))


@dataclass(frozen=True)
class Findings:
    """``lost``, ``doubled`` and ``wrong`` name what is amiss by message, with ids only.

    ``late`` is what nothing is amiss with, by the service's own state: it is on its way.
    """

    steady: Lags = field(default_factory=Lags)
    bursts: Lags = field(default_factory=Lags)
    logged: int = 0
    lost: Sequence[str] = ()
    doubled: Sequence[str] = ()
    wrong: Sequence[str] = ()
    waiting: Sequence[str] = ()
    late: Sequence[str] = ()


def read_message_id(task: Mapping[str, Any]) -> str:
    """As the mail has it: Salesforce gets it without its brackets."""
    return f"<{str(task[MESSAGE_ID]).strip('<>')}>"


def read_created(task: Mapping[str, Any]) -> float:
    """When Salesforce got it, epoch seconds."""
    return datetime.fromisoformat(str(task["CreatedDate"])).timestamp()


def compare(
    delivered: Sequence[Delivered], tasks: Sequence[Mapping[str, Any]], ledger: Mapping[str, Any],
    read_to: Mapping[str, float] | None = None,
) -> Findings:  # fmt: skip
    """``tasks`` are Salesforce's, ``ledger`` is what the command export writes.

    ``read_to`` (epoch seconds by mailbox) is up to when each is read, and then what is not yet done is late: mail that
    came later than that, and rows that wait. Without it there has been time enough, and that is wrong.
    """
    by_mail: dict[str, list[Mapping[str, Any]]] = {}
    for task in tasks:
        by_mail.setdefault(read_message_id(task), []).append(task)
    rows = {(row["mailbox"], row["gmail_message_id"]): row for row in ledger["messages"]}
    lags: dict[bool, list[float]] = {True: [], False: []}
    lost, wrong, late = [], [], []
    for mail in delivered:
        found = by_mail.get(mail.arrival.mail.message_id, [])
        row = rows.get((mail.mailbox, mail.message))
        name = f"mail {mail.arrival.mail.number}"
        if row is None and read_to is not None and mail.at > read_to.get(mail.mailbox, 0.0) - HISTORY_LAG:
            late.append(f"{name}: its mailbox is not read since")
            continue
        if row is None:
            lost.append(f"{name}: no row")
        if read_to is not None and row is not None and row["outcome"] == "waiting":
            late.append(f"{name}: {row['reason']} {row['cause'] or ''}".strip())
        elif mail.arrival.is_wanted and not found:
            lost.append(f"{name}: no activity, {row['reason'] if row else ''} {row['cause'] if row else ''}".strip())
        if found and not mail.arrival.is_wanted:
            wrong.append(f"{name}: an activity of {mail.arrival.mail.kind}")
        if found and mail.arrival.is_wanted:
            lags[mail.arrival.is_burst].append(min(map(read_created, found)) - mail.at)
            wrong += [f"{name}: on another record" for task in found if not _is_on_record(mail.arrival, task)]
    keys = Counter(str(task[KEY]) for task in tasks)
    return Findings(
        steady=Lags.of(lags[False]),
        bursts=Lags.of(lags[True]),
        logged=len(lags[True]) + len(lags[False]),
        lost=lost,
        doubled=[
            *(f"{mail}: {len(found)} activities" for mail, found in by_mail.items() if len(found) > 1),
            *(f"{key}: {count} activities of one key" for key, count in keys.items() if count > 1),
        ],
        wrong=wrong,
        late=late,
        waiting=[]
        if read_to is not None
        else [f"{key[0]}.{key[1]}: {row['reason']}" for key, row in rows.items() if row["outcome"] == "waiting"],
    )


def _is_on_record(arrival: Arrival, task: Mapping[str, Any]) -> bool:
    place = "WhatId" if arrival.mail.kind is Kind.ACCOUNT else "WhoId"
    return bool(task.get(place) == arrival.mail.record)
