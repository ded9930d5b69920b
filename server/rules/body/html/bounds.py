"""Bounds for HTML before a parser sees it.

The time and memory of an HTML5 parser grow with the square of the attributes of a tag, of the depth, and of formatting
that is left open: 40 kB of ``<p><b a=1><b a=2>...<p>x<p>x...`` become millions of nodes. Small HTML with little of all
three goes to the parser as it is. Any other HTML is read here by the rules of HTML5's tokenizer and written again in
elements that no parser treats specially (``<x-td>``), each closed in its turn: then each costs the parser a fixed time.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice

PREFIX = "x-"
"""Stands before the names of rewritten elements."""
TAME_SIZE = 300_000
TAME_TAGS = 2_000
TAME_ATTRIBUTES = 64
MOST_ROOTS = 8
"""``body`` and ``html`` tags: a parser joins the attributes of all of them."""
MOST_UNCLOSED = 15
"""Formatting tags that are open at one place: a parser opens all of them again in each paragraph."""
MOST_TOKENS = 100_000
LONGEST_HTML = 3_000_000
"""Tokens of rewritten HTML and characters of it: many times what 200,000 characters of text need."""
LONGEST_VALUE = 2_000
MOST_INLINE = 50
"""Open elements in which the beginning of an inline element is looked for."""
LONGEST_SHEET = 50_000
VOID = frozenset({
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
})  # fmt: skip

_GAP = r"[ \t\n\r\f]"
_ATTRIBUTE = (
    rf"[ \t\n\r\f/]*+([^ \t\n\r\f/>][^ \t\n\r\f/>=]*+)"
    rf"(?:{_GAP}*+={_GAP}*+(\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\r\f>\"'][^ \t\n\r\f>]*+)?+)?+"
)
_UNGROUPED = _ATTRIBUTE.replace("([^", "(?:[^").replace('(\\"', '(?:\\"')
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_TOKEN = re.compile(
    r"((?:[^<]++|<(?![a-zA-Z/!?]))++)"
    r"|<!--(?:-?>|(?:[^-]++|-(?!-!?>))*+--!?>)"
    r"|<(?:!(?!--)|\?|/(?![a-zA-Z]))[^>]*+>"
    rf"|<(/?)([a-zA-Z][^ \t\n\r\f/>]*+)((?:{_UNGROUPED})*+)[ \t\n\r\f/]*+>"
)
_RAW_NAMES = "script|style|title|textarea|xmp|iframe|noembed|noframes"
_FEW_ATTRIBUTES = rf"(?:{_UNGROUPED}){{0,{TAME_ATTRIBUTES}}}+[ \t\n\r\f/]*+>"
_SCAN = re.compile(
    # Attributes as nearly all are written come first: they are read in half the time.
    rf"<(?:(?=[sxtin])({_RAW_NAMES})(?=[ \t\n\r\f/>]){_FEW_ATTRIBUTES}(?:[^<]++|<(?!/\1[ \t\n\r\f/>]))*+"
    rf"|(/?[a-z][^ \t\n\r\f/>]*+)(?:>|(?: [a-z]++=\"[^\"]*+\"){{0,{TAME_ATTRIBUTES}}}+{_FEW_ATTRIBUTES})"
    r"|!--(?:-?>|(?:[^-]++|-(?!-!?>))*+--!?>)"
    r"|(?:!(?!--)|\?|/(?![a-z]))[^>]*+>"
    r"|([a-z/!?]))"
)
"""Of lower-case HTML: a raw element's name, the name of any other tag, the beginning of a tag out of bounds."""
_FORMATTING = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
})  # fmt: skip
_ROOTS = frozenset({"body", "html"})
_UNCOMMON = frozenset({"svg", "math", "template", "frameset", "plaintext", "<"})
"""A parser reads tags within or after these by other rules; "<" stands for a tag out of bounds."""
_SCOPES = frozenset({"table", "td", "th", "caption", "marquee", "object", "applet", "select"})
"""An end tag within these ends no formatting outside."""
_BEGINNINGS = _FORMATTING | _SCOPES
_ENDS = frozenset(f"/{name}" for name in _BEGINNINGS)
_COUNTED = _BEGINNINGS | _ENDS | _ROOTS | _UNCOMMON

