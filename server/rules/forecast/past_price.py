"""What reading a mailbox's older mail costs in Gmail's units, and how many days that takes. Pure.

The price is the planner's own: what a label decides costs its place in a list, a conversation is read whole where that
is cheaper, and what is logged is read once more for its body.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from server.domain.history import MessageRef
from server.domain.ids import MessageId
from server.domain.quota import AFTER_TURN, Purpose, compute_speed, find_day
from server.rules.forecast import costs
from server.rules.schedule.day_budget import Used, count_expected, count_free

MESSAGE = 20.0
CONVERSATION = 40.0
"""Units of a message and of a whole conversation, with headers or with bodies."""
LISTED = 2.5
"""How often a message stands in a list that is asked for: by the walk, by its labels, and at the end once more."""
LOGGED = 0.3
"""Share of all mail that is logged, where nothing is known."""
UNPACED = 1e12
"""Units a second, where no allowance is set."""
LONGEST = 3_650
"""Days, after which nobody counts on."""


@dataclass(frozen=True)
class PastSize:
    """``messages`` to be looked at; no label decides ``to_read`` of them, whose headers cost ``header_units``.

    ``known`` messages beside them stand in the lists alone, for they were looked at before.
    """

    messages: int
    to_read: int
    header_units: float
    known: int = 0

    @classmethod
    def of(cls, refs: Collection[MessageRef], decided: Collection[MessageId], known: int = 0) -> PastSize:
        """``decided`` are messages whose label alone decides."""
        by_label = frozenset(decided)
        sizes = Counter(ref.thread_id for ref in refs if ref.message_id not in by_label)
        units = sum(min(MESSAGE * size, CONVERSATION) for size in sizes.values())
        return cls(len(refs), sizes.total(), units, known)

    @classmethod
    def guess(cls, messages: int) -> PastSize:
        """Where nobody has looked: each message alone."""
        return cls(messages, messages, MESSAGE * messages)


def price_past(size: PastSize, logged_share: float) -> float:
    """Units. ``logged_share`` is of all messages; their bodies come as their headers do."""
    lists = costs.WHOLE_PAGE.gmail_units * LISTED * math.ceil((size.messages + size.known) / costs.PAGE)
    # What a label decides is not logged.
    to_log = min(logged_share * size.messages, size.to_read)
    bodies = to_log * size.header_units / max(size.to_read, 1)
    return costs.FIRST_READ.gmail_units + lists + size.header_units + bodies


@dataclass(frozen=True)
class Pace:
    """Units a day, and a minute for a mailbox and for a process; 0 is without limit.

    ``at_a_time`` mailboxes are read at once, by so many ``processes``.
    """

    per_day: int
    per_mailbox: int
    per_process: int
    at_a_time: int = 1
    processes: int = 1

    def compute_speed(self, mailboxes: int) -> float:
        """Units a second of so many mailboxes together."""
        at_once = max(min(self.at_a_time, mailboxes), 1)
        speed = compute_speed(self.per_mailbox) * at_once if self.per_mailbox else UNPACED
        if self.per_process:
            speed = min(speed, compute_speed(self.per_process) * min(self.processes, at_once))
        return speed


UNLIMITED = Pace(0, 0, 0)


def count_days(units: Sequence[float], pace: Pace, now: float, today: Used, busiest: Used, usual: Used) -> float:
    """How many days it takes to spend these units, a mailbox each.

    ``today`` is taken already, ``busiest`` what the budget keeps free for today, and ``usual`` what the others will
    need on each day after that. Infinite where they leave nothing.
    """
    left, speed = sum(units), pace.compute_speed(len(units))
    alone = max(units, default=0.0) / pace.compute_speed(1)
    if left <= 0:
        return 0.0
    if not pace.per_day:
        return max(left / speed, alone) / 86_400
    at, day = now, find_day(now)
    free = count_free(pace.per_day, Purpose.PAST, today, busiest, day.compute_rest(now))
    expected = sum(count_expected(pace.per_day, p, usual) for p in Purpose if p is not Purpose.PAST)
    for _ in range(LONGEST):
        possible = min(max(free, 0), speed * max(day.ends - at, 0.0))
        if left <= possible:
            return max(at + left / speed - now, alone) / 86_400
        left -= possible
        at = day.ends + AFTER_TURN
        day, free = find_day(at), pace.per_day - expected
    return math.inf
