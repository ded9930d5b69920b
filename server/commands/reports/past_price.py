"""What reading older mail will cost, said before it begins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from server.bootstrap import Services
from server.commands.reports.tables import count_noun
from server.domain.errors import StateAwayError, TrulyError
from server.domain.mailbox import Mailbox, Stage
from server.engine.operations.quota.gmail_quota import PastForecast, PastLook


@dataclass(frozen=True)
class PastPrice:
    """Of ``asked`` mailboxes; ``unasked`` did not answer. In trial mode no body is read."""

    foreseen: PastForecast
    asked: int
    unasked: int = 0
    is_trial: bool = False


def foresee(
    services: Services,
    pasts: Iterable[tuple[Mailbox, int]],
    stage: Stage,
    on_progress: Callable[[], None] = lambda: None,
) -> PastPrice:
    """The price of reading each mailbox from its moment on (epoch milliseconds), in this stage.

    Raises TransientError where the state is away.
    """
    quota, looks, unasked = services.rooms.quota, list[PastLook](), 0
    for mailbox, start_ms in pasts:
        try:
            looks.append(quota.look(mailbox, start_ms))
        except StateAwayError:
            raise
        except TrulyError:
            unasked += 1
        on_progress()
    is_trial = stage is Stage.DRY_RUN
    foreseen = quota.foresee(looks, len(looks) + unasked, is_trial=is_trial)
    return PastPrice(foreseen, len(looks), unasked, is_trial)


def describe_price(price: PastPrice) -> str:
    """Sentences for an admin."""
    unasked = count_noun(price.unasked, "mailbox", "mailboxes")
    if not price.asked:
        return f"How much older mail there is is not known, because Gmail could not be asked: {unasked}."
    foreseen = price.foreseen
    text = f"Older mail to be read: {count_noun(foreseen.messages, 'message')}"
    if foreseen.messages:
        condition = (
            ", for trial mode reads no body" if price.is_trial else f" if {foreseen.logged_share:.0%} of it is logged"
        )
        text += f", about {foreseen.units:,.0f} Gmail units{condition}."
        text += f" {_describe_days(foreseen.days)}"
    else:
        text += "."
    if price.unasked:
        text += f" Not counted, because Gmail could not be asked: {unasked}."
    return text


def _describe_days(days: float) -> str:
    if not math.isfinite(days):
        return "That never ends: new mail takes all of GMAIL_UNITS_PER_DAY."
    if days * 24 < 1:
        return f"That takes about {max(days * 1_440, 1):.0f} min."
    if days < 1:
        return f"That takes about {days * 24:.1f} hours."
    return f"That takes about {days:.1f} days."