_RAW = frozenset({*_RAW_NAMES.split("|"), "plaintext"})
"""A parser reads no tags within these, only their end tag."""
_RAW_ENDS = {name: re.compile(rf"</{name}[ \t\n\r\f/>]", re.IGNORECASE) for name in _RAW}
_PASSED_OVER = frozenset({
    "html", "head", "body", "tbody", "thead", "tfoot", "colgroup", "frameset", "noscript", "optgroup", "form",
})  # fmt: skip
_SHOWN_VOID = frozenset({"br", "hr", "img", "input"})
_INLINE = frozenset({
    "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em", "font", "i", "ins", "kbd",
    "label", "mark", "nobr", "output", "rb", "rtc", "samp", "small", "span", "strong", "time", "tt", "u", "var",
})  # fmt: skip
"""Without attributes these change nothing in a text."""
_ENDS_PARAGRAPH = frozenset({
    "address", "article", "aside", "blockquote", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "li",
    "listing", "main", "menu", "nav", "ol", "p", "pre", "search", "section", "summary", "table", "ul",
})  # fmt: skip
_ITEMS = frozenset({"li", "dd", "dt"})
_LISTS = frozenset({"ul", "ol", "dl", "menu", "dir"})
_CELLS = frozenset({"td", "th", "caption"})
_OTHER_NAMES = {"image": "img", "listing": "pre"}
_KEPT_ATTRIBUTES = frozenset({
    "alt", "aria-checked", "aria-label", "checked", "class", "data-checked", "data-emoji", "data-goomoji", "data-list",
    "face", "goomoji", "height", "hidden", "href", "id", "reversed", "role", "src", "start", "style", "type", "value",
    "width",
})  # fmt: skip


def is_tame(lowered: str) -> bool:
    """Whether a parser reads this HTML, as it is, in a time that does not matter. Takes lower case."""
    if len(lowered) > TAME_SIZE or lowered.count("<") > TAME_TAGS:
        return False
    tags = ["<" if odd else name for _, name, odd in _SCAN.findall(lowered) if odd or name in _COUNTED]
    if not _UNCOMMON.isdisjoint(tags) or tags.count("body") + tags.count("html") > MOST_ROOTS:
        return False
    # Most mail has little formatting, and none of it has to be followed then.
    if sum(tag in _FORMATTING for tag in tags) <= MOST_UNCLOSED:
        return True
    scopes = _OpenScopes()
    return all(scopes.end(tag[1:]) if tag in _ENDS else scopes.begin(tag) for tag in tags if tag not in _ROOTS)


class _OpenScopes:
    """The formatting that a parser has to open again in each paragraph, by the cell or table that it stands in.

    Both methods return whether the HTML is tame up to here.
    """

    def __init__(self) -> None:
        self._scopes: list[tuple[str, list[str]]] = [("", [])]
        self._count = 0

    def begin(self, name: str) -> bool:
        if name not in _SCOPES:
            self._scopes[-1][1].append(name)
            self._count += 1
            return self._count <= MOST_UNCLOSED and self._scopes[-1][0] != "select"
        if name in _CELLS and self._scopes[-1][0] in _CELLS:
            self._leave_scope()
        if name in _CELLS and self._scopes[-1][0] != "table":
            return True
        if name == "table" and self._scopes[-1][0] == "table":
            self._leave_scope()
        self._scopes.append((name, []))
        return True

    def end(self, name: str) -> bool:
        scope, formatting = self._scopes[-1]
        if name not in _SCOPES:
            if name in formatting:
                formatting.remove(name)
                self._count -= 1
            return True
        if name == "table" and scope in _CELLS:
            self._leave_scope()
            scope = self._scopes[-1][0]
        if name == scope:
            self._leave_scope()
            return True
        # Where such an end tag has no beginning, a parser passes over it only if nothing else could be meant.
        return scope in {"", "table"} or (name in _CELLS and scope in _CELLS)

    def _leave_scope(self) -> None:
        """Formatting in a cell ends with it. What stands between cells belongs before the table, and stays open."""
        scope, formatting = self._scopes.pop()
        if scope == "table":
            self._scopes[-1][1].extend(formatting)
        else:
            self._count -= len(formatting)


def rewrite_html(html: str) -> str:
    """The same text in elements whose names begin with ``PREFIX``, up to the bounds. Takes linear time."""
    return _Rewriter(html).rewrite()


@dataclass
class _Frame:
    """What is open within a table or a cell: an end tag within closes nothing outside."""

    is_table: bool = False
    opened: Counter[str] = field(default_factory=Counter)
    open_items: list[int] = field(default_factory=lambda: [0])
    """For each open list, and for what is outside of lists, whether an item is open."""


