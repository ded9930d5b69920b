"""Google's card widgets, as far as our cards use them. Field names: google.apps.card.v1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from addon.inert import to_plain
from addon.texts import TITLE

Widget = dict[str, Any]
PRIMARY = {"red": 0.122, "green": 0.306, "blue": 0.475}


def card(
    name: str, sections: Iterable[Widget | None], menu: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> Widget:
    """A section without widgets is left out. ``menu`` has the actions of the card's own menu by their labels."""
    items = [{"actionLabel": label, "onClick": {"action": dict(action)}} for label, action in menu.items()]
    widget: Widget = {"name": name, "header": {"title": TITLE}, "sections": [s for s in sections if s and s["widgets"]]}
    return {**widget, "cardActions": items} if items else widget


def section(widgets: Iterable[Widget | None], header: str = "", shown: int | None = None) -> Widget:
    """``header`` and all texts must be inert already. Widgets after the first ``shown`` ones are folded."""
    widget: Widget = {"widgets": [w for w in widgets if w]}
    if header:
        widget["header"] = f"<b>{header}</b>"
    if shown is not None and len(widget["widgets"]) > shown:
        widget |= {"collapsible": True, "uncollapsibleWidgetsCount": shown}
    return widget


def paragraph(text: str) -> Widget | None:
    return {"textParagraph": {"text": text}} if text else None


def line(
    text: str, *, above: str = "", below: str = "", button: Widget | None = None, icon: tuple[str, str] | None = None
) -> Widget:
    """``text`` is rich and inert; the labels are made plain here. ``icon`` is Google's name, and what it stands for."""
    widget: Widget = {"text": text, "wrapText": True}
    if above:
        widget["topLabel"] = to_plain(above)
    if below:
        widget["bottomLabel"] = to_plain(below)
    if button:
        widget["button"] = button
    if icon:
        known, stands_for = icon
        widget["startIcon"] = {"knownIcon": known, "altText": to_plain(stands_for)}
    return {"decoratedText": widget}


def text_input(name: str, label: str, value: str, on_change: Mapping[str, Any]) -> Widget:
    """``on_change`` is what Enter does: without it the field sends nothing."""
    field = {"name": name, "label": label, "type": "SINGLE_LINE", "value": value, "onChangeAction": dict(on_change)}
    return {"textInput": field}


def buttons(row: Sequence[Widget | None]) -> Widget | None:
    present = [b for b in row if b]
    return {"buttonList": {"buttons": present}} if present else None


def button(text: str, action: Mapping[str, Any], *, primary: bool = False, spoken: str = "") -> Widget:
    """``spoken`` is read aloud in place of a text that many buttons of a card share."""
    color = {"color": PRIMARY} if primary else {}
    return {"text": text, **_alt_text(spoken), **color, "onClick": {"action": dict(action)}}


def link(text: str, url: str, *, reload: bool = False, spoken: str = "") -> Widget | None:
    """None without an address. ``reload``: Gmail asks for the card anew once the window is closed."""
    if not url:
        return None
    open_link = {"url": url, **({"openAs": "OVERLAY", "onClose": "RELOAD"} if reload else {})}
    return {"text": text, **_alt_text(spoken), "onClick": {"openLink": open_link}}


def _alt_text(spoken: str) -> Widget:
    return {"altText": to_plain(spoken)} if spoken else {}


def show_card(widget: Widget) -> dict[str, Any]:
    """The answer to a trigger: this card."""
    return {"action": {"navigations": [{"pushCard": widget}]}}


def show_change(widget: Widget, notice: str) -> dict[str, Any]:
    """The answer to a click that changed something: this card takes the place of all others, which are stale."""
    note = {"notification": {"text": to_plain(notice)}} if notice else {}
    steps: list[dict[str, Any]] = [{"popToRoot": True}, {"updateCard": widget}]
    return {"renderActions": {"action": {"navigations": steps, **note}}, "stateChanged": True}


def push_card(widget: Widget) -> dict[str, Any]:
    """The answer to a click that asks first: a card with a way back."""
    return {"renderActions": {"action": {"navigations": [{"pushCard": widget}]}}}


def update_card(widget: Widget) -> dict[str, Any]:
    """The answer to a search: the same card with its results; nothing else changed."""
    return {"renderActions": {"action": {"navigations": [{"updateCard": widget}]}}}
