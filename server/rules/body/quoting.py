"""What the author of a mail wrote, without the mail that it answers and without signatures.

A quote too many does no harm, but a lost word of the author's does. So history is cut only where a known mark begins it
and no words of the author follow. Answers between quoted lines keep the lines that they answer, and a forward is whole.
"""

from __future__ import annotations

import re

from server.rules.body import quoting_words as words

LONGEST_LINE = 300
"""Characters of a line in which marks are looked for."""
MOST_LINES = 4
"""Lines that one attribution is broken into."""
LONGEST_SIGNATURE = 15
"""Lines after "-- " that are still taken for a signature."""
_BLANK_OR_RULE = re.compile(r"[\s*_=#~+\-–—>]{0,300}")
_QUOTED = re.compile(r"\s{0,8}[>》]")
_RULE = re.compile(r"\s{0,8}[_\-=–—*]{5,300}\s{0,8}")
_DELIMITER = re.compile(r"(?:--|—|––) ?")
_ADDRESS = re.compile(r"[^\s@<>]@[^\s@<>]")
_HINT = re.compile(r"[\d@]")
"""An attribution has a date or an address."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d)")
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.時点시h]\s?\d\d(?!\d)|\d{1,2}\s?(?:[ap]\.?m|Uhr)", re.IGNORECASE)
_STARTS_WITH_DATE = re.compile(r"\W{0,3}\d{1,4}\s?[-./年년]?\s?\w")
_ENDS = re.compile(r"(?:[:：︰]|wrote|-{2,})\W{0,4}$", re.IGNORECASE)


def _alternatives(texts: tuple[str, ...]) -> str:
    return "|".join(re.escape(text) for text in sorted(set(texts), key=len, reverse=True))


_WROTE = re.compile(rf"(?:{_alternatives(tuple(w for row in words.WROTE.values() for w in row))})", re.IGNORECASE)
_OPENER = re.compile(rf"\W{{0,8}}(?:{_alternatives(words.OPENERS)})(?=[\s\d,.־-])", re.IGNORECASE)
_LABEL = {
    kind: re.compile(
        rf"[\s>*_]{{0,8}}(?:{_alternatives(labels)})[\s*_]{{0,4}}[:：][\s*_]{{0,4}}(?=\S|$)", re.IGNORECASE
    )
    for kind, labels in words.LABELS.items()
}
_MARKED = r"[\s>*]{{0,8}}[-–—_=*]{{2,60}}\s{{0,4}}(?:{})\s{{0,4}}[-–—_=*]{{2,60}}\s{{0,4}}"
_ORIGINAL = re.compile(_MARKED.format(_alternatives(words.ORIGINAL)), re.IGNORECASE)
_FORWARDED = re.compile(
    rf"{_MARKED.format(_alternatives(words.FORWARDED))}"
    rf"|[\s>*]{{0,8}}(?:{_alternatives(words.FORWARDED)})\s{{0,4}}[:：]\s{{0,4}}"
    rf"|[\s>*]{{0,8}}-{{2,60}}\s{{0,4}}begin forwarded (?:text|message|mail)\b.{{0,60}}",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = re.compile(rf"\s{{0,4}}(?:{_alternatives(words.FORWARD_PREFIXES)})\s{{0,2}}[:：]", re.IGNORECASE)
_ANSWER_SUBJECT = re.compile(
    rf"\s{{0,4}}[\[(]{{0,1}}(?:{_alternatives(words.ANSWER_PREFIXES)})\s{{0,2}}(?:[\[(^]?\d{{1,4}}[\])]?)?\s{{0,2}}[:：]",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(rf"[\s<(\[*_-]{{0,4}}(?:{'|'.join(words.SENT_FROM)})", re.IGNORECASE)
_LONGEST_SENT_FROM = 120


def has_answer_prefix(subject: str) -> bool:
    """Whether a subject begins like "Re:", in the word of any language's program."""
    return bool(_ANSWER_SUBJECT.match(subject))


def own_text(text: str, subject: str = "", *, is_answer: bool = True) -> str:
    """The text without trailing history and signature; the whole text if nothing else would be left.

    ``subject`` tells a forward of Outlook's from an answer: both have the same block of headers. A mail
    that answers nothing has no history: ``is_answer`` is False where it has no In-Reply-To, no References and no
    subject with ``has_answer_prefix``.
    """
    lines = text.split("\n")
    end = _find_end_of_own(lines, is_forward=bool(_FORWARD_SUBJECT.match(subject))) if is_answer else len(lines)
    own = "\n".join(_strip_signature(lines[:end])).strip()
    return own or text


