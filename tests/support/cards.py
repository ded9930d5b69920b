"""A card's JSON, checked by Google's own schema, and read as a person would read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from google.apps.card_v1 import Card

RICH = {"a", "b", "br", "font", "i", "s", "time", "u"}
MOST_WIDGETS = 100


def card_of(answer: Any) -> dict[str, Any]:
    """The card that the answer shows last."""
    action = (answer.get("renderActions") or answer)["action"]
    found = [step.get("pushCard") or step.get("updateCard") for step in action["navigations"]]
    card: dict[str, Any] = [c for c in found if c][-1]
    check(card)
    return card


def check(card: dict[str, Any]) -> None:
    """Raises what the schema raises; at most so many widgets as Gmail shows; only such HTML as it reads."""
    Card.from_json(json.dumps(card))
    assert sum(len(section["widgets"]) for section in card["sections"]) <= MOST_WIDGETS
    assert len(json.dumps(card)) < 60_000
    for text in _rich(card):
        _Inert().feed(text)


class _Inert(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in RICH - {"a"}, tag
        assert not attrs


def _rich(card: dict[str, Any]) -> Iterator[str]:
    for section in card["sections"]:
        yield section.get("header", "")
        for widget in section["widgets"]:
            yield widget.get("textParagraph", {}).get("text", "")
            yield widget.get("decoratedText", {}).get("text", "")


def texts(card: dict[str, Any]) -> list[str]:
    """All that a person reads, from top to bottom; buttons in brackets."""
    out = [card["header"]["title"]]
    for section in card["sections"]:
        out += [section["header"].removeprefix("<b>").removesuffix("</b>")] if section.get("header") else []
        for widget in section["widgets"]:
            out += _texts(widget)
    return out


def _texts(widget: dict[str, Any]) -> list[str]:
    if "textParagraph" in widget:
        return [widget["textParagraph"]["text"]]
    if "decoratedText" in widget:
        line = widget["decoratedText"]
        return [" | ".join(line[n] for n in ("topLabel", "text", "bottomLabel") if n in line)]
    if "buttonList" in widget:
        return [" ".join(f"[{b['text']}]" for b in widget["buttonList"]["buttons"])]
    return []


def action(card: dict[str, Any], label: str) -> dict[str, str]:
    """The parameters of the button with that label."""
    for section in card["sections"]:
        for widget in section["widgets"]:
            for button in _buttons(widget):
                if button.get("text") == label:
                    found = button["onClick"]["action"]
                    return {p["key"]: p["value"] for p in found["parameters"]}
    raise AssertionError(f"no button {label} among {texts(card)}")


def _buttons(widget: dict[str, Any]) -> list[dict[str, Any]]:
    one = widget.get("decoratedText", {}).get("button")
    return [*widget.get("buttonList", {}).get("buttons", ()), *([one] if one else [])]
