"""Takeout's X-Gmail-Labels as Gmail's label ids, in whatever language the account has.

Takeout writes the system's labels under the names that the account's owner sees. Such a name can only be told from a
label of the owner's own if the language is known, so one language is settled for a whole export (``language_of``),
and a name means a system label only in that language or in English. Gmail itself refuses a label of one's own with
such a name. What is in neither table is a label of the owner's own.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from functools import cache
from pathlib import Path

ENGLISH = "en"
TABLE = Path(__file__).with_name("label_names.json")
"""By language: the names of each label; "" is what Takeout writes and is no label; "category" the word for that."""
_CATEGORY_ID = re.compile(r"CATEGORY_[A-Z_]+")
_ITEM = re.compile(r'\s*"((?:[^"\\]|\\.|"")*)"\s*(?=,|$)|([^,]+)')


@dataclass(frozen=True)
class Names:
    """``ids`` maps a folded name to a label's id, ``categories`` the text beside one of the words ``category``."""

    ids: Mapping[str, str]
    categories: Mapping[str, str]
    category: tuple[str, ...]

    def label_of(self, name: str) -> str | None:
        label_id = self.ids.get(fold(name))
        return self._category(name) if label_id is None else label_id

    def _category(self, name: str) -> str | None:
        """Before or behind the word, with or without colon, quotes and brackets: languages differ in all of these."""
        letters = _letters(name)
        for word in self.category:
            for rest in (letters.removeprefix(word), letters.removesuffix(word)):
                if rest != letters and rest in self.categories:
                    return self.categories[rest]
        return None


def names_of(value: str) -> list[str]:
    """The names in the header, decoded; a name that has a comma is quoted."""
    try:
        text = str(make_header(decode_header(value)))
    except (LookupError, ValueError, HeaderParseError):
        text = value
    items = _ITEM.findall(re.sub(r"\s*\r?\n\s*", " ", text))
    names = ((re.sub(r'\\(.)|""', lambda m: m[1] or '"', quoted) or bare).strip() for quoted, bare in items)
    return [name for name in names if name]


def label_of(name: str, language: str = ENGLISH) -> str | None:
    """A system label's id; empty for what is no label; None for a label of the user's own.

    A category's id means itself, so that a world can have one that nobody knows yet.
    """
    if _CATEGORY_ID.fullmatch(name):
        return name
    for table in dict.fromkeys((language, ENGLISH)):
        label_id = _tables()[table].label_of(name)
        if label_id is not None:
            return label_id
    return None


def language_of(counts: Mapping[str, int]) -> str:
    """The language whose table knows most of the labels, each as often as it occurs; English where none knows more.

    A label of one's own that happens to be a system label elsewhere settles nothing: every message has a system label
    or two of the right language. Where two languages know as many, the one that knows more different names.
    """
    counts_of = {language: [n for name, n in counts.items() if table.label_of(name) is not None]
             for language, table in _tables().items()}  # fmt: skip
    best = max(counts_of, key=lambda language: (sum(counts_of[language]), len(counts_of[language])))
    return best if sum(counts_of[best]) > sum(counts_of[ENGLISH]) else ENGLISH


def is_known_anywhere(name: str) -> bool:
    """Is it a system label in any language?"""
    return any(table.label_of(name) is not None for table in _tables().values())


def fold(name: str) -> str:
    """Without case, marks of direction, and differences of spaces."""
    text = "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if unicodedata.category(c) != "Cf")
    return " ".join(text.split())


def _letters(name: str) -> str:
    return "".join(c for c in fold(name) if c.isalnum())


@cache
def _tables() -> dict[str, Names]:
    data: dict[str, dict[str, list[str]]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return {language: _names(table) for language, table in data.items()}


def _names(table: Mapping[str, list[str]]) -> Names:
    return Names(
        ids={fold(n): i for i, names in table.items() if not i.lower().startswith("category") for n in names},
        categories={_letters(n): i for i, names in table.items() if i.startswith("CATEGORY_") for n in names},
        category=tuple(_letters(word) for word in table["category"]),
    )


LANGUAGES = tuple(_tables())
