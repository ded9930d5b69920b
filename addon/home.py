"""The cards that belong to no message: home, help and settings."""

from __future__ import annotations

from addon import texts
from addon.inert import to_rich
from addon.widgets import Widget, buttons, card, link, paragraph, section

PAGE = "https://"
"""How a contact begins that is a page."""


def home_card(disclosure: str, not_primary: str) -> Widget:
    """``disclosure`` is text, subject or headers: the card says what others can read.

    ``not_primary`` is skip or contacts: the card says what Gmail's categories keep out.
    """
    return card("home", _list_what_is_logged(disclosure, not_primary))


def help_card(disclosure: str, not_primary: str, helper: str) -> Widget:
    """``helper`` is whom people ask: an address, a page, or empty for the admin, who is not named."""
    page = link(texts.HELP_PAGE, helper) if helper.startswith(PAGE) else None
    ask = texts.HELP_ASK_TEXT.format(helper=name_helper(helper))
    return card(
        "help",
        [
            *_list_what_is_logged(disclosure, not_primary),
            section([paragraph(texts.HELP_WHY_TEXT)], header=texts.HELP_WHY),
            section([paragraph(ask), buttons([page])], header=texts.HELP_ASK),
        ],
    )


def settings_card(stage: str, start: str, disclosure: str, helper: str) -> Widget:
    """What holds for the person's mailbox. ``start`` is a day, empty where all mail is logged.

    There is nothing to switch: the admin sets all of it.
    """
    day = texts.SETTINGS_START.format(day=to_rich(start)) if start else ""
    return card(
        "settings",
        [
            section([paragraph(texts.SETTINGS_STAGE[stage]), paragraph(day)], header=texts.SETTINGS_MAILBOX),
            section([paragraph(texts.HOME_WHO[disclosure])], header=texts.SETTINGS_READERS),
            section([paragraph(texts.SETTINGS_ASK.format(helper=name_helper(helper)))]),
        ],
    )


def name_helper(helper: str) -> str:
    return to_rich(helper or texts.HELPER)


def _list_what_is_logged(disclosure: str, not_primary: str) -> list[Widget]:
    never = texts.NEVER_LOGGED_TEXT.format(but=texts.NEVER_LOGGED_BUT[not_primary])
    text = texts.HOME_TEXT.format(who=texts.HOME_WHO[disclosure])
    return [
        section([paragraph(text)], header=texts.HOME_TITLE),
        section([paragraph(never)], header=texts.NEVER_LOGGED),
    ]
