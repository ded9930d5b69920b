"""How often each event happens in a day: arithmetic on the inputs, for mail that arrives at random."""

from __future__ import annotations

import math
from dataclasses import dataclass

from server.rules.forecast.costs import ACTIVITIES_A_ROUND, SHARDS
from server.rules.forecast.inputs import DAY, Inputs
from server.rules.schedule.polling import WATCHED_POLL


@dataclass(frozen=True)
class Events:
    """Of one day and all mailboxes. ``mail_collects`` are those that find mail, ``change_collects`` moved labels alone.

    ``rounds`` find mail to decide; ``empty_rounds`` do not.
    """

    sweeps: float
    polls: float
    pushes: float
    mail_collects: float
    change_collects: float
    mails: float
    decided: float
    logged: float
    rounds: float
    logging_rounds: float
    round_shards: float
    round_mailboxes: float
    empty_rounds: float
    deliveries_asked: float


def count_events(inputs: Inputs) -> Events:
    """The events of one day."""
    n, busy = inputs.mailboxes, inputs.busy_hours * 3_600.0
    mails = n * inputs.mails_a_day
    sweeps = DAY / inputs.poll_seconds
    watched = n * inputs.watched
    pushed = _count_pushed(inputs, busy)
    swept = (n - watched) * sweeps
    # A sweep finds the mail of its whole interval at once.
    mail_swept = (n - watched) * count_filled(busy, inputs.poll_seconds, inputs.mails_a_day / busy)
    mail_collects = watched * pushed.mail + mail_swept
    decided = mails * (inputs.logged_share + inputs.unmatched_share)
    logged = mails * inputs.logged_share
    asked = count_filled(busy, inputs.bucket_seconds, mail_collects / busy) + sweeps
    with_decided = mail_collects * _share_with(mails, mail_collects, decided)
    found = count_filled(busy, inputs.bucket_seconds, with_decided / busy)
    rounds = max(
        found * _count_rounds_in_turn(inputs, mail_collects, with_decided, found), decided / ACTIVITIES_A_ROUND
    )
    a_round = decided / rounds if rounds else 0.0
    logging = rounds * (1 - (1 - logged / decided) ** max(a_round, 1.0)) if decided else 0.0
    return Events(
        sweeps=sweeps,
        polls=watched * pushed.polls * inputs.hourly_share + swept - mail_swept,
        pushes=watched * inputs.mails_a_day * (1 + inputs.changes_a_mail),
        mail_collects=mail_collects,
        change_collects=watched * pushed.changes,
        mails=mails,
        decided=decided,
        logged=logged,
        rounds=rounds,
        logging_rounds=logging,
        round_shards=rounds * _hit(SHARDS, a_round),
        round_mailboxes=rounds * _hit(n, a_round),
        # What was asked for and found nothing, and the last one of each turn.
        empty_rounds=max(asked - found, 0.0) + found,
        deliveries_asked=mail_collects + sweeps,
    )


@dataclass(frozen=True)
class _Pushed:
    """Of one watched mailbox and day."""

    mail: float
    changes: float
    polls: float


def _count_pushed(inputs: Inputs, busy: float) -> _Pushed:
    rate = inputs.mails_a_day / busy
    mail = count_filled(busy, inputs.bucket_seconds, rate)
    changes = count_filled(busy, inputs.bucket_seconds, rate * (1 + inputs.changes_a_mail)) - mail
    # It is read shortly after a sweep, so that at the sweep when it would be due it is not quite.
    interval = WATCHED_POLL + inputs.poll_seconds
    quiet = (DAY - busy) / interval
    # A label moves soon after its mail came, so that only mail ends a lull.
    lull = math.exp(-rate * interval)
    between = busy / interval if rate == 0 else rate * busy * lull / max(1 - lull, 1e-12)
    return _Pushed(mail, changes, quiet + min(between, busy / interval))


def _share_with(mails: float, collects: float, decided: float) -> float:
    """The share of the collects with mail that find some to be decided."""
    if not mails or not collects:
        return 0.0
    return 1 - math.pow(1 - decided / mails, mails / collects)


def _count_rounds_in_turn(inputs: Inputs, mail_collects: float, with_decided: float, turns: float) -> float:
    """How many rounds find mail before one finds none: while a round runs, more mail is read.

    The mailboxes of one bucket are read together, as fast as the queue lets them, and each round takes what it finds.
    """
    if not turns:
        return 1.0
    span = min(mail_collects / turns / inputs.collects_a_second, inputs.bucket_seconds)
    return max(count_filled(span, inputs.round_seconds, with_decided / turns / span), 1.0)


def count_filled(seconds: float, bucket: float, rate: float) -> float:
    """How many buckets of a span hold at least one of the events that come at this rate a second."""
    return seconds / bucket * -math.expm1(-rate * bucket)


def _hit(boxes: float, balls: float) -> float:
    """How many of the boxes hold at least one of the balls."""
    return boxes * -math.expm1(balls * math.log1p(-1 / boxes)) if boxes > 1 else min(boxes, balls)
