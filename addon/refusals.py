"""Cards that say why there is nothing to show, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addon import texts
from addon.codes import Refusal
from addon.inert import to_rich
from addon.widgets import Widget, button, buttons, card, paragraph, section


def refusal_card(
    refusal: Refusal,
    *,
    address: str = "",
    helper: str = "",
    detail: str = "",
    refresh: Mapping[str, Any] | None = None,
) -> Widget:
    """``helper`` is whom people ask: an address, a page, or empty for the admin, who is not named.

    ``detail`` is Salesforce's own sentence, or the moment to which the mailbox is complete.

    ``refresh`` is the action that shows the conversation as it is now.
    """
    title, form = texts.REFUSALS[refusal]
    text = form.format(address=to_rich(address), helper=to_rich(helper or texts.HELPER), detail=to_rich(detail))
    refresh_button = buttons([button(texts.REFRESH, refresh, primary=True)]) if refresh else None
    return card("refusal", [section([paragraph(text), refresh_button], header=title)])
