"""HTML of a mail to the plain text that a reader would see: no addresses of pictures, no hidden text, quotes with "> ".

selectolax parses, because lxml silently gives nothing for the deep nesting of long reply chains. The walk over the tree
keeps a stack of its own, because recursion would end at a thousand levels.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

LONGEST = 200_000
"""Characters of text after which the walk stops."""
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
    """Text with "> " before quoted lines. Hidden text is left out, unless the mail has no other."""
    tree = LexborHTMLParser(_cut_depth(html))
    root = tree.body or tree.root
    if root is None:
        return ""
    # Without such a word nothing can be hidden, and no element needs to be asked for its style.
    if not _MAY_HIDE.search(html):
        return _TextWriter(reads_hidden=True).write_tree(root)
    return _TextWriter(reads_hidden=False).write_tree(root) or _TextWriter(reads_hidden=True).write_tree(root)


class _TextWriter:
    """Writes one tree as lines. ``_gap`` is the white space that is due before the next word of a line."""

    def __init__(self, *, reads_hidden: bool) -> None:
        self._reads_hidden = reads_hidden
        self._pieces: list[str] = []
        self._size = 0
        self._quote_depth = 0
        self._pre_depth = 0
        self._is_line_begun = False
        self._gap = ""
        self._lists: list[int | None] = []

    def write_tree(self, root: Any) -> str:
        for node, tag, is_end in _walk(root, self._is_silent):
            if tag == "-text":
                self._write_text(node.text_content or "")
            elif is_end:
                self._leave_element(node, tag)
            else:
                self._enter_element(node, tag)
            if self._size > LONGEST:
                break
        return "".join(self._pieces).strip("\n")

    def _is_silent(self, node: Any, tag: str) -> bool:
        if tag in _SILENT or not node.is_element_node:
            return True
        if self._reads_hidden:
            return False
        attributes = node.attributes
        return "hidden" in attributes or bool(_HIDDEN.search((attributes.get("style") or "")[:2_000]))

    def _enter_element(self, node: Any, tag: str) -> None:
        if tag == "br":
            self._break_line()
        elif tag == "hr":
            self._write_rule()
        elif tag == "img":
            self._write_picture(node)
        elif tag in _CELLS:
            self._gap = self._gap or (" " if self._is_line_begun else "")
        elif tag in _LINES:
            self._enter_block(node, tag)
        if tag == "pre":
            self._pre_depth += 1

    def _enter_block(self, node: Any, tag: str) -> None:
        self._end_line()
        if _is_quote(node, tag):
            self._quote_depth += 1
        elif (node.attributes.get("id") or "").lower().removeprefix("x_") in _QUOTE_HOLDERS:
            self._write_rule()
        if tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._begin_item()

    def _begin_item(self) -> None:
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._write_words("- ")
        else:
            self._lists[-1] = number + 1
            self._write_words(f"{number + 1}. ")
        self._gap = ""

    def _leave_element(self, node: Any, tag: str) -> None:
        if tag == "pre":
            self._pre_depth -= 1
        if tag == "a":
            self._write_link(node)
        elif tag in _LINES:
            self._end_line()
            if tag in {"ul", "ol"} and self._lists:
                self._lists.pop()
            if self._quote_depth and _is_quote(node, tag):
                self._quote_depth -= 1

    def _write_text(self, text: str) -> None:
        if self._pre_depth:
            for at, line in enumerate(text.split("\n")):
                if at:
                    self._break_line()
                if line:
                    self._write_words(line)
            return
        folded = _SPACE.sub(" ", text)
        if not folded.strip(" "):
            self._gap = self._gap or (" " if folded and self._is_line_begun else "")
            return
        if folded[0] == " " and self._is_line_begun:
            self._gap = " "
        self._write_words(folded.strip(" "))
        self._gap = " " if folded[-1] == " " else ""

    def _write_picture(self, node: Any) -> None:
        """The alternative text, in brackets. A pixel that counts readers shows nothing."""
        attributes = node.attributes
        alt = _SPACE.sub(" ", attributes.get("alt") or "").strip()[:200]
        is_tiny = any((attributes.get(side) or "").strip().rstrip("px ") in {"0", "1"} for side in ("width", "height"))
        if alt and not is_tiny and _WORD.search(alt) and "://" not in alt:
            self._write_words(f"[{alt}]")

    def _write_link(self, node: Any) -> None:
        """The address behind a link, if the text of the link names another host: a reader must know that."""
        href = (node.attributes.get("href") or "").strip()[:500]
        if not href.lower().startswith(("http://", "https://")):
            return
        shown = (node.text(deep=False) or "").strip()[:500]
        if "." in shown and " " not in shown and _host(shown) and _host(shown) != _host(href):
            self._write_words(f" <{href}>")

    def _write_rule(self) -> None:
        """A line of its own that parts what the author wrote from what the author answers."""
        self._end_line()
        self._write_words(_RULE)
        self._end_line()

    def _write_words(self, text: str) -> None:
        if not self._is_line_begun and self._quote_depth:
            self._append("> " * min(self._quote_depth, DEEPEST_QUOTE))
        self._append(self._gap + text if self._is_line_begun else text)
        self._is_line_begun, self._gap = True, ""

    def _break_line(self) -> None:
        if not self._is_line_begun and self._quote_depth:
            self._append(("> " * min(self._quote_depth, DEEPEST_QUOTE)).rstrip())
        self._append("\n")
        self._is_line_begun, self._gap = False, ""

    def _end_line(self) -> None:
        if self._is_line_begun:
            self._break_line()
        self._gap = ""

    def _append(self, text: str) -> None:
        self._pieces.append(text)
        self._size += len(text)


def _is_quote(node: Any, tag: str) -> bool:
    """Whether a mail program made this quote; a bare indentation is the author's own."""
    if tag != "blockquote":
        return False
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


def _walk(root: Any, is_silent: Callable[[Any, str], bool]) -> Iterator[tuple[Any, str, bool]]:
    """Nodes in their order with their tag, each element twice: ``False`` at its beginning, ``True`` at its end."""
    # A tag is asked for once a node: each time the library makes a new string of it.
    above: list[tuple[Any, str]] = []
    node = root.first_child
    for _ in range(MOST_NODES):
        while node is None:
            if not above:
                return
            node, tag = above.pop()
            yield node, tag, True
            node = node.next
        tag = node.tag
        if tag == "-text":
            yield node, tag, False
            node = node.next
        elif is_silent(node, tag):
            node = node.next
        else:
            yield node, tag, False
            child = node.first_child
            if child is None:
                yield node, tag, True
                node = node.next
            else:
                above.append((node, tag))
                node = child


def _cut_depth(html: str) -> str:
    """The beginning of the HTML, up to a nesting so deep that no reply chain made it."""
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
