"""Whether Gmail's pushes arrive. New mail that only a poll found is the evidence that they do not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from server.domain.mailbox import Mailbox
from server.rules.schedule.watch_renewal import RENEW_AFTER, is_alive

PUSH_LAG = 120.0
"""Seconds after which new mail should have been announced. A push takes seconds, and its job some more."""
ENOUGH = 2
"""Polls with unannounced mail, and no push between them, before a mailbox counts as one whose pushes do not arrive.
After one, a single push may be lost, or still on its way after an outage."""
FEWEST_MAILBOXES = 3
LEAST_SHARE = 1 / 3
"""Of the mailboxes with news: so many without pushes are no accident of single mailboxes."""
LATELY = 6 * 3_600.0
"""Seconds for which a mailbox counts among those with news."""
HEARD_WITHIN = RENEW_AFTER + 7_200.0
"""Seconds: Gmail pushes also when a watch is renewed, so each mailbox should be heard of at least so often."""


def note_push(mailbox: Mailbox, now: float) -> Mailbox:
    """A push was heard: the mailbox may be left to its pushes again."""
    return replace(mailbox, push_heard_at=now, unannounced=0, unannounced_at=None)


def note_poll(mailbox: Mailbox, arrivals: Collection[float], now: float) -> Mailbox:
    """A poll found new mail, which arrived at these moments (epoch seconds).

    Mail that arrived long enough ago should have been announced: then the push's own look would have found it. After
    a push that was just heard, Gmail's history may have been late. A mailbox in trouble hears no push.
    """
    if mailbox.failures or not is_alive(mailbox, now) or _is_within(mailbox.push_heard_at, PUSH_LAG, now):
        return mailbox
    if not any(arrival < now - PUSH_LAG for arrival in arrivals):
        return mailbox
    return replace(mailbox, unannounced=mailbox.unannounced + 1, unannounced_at=now)


def begin_watch(mailbox: Mailbox) -> Mailbox:
    """A new watch proves itself by its first push. Gmail sends one at once."""
    return replace(mailbox, push_heard_at=None, unannounced=0, unannounced_at=None)


def is_proven(mailbox: Mailbox) -> bool:
    """Whether a push was heard of this watch, and no poll has found unannounced mail since."""
    return mailbox.push_heard_at is not None and not mailbox.unannounced


@dataclass(frozen=True)
class PushHealth:
    """Of the mailboxes that are read and have an active watch.

    ``heard``: a push came within ``HEARD_WITHIN``. ``unproven``: polled until a push is heard. ``with_news``: had a
    push or unannounced mail within ``LATELY``; ``silent`` of them had unannounced mail again and again.
    ``is_all_silent``: some are silent, and since then no mailbox at all had a push.
    """

    watched: int
    heard: int
    unproven: int
    with_news: int
    silent: int
    is_all_silent: bool

    @property
    def is_broken(self) -> bool:
        """So many mailboxes lack their pushes that the subscription or a setting must be wrong."""
        return self.silent >= FEWEST_MAILBOXES and self.silent >= LEAST_SHARE * self.with_news

    @property
    def is_doubtful(self) -> bool:
        """Broken, or no push came to prove the opposite: that is all that one or two mailboxes can show."""
        return self.is_broken or self.is_all_silent


def measure_pushes(mailboxes: Iterable[Mailbox], now: float) -> PushHealth:
    watched = [mailbox for mailbox in mailboxes if mailbox.reads and is_alive(mailbox, now)]
    with_news = [
        mailbox
        for mailbox in watched
        if _is_within(mailbox.push_heard_at, LATELY, now) or _is_within(mailbox.unannounced_at, LATELY, now)
    ]
    silences = [
        mailbox.unannounced_at
        for mailbox in with_news
        if mailbox.unannounced >= ENOUGH
        and mailbox.unannounced_at is not None
        and now - mailbox.unannounced_at <= LATELY
    ]
    return PushHealth(
        watched=len(watched),
        heard=sum(_is_within(mailbox.push_heard_at, HEARD_WITHIN, now) for mailbox in watched),
        unproven=sum(not is_proven(mailbox) for mailbox in watched),
        with_news=len(with_news),
        silent=len(silences),
        is_all_silent=bool(silences) and max(mailbox.push_heard_at or 0.0 for mailbox in watched) <= max(silences),
    )


def _is_within(moment: float | None, seconds: float, now: float) -> bool:
    return moment is not None and now - moment <= seconds
