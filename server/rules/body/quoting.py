"""What the author of a mail wrote, without the mail that it answers, and without what programs put around it.

A line of history too many does little harm, but a lost word of the author's does. So history is cut only where a sure
mark begins it and no words of the author follow. Answers between quoted lines keep the lines that they answer, a mail
whose author points into the quoted text stays whole, and so does a forward.
"""

from __future__ import annotations

import re

from server.rules.body import quoting_words as words
from server.rules.body.history.attributions import Attribution, find_attributions, has_inline_attribution
from server.rules.body.history.header_blocks import find_block_end, find_labels_above, is_header_block
from server.rules.body.history.heads import HAS_WORD, QUOTED, is_quoted, is_quoted_next, join_words, read_head
from server.rules.body.history.program_marks import (
    is_attribution_quoted,
    is_name_above_date,
    is_original_mark,
    is_program_mark,
)
from server.rules.body.late_pattern import LatePattern
from server.rules.body.signatures import strip_banner, strip_signature

MOST_COMMENTED = 400
"""Lines of the mail below in which comments are looked for."""
MOST_POINTING_LINES = 80
"""Lines at the end of the author's words in which a hint at the mail below is looked for."""
WRAPPED_LINE = 64
"""Characters of a quoted line that a program has broken in two, the second half without a quote sign."""
LONGEST_REST = 40
NEAR = 8
"""Lines below an attribution in which the first quoted line stands, if the quote has quote signs at all."""
_DASHED = r"[\s>*]{{0,8}}[-‐–—―─_=*]{{2,60}}\s{{0,4}}(?:{})\s{{0,4}}[-‐–—―─_=*]{{2,60}}\s{{0,4}}"
_FORWARDED = LatePattern(
    rf"{_DASHED.format(join_words(words.FORWARDED))}"
    rf"|[\s>*]{{0,8}}(?:{join_words(words.FORWARDED)})\s{{0,4}}[:：]\s{{0,4}}"
    rf"|[\s>*]{{0,8}}-{{2,60}}\s{{0,4}}begin forwarded (?:text|message|mail)\b.{{0,60}}",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = LatePattern(rf"\s{{0,4}}(?:{join_words(words.FORWARD_PREFIXES)})\s{{0,2}}[:：]", re.IGNORECASE)
_ANSWER_SUBJECT = LatePattern(
    rf"\s{{0,4}}[\[(]{{0,1}}(?:{join_words(words.ANSWER_PREFIXES)})\.?\s{{0,2}}(?:[\[(^]?\d{{1,4}}[\])]?)?\s{{0,2}}[:：]",
    re.IGNORECASE,
)
_ANY_PREFIX = LatePattern(r"\s{0,4}[^\s:：]{1,14}(?:\s[^\s:：]{1,8})?\s?[:：]")
_FINNISH = "vs"
_TAGS = LatePattern(
    r"(?:\s{0,4}(?:\[[^\[\]]{1,60}\]|\*{2,4}[^*]{1,40}\*{2,4}"
    r"|(?:external|externe?|ext)(?: e?-?mail)?\s?[-–|])){1,5}\s{0,4}",
    re.IGNORECASE,
)
"""What gateways and ticket systems write before a subject: "[EXTERNAL]", "*** EXTERN ***", "EXTERNAL MAIL -"."""
_POINTERS = [
    (
        LatePattern(rf"(?<![^\W\d_])(?:{replies})", re.IGNORECASE),
        LatePattern(rf"(?<![^\W\d_])(?:{places})", re.IGNORECASE),
    )
    if replies[0].isascii() or replies[0].lower() != replies[0].upper()
    else (LatePattern(replies), LatePattern(places))
    for replies, places in words.POINTERS
]
_POINTS = LatePattern(
    rf"(?<![^\W\d_])(?:{'|'.join(words.POINTS)})|{'|'.join(words.POINTS_WITHOUT_SPACES)}", re.IGNORECASE
)
_SENTENCES = LatePattern(r"[.!?。！？;]+(?=\s|$|[^\x00-\x7f])|[。！？]")
_TYPED = LatePattern(r"\s{0,4}>{1,3}\s{0,2}(?=\d)|\s{0,4}>[^\s>]|\s{0,4}[-=]{1,3}>")
_COMMENT = LatePattern(
    r"\s{0,4}\[(?!(?:cid|image|img|bild|logo|ext|external|extern|icon)\b)"
    r"([^\W\d_][\w.'’-]{0,20}(?:,? [^\W\d_][\w.'’-]{0,20}){0,3})\]\s{0,2}\w",
    re.IGNORECASE,
)
"""Outlook marks what somebody writes into a quoted mail: "[Mina Tarn] 98 is fine"."""
_QUOTATION_MARKS = ('"', "'", "„", "“", "”", "«", "»", "‚", "\u2018", "\u2019", "「", "『")
_INTRODUCES = LatePattern(r"[:：]\W{0,3}$")


def has_answer_prefix(subject: str) -> bool:
    """Whether a subject begins like "Re:", in the word of any language's program."""
    return bool(_ANSWER_SUBJECT.match(_strip_tags(subject)))


def _strip_tags(subject: str) -> str:
    """The subject without the tags before its prefix."""
    tags = _TAGS.match(subject)
    return subject[tags.end() :] if tags else subject


def own_text(text: str, subject: str = "", *, is_answer: bool = True) -> str:
    """The text without banner, trailing history and signature.

    Of a mail without history the whole text, if nothing else would be left. Of an answer without own words "".
    ``subject`` tells a forward of Outlook's from an answer: both have the same block of headers. A mail
    that answers nothing has no history: ``is_answer`` is False where it has no In-Reply-To, no References and no
    subject with ``has_answer_prefix``.
    """
    lines = strip_banner(text.split("\n"))
    kept = strip_signature(lines)
    finder = _OwnLines(lines, kept, _strip_tags(subject)) if is_answer else None
    end = finder.find_end() if finder else len(lines)
    own = "\n".join(kept if end == len(lines) else strip_signature(lines[:end])).strip()
    is_whole = end == len(lines) or (finder is not None and finder.is_attribution_first(end))
    return own or (text if is_whole else "")


def _is_forward(subject: str, text_head: str) -> bool:
    """Whether the subject has the prefix of a forward, or none: Outlook's forwards name a parent as its answers do."""
    if not subject.strip():
        return False
    if _FORWARD_SUBJECT.match(subject):
        prefix = re.split("[:：]", subject, maxsplit=1)[0].strip().casefold()
        return prefix != _FINNISH or not any(word in text_head for word in words.ANSWERS_IN_FINNISH)
    return not _ANY_PREFIX.match(subject)


class _OwnLines:
    """Finds the line after which no line is the author's. All lines are read once; each look ahead is bounded."""

    def __init__(self, lines: list[str], kept: list[str], subject: str) -> None:
        """``kept`` are the lines without what stands below the author's: it says where the last line of a person is."""
        self._lines = lines
        self._heads = [read_head(line) for line in lines]
        self._attributions = find_attributions(self._heads)
        self._is_forward = _is_forward(subject, "\n".join(self._heads[:200]).casefold())
        self._has_no_prefix = bool(subject.strip()) and not _ANY_PREFIX.match(subject)
        self._topic = re.split("[:：]", subject)[-1].strip()
        self._last = next((at for at in range(len(kept) - 1, -1, -1) if kept[at].strip()), -1)
        self._first = next((at for at, head in enumerate(self._heads) if head.strip()), len(lines))

    def find_end(self) -> int:
        at = 0
        while at < len(self._heads):
            head = self._heads[at]
            has_word = bool(HAS_WORD.search(head))
            is_block = has_word and not QUOTED.match(head) and self._begins_block(at)
            # A forward is what its sender wants to show.
            if (has_word and _FORWARDED.fullmatch(head)) or (is_block and self._is_forward):
                return len(self._lines)
            next_at = self._read_answers_in_block(at) if is_block else self._read_line(at)
            if next_at is None:
                is_answered_inside = self._points_below(at) or self._has_comments(at)
                return len(self._lines) if is_answered_inside else find_labels_above(self._heads, at)
            at = next_at
        return len(self._lines)

    def _read_line(self, at: int) -> int | None:
        """Where to read on, or None if history begins at ``at``."""
        head = self._heads[at]
        is_quoted_line = bool(QUOTED.match(head))
        if not HAS_WORD.search(head) and not is_quoted_line and "|" not in head:
            return at + 1
        if is_program_mark(self._heads, at) or has_inline_attribution(head):
            return self._read_answers_below(at + 1) if is_quoted_line else None
        attribution = self._attributions.get(at)
        return self._read_quote(at, attribution) if attribution or is_quoted_line else at + 1

    def _begins_block(self, at: int) -> bool:
        return (
            is_original_mark(self._heads, at)
            or is_header_block(self._heads, at, self._topic)
            or is_name_above_date(self._heads, at)
        )

    def _read_quote(self, at: int, attribution: Attribution | None) -> int | None:
        """Where to read on below a quote that the author answers, or None if history begins at ``at``."""
        start = attribution.end if attribution else at
        end = self._find_quote_end(start)
        if attribution and end == start:
            # A line such as "[...]" may stand between an attribution and the first line that the author quotes.
            is_quoted_soon = any(is_quoted(head) for head in self._heads[start : start + NEAR])
            is_history = attribution.is_certain and not is_quoted_soon and not self._is_citation(start)
            return None if is_history else max(start, at + 1)
        # Quoted lines at the top are what the author answers below.
        is_at_top = at <= self._first
        if end > self._last and not is_at_top and (attribution or not self._is_typed(at, end)):
            return None
        return max(end, at + 1)

    def is_attribution_first(self, end: int) -> bool:
        """Whether history begins at the top, by an attribution: then the author may have answered below it."""
        return end <= self._first and end in self._attributions

    def _is_citation(self, start: int) -> bool:
        """Whether the words below an attribution stand in quotation marks: the author cites them."""
        below = next((head.strip() for head in self._heads[start : start + 3] if head.strip()), "")
        return below.startswith(_QUOTATION_MARKS)

    def _read_answers_in_block(self, at: int) -> int | None:
        """Where to read on below a block whose quoted text is answered between its lines; None if it is not."""
        start = find_block_end(self._heads, at)
        if is_name_above_date(self._heads, at):
            start = at + 2
        # Proton writes an attribution under its rule.
        attribution = next((a for near in range(start, start + 3) if (a := self._attributions.get(near))), None)
        start = attribution.end if attribution else start
        if not is_quoted_next(self._heads, start):
            return None
        end = self._find_quote_end(start)
        return None if end > self._last else max(end, at + 1)

    def _read_answers_below(self, start: int) -> int | None:
        """Where to read on below quoted lines that begin soon after ``start`` and are answered; None if none are."""
        near = next(
            (at for at in range(start, min(start + 3, len(self._heads))) if QUOTED.match(self._heads[at])), None
        )
        end = None if near is None else self._find_quote_end(near)
        return None if end is None or end > self._last else end

    def _is_typed(self, at: int, end: int) -> bool:
        """Whether the author may have begun these lines with ">": as "more than", an arrow, or a text to discuss."""
        quoted = [head for head in self._heads[at:end] if head.strip()]
        if any(is_attribution_quoted(head) for head in quoted[:MOST_POINTING_LINES]):
            return False
        line_above = next((head for head in reversed(self._heads[max(0, at - 4) : at]) if head.strip()), "")
        is_apart = at == 0 or not self._heads[at - 1].strip()
        if self._has_no_prefix or not is_apart or _INTRODUCES.search(line_above[-10:]):
            return True
        return all(_TYPED.match(head) for head in quoted)

    def _find_quote_end(self, at: int) -> int:
        """The index after the quoted lines that begin at ``at`` or after empty lines; ``at`` if there are none."""
        end = at
        while at < len(self._heads):
            head = self._heads[at]
            if is_quoted(head) or self._is_rest_of_line(at):
                end = at + 1
            elif head.strip():
                break
            at += 1
        return end

    def _is_rest_of_line(self, at: int) -> bool:
        """Whether a program broke a long quoted line, and this is its rest."""
        if not 0 < at < len(self._heads) - 1:
            return False
        above, rest, below = self._heads[at - 1], self._heads[at].strip(), self._heads[at + 1]
        return (
            0 < len(rest) <= LONGEST_REST
            and (rest[0].islower() or below.lstrip(" >")[:1].islower())
            and len(above) >= WRAPPED_LINE
            and bool(QUOTED.match(above) and QUOTED.match(below))
            and above.rstrip()[-1:].isalnum()
        )

    def _has_comments(self, start: int) -> bool:
        """Whether lines of the mail below begin with the name or the initials of one who comments on it."""
        marks = (match[1] for head in self._heads[start : start + MOST_COMMENTED] if (match := _COMMENT.match(head)))
        return any(all(word[:1].isupper() for word in mark.split()) for mark in marks)

    def _points_below(self, end: int) -> bool:
        """Whether the author says that the answers stand in the mail below."""
        for head in self._heads[max(0, end - MOST_POINTING_LINES) : end]:
            if not head.strip() or QUOTED.match(head):
                continue
            if _POINTS.search(head):
                return True
            for sentence in _SENTENCES.split(head):
                if any(replies.search(sentence) and places.search(sentence) for replies, places in _POINTERS):
                    return True
        return False
