"""Markdown pages as data: their tables, code spans, links and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
NOT_OURS = frozenset({".venv", "node_modules", "build", ".git", ".pytest_cache"})
"""Folders in which others' pages lie."""
HISTORY = ("CHANGELOG.md", "docs/decisions/")
"""Pages that tell what was so at their time: a file that they name may have gone since."""

_FENCE = re.compile(r"^```.*?^```[^\n]*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
_ESCAPED_BAR = re.compile(r"(?<!\\)\|")


def list_pages() -> list[str]:
    """All Markdown files, as paths from the root."""
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(str(path) for path in paths if not NOT_OURS & set(path.parts))


def list_pages_of_today() -> list[str]:
    return [page for page in list_pages() if not page.startswith(HISTORY)]


def read_page(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def find_code_spans(text: str) -> list[str]:
    """What stands between single backticks, outside fenced blocks."""
    return _SPAN.findall(_FENCE.sub("", text))


def find_fenced_lines(text: str) -> list[str]:
    return [line for block in _FENCE.findall(text) for line in block.split("\n")[1:-1]]


def find_links(text: str) -> list[str]:
    """The targets of links and pictures, outside fenced blocks."""
    return _LINK.findall(_FENCE.sub("", text))


def list_anchors(text: str) -> set[str]:
    """The names under which a page's headings can be linked, as GitHub makes them."""
    names = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(_FENCE.sub("", text)))
    return {name.replace(" ", "-") for name in names}


def read_rows(text: str, first_column: str) -> list[list[str]]:
    """The rows of all tables whose first heading is ``first_column``, each as its cells."""
    rows: list[list[str]] = []
    is_inside = False
    for line in text.split("\n"):
        cells = _split_cells(line)
        if cells is None:
            is_inside = False
        elif cells[0] == first_column:
            is_inside = True
        elif is_inside and not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            rows.append(cells)
    return rows


def split_sections(text: str) -> Iterator[tuple[str, str]]:
    """Each heading with the text below it, up to the next heading."""
    parts = _HEADING.split(text)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def read_section(text: str, heading: str) -> str:
    """The text below a heading. Raises KeyError where the page has none of that name."""
    return dict(split_sections(text))[heading]


def _split_cells(line: str) -> list[str] | None:
    if not line.startswith("|"):
        return None
    return [cell.strip().replace("\\|", "|") for cell in _ESCAPED_BAR.split(line.strip().strip("|"))]
