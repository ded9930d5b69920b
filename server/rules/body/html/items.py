"""The marks before the items of lists: numbers, points and ticks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from server.rules.body.html.nodes import is_element, read_attribute
from server.rules.body.html.signs import NUMBER_STYLES, number_item

_NUMBER = re.compile(r"\s{0,9}([+-]?[0-9]{1,9})")
TICKS = {"true": "[x]", "checked": "[x]", "false": "[ ]", "unchecked": "[ ]"}
_TICK_CLASSES = {"checked": "[x]", "is-checked": "[x]", "tox-checklist--checked": "[x]", "unchecked": "[ ]"}


@dataclass
class _List:
    number: int = 1
    step: int = 1
    style: str = ""
    is_numbered: bool = True


class OpenLists:
    """The lists that are open at one place of a mail, the innermost last."""

    def __init__(self) -> None:
        self._lists: list[_List] = []

    def open_list(self, node: Any, tag: str, style: str, prefix: str) -> None:
        """``style`` is what the style of the element says, ``prefix`` stands before the names of elements."""
        self._lists.append(_read_list(node, tag, style, prefix))

    def close_list(self) -> None:
        if self._lists:
            self._lists.pop()

    def next_mark(self, node: Any, style: str) -> str:
        """The mark of an item, which counts it."""
        innermost = self._lists[-1] if self._lists else _List(is_numbered=False)
        style = style or innermost.style
        number = _read_number(read_attribute(node, "value"), innermost.number)
        innermost.number = number + innermost.step
        if not innermost.is_numbered and not style.startswith(("decimal", "lower", "upper", "none")):
            return "- "
        return number_item(number, NUMBER_STYLES.get(read_attribute(node, "type"), style))


def _read_list(node: Any, tag: str, style: str, prefix: str) -> _List:
    """``style`` is what the style of the element says."""
    if tag != "ol":
        return _List(style=style, is_numbered=False)
    style = NUMBER_STYLES.get(read_attribute(node, "type").strip(), style)
    if "reversed" not in node.attrs:
        return _List(_read_number(read_attribute(node, "start"), 1), 1, style)
    count, child = 0, node.first_child
    while child is not None:
        count += is_element(child, "li", prefix)
        child = child.next
    return _List(_read_number(read_attribute(node, "start"), count), -1, style)


def _read_number(text: str, default: int) -> int:
    match = _NUMBER.match(text)
    return int(match[1]) if match else default


def read_tick(node: Any, tag: str) -> str:
    """The tick that an editor or a mail program notes on an element itself."""
    if read_attribute(node, "role") == "checkbox" or tag == "li":
        for name in ("aria-checked", "data-checked", "data-list"):
            if tick := TICKS.get(read_attribute(node, name).lower()):
                return tick
    classes = read_attribute(node, "class")[:500].lower().split() if tag == "li" else []
    return next((_TICK_CLASSES[name] for name in classes if name in _TICK_CLASSES), "")
