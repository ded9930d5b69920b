"""What the styles of an element say of its text: whether a reader sees it, struck out, raised, or in its own lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, Flag, auto
from typing import Any

from server.rules.body.html.styles import StyleSheet, join_declarations, may_change_text, read_declarations

MOST_LOOKS = 5_000
"""Different styles of one mail that are remembered."""
MOST_SEARCHES = 50
"""Elements hidden in Outlook alone that are searched for a link."""
UNREADABLE_SIZE = 1.5
OFF_SCREEN = -500
"""Pixels: a font of this size can't be read, and what stands this far left or above is not on the screen."""


class Unseen(Flag):
    """Why a text can't be seen though its element is there. An element within can end each cause."""

    SIZE = auto()
    LINE = auto()
    VISIBILITY = auto()
    COLOUR = auto()


class Script(Enum):
    SUPER = "super"
    SUB = "sub"


NOTHING_UNSEEN = Unseen(0)


@dataclass(frozen=True, slots=True)
class Look:
    """What a style changes. None and empty values leave what the elements around it say."""

    is_hidden: bool = False
    is_hidden_in_outlook: bool = False
    is_shown: bool = False
    """It names a ``display``, which undoes the attribute ``hidden``."""
    unseen: Unseen = NOTHING_UNSEEN
    seen: Unseen = NOTHING_UNSEEN
    is_struck: bool | None = None
    keeps_lines: bool | None = None
    is_block: bool = False
    script: Script | None = None
    list_style: str = ""
    font: str = ""


PLAIN = Look()
_LENGTH = re.compile(r"([+-]?(?:\d{1,9}\.?\d{0,9}|\.\d{1,9}))\s?(px|pt|pc|in|cm|mm|em|rem|ex|ch|vw|vh|%|)")
_PIXELS = {"px": 1.0, "": 1.0, "pt": 1.33, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78}
_RELATIVE = frozenset({"em", "ex", "ch", "%"})
_FONT_SIZES = re.compile(r"\b(?:xx-small|x-small|small|medium|large|x-large|xx-large)\b")
_CLIPPED = re.compile(r"rect\((?:\s?[01](?:px)?[\s,]{0,2}){4}\)|inset\(\s?(?:50|100)%|circle\(\s?0")
_CLEAR = re.compile(r"transparent\b|(?:rgb|hsl)a?\((?:[^,/)\s]{1,12}[\s,/]{1,3}){3}(?:0|0?\.0{1,4})%?\s?\)")
_SHRUNK = re.compile(r"scale[xy]?\(\s?0?\.?0{0,4}\s?[,)]")
_BLOCKS = ("block", "flex", "grid", "table", "list-item", "table-row", "flow-root")
_KEEPS_LINES = {
    "pre": True, "pre-wrap": True, "pre-line": True, "break-spaces": True, "preserve": True, "preserve-breaks": True,
    "normal": False, "nowrap": False, "collapse": False,
}  # fmt: skip
_LIST_STYLES = re.compile(
    r"\b(?:none|disc|circle|square|decimal(?:-leading-zero)?|(?:lower|upper)-(?:alpha|latin|roman))\b"
)


def read_look(values: Mapping[str, str], tag: str) -> Look:
    display = values.get("display", "").split(" ")[0].split("!")[0]
    unseen, seen = _read_visibility(values)
    decoration = values.get("text-decoration", "") + values.get("text-decoration-line", "")
    white_space = values.get("white-space-collapse") or values.get("white-space") or ""
    list_style = _LIST_STYLES.search(values.get("list-style-type") or values.get("list-style") or "")
    alignment = values.get("vertical-align", "").partition("!")[0].strip()
    return Look(
        is_hidden=display == "none" or _is_faded(values) or _is_squeezed(values, tag) or _is_off_screen(values),
        is_hidden_in_outlook=values.get("mso-hide", "").startswith("all"),
        is_shown=display not in {"", "none"},
        unseen=unseen,
        seen=seen,
        is_struck=True if "line-through" in decoration else False if decoration else None,
        keeps_lines=_KEEPS_LINES.get(white_space.split(" ")[0].split("!")[0]),
        is_block=display in _BLOCKS,
        script=Script(alignment) if alignment in {"super", "sub"} else None,
        list_style=list_style[0] if list_style else "",
        font=_read_symbol_font(values.get("font-family") or values.get("font") or ""),
    )


def _read_symbol_font(family: str) -> str:
    return family.strip("\"' ") if family.strip("\"' ").startswith("wingdings") else "text" if family else ""


