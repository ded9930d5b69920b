"""How long a customer waited for an answer of ours."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

MINUTE = 60_000


def measure_response_minutes(sent_at: int, earlier: Iterable[tuple[int, bool]]) -> int | None:
    """Whole minutes from the first mail that nobody had answered to this answer; None where it answers nothing.

    Times are epoch milliseconds. ``earlier`` are the other mails of the conversation, each with whether it came from
    outside. A second mail of ours in a row answers nothing; three questions in a row wait since the first.
    """
    before = sorted((each for each in earlier if each[0] < sent_at), reverse=True)
    unanswered = list(takewhile(lambda each: each[1], before))
    return (sent_at - unanswered[-1][0]) // MINUTE if unanswered else None
