"""Single lines of a mail, as marks are looked for in them, and the signs of a date, a time and an address.

A head is the first `LONGEST_LINE` characters of a line, without characters that nobody sees, with ASCII digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from server.rules.body import quoting_words as words
from server.rules.headers.header_text import is_shown

LONGEST_LINE = 300
"""Characters of a line in which marks are looked for."""
MOST_WORDS_OF_DATE = 6
HAS_WORD = re.compile(r"[^\W_]")
QUOTED = re.compile(r"\s{0,8}[>》]")
RULE = re.compile(r"[\s>]{0,8}[_\-=–—―─*]{4,300}\s{0,8}")
_INITIALS = re.compile(r"\s{0,4}(?:[^\W\d_]{1,4}>{1,9}|\|)\s")
ADDRESS = re.compile(r"[^\s@<>(]@[^\s@<>)]|\*\*\*@\*\*\*")
YEAR = re.compile(r"(?<!\d)(?:1[34]|19|20|25)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d)")
TIME = re.compile(
    r"(?<!\d)(?:\d{1,2}\s?[:.時点시h]\s?\d\d(?!\d)|\d{1,2}\s?(?:[ap]\.?m\b|Uhr|µ\.?µ|[πμ]\.?\s?μ))", re.IGNORECASE
)
CLOCK = re.compile(r"(?<![\d:])\d{1,2}\s?[:.h]\s?\d\d(?![\d.])|\d{1,2}\s?[ap]\.?m\b|\d\s?[時点시]", re.IGNORECASE)
COLON_AT_END = re.compile(r"[:：︰]\W{0,4}$")
LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩０１２３４５６７８９", "0123456789" * 3)


def join_words(texts: Iterable[str]) -> str:
    """One expression for any of these words, the longest first."""
    return "|".join(re.escape(text) for text in sorted(set(texts), key=len, reverse=True))


def _join_whole_words(texts: Iterable[str]) -> str:
    """As `join_words`; a word of a script with capitals is no part of a longer word."""
    cased = [text for text in texts if text[0].lower() != text[0].upper()]
    uncased = [text for text in texts if text not in cased]
    return rf"(?<![^\W\d_])(?:{join_words(cased)})(?![^\W\d_])|{join_words(uncased)}"


WROTE = re.compile(_join_whole_words([word for row in words.WROTE.values() for word in row]), re.IGNORECASE)


def read_head(line: str) -> str:
    """The beginning of a line, without characters that nobody sees, with the digits of Arabic and Persian as ASCII."""
    head = line[:LONGEST_LINE]
    if head.isascii():
        return head
    head = head.translate(_DIGITS)
    return head if head.isprintable() else "".join(c if is_shown(c) else " " if c.isspace() else "" for c in head)


def is_quoted(head: str) -> bool:
    """A quote sign, also with the initials of the one who is quoted before it."""
    return bool(QUOTED.match(head) or _INITIALS.match(head))


def is_quoted_next(heads: list[str], at: int) -> bool:
    following = next((head for head in heads[at : at + 3] if head.strip()), "")
    return bool(QUOTED.match(following) or _INITIALS.match(following))


def is_date_line(head: str) -> bool:
    """Whether a line is a date and time and nothing else."""
    line = re.sub(r"\([^()]{1,40}\)", "", head)
    if len(line) > 80 or not YEAR.search(line) or not CLOCK.search(line):
        return False
    letters = LETTERS.findall(line)
    return len([word for word in letters if len(word) > 1]) <= MOST_WORDS_OF_DATE and not line.rstrip().endswith(
        ("?", "!")
    )