def _read_visibility(values: Mapping[str, str]) -> tuple[Unseen, Unseen]:
    """The causes that begin with an element, and those that end with it."""
    signs = {
        Unseen.VISIBILITY: _starts(values.get("visibility", ""), {"hidden": True, "collapse": True, "visible": False}),
        Unseen.SIZE: _is_tiny_font(values),
        Unseen.LINE: _is_flat_line(values),
        Unseen.COLOUR: bool(_CLEAR.match(values["color"])) if "color" in values else None,
    }
    unseen = seen = NOTHING_UNSEEN
    for cause, sign in signs.items():
        unseen |= cause if sign else NOTHING_UNSEEN
        seen |= cause if sign is False else NOTHING_UNSEEN
    return unseen, seen


def _starts(value: str, signs: Mapping[str, bool]) -> bool | None:
    return next((sign for word, sign in signs.items() if value.startswith(word)), None)


def _is_tiny_font(values: Mapping[str, str]) -> bool | None:
    """None if the size depends on that of the elements around it."""
    size = values.get("font-size") or values.get("font", "")
    if _FONT_SIZES.search(size) or "(" in size:
        return False
    # In the shorthand "font" a weight like 400 stands before the size.
    match = next((m for m in _LENGTH.finditer(size[:100]) if m[2] or float(m[1]) == 0), None)
    if match is None:
        return None
    if match[2] in _RELATIVE:
        return True if float(match[1]) == 0 else None
    pixels = _pixels(match[0])
    return pixels <= UNREADABLE_SIZE if pixels is not None else None


def _is_flat_line(values: Mapping[str, str]) -> bool | None:
    """A line without height hides its text only where nothing may flow over."""
    height = _pixels(values.get("line-height", ""))
    if height is None:
        return False if "line-height" in values else None
    return True if height == 0 and _cuts_overflow(values) else None if height == 0 else False


def _is_faded(values: Mapping[str, str]) -> bool:
    opacity = _LENGTH.match(values.get("opacity", ""))
    return opacity is not None and float(opacity[1]) <= 0


def _is_squeezed(values: Mapping[str, str], tag: str) -> bool:
    """A box without room that cuts its content. Tables and cells grow with theirs."""
    if not _cuts_overflow(values):
        return False
    sides = ["max-height"] if tag in {"table", "tr", "td", "th"} else ["max-height", "height", "max-width", "width"]
    # "width:1px; min-width:100%" is a usual way to say "as wide as the screen".
    lengths = (_pixels(values.get(side, "")) for side in sides if f"min-{side.removeprefix('max-')}" not in values)
    return any(length is not None and length <= 1 for length in lengths)


def _cuts_overflow(values: Mapping[str, str]) -> bool:
    return any(values.get(name, "").startswith(("hidden", "clip")) for name in ("overflow", "overflow-x", "overflow-y"))


def _is_off_screen(values: Mapping[str, str]) -> bool:
    names = ["text-indent", "margin-left", "margin-top"]
    if values.get("position", "").startswith(("absolute", "fixed")):
        if _CLIPPED.search(values.get("clip", "") + values.get("clip-path", "")):
            return True
        names += ["left", "top", "right", "bottom"]
    lengths = (_pixels(values.get(name, "")) for name in names)
    is_shrunk = bool(_SHRUNK.match(values.get("transform", "")))
    return is_shrunk or any(length is not None and length <= OFF_SCREEN for length in lengths)


def _pixels(value: str) -> float | None:
    """None for what is no length. A number without a unit is one only if it is zero."""
    match = _LENGTH.match(value)
    if match is None or (not match[2] and float(match[1])):
        return None
    return float(match[1]) * _PIXELS.get(match[2], 16.0)


@dataclass(frozen=True, slots=True)
class Place:
    """What the elements around a text say of it."""

    unseen: Unseen = NOTHING_UNSEEN
    is_seen: bool = True
    is_struck: bool = False
    is_pre: bool = False
    keeps_lines: bool = False
    is_block: bool = False
    script: Script | None = None
    list_style: str = ""
    font: str = ""

    @property
    def is_passed_on(self) -> bool:
        """Whether an element without a look of its own has the same place within."""
        return self.is_seen and not self.is_block and not self.list_style


