"""Whether two names are plainly those of two people: of a couple or a practice that shares one address.

Only a plain case counts. A nickname, an initial, names in another order, a company's name or another script leave it
open whose mail it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache

from server.domain.crm import Record

LONGEST = 200
"""Characters of a name that are read: a stranger writes it."""
NO_NAMES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "herr", "frau", "mag", "ing", "dipl", "phd", "mba"}
    | {"md", "jr", "sr", "ii", "iii", "van", "von", "der", "den", "de", "del", "della", "di", "da", "do", "dos", "du"}
    | {"la", "le", "el", "al", "bin", "ibn", "zu", "zum", "ter", "ten"}
)
"""Titles and particles: two people may share them."""
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_AFTER_NAME = re.compile(r"[(\[|<@/]|\s[-\u2013\u2014]\s|\s(?:via|at)\s")
"""What ends a name in a header: the firm, the list or the domain comes behind it."""
_DROPPED = re.compile("['\u2019`]")
FEWEST = 2
"""A first and a last name."""
Word = frozenset[str]
"""A word of a name in each of its spellings."""


def list_other_people(names: Collection[str], records: Sequence[Record]) -> tuple[Record, ...]:
    """The records of one address that are plainly not of the person whom the headers name.

    Empty unless another of the records has the name: else it may be a new colleague's, a firm's, or a changed one.
    """
    named = [words for name in names if len(words := read_words(name)) >= FEWEST]
    if not named or not any(fits(words, read_words(record.name)) for words in named for record in records):
        return ()
    return tuple(r for r in records if all(are_two_people(words, read_words(r.name)) for words in named))


@lru_cache(maxsize=4_096)
def read_words(name: str) -> tuple[Word, ...]:
    """The words of a name without titles and particles, whatever their case, accents and order."""
    text = unicodedata.normalize("NFC", name[:LONGEST]).casefold()
    words = re.findall(r"[^\W\d_]+", _DROPPED.sub("", _AFTER_NAME.split(text, maxsplit=1)[0]))
    return tuple(dict.fromkeys(_spell(word) for word in words if word not in NO_NAMES))


def fits(written: Sequence[Word], held: Sequence[Word]) -> bool:
    """Whether all words of one name are in the other; an initial stands for a word."""
    ways = ((fewer, more) for fewer, more in ((written, held), (held, written)) if FEWEST <= len(fewer) <= len(more))
    return any(all(any(_is_alike(word, other) for other in more) for word in fewer) for fewer, more in ways)


def are_two_people(one: Sequence[Word], other: Sequence[Word]) -> bool:
    """Both have a first and a last name in the same script, and no word is in both."""
    if min(len(one), len(other)) < FEWEST or _list_scripts(one).isdisjoint(_list_scripts(other)):
        return False
    return not any(_is_alike(word, held) for word in one for held in other)


def _spell(word: str) -> Word:
    """Without accents, and as languages write them out: ``müller`` is ``muller`` and ``mueller``."""
    return frozenset(_strip(spelling) for spelling in (word, word.translate(_UMLAUTS)))


def _strip(word: str) -> str:
    split = unicodedata.normalize("NFKD", word.translate(_LETTERS))
    return "".join(letter for letter in split if not unicodedata.combining(letter)) or word


def _is_alike(one: Word, other: Word) -> bool:
    if not one.isdisjoint(other):
        return True
    return any(a.startswith(b) for a, b in _pairs(one, other) if len(b) == 1)


def _pairs(one: Word, other: Word) -> list[tuple[str, str]]:
    return [pair for a in one for b in other for pair in ((a, b), (b, a))]


def _list_scripts(words: Sequence[Word]) -> set[str]:
    letters = {letter for word in words for spelling in word for letter in spelling}
    return {unicodedata.name(letter, "?").partition(" ")[0] for letter in letters}