def _find_end_of_own(lines: list[str], *, is_forward: bool) -> int:
    """The index of the first line after which no line is the author's."""
    # Both are worked out once for all lines: a quote looks at the last line, and four lines look at each hint.
    at, last = 0, _find_last_line(lines)
    hints = [bool(_HINT.search(line[:LONGEST_LINE])) for line in lines]
    while at < len(lines):
        line = lines[at][:LONGEST_LINE]
        # A forward is what its sender wants to show.
        if _FORWARDED.fullmatch(line):
            return len(lines)
        if _is_original(lines, at) or _is_header_block(lines, at):
            return len(lines) if is_forward else at
        attribution_end = _find_attribution_end(lines, at) if any(hints[at : at + MOST_LINES]) else None
        if quote_start := attribution_end or (at if _QUOTED.match(line) else None):
            quote_end = _find_quote_end(lines, quote_start)
            if quote_end == quote_start and _is_attribution_certain(lines[at:quote_start]):
                return at
            if quote_end > quote_start and quote_end > last:
                return at
            at = max(quote_end, quote_start, at + 1)
            continue
        # Quoted lines at the top are what the author answers below.
        if at == 0 and _QUOTED.match(line):
            at = max(_find_quote_end(lines, 0), 1)
            continue
        at += 1
    return len(lines)


def _is_original(lines: list[str], at: int) -> bool:
    return bool(_ORIGINAL.fullmatch(lines[at][:LONGEST_LINE]))


def _is_header_block(lines: list[str], at: int) -> bool:
    """Whether a sender and two more labels stand one after another; under a rule, one more is enough."""
    if not _LABEL["from"].match(lines[at][:LONGEST_LINE]):
        return False
    kinds = {"from"}
    for line in [line for line in lines[at + 1 : at + 14] if line.strip()][:7]:
        kind = next((k for k, label in _LABEL.items() if label.match(line[:LONGEST_LINE])), None)
        if kind:
            kinds.add(kind)
        elif len(kinds) > 2:
            break
    line_above = next((line for line in reversed(lines[max(0, at - 3) : at]) if line.strip()), "")
    return len(kinds) >= (2 if _RULE.fullmatch(line_above[:LONGEST_LINE]) else 3)


def _find_attribution_end(lines: list[str], at: int) -> int | None:
    """The index of the line after "On that day somebody wrote:", if one begins at ``at``."""
    first = lines[at].strip()
    if not first or _QUOTED.match(first):
        return None
    joined = ""
    for count, line in enumerate(lines[at : at + MOST_LINES], 1):
        if not line.strip() or len(line) > LONGEST_LINE:
            return None
        joined = f"{joined} {line.strip()}".strip()
        if not _ENDS.search(joined[-20:]) and not joined.endswith(">"):
            continue
        has_date = bool(_YEAR.search(joined) or _TIME.search(joined))
        has_address = bool(_ADDRESS.search(joined))
        is_quoted_next = _is_quoted_next(lines, at + count)
        if _ENDS.search(joined[-20:]) and _WROTE.search(joined) and (has_date or has_address):
            is_opened = _OPENER.match(first) or _STARTS_WITH_DATE.match(first) or has_address
            return at + count if is_opened or is_quoted_next else None
        if joined.endswith((":", "：", ">")) and has_address and _YEAR.search(joined) and is_quoted_next:
            return at + count
    return None


def _is_quoted_next(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 3] if line.strip()), "")
    return bool(_QUOTED.match(following))


def _is_attribution_certain(lines: list[str]) -> bool:
    """Some programs write no quote sign under an attribution. Then it must have a year, and an address or a time."""
    joined = " ".join(lines)
    return bool(_YEAR.search(joined) and (_ADDRESS.search(joined) or _TIME.search(joined)))


def _find_quote_end(lines: list[str], at: int) -> int:
    """The index after the quoted lines that begin at ``at`` or after empty lines; ``at`` if there are none."""
    end = at
    while at < len(lines) and (_QUOTED.match(lines[at]) or not lines[at].strip()):
        if _QUOTED.match(lines[at]):
            end = at + 1
        at += 1
    return end


def _find_last_line(lines: list[str]) -> int:
    """The index of the last line that is neither empty nor of a signature; -1 if there is none."""
    kept = _strip_signature(lines)
    return next((at for at in range(len(kept) - 1, -1, -1) if kept[at].strip()), -1)


def _strip_signature(lines: list[str]) -> list[str]:
    """The lines above the last "-- ", if few follow it, and without the lines that phones add."""
    kept = _strip_rules(lines)
    start = max(0, len(kept) - LONGEST_SIGNATURE - 1)
    for at in range(start, len(kept)):
        if _DELIMITER.fullmatch(kept[at]) and not any(_QUOTED.match(line) for line in kept[at:]):
            kept = _strip_rules(kept[:at])
            break
    while kept and len(kept[-1]) <= _LONGEST_SENT_FROM and _SENT_FROM.match(kept[-1]):
        kept = _strip_rules(kept[:-1])
    return kept


def _strip_rules(lines: list[str]) -> list[str]:
    """Without the empty lines and the rules at the end."""
    end = len(lines)
    while end and not _QUOTED.match(lines[end - 1]) and _BLANK_OR_RULE.fullmatch(lines[end - 1]):
        end -= 1
    return lines[:end]