_TAG_LOOKS = {
    "s": Look(is_struck=True),
    "strike": Look(is_struck=True),
    "del": Look(is_struck=True),
    "sup": Look(script=Script.SUPER),
    "sub": Look(script=Script.SUB),
    "pre": Look(keeps_lines=True),
    "listing": Look(keeps_lines=True),
    "xmp": Look(keeps_lines=True),
    "plaintext": Look(keeps_lines=True),
}
_PRE_TAGS = frozenset({"pre", "listing", "xmp", "plaintext"})
_SCRIPT_TAGS = frozenset({"span", "font", "small", "a", "b", "i", "em", "strong", "u", "sup", "sub"})
_HIDDEN_ATTRIBUTE = re.compile(r"hidden(?<=[\s\"'/]hidden)[\s=>/]")


class LookReader:
    """Reads the looks of one mail's elements, each different style once. ``lowered`` is the HTML in lower case."""

    def __init__(self, lowered: str, sheets: Iterable[str]) -> None:
        self.reads_hidden = False
        self._sheet = StyleSheet(sheets)
        self._has_rules = bool(self._sheet)
        self._asks_style = "style" in lowered or "wingdings" in lowered
        self._asks_face = "wingdings" in lowered
        self._asks_hidden = bool(_HIDDEN_ATTRIBUTE.search(lowered))
        self._looks: dict[tuple[str, str, str, str, bool], Look] = {}
        self._searches = 0

    @property
    def may_hide(self) -> bool:
        return self._asks_style or self._asks_hidden

    def enter_place(self, node: Any, tag: str, outer: Place) -> Place | None:
        """The place within an element, None if nothing in it can be seen."""
        look = self._read_element(node, tag, outer) if self._asks_style else _TAG_LOOKS.get(tag, PLAIN)
        if look is PLAIN and not self._asks_hidden and outer.is_passed_on:
            return outer
        if not self.reads_hidden and (look.is_hidden or self._is_hidden_otherwise(node, tag, look)):
            return None
        unseen = NOTHING_UNSEEN if self.reads_hidden else (outer.unseen & ~look.seen) | look.unseen
        if tag == "a" and not look.unseen:
            # A link has a colour of its own.
            unseen &= ~Unseen.COLOUR
        keeps_lines = outer.keeps_lines if look.keeps_lines is None else look.keeps_lines
        return Place(
            unseen=unseen,
            is_seen=not unseen,
            is_struck=outer.is_struck or look.is_struck is True,
            is_pre=keeps_lines and (outer.is_pre or tag in _PRE_TAGS),
            keeps_lines=keeps_lines,
            is_block=look.is_block,
            script=outer.script or look.script,
            list_style=look.list_style,
            font=outer.font if not look.font else "" if look.font == "text" else look.font,
        )

    def _read_element(self, node: Any, tag: str, outer: Place) -> Look:
        attributes = node.attrs
        style = attributes.get("style") or ""
        classes = name = ""
        if self._has_rules:
            classes, name = attributes.get("class") or "", attributes.get("id") or ""
        if self._asks_face and tag == "font" and (face := attributes.get("face")):
            style = f"font-family:{face};{style}"
        if not (style or classes or name):
            return _TAG_LOOKS.get(tag, PLAIN)
        # Within text that can't be seen, a size or a colour like any other shows it again.
        key = (tag, style, classes, name, not outer.is_seen)
        look = self._looks.get(key)
        if look is None:
            look = self._read_look(*key)
            if len(self._looks) < MOST_LOOKS:
                self._looks[key] = look
        return look

    def _read_look(self, tag: str, style: str, classes: str, name: str, is_unseen: bool) -> Look:
        is_read = is_unseen or tag in _TAG_LOOKS or may_change_text(style.lower())
        values = read_declarations(style) if is_read else {}
        if self._has_rules and (rules := self._sheet.declarations_for(tag, classes, name)):
            values = join_declarations(rules, values or read_declarations(style))
        tag_look = _TAG_LOOKS.get(tag, PLAIN)
        if not values:
            return tag_look
        look = read_look(values, tag)
        look = replace(
            look,
            is_struck=tag_look.is_struck if look.is_struck is None else look.is_struck,
            keeps_lines=tag_look.keeps_lines if look.keeps_lines is None else look.keeps_lines,
            script=(look.script if tag in _SCRIPT_TAGS else None) or tag_look.script,
        )
        return PLAIN if look == PLAIN else look

    def _is_hidden_otherwise(self, node: Any, tag: str, look: Look) -> bool:
        """By the attribute, or in Outlook alone. What has a link is a button then, and other programs show it."""
        if self._asks_hidden and not look.is_shown and "hidden" in node.attrs:
            return True
        if not look.is_hidden_in_outlook or tag == "a" or self._searches >= MOST_SEARCHES:
            return False
        self._searches += 1
        return node.css_first("a") is None
