"""HTML of a mail as the plain text a reader would see: no pictures' addresses, nothing hidden, quotes with their signs.

selectolax parses, because lxml silently gives nothing for the deep nesting of long reply chains; the walk has a stack.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

LONGEST = 200_000
"""Characters of text after which the rest is not looked at."""
MOST_NODES = 400_000
FEW_TAGS = 5_000
MOST_STEPS = 20_000_000
"""Tags of HTML times their depth: an HTML parser may look at all open elements for each tag."""
DEEPEST_QUOTE = 20
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_SILENT = frozenset({
    "script", "style", "head", "title", "template", "svg", "math", "iframe", "object", "audio", "video", "canvas",
    "map", "select", "textarea", "button", "noframes",
})  # fmt: skip
_LINES = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure",
    "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
    "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
})  # fmt: skip
_CELLS = frozenset({"td", "th"})
_HIDDEN = re.compile(
    r"(?:^|;)\s{0,4}(?:display\s{0,4}:\s{0,4}none|visibility\s{0,4}:\s{0,4}hidden"
    r"|opacity\s{0,4}:\s{0,4}0(?:\.0{1,4})?\s{0,4}(?:[;!]|$))",
    re.IGNORECASE,
)
_MAY_HIDE = re.compile(r"display|visibility|opacity|hidden", re.IGNORECASE)
_QUOTE_CLASSES = frozenset({"gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra", "tutanota_quote"})
_QUOTE_HOLDERS = frozenset(
    {"divrplyfwdmsg", "appendonsend", "olk_src_body_section", "mail-editor-reference-message-container"}
)
_RULE = "_" * 32
_SPACE = re.compile(r"[ \t\r\n\f]+")
_WORD = re.compile(r"[^\W\d_]")


def html_text(html: str) -> str:
    """Text with "> " before quoted lines; the hidden text too where nothing else is there."""
    tree = LexborHTMLParser(_shallow(html))
    root = tree.body or tree.root
    if root is None:
        return ""
    if not _MAY_HIDE.search(html):
        return _Reader(is_hidden_read=True).read(root)
    return _Reader(is_hidden_read=False).read(root) or _Reader(is_hidden_read=True).read(root)


class _Reader:
    def __init__(self, *, is_hidden_read: bool) -> None:
        self._is_hidden_read = is_hidden_read
        self._out: list[str] = []
        self._size = 0
        self._quotes = 0
        self._pre = 0
        self._is_line_begun = False
        self._gap = ""
        self._lists: list[int | None] = []

    def read(self, root: Any) -> str:
        for node, is_end in _walk(root, self._is_silent):
            if node.tag == "-text":
                self._text(node.text_content or "")
            elif is_end:
                self._leave(node)
            else:
                self._enter(node)
            if self._size > LONGEST:
                break
        return "".join(self._out).strip("\n")

    def _is_silent(self, node: Any) -> bool:
        if node.tag in _SILENT or not node.is_element_node:
            return True
        if self._is_hidden_read:
            return False
        found = node.attributes
        return "hidden" in found or bool(_HIDDEN.search((found.get("style") or "")[:2_000]))

    def _enter(self, node: Any) -> None:
        tag = node.tag
        if tag == "br":
            self._write("\n")
        elif tag == "hr":
            self._line()
            self._put(_RULE)
            self._line()
        elif tag == "img":
            self._picture(node)
        elif tag in _CELLS:
            self._gap = self._gap or (" " if self._is_line_begun else "")
        elif tag in _LINES:
            self._block(node)
        if tag == "pre":
            self._pre += 1

    def _block(self, node: Any) -> None:
        tag = node.tag
        self._line()
        if _is_quote(node):
            self._quotes += 1
        elif (node.attributes.get("id") or "").lower().removeprefix("x_") in _QUOTE_HOLDERS:
            self._put(_RULE)
            self._line()
        if tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._item()

    def _item(self) -> None:
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._put("- ")
        else:
            self._lists[-1] = number + 1
            self._put(f"{number + 1}. ")
        self._gap = ""

    def _leave(self, node: Any) -> None:
        tag = node.tag
        if tag == "pre":
            self._pre -= 1
        if tag == "a":
            self._link(node)
        elif tag in _LINES:
            self._line()
            if tag in {"ul", "ol"} and self._lists:
                self._lists.pop()
            if _is_quote(node) and self._quotes:
                self._quotes -= 1

    def _text(self, text: str) -> None:
        if self._pre:
            for at, line in enumerate(text.split("\n")):
                if at:
                    self._write("\n")
                if line:
                    self._put(line)
            return
        folded = _SPACE.sub(" ", text)
        if not folded.strip(" "):
            self._gap = self._gap or (" " if folded and self._is_line_begun else "")
            return
        if folded[0] == " " and self._is_line_begun:
            self._gap = " "
        self._put(folded.strip(" "))
        self._gap = " " if folded[-1] == " " else ""

    def _picture(self, node: Any) -> None:
        """What stands for a picture that says something; a pixel that counts readers has no alternative text."""
        found = node.attributes
        alt = _SPACE.sub(" ", found.get("alt") or "").strip()[:200]
        is_tiny = any((found.get(side) or "").strip().rstrip("px ") in {"0", "1"} for side in ("width", "height"))
        if alt and not is_tiny and _WORD.search(alt) and "://" not in alt:
            self._put(f"[{alt}]")

    def _link(self, node: Any) -> None:
        """The address of a link whose text names another host: that is what a reader must know."""
        href = (node.attributes.get("href") or "").strip()[:500]
        if not href.lower().startswith(("http://", "https://")):
            return
        shown = (node.text(deep=False) or "").strip()[:500]
        if "." in shown and " " not in shown and _host(shown) and _host(shown) != _host(href):
            self._put(f" <{href}>")

    def _put(self, text: str) -> None:
        if not self._is_line_begun and self._quotes:
            self._emit("> " * min(self._quotes, DEEPEST_QUOTE))
        self._emit(self._gap + text if self._is_line_begun else text)
        self._is_line_begun, self._gap = True, ""

    def _write(self, end: str) -> None:
        if not self._is_line_begun and self._quotes:
            self._emit(("> " * min(self._quotes, DEEPEST_QUOTE)).rstrip())
        self._emit(end)
        self._is_line_begun, self._gap = False, ""

    def _line(self) -> None:
        if self._is_line_begun:
            self._write("\n")
        self._gap = ""

    def _emit(self, text: str) -> None:
        self._out.append(text)
        self._size += len(text)


def _is_quote(node: Any) -> bool:
    """A quote that a mail program made; a bare indentation is the author's own."""
    found = node.attributes
    classes = {name.removeprefix("x_") for name in (found.get("class") or "")[:500].split()}
    if node.tag != "blockquote":
        return False
    style = (found.get("style") or "")[:500].replace(" ", "").lower()
    return (
        (found.get("type") or "").lower() == "cite"
        or bool(classes & _QUOTE_CLASSES)
        or "border-left:" in style
        or not found
    )


def _host(address: str) -> str:
    try:
        return (urlsplit(address if "://" in address else f"//{address}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _walk(root: Any, is_silent: Any) -> Iterator[tuple[Any, bool]]:
    """Nodes in their order, each element at its beginning and its end; no recursion, however deep it is."""
    above: list[Any] = []
    node = root.first_child
    for _ in range(MOST_NODES):
        while node is None:
            if not above:
                return
            node = above.pop()
            yield node, True
            node = node.next
        if node.tag == "-text":
            yield node, False
            node = node.next
        elif is_silent(node):
            node = node.next
        else:
            yield node, False
            child = node.first_child
            if child is None:
                yield node, True
                node = node.next
            else:
                above.append(node)
                node = child


def _shallow(html: str) -> str:
    """What comes before a nesting so deep that no reply chain made it."""
    if html.count("<") <= FEW_TAGS:
        return html
    opened: Counter[str] = Counter()
    depth = steps = 0
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        steps += depth
        if steps > MOST_STEPS:
            return html[: tag.start()]
        if not tag[1] and name not in VOID:
            opened[name] += 1
            depth += 1
        elif tag[1] and opened[name]:
            opened[name] -= 1
            depth -= 1
    return html
