"""Styles of a mail: declarations of a ``style`` attribute, and the simplest rules of style sheets.

Rules are read of ``.name``, ``tag.name`` and ``#name`` outside of ``@media``, because templates hide text with these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

LONGEST_STYLE = 2_000
LONGEST_SHEETS = 100_000
MOST_RULES = 500
"""Characters of one attribute and of all style sheets, and rules that are kept of these."""
_HINTS = (
    "display", "visibility", "opacity", "overflow", "line-through", "white-space", "wingdings", "mso-hide",
    "list-style", "absolute", "fixed", "text-indent", "clip:", "clip-path", "transparent", "rgba", "hsla", "scale(",
)  # fmt: skip
_VALUE_HINT = re.compile(
    r"font-size\s*:\s*[0.1]|font\s*:[^;\"'}]{0,60}?\b[01]|margin-(?:left|top)\s*:\s*-|vertical-align\s*:\s*su"
)
_PROPERTIES = frozenset({
    "clip", "clip-path", "color", "display", "font", "font-family", "font-size", "height", "left", "line-height",
    "list-style", "list-style-type", "margin-left", "margin-top", "max-height", "max-width", "min-height", "min-width",
    "mso-hide", "opacity",
    "overflow", "overflow-x", "overflow-y", "position", "right", "bottom", "text-decoration", "text-decoration-line",
    "text-indent", "top", "transform", "vertical-align", "visibility", "white-space", "white-space-collapse", "width",
})  # fmt: skip
_COMMENT = re.compile(r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)|<!--|-->")
_BRACE = re.compile(r"([^{}]*+)([{}]|\Z)")
_SELECTOR = re.compile(r"[a-z0-9]*[.#][\w-]+", re.IGNORECASE)


def may_change_text(lowered: str) -> bool:
    """Whether a style, or any style of an HTML, says more of a text than how it looks. Takes lower case."""
    return any(hint in lowered for hint in _HINTS) or bool(_VALUE_HINT.search(lowered))


def read_declarations(style: str) -> dict[str, str]:
    """The declarations that matter here, in lower case; values end with "!important" where the style says so."""
    values: dict[str, str] = {}
    for declaration in _COMMENT.sub(" ", style[:LONGEST_STYLE]).lower().split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip(), value.strip()
        if name in _PROPERTIES and value and not (_is_important(values.get(name, "")) and not _is_important(value)):
            values[name] = value
    return values


def _is_important(value: str) -> bool:
    return value.endswith("important")


class StyleSheet:
    """The rules of a mail's style sheets by selector, each with its place among all rules."""

    def __init__(self, sheets: Iterable[str]) -> None:
        self._rules: dict[str, list[tuple[int, dict[str, str]]]] = {}
        self._count = 0
        size = 0
        for sheet in sheets:
            self._read_sheet(sheet[: LONGEST_SHEETS - size])
            size += len(sheet)
            if size >= LONGEST_SHEETS:
                break

    def __bool__(self) -> bool:
        return bool(self._rules)

    def declarations_for(self, tag: str, classes: str, name: str) -> dict[str, str]:
        """What the rules say of an element with these ``class`` and ``id`` attributes."""
        selectors = [f".{word}" for word in classes[:500].split()] + ([f"#{name}"] if name else [])
        rules = [
            rule for selector in selectors for key in (selector, tag + selector) for rule in self._rules.get(key, ())
        ]
        return join_declarations(*(values for _, values in sorted(rules, key=lambda rule: rule[0])))

    def _read_sheet(self, sheet: str) -> None:
        depth, selectors = 0, ""
        for match in _BRACE.finditer(_COMMENT.sub(" ", sheet)):
            if match[2] == "{":
                if depth == 0:
                    selectors = match[1].rpartition(";")[2].strip()
                depth += 1
            elif depth:
                depth -= 1
                if depth == 0 and not selectors.startswith("@"):
                    self._add_rule(selectors, match[1])

    def _add_rule(self, selectors: str, style: str) -> None:
        if self._count >= MOST_RULES or not may_change_text(style.lower()):
            return
        values = read_declarations(style)
        for selector in selectors[:1_000].split(","):
            if values and _SELECTOR.fullmatch(selector.strip()):
                self._count += 1
                tag, mark, name = re.split(r"([.#])", selector.strip(), maxsplit=1)
                self._rules.setdefault(f"{tag.lower()}{mark}{name}", []).append((self._count, values))


def join_declarations(*styles: Mapping[str, str]) -> dict[str, str]:
    """The declarations that hold if each style stands above those before it."""
    joined: dict[str, str] = {}
    for style in styles:
        joined |= {
            name: value
            for name, value in style.items()
            if _is_important(value) or not _is_important(joined.get(name, ""))
        }
    return joined
