"""Google's card widgets, as far as our cards use them. Field names: google.apps.card.v1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from addon.inert import plain
from addon.texts import TITLE

Widget = dict[str, Any]
PRIMARY = {"red": 0.122, "green": 0.306, "blue": 0.475}


def card(name: str, sections: Iterable[Widget | None], *, subtitle: str = "") -> Widget:
    header = {"title": TITLE, **({"subtitle": plain(subtitle)} if subtitle else {})}
    return {"name": name, "header": header, "sections": [s for s in sections if s and s["widgets"]]}


def section(widgets: Iterable[Widget | None], header: str = "", shown: int | None = None) -> Widget:
    """``header`` and all texts must be inert already. ``shown`` widgets stand while the rest is folded."""
    found: Widget = {"widgets": [w for w in widgets if w]}
    if header:
        found["header"] = f"<b>{header}</b>"
    if shown is not None and len(found["widgets"]) > shown:
        found |= {"collapsible": True, "uncollapsibleWidgetsCount": shown}
    return found


def paragraph(text: str) -> Widget | None:
    return {"textParagraph": {"text": text}} if text else None


def line(text: str, *, above: str = "", below: str = "", button: Widget | None = None, icon: str = "") -> Widget:
    """``text`` is rich and inert; the labels are made plain here."""
    found: Widget = {"text": text, "wrapText": True}
    if above:
        found["topLabel"] = plain(above)
    if below:
        found["bottomLabel"] = plain(below)
    if button:
        found["button"] = button
    if icon:
        found["startIcon"] = {"knownIcon": icon}
    return {"decoratedText": found}


def buttons(found: Sequence[Widget | None]) -> Widget | None:
    wanted = [b for b in found if b]
    return {"buttonList": {"buttons": wanted}} if wanted else None


def button(text: str, action: Mapping[str, Any], *, primary: bool = False) -> Widget:
    return {"text": text, **({"color": PRIMARY} if primary else {}), "onClick": {"action": dict(action)}}


def link(text: str, url: str, *, reload: bool = False) -> Widget | None:
    """Nothing where there is no address. ``reload``: the card is made anew once the window is closed."""
    if not url:
        return None
    opened = {"url": url, **({"openAs": "OVERLAY", "onClose": "RELOAD"} if reload else {})}
    return {"text": text, "onClick": {"openLink": opened}}


def shown(found: Widget) -> Widget:
    """The answer to a trigger: this card."""
    return {"action": {"navigations": [{"pushCard": found}]}}


def changed(found: Widget, notice: str, *, root: bool = True) -> Widget:
    """The answer to a click that changed something: this card in place of what was there, and stale cards elsewhere."""
    steps = [*([{"popToRoot": True}] if root else []), {"updateCard": found}]
    note = {"notification": {"text": plain(notice)}} if notice else {}
    return {"renderActions": {"action": {"navigations": steps, **note}}, "stateChanged": True}


def pushed(found: Widget) -> Widget:
    """The answer to a click that asks first: a card with a way back."""
    return {"renderActions": {"action": {"navigations": [{"pushCard": found}]}}}


def replaced(found: Widget) -> Widget:
    """The answer to a search: the same card, filled; nothing else changed."""
    return {"renderActions": {"action": {"navigations": [{"updateCard": found}]}}}
