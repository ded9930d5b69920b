"""What reading older mail will cost, said before it begins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from server.bootstrap import Services
from server.commands.reports.tables import count_noun
from server.domain.errors import TrulyError
from server.domain.mailbox import Mailbox
from server.engine.operations.quota.gmail_quota import PastForecast, PastLook


def foresee(
    services: Services, pasts: Iterable[tuple[Mailbox, int]], on_progress: Callable[[], None] = lambda: None
) -> tuple[PastForecast, int]:
    """The price of reading each mailbox from its moment on (epoch milliseconds), and how many could not be asked.

    Raises TransientError where the state is away.
    """
    quota, looks, unasked = services.rooms.quota, list[PastLook](), 0
    for mailbox, start_ms in pasts:
        try:
            looks.append(quota.look(mailbox, start_ms))
        except TrulyError:
            unasked += 1
        on_progress()
    return quota.foresee(looks, len(looks) + unasked), unasked


def describe_price(foreseen: PastForecast, unasked: int = 0) -> str:
    """Sentences for an admin."""
    text = (
        f"Older mail to be read: {count_noun(foreseen.messages, 'message')}, about {foreseen.units:,.0f} Gmail units if"
        f" {foreseen.logged_share:.0%} of it is logged. "
    )
    if not math.isfinite(foreseen.days):
        text += "That never ends: new mail takes all of GMAIL_UNITS_PER_DAY."
    elif foreseen.days * 24 < 1:
        text += f"That takes about {max(foreseen.days * 1_440, 1):.0f} min."
    elif foreseen.days < 1:
        text += f"That takes about {foreseen.days * 24:.1f} hours."
    else:
        text += f"That takes about {foreseen.days:.1f} days."
    if unasked:
        text += f" Not counted, because Gmail could not be asked: {count_noun(unasked, 'mailbox', 'mailboxes')}."
    return text
