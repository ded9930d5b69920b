"""The home card."""

from __future__ import annotations

from typing import Any

from addon.texts import HOME_TEXT, HOME_TITLE, HOME_WHO, TITLE


def home_card(disclosure: str) -> dict[str, Any]:
    """``disclosure`` is text, subject or headers: the card says what others can read."""
    text = HOME_TEXT.format(who=HOME_WHO[disclosure])
    return {
        "name": "home",
        "header": {"title": TITLE},
        "sections": [{"header": HOME_TITLE, "widgets": [{"textParagraph": {"text": text}}]}],
    }
