"""Lines such as "On Monday somebody wrote:", in the form of many programs and languages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.rules.body import quoting_words as words
from server.rules.body.history.heads import (
    ADDRESS,
    CLOCK,
    COLON_AT_END,
    HAS_WORD,
    LETTERS,
    LONGEST_LINE,
    MOST_WORDS_OF_DATE,
    QUOTED,
    TIME,
    WROTE,
    YEAR,
    is_date_line,
    is_quoted_next,
    join_words,
)

MOST_LINES = 4
"""Lines that one attribution is broken into."""
EARLY = 45
"""Characters at the beginning of an attribution in which its date begins."""
_ENDS = re.compile(r"(?:[:：︰]|wrote|geschreven|-{2,})\W{0,4}$", re.IGNORECASE)
_NAME_AND_ADDRESS = re.compile(r"\W{0,3}[^\W_][^<>()@]{0,80}[<(]{1,2}\s?[^<>()\s]{1,120}@[^<>()\s]{1,120}\s?[>)]")
_SAID = re.compile(r"\b(?:said|says|told|sagte)\W{0,3}$", re.IGNORECASE)
"""So people begin what they retell. A program names an address beside it."""
_IN_BRACKETS = re.compile(r"[<(]\s?[^<>()\s]{1,120}@[^<>()\s]{1,120}\s?[>)]")
_ENDS_OPEN = re.compile(r"[<(]\s{0,2}$")
_PRONOUN = re.compile(
    r"\b(?:you|your|our|us|me|my|we|he|she|they|his|her|their|uns|mir|mich|ihnen|euch|dir|nous|nos|te|nuestras?|suyo|su|sus|vi|ci|suo|sua|nós|seu|"
    r"nosso|nossa|vosso|ons|hun|din|ditt|dina|vår|vårt|jer|jeres|vores|deres|nam|pan|pana|pani|państwa|nasz|wasz|náš|váš|vám|nám|nekem|nekünk|"
    r"bize|sizin|нам|вам|мне|ваша|наша|наш|мой|наші|твій|sie|ihr|ihre|er|wir|unser|unsere|mein|dein|vous|votre|notre|nous|elle|ils|"
    r"usted|nuestro|nuestra|vuestro|loro|vostro|nostro|nostra|jullie|uw|onze|jouw|вы|ваш|наш|мы)\b|貴社|御社|弊社|当社|私|你|您|我|贵|貴|귀사|저희|우리",
    re.IGNORECASE,
)
_YOU_WROTE = re.compile(
    r"\b(?:you wrote|sie schrieben|du schriebst|вы писали|ви писали|vous avez écrit)\W{0,3}$"
    r"|^\W{0,4}(?:вы писали|ви писали|вы написали)\s.{4,80}[:：]\W{0,3}$",
    re.IGNORECASE,
)
"""What The Bat! and its kin write above quoted lines. An author cites in the same words."""
_OPENER = re.compile(rf"\W{{0,8}}(?:{join_words(words.OPENERS)})(?=[\s\d,.־-])", re.IGNORECASE)
_CLOSING = re.compile(rf"\s{{0,4}}>\s{{0,2}}(?:{WROTE.pattern})?\s?[:：]\s{{0,4}}", re.IGNORECASE)
_QUOTING = re.compile(rf"\W{{0,4}}(?:{join_words(words.QUOTING)})\s.{{1,200}}[:：]\W{{0,3}}", re.IGNORECASE)


@dataclass(frozen=True)
class Attribution:
    """Lines ``start`` to ``end`` (exclusive) say who wrote what follows.

    Only an attribution that is certain counts where no quote sign follows.
    """

    start: int
    end: int
    is_certain: bool


def find_attributions(heads: list[str]) -> dict[int, Attribution]:
    """All attributions, by the index of their first line. Each begins at the latest line that can open it."""
    attributions: dict[int, Attribution] = {}
    for last, head in enumerate(heads):
        tail = head[-20:].rstrip()
        if not tail or not (_ENDS.search(tail) or tail.endswith((">", ")"))):
            continue
        if not HAS_WORD.search(head) and not QUOTED.match(head):
            continue
        attribution = _read_attribution(heads, last)
        if attribution:
            attributions.setdefault(attribution.start, attribution)
    return attributions


def _read_attribution(heads: list[str], last: int) -> Attribution | None:
    """The attribution that ends in line ``last``."""
    is_quote_next = is_quoted_next(heads, last + 1)
    joined = ""
    for start in range(last, max(-1, last - MOST_LINES), -1):
        first = heads[start]
        if not first.strip() or (QUOTED.match(first) and not (start == last and _CLOSING.fullmatch(first))):
            break
        joined = f"{first.strip()} {joined}".strip()
        if len(joined) > 2 * LONGEST_LINE:
            break
        has_year, has_address = bool(YEAR.search(joined)), bool(ADDRESS.search(joined))
        if not _is_opened(first, joined, is_one_line=start == last, is_quote_next=is_quote_next):
            continue
        if not _names_author(joined, has_year=has_year, has_address=has_address, is_quote_next=is_quote_next):
            continue
        # The date of some programs stands in a line above the name.
        is_dated_above = start == last and start > 0 and not YEAR.search(first) and is_date_line(heads[start - 1])
        # An author's line that ends with a time begins in lower case.
        if is_dated_above and not heads[start - 1].lstrip()[:1].islower():
            whole = f"{heads[start - 1].strip()} {joined}"
            return Attribution(start - 1, last + 1, _is_certain(whole, has_year=True, has_address=has_address))
        return Attribution(start, last + 1, _is_certain(joined, has_year=has_year, has_address=has_address))
    return None


def _is_opened(first: str, joined: str, *, is_one_line: bool, is_quote_next: bool) -> bool:
    """Whether an attribution can begin with this line: with a date, or with a name and its address."""
    has_early_date = bool(YEAR.search(first[:EARLY]) or CLOCK.search(first[:EARLY]))
    if _OPENER.match(first) and (has_early_date or YEAR.search(first) or TIME.search(joined)):
        return True
    if YEAR.search(first[:EARLY]) and (is_one_line or WROTE.search(joined)):
        return True
    if _NAME_AND_ADDRESS.match(first) or (_ENDS_OPEN.search(first) and len(first) < 100 and has_early_date):
        return True
    if _QUOTING.fullmatch(first) or _YOU_WROTE.search(first):
        return True
    return is_one_line and (has_early_date or (is_quote_next and _is_name_wrote(first)))


def _is_name_wrote(line: str) -> bool:
    """Whether a line is a name and a word such as "wrote"."""
    match = WROTE.search(line)
    name_words = line[: match.start()].split() if match else []
    is_named = (
        0 < len(name_words) <= MOST_WORDS_OF_DATE and not name_words[0][:1].islower() and not ADDRESS.search(line)
    )
    return is_named and not _PRONOUN.search(line)


def _names_author(joined: str, *, has_year: bool, has_address: bool, is_quote_next: bool) -> bool:
    has_end = bool(_ENDS.search(joined[-20:]))
    if has_end and WROTE.search(joined):
        return has_year or has_address or bool(TIME.search(joined)) or is_quote_next
    if has_end and _QUOTING.fullmatch(joined):
        return is_quote_next
    has_moment = has_year and bool(TIME.search(joined))
    # Yandex, Mail.ru and Gmail in Russian and Japanese write a date and an address alone.
    if COLON_AT_END.search(joined[-20:]) and has_address and has_year:
        return is_quote_next or (has_moment and bool(YEAR.search(joined[:EARLY])))
    return joined.endswith((">", ")")) and has_address and has_year and is_quote_next


def _is_certain(joined: str, *, has_year: bool, has_address: bool) -> bool:
    """Whether a date stands beside an address, or a date and a time beside a full name.

    Some programs write no quote sign under an attribution, so that nothing else tells it from a sentence.
    """
    has_time = bool(TIME.search(joined))
    is_dated_first = bool(_OPENER.match(joined) or YEAR.search(joined[:EARLY]) or CLOCK.search(joined[:EARLY]))
    if _YOU_WROTE.search(joined):
        return False
    if has_address and not WROTE.search(joined):
        # An author's line with a date and an address: "5 October, 10:00, please register at ops@acme.com:".
        return has_year and has_time and is_dated_first and bool(_IN_BRACKETS.search(joined))
    if has_address:
        return (has_year or has_time) if is_dated_first else (has_year and has_time)
    if _SAID.search(joined):
        return False
    is_named = len(LETTERS.findall(joined)) > 3 and not _PRONOUN.search(joined)
    return has_year and has_time and is_dated_first and is_named


def has_inline_attribution(head: str) -> bool:
    """A whole attribution with a date, a time and an address, and the text of the quote behind it in the same line."""
    match = WROTE.search(head) if "@" in head else None
    while match:
        line_start, rest = head[: match.start()], head[match.end() :].lstrip()
        is_whole = (
            _OPENER.match(line_start)
            and YEAR.search(line_start)
            and TIME.search(line_start)
            and ADDRESS.search(line_start)
        )
        if is_whole and rest.startswith((":", "：")) and HAS_WORD.search(rest):
            return True
        match = WROTE.search(head, match.end())
    return False
