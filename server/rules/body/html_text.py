"""HTML of a mail to the plain text that a reader would see: no addresses of pictures, no hidden text, quotes with "> ".

selectolax parses, because lxml silently gives nothing for the deep nesting of long reply chains.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from server.rules.body.html.bounds import PREFIX, TAME_SIZE, is_tame, rewrite_html
from server.rules.body.html.items import TICKS, OpenLists, read_tick
from server.rules.body.html.lines import LineWriter
from server.rules.body.html.looks import LookReader, Place
from server.rules.body.html.nodes import is_element, read_attribute
from server.rules.body.html.signs import drop_fillers, mark_script, picture_text, read_symbols

LONGEST = 200_000
"""Characters of text after which the walk stops."""
MOST_NODES = 400_000
_SILENT = frozenset({
    "script", "style", "head", "title", "template", "svg", "math", "iframe", "object", "audio", "video", "canvas",
    "map", "select", "textarea", "button", "noframes", "datalist", "noembed",
})  # fmt: skip
_LINES = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "hr", "legend", "li", "listing", "main", "menu", "nav", "ol", "p", "pre", "search", "section", "summary",
    "table", "tbody", "tfoot", "thead", "tr", "ul", "xmp", "plaintext",
})  # fmt: skip
_SIGNS = frozenset({"br", "td", "th", "img", "input", "q", "rt"})
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_QUOTE_CLASSES = frozenset({"gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra", "tutanota_quote"})
_QUOTE_HOLDERS = frozenset(
    {"divrplyfwdmsg", "appendonsend", "olk_src_body_section", "mail-editor-reference-message-container"}
)
_HISTORY_MARKS = re.compile(
    r"(?:x_)*(?:gmail_(?:attr|quote|quote_container|extra)|moz-(?:cite-prefix|forward-container)|(?:ydp\w{1,20})?yahoo_quoted\w*"
    r"|outlookmessageheader|protonmail_quote|zmail_extra|tutanota_quote|replyheader|orimsghtmlseperator|isforwardcontent)",
    re.IGNORECASE,
)
"""Classes and ids of what mail programs put around the mail that is answered, or its first line."""
_HISTORY_HINTS = (
    "gmail_", "moz-", "yahoo_quoted", "outlookmessageheader", "_quote", "zmail_extra", "replyheader", "orimsg",
    "forwardcontent", "rplyfwdmsg", "appendonsend", "olk_src", "mail-editor-ref",
)  # fmt: skip


def html_text(html: str) -> str:
    """Text with "> " before quoted lines. Hidden text is left out, unless the mail has no other."""
    lowered = html[: TAME_SIZE + 1].lower()
    is_rewritten = not is_tame(lowered)
    if is_rewritten:
        html = rewrite_html(html)
        lowered = html.lower()
    tree = LexborHTMLParser(html)
    root = tree.body or tree.root
    if root is None:
        return ""
    sheets = (node.text() for node in tree.css("style")) if "<style" in lowered else ()
    looks = LookReader(lowered, sheets)
    text = _TreeReader(lowered, looks, is_rewritten=is_rewritten).read_tree(root)
    if text or not looks.may_hide:
        return text
    looks.reads_hidden = True
    return _TreeReader(lowered, looks, is_rewritten=is_rewritten).read_tree(root)


class _TreeReader:
    """Reads one tree. ``_places`` has what the open elements say about the text within, the innermost last."""

    def __init__(self, lowered: str, looks: LookReader, *, is_rewritten: bool) -> None:
        self._looks = looks
        self._prefix = PREFIX if is_rewritten else ""
        self._may_mark = any(hint in lowered for hint in _HISTORY_HINTS)
        self._may_tick = "checked" in lowered
        self._may_be_emoji = "moji" in lowered or "emoticon" in lowered
        self._lines = LineWriter()
        self._places = [Place()]
        self._lists = OpenLists()
        self._is_ticked = False
        self._script_begin = (0, "")

    def read_tree(self, root: Any) -> str:
        # Recursion would end at a thousand levels. A tag is asked for once a node: it is a new string each time.
        above: list[tuple[Any, str]] = []
        node = root.first_child
        for _ in range(MOST_NODES):
            while node is None and above:
                node, tag = above.pop()
                self._leave_element(node, tag)
                node = node.next
            if node is None or self._lines.size > LONGEST:
                break
            tag = node.tag if not self._prefix else node.tag.removeprefix(self._prefix)
            child = None
            if tag == "-text":
                self._read_text(node.text_content)
            elif self._enter_element(node, tag):
                child = node.first_child
                if child is None:
                    self._leave_element(node, tag)
                else:
                    above.append((node, tag))
            node = child or node.next
        return self._lines.text()

    def _enter_element(self, node: Any, tag: str) -> bool:
        """Writes what the beginning of an element shows. False if nothing within it can be seen."""
        if tag in _SILENT or not node.is_element_node:
            return False
        outer = self._places[-1]
        place = self._looks.enter_place(node, tag, outer)
        if place is None:
            return False
        self._places.append(place)
        if tag in _LINES:
            self._enter_block(node, tag)
        elif tag in _SIGNS:
            self._read_sign(node, tag)
        elif place.is_block:
            self._lines.end_line()
        if self._may_tick and (tick := read_tick(node, tag)):
            self._write_tick(tick)
        if place.script and not outer.script:
            self._script_begin = self._lines.begin_piece()
        return True

    def _read_sign(self, node: Any, tag: str) -> None:
        if tag == "br":
            self._lines.break_line()
        elif tag in {"td", "th"}:
            self._lines.write_space()
        elif tag == "img":
            self._read_picture(node)
        elif tag == "input":
            self._read_input(node)
        elif tag == "q":
            self._write_sign('"')
        elif tag == "rt" and not is_element(node.prev, "rp", self._prefix):
            self._write_sign("(")

    def _enter_block(self, node: Any, tag: str) -> None:
        place = self._places[-1]
        if tag == "li":
            self._lines.end_item()
        self._lines.end_line()
        if tag == "hr":
            self._lines.write_rule()
        elif tag == "blockquote" and _is_quote(node):
            _begin_quote(self._lines, node)
        elif self._may_mark:
            self._part_history(node)
        if tag in _LISTS:
            self._lists.open_list(node, tag, place.list_style, self._prefix)
        elif tag == "li":
            mark = self._lists.next_mark(node, place.list_style)
            if mark and place.is_seen:
                self._lines.write_mark(mark)

    def _part_history(self, node: Any) -> None:
        """A rule or a blank line where a mail program begins the mail that is answered."""
        names = [read_attribute(node, "id")[:100], *read_attribute(node, "class")[:500].split()]
        if names[0].lower().removeprefix("x_") in _QUOTE_HOLDERS:
            self._lines.write_rule()
        elif any(_HISTORY_MARKS.fullmatch(name) for name in names):
            self._lines.leave_blank_line()

    def _leave_element(self, node: Any, tag: str) -> None:
        place = self._places.pop()
        if place.script and not self._places[-1].script:
            begin, last = self._script_begin
            script = place.script
            self._lines.change_piece(begin, lambda text: mark_script(text, script, last))
        if tag in _LINES or place.is_block:
            self._leave_block(node, tag)
        elif tag == "a":
            self._write_link(node)
        elif tag == "q":
            self._write_sign('"')
        elif tag == "rt" and not is_element(node.next, "rp", self._prefix):
            self._write_sign(")")

    def _leave_block(self, node: Any, tag: str) -> None:
        if tag == "a":
            self._write_link(node)
        elif tag == "li":
            self._is_ticked = False
            self._lines.end_item()
        self._lines.end_line()
        if tag in _LISTS:
            self._lists.close_list()
        if tag == "blockquote" and self._lines.quote_depth and _is_quote(node):
            self._lines.quote_depth -= 1

    def _read_text(self, text: str) -> None:
        place = self._places[-1]
        if not place.is_seen:
            return
        if not place.keeps_lines and text.isspace() and text.isascii():
            self._lines.write_space()
            return
        text = text[:LONGEST]
        if not text.isascii():
            text = drop_fillers(text)
        if place.font:
            text = read_symbols(text, place.font)
        if place.keeps_lines and (place.is_pre or self._lines.is_line_begun or not text.isspace()):
            self._lines.write_lines(text, is_struck=place.is_struck)
        else:
            self._lines.write_folded(text, is_struck=place.is_struck)
        if self._is_ticked and not text.isspace():
            self._is_ticked = False

    def _write_sign(self, text: str) -> None:
        if text and self._places[-1].is_seen:
            self._lines.write_words(text, is_struck=self._places[-1].is_struck)

    def _write_tick(self, tick: str) -> None:
        """One tick for an item, though it is told of the item and of the box within."""
        if not self._is_ticked and self._places[-1].is_seen:
            self._lines.write_mark(tick)
            self._lines.gap = " "
        self._is_ticked = True

    def _read_input(self, node: Any) -> None:
        kind = read_attribute(node, "type").strip().lower()
        is_checked = "checked" in node.attrs
        if kind == "checkbox":
            self._write_tick("[x]" if is_checked else "[ ]")
        elif kind == "radio":
            self._write_sign("(x)" if is_checked else "( )")
            self._lines.write_space()

    def _read_picture(self, node: Any) -> None:
        attributes = node.attributes
        if self._may_tick and (tick := TICKS.get(attributes.get("alt") or "")):
            self._write_tick(tick)
        else:
            self._write_sign(picture_text(attributes, may_be_emoji=self._may_be_emoji))

    def _write_link(self, node: Any) -> None:
        """The address behind a link, if the text of the link names another host: a reader must know that."""
        href = read_attribute(node, "href").strip()[:500]
        if not href.lower().startswith(("http://", "https://")):
            return
        shown = (node.text(deep=False) or "").strip()[:500]
        if "." in shown and " " not in shown and _host(shown) and _host(shown) != _host(href):
            self._write_sign(f" <{href}>")


def _begin_quote(lines: LineWriter, node: Any) -> None:
    """A mail program's quote stands apart from the words above it, as an author's own indented words need not."""
    if read_attribute(node, "type") == "cite":
        lines.part_quote()
    lines.quote_depth += 1


def _is_quote(node: Any) -> bool:
    """Whether a mail program made this quote; a bare indentation is the author's own."""
    attributes = node.attributes
    classes = {name.removeprefix("x_") for name in (attributes.get("class") or "")[:500].split()}
    style = (attributes.get("style") or "")[:500].replace(" ", "").lower()
    return (
        (attributes.get("type") or "").lower() == "cite"
        or bool(classes & _QUOTE_CLASSES)
        or "border-left:" in style
        or not attributes
    )


def _host(address: str) -> str:
    try:
        return (urlsplit(address if "://" in address else f"//{address}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""
