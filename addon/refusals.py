"""Cards that say why there is nothing to show, and what to do."""

from __future__ import annotations

from addon import texts
from addon.inert import rich
from addon.widgets import Widget, card, paragraph, section

REFUSALS = {
    "consumer": texts.CONSUMER, "not_included": texts.NOT_INCLUDED, "no_longer_read": texts.NO_LONGER_READ,
    "not_live": texts.NOT_LIVE, "away": texts.AWAY,
    "refused": texts.REFUSED_CHANGE, "stale": texts.STALE, "not_found": texts.NOT_FOUND, "broken": texts.BROKEN,
}  # fmt: skip


def refusal_card(kind: str, *, address: str = "", admin: str = "", said: str = "") -> Widget:
    """``kind`` is one of ``REFUSALS``."""
    title, text = REFUSALS[kind]
    filled = text.format(address=rich(address), admin=rich(admin), said=rich(said))
    return card("refusal", [section([paragraph(filled)], header=title)])