class _Rewriter:
    """Reads one HTML. ``_stack`` has the open elements: whether each is written, and its name."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._pieces: list[str] = []
        self._size = 0
        self._stack: list[tuple[bool, str]] = []
        self._frames = [_Frame()]

    def rewrite(self) -> str:
        position = 0
        for _ in range(MOST_TOKENS):
            # Where nothing matches, the rest is one tag or comment without an end: it has no text.
            token = _TOKEN.match(self._html, position)
            if token is None or self._size > LONGEST_HTML:
                break
            position = token.end()
            text, slash, name, attributes = token.groups()
            if text:
                self._write(text[:LONGEST_HTML].replace("<", "&lt;"))
            elif slash:
                self._close_element(name.lower())
            elif name:
                name = name[:40].lower()
                if name in _RAW:
                    position = self._pass_raw_text(name, position)
                else:
                    self._open_element(name, attributes, position)
        return "".join(self._pieces)

    def _write(self, piece: str) -> None:
        self._pieces.append(piece)
        self._size += len(piece)

    def _pass_raw_text(self, name: str, position: int) -> int:
        """Returns the position after the element. Style sheets and ``xmp`` are kept."""
        end = None if name == "plaintext" else _RAW_ENDS[name].search(self._html, position)
        stop = end.start() if end else len(self._html)
        if name == "style" and end:
            self._write(f"<style>{self._html[position : min(stop, position + LONGEST_SHEET)]}</style>")
        elif name in {"xmp", "plaintext"}:
            content = self._html[position : min(stop, position + LONGEST_HTML)]
            self._write(f"<x-pre>{content.replace('&', '&amp;').replace('<', '&lt;')}</x-pre>")
        return stop

    def _open_element(self, name: str, attributes: str, position: int) -> None:
        name = _OTHER_NAMES.get(name, name)
        if name in VOID:
            if name == "hr":
                self._close_paragraph()
            if name in _SHOWN_VOID:
                self._write(f"<{name}{_keep_attributes(attributes)}>")
        elif name not in _PASSED_OVER and self._make_room(name):
            kept = _keep_attributes(attributes) if attributes else ""
            is_written = bool(kept) or name not in _INLINE
            self._push(name, is_written=is_written)
            if is_written:
                self._write(f"<{PREFIX}{name}{kept}>")
            if name == "pre" and self._html.startswith("\n", position):
                self._write("<!---->")

    def _make_room(self, name: str) -> bool:
        """Closes what the beginning of such an element ends. False if it can't stand at this place."""
        if name in _CELLS or name == "tr":
            if len(self._frames) == 1:
                return False
            if not self._frames[-1].is_table:
                self._pop_frame()
            if name == "tr" and self._frames[-1].opened["tr"]:
                self._pop_to("tr")
            return True
        if name == "table" and self._frames[-1].is_table:
            self._pop_frame()
        if name in _ENDS_PARAGRAPH:
            self._close_paragraph()
        frame = self._frames[-1]
        if name in _ITEMS and frame.open_items[-1]:
            self._pop_to(*_ITEMS)
        elif name == "a" and frame.opened["a"]:
            self._pop_to("a")
        return True

    def _close_paragraph(self) -> None:
        if self._frames[-1].opened["p"]:
            self._pop_to("p")

    def _close_element(self, name: str) -> None:
        name = _OTHER_NAMES.get(name, name)
        frame = self._frames[-1]
        if name == "br":
            self._write("<br>")
        elif name in _CELLS or name in {"tr", "table"}:
            self._close_table_part(name)
        elif frame.opened[name] and (name not in _INLINE or self._is_innermost(name)):
            self._pop_to(name)

    def _close_table_part(self, name: str) -> None:
        if len(self._frames) == 1:
            return
        if not self._frames[-1].is_table and (name != "tr" or self._frames[-2].opened["tr"]):
            self._pop_frame()
        if name == "table":
            self._pop_frame()
        elif name == "tr" and self._frames[-1].opened["tr"]:
            self._pop_to("tr")

    def _is_innermost(self, name: str) -> bool:
        """Whether only elements that show nothing of their own are open within the last one of this name."""
        for is_written, open_name in reversed(self._stack[-MOST_INLINE:]):
            if open_name == name:
                return True
            if is_written and open_name not in _INLINE:
                return False
        return False

    def _push(self, name: str, *, is_written: bool) -> None:
        self._stack.append((is_written, name))
        frame = self._frames[-1]
        frame.opened[name] += 1
        if name in _ITEMS:
            frame.open_items[-1] = 1
        elif name in _LISTS:
            frame.open_items.append(0)
        elif name == "table" or name in _CELLS:
            self._frames.append(_Frame(is_table=name == "table"))

    def _pop(self) -> str:
        is_written, name = self._stack.pop()
        if name == "table" or name in _CELLS:
            self._frames.pop()
        frame = self._frames[-1]
        frame.opened[name] -= 1
        if name in _LISTS:
            frame.open_items.pop()
        elif name in _ITEMS:
            frame.open_items[-1] = 0
        if is_written:
            self._write(f"</{PREFIX}{name}>")
        return name

    def _pop_to(self, *names: str) -> None:
        while self._pop() not in names:
            pass

    def _pop_frame(self) -> None:
        """Closes the innermost table or cell."""
        depth = len(self._frames)
        while len(self._frames) == depth:
            self._pop()


def _keep_attributes(attributes: str) -> str:
    """The first attributes of a tag that matter for its text, their values cut."""
    values: dict[str, str] = {}
    for match in islice(_ATTRIBUTES.finditer(attributes), TAME_ATTRIBUTES):
        name = match[1].lower() if len(match[1]) < 20 else ""
        if name in _KEPT_ATTRIBUTES:
            values.setdefault(name, (match[2] or "")[: LONGEST_VALUE + 1].strip("\"'"))
    return "".join(f' {name}="{value.replace(chr(34), "&quot;")}"' for name, value in values.items())
