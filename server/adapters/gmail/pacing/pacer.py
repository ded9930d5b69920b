"""Where a thread waits until its call may begin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from server.adapters.gmail.pacing.turns import Ticket, Turns
from server.domain.errors import ThrottledError
from server.domain.quota import Purpose
from server.logs.trail import count_on_trail
from server.ports.budget import Budget
from server.ports.clock import Clock
from server.ports.patience import shorten

LOOK = 1.0
"""Seconds after which a waiting call looks again: another call may have changed its turn."""
SlowDown = Callable[[ThrottledError], None]


class Pacer:
    """One for a process, shared by live and background work and by all mailboxes. Thread-safe.

    ``sleep`` takes seconds. It stands beside ``clock`` so that a test can let both be virtual.
    """

    def __init__(
        self,
        clock: Clock,
        sleep: Callable[[float], None],
        per_mailbox: int,
        per_project: int,
        budget: Budget | None = None,
    ) -> None:
        """Allowances in units a minute, 0 for not paced."""
        self._budget = budget
        self._clock = clock
        self._sleep = sleep
        self._turns = Turns(per_mailbox, per_project, clock.now())
        self._changed = threading.Condition()

    def admit(self, mailbox_id: str) -> None:
        """Raise ThrottledError until the time that Gmail named for this mailbox has come."""
        with self._changed:
            self._turns.admit(mailbox_id, self._clock.now())

    @contextmanager
    def turn(
        self, mailbox_id: str, units: int, calls: int = 1, *, purpose: Purpose = Purpose.LIVE
    ) -> Iterator[SlowDown]:
        """Within it the calls are made. Raises ThrottledError where the wait would be too long, or a time was named.

        Raises DayBudgetError where the day's units are used up for this purpose, and TransientError where that cannot
        be asked; never for live work.

        A ThrottledError out of the block slows the mailbox down. A caller that gets one as a value calls the function
        that the block is given.
        """
        if self._budget:
            self._budget.spend(purpose, units, mailbox_id)
        try:
            ticket = self._wait_for_turn(mailbox_id, units, calls, purpose=purpose)
        except Exception:  # whatever it is, a card's end too: no call is made
            if self._budget:
                self._budget.give_back(purpose, units)
            raise
        count_on_trail("gmail_units", units)

        def slow_down(error: ThrottledError) -> None:
            with self._changed:
                self._turns.slow_down(ticket, error.retry_after, self._clock.now())

        try:
            yield slow_down
        except ThrottledError as error:
            slow_down(error)
            raise
        finally:
            with self._changed:
                self._turns.end(ticket)
                self._changed.notify_all()

    def _wait_for_turn(self, mailbox_id: str, units: int, calls: int, *, purpose: Purpose) -> Ticket:
        with self._changed:
            ticket = self._turns.join(mailbox_id, units, calls, self._clock.now(), purpose=purpose)
        try:
            while (wait := self._ask(ticket)) != 0:
                # None was a wait for another call already, in ``_ask``.
                if wait is not None:
                    self._sleep(min(wait, shorten(LOOK)))
        finally:
            with self._changed:
                self._turns.leave(ticket)
                self._changed.notify_all()
        return ticket

    def _ask(self, ticket: Ticket) -> float | None:
        with self._changed:
            wait = self._turns.ask(ticket, self._clock.now())
            if wait is None:
                self._changed.wait(shorten(LOOK))
            return wait
