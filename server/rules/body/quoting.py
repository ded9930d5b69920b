"""What the author of a mail wrote, apart from the mail that is answered and from signatures.

A quote too many is no harm; a word of the author's that is lost does. So history is cut only where a known mark begins
it and nothing of the author's follows; answers between quoted lines keep what they answer; a forward is kept whole.
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
_SENT_FROM = re.compile(rf"[\s<(\[*_-]{{0,4}}(?:{'|'.join(words.SENT_FROM)})", re.IGNORECASE)
_LONGEST_SENT_FROM = 120


def own_text(text: str, subject: str = "") -> str:
    """The text without trailing history and signature; all of it where nothing else would be left.

    ``subject`` tells a forward of Outlook's from an answer: both have the same block of headers.
    """
    lines = text.split("\n")
    end = _end_of_own(lines, is_forward=bool(_FORWARD_SUBJECT.match(subject)))
    own = "\n".join(_without_signature(lines[:end])).strip()
    return own or text


def _end_of_own(lines: list[str], *, is_forward: bool) -> int:
    """The index of the first line from which on nothing is the author's."""
    at, last = 0, _last_said(lines)
    while at < len(lines):
        line = lines[at][:LONGEST_LINE]
        if _FORWARDED.fullmatch(line):
            return len(lines)
        if _is_original(lines, at) or _is_header_block(lines, at):
            return len(lines) if is_forward else at
        if after := _attribution(lines, at) or (at if _QUOTED.match(line) else None):
            past = _past_quote(lines, after)
            if past == after and _stands_alone(lines, at, after):
                return at
            if past > after and past > last:
                return at
            at = max(past, after, at + 1)
            continue
        if at == 0 and _QUOTED.match(line):
            at = max(_past_quote(lines, 0), 1)
            continue
        at += 1
    return len(lines)


def _is_original(lines: list[str], at: int) -> bool:
    return bool(_ORIGINAL.fullmatch(lines[at][:LONGEST_LINE]))


def _is_header_block(lines: list[str], at: int) -> bool:
    """A sender and two more labels one after another, or one more under a rule."""
    if not _LABEL["from"].match(lines[at][:LONGEST_LINE]):
        return False
    kinds = {"from"}
    for line in [line for line in lines[at + 1 : at + 14] if line.strip()][:7]:
        kind = next((k for k, label in _LABEL.items() if label.match(line[:LONGEST_LINE])), None)
        if kind:
            kinds.add(kind)
        elif len(kinds) > 2:
            break
    before = next((line for line in reversed(lines[max(0, at - 3) : at]) if line.strip()), "")
    return len(kinds) >= (2 if _RULE.fullmatch(before[:LONGEST_LINE]) else 3)


def _attribution(lines: list[str], at: int) -> int | None:
    """The index after "On that day somebody wrote:" where one begins here."""
    first = lines[at].strip()
    if not first or _QUOTED.match(first):
        return None
    if not any(_HINT.search(line[:LONGEST_LINE]) for line in lines[at : at + MOST_LINES]):
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


def _stands_alone(lines: list[str], at: int, after: int) -> bool:
    """No quote sign follows: some programs give none. Then the attribution must be beyond doubt."""
    joined = " ".join(lines[at:after])
    return bool(_YEAR.search(joined) and (_ADDRESS.search(joined) or _TIME.search(joined)))


def _past_quote(lines: list[str], at: int) -> int:
    """The index after the quoted lines that begin here or after empty ones; here, where there are none."""
    past = at
    while at < len(lines) and (_QUOTED.match(lines[at]) or not lines[at].strip()):
        if _QUOTED.match(lines[at]):
            past = at + 1
        at += 1
    return past


def _last_said(lines: list[str]) -> int:
    """The index of the last line that says something and is no signature; looked for once, not at each quote."""
    said = (at for at, line in reversed(list(enumerate(_without_signature(lines)))) if line.strip())
    return next(said, -1)


def _without_signature(lines: list[str]) -> list[str]:
    """Without what follows the last "-- ", if it is short, and without the lines that phones add."""
    kept = _without_rules(lines)
    start = max(0, len(kept) - LONGEST_SIGNATURE - 1)
    for at in range(start, len(kept)):
        if _DELIMITER.fullmatch(kept[at]) and not any(_QUOTED.match(line) for line in kept[at:]):
            kept = _without_rules(kept[:at])
            break
    while kept and len(kept[-1]) <= _LONGEST_SENT_FROM and _SENT_FROM.match(kept[-1]):
        kept = _without_rules(kept[:-1])
    return kept


def _without_rules(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not _QUOTED.match(lines[end - 1]) and _BLANK_OR_RULE.fullmatch(lines[end - 1]):
        end -= 1
    return lines[:end]
