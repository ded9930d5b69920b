"""The home card."""

from __future__ import annotations

from addon import texts
from addon.widgets import Widget, card, paragraph, section


def home_card(disclosure: str) -> Widget:
    """``disclosure`` is text, subject or headers: the card says what others can read."""
    text = texts.HOME_TEXT.format(who=texts.HOME_WHO[disclosure])
    return card(
        "home",
        [
            section([paragraph(text)], header=texts.HOME_TITLE),
            section([paragraph(texts.NEVER_LOGGED_TEXT)], header=texts.NEVER_LOGGED),
        ],
    )
