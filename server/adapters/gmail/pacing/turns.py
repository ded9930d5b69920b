"""Whose turn it is: live work first, mailboxes in rotation, each within its allowances. No clock, no thread."""

from __future__ import annotations

from dataclasses import dataclass

from server.adapters.gmail.pacing.bucket import Bucket
from server.domain.errors import ThrottledError
from server.domain.quota import Purpose

IN_FLIGHT = 5
"""Calls of one mailbox at a time. Google does not publish its limit, and the person's other clients share it."""
PATIENCE = 60.0
"""Seconds that a call may wait for its turn. After that the worker does other work and comes back later."""


@dataclass(eq=False)
class Lane:
    """One mailbox. ``served`` is the number of its last turn: the mailbox served longest ago goes first."""

    bucket: Bucket
    in_flight: int = 0
    blocked_until: float = 0.0
    served: int = 0


@dataclass(eq=False)
class Ticket:
    """``calls`` of together ``units`` that begin at the same moment. ``began`` is when, None before."""

    lane: Lane
    units: int
    calls: int
    purpose: Purpose
    number: int
    joined: float
    began: float | None = None

    @property
    def place(self) -> tuple[Purpose, int]:
        """Within the mailbox: live work first, then first come, first served."""
        return self.purpose, self.number

    @property
    def rank(self) -> tuple[Purpose, int, int]:
        """Among the first of each mailbox."""
        return self.purpose, self.lane.served, self.number


class Turns:
    """Not thread-safe: ``Pacer`` is. Times are epoch seconds; allowances units a minute, 0 for none."""

    def __init__(self, per_mailbox: int, per_project: int, now: float) -> None:
        self._per_mailbox = per_mailbox
        self._project = Bucket.full(per_project, now)
        self._lanes: dict[str, Lane] = {}
        self._waiting: list[Ticket] = []
        self._count = 0

    def admit(self, mailbox_id: str, now: float) -> Lane:
        """Raises ThrottledError where Gmail named a time and it has not come."""
        lane = self._lanes.get(mailbox_id)
        if lane is None:
            lane = self._lanes[mailbox_id] = Lane(Bucket.full(self._per_mailbox, now))
        if now < lane.blocked_until:
            raise ThrottledError("Gmail named a time, and it has not come.", lane.blocked_until - now)
        return lane

    def join(self, mailbox_id: str, units: int, calls: int, now: float, *, purpose: Purpose) -> Ticket:
        """Raises ThrottledError where the wait would be too long."""
        lane = self.admit(mailbox_id, now)
        self._count += 1
        # A batch larger than the limit would never fit; it takes the whole mailbox instead.
        ticket = Ticket(lane, units, min(calls, IN_FLIGHT), purpose, self._count, now)
        wait = self._estimate(ticket, now)
        if wait > PATIENCE:
            raise _too_long(wait)
        self._waiting.append(ticket)
        return ticket

    def ask(self, ticket: Ticket, now: float) -> float | None:
        """0 where the turn has come, which begins it; else the seconds to wait, or None to wait for another call.

        Raises ThrottledError as ``join`` does, and for a ticket that has waited too long.
        """
        lane = ticket.lane
        if now < lane.blocked_until:
            raise ThrottledError("Gmail named a time, and it has not come.", lane.blocked_until - now)
        if now - ticket.joined > PATIENCE:
            raise _too_long(max(self._estimate(ticket, now), 1.0))
        if self._is_behind(ticket) or lane.in_flight + ticket.calls > IN_FLIGHT:
            return None
        # The project's units are shared in order of rank, so that a late live call is not behind a background one.
        wait = lane.bucket.wait(ticket.units, now) or self._project.wait(self._due_before(ticket, now), now)
        if not wait:
            self._begin(ticket, now)
        return wait

    def leave(self, ticket: Ticket) -> None:
        """Give up the place in the queue."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)

    def end(self, ticket: Ticket) -> None:
        ticket.lane.in_flight -= ticket.calls

    def slow_down(self, ticket: Ticket, retry_after: float | None, now: float) -> None:
        """Gmail asked for it when it answered this ticket's calls."""
        lane = ticket.lane
        # By the time that the calls began: five calls of one batch that are all refused slow down once.
        lane.bucket = lane.bucket.slow_down(now if ticket.began is None else ticket.began, now)
        if retry_after is not None:
            lane.blocked_until = max(lane.blocked_until, now + retry_after)

    def _begin(self, ticket: Ticket, now: float) -> None:
        self._waiting.remove(ticket)
        self._count += 1
        lane = ticket.lane
        lane.bucket = lane.bucket.spend(ticket.units, now)
        self._project = self._project.spend(ticket.units, now)
        lane.in_flight += ticket.calls
        lane.served = self._count
        ticket.began = now

    def _is_behind(self, ticket: Ticket) -> bool:
        return any(rival.lane is ticket.lane and rival.place < ticket.place for rival in self._waiting)

    def _due_before(self, ticket: Ticket, now: float) -> int:
        """The project's units for this ticket and for those of other mailboxes that rank before it and could begin."""
        rivals = (rival for rival in self._waiting if rival.lane is not ticket.lane and rival.rank < ticket.rank)
        return ticket.units + sum(rival.units for rival in rivals if self._could_begin(rival, now))

    def _could_begin(self, ticket: Ticket, now: float) -> bool:
        lane = ticket.lane
        fits = lane.in_flight + ticket.calls <= IN_FLIGHT and now >= lane.blocked_until
        return fits and not self._is_behind(ticket) and not lane.bucket.wait(ticket.units, now)

    def _estimate(self, ticket: Ticket, now: float) -> float:
        ahead = [t for t in self._waiting if t is not ticket]
        of_mailbox = sum(t.units for t in ahead if t.lane is ticket.lane and t.place < ticket.place)
        of_project = sum(t.units for t in ahead if t.purpose <= ticket.purpose)
        return max(
            ticket.lane.bucket.wait(of_mailbox + ticket.units, now), self._project.wait(of_project + ticket.units, now)
        )


def _too_long(wait: float) -> ThrottledError:
    return ThrottledError("Our allowance of Gmail's quota is used up for now.", wait)
