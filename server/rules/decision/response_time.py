"""How long a customer waited for an answer."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

MINUTE = 60_000


def measure_response_minutes(sent_at: int, moments: Iterable[tuple[int, bool]]) -> int | None:
    """Whole minutes from the first unanswered mail to this answer; None if this mail answers nothing.

    Times are epoch milliseconds. ``moments`` are the other mails of the conversation, each with whether it came from
    outside. The second of two answers in a row answers nothing; three questions in a row wait since the first.
    """
    latest_first = sorted((moment for moment in moments if moment[0] < sent_at), reverse=True)
    unanswered = list(takewhile(lambda moment: moment[1], latest_first))
    return (sent_at - unanswered[-1][0]) // MINUTE if unanswered else None
