"""Marks of single programs above the mail that is answered: rules with words, ticket systems, names above dates."""

from __future__ import annotations

import re

from server.rules.body import quoting_words as words
from server.rules.body.history.header_blocks import find_kinds, has_label_next
from server.rules.body.history.heads import ADDRESS, COLON_AT_END, TIME, WROTE, YEAR, is_date_line, join_words

_DASHES = r"[-‐‑‒–—―─_=*]"
_ORIGINAL_WORD = join_words(words.ORIGINAL)
_ORIGINAL = re.compile(
    rf"[\s>*]{{0,8}}{_DASHES}{{2,90}}\s{{0,4}}(?:{_ORIGINAL_WORD})\s{{0,4}}[:：]?\s{{0,4}}{_DASHES}{{2,90}}",
    re.IGNORECASE,
)
_LONG_RULE = re.compile(rf"[\s*]{{0,8}}{_DASHES}{{4}}")
_BARE_ORIGINAL = re.compile(rf"[\s>*]{{0,8}}{_DASHES}{{0,90}}\s{{0,4}}(?:{_ORIGINAL_WORD})\W{{0,8}}", re.IGNORECASE)
_REPLY_ABOVE = re.compile(
    rf"\W{{0,12}}(?:please |bitte |veuillez |por favor,? |merci de )?(?:{'|'.join(words.REPLY_ABOVE)})"
    r"(?:\W{0,12}| (?:to|um|pour|para|per|om) .{0,60})|#{2}- ?.{5,160} ?-#{2}\s{0,4}",
    re.IGNORECASE,
)
_GROUPWISE = re.compile(r"\s{0,4}>{3,5}\s.{3,250}")
_NOTES_BOX = re.compile(r"\s{0,4}\|-{5,}>\s{0,4}")
_NOTES_LINE = re.compile(r".{1,80}---\s?\d{1,4}[./-]\d{1,2}[./-]\d{2,4} \d{1,2}[:.]\d\d.{0,12}---.{0,200}")
_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")
LONGEST_ENTRY = 4
"""Lines from one entry of a list to the next."""
_NAME = re.compile(
    r"[\"'(]?[^\W\d_][\w.,'’\"()-]*(?:\s+[\w.,'’\"()&-]+){0,5}(?:\s*[<(\[][^<>()\[\]\s]+@[^<>()\[\]\s]+[>)\]])?"
)


def is_original_mark(heads: list[str], at: int) -> bool:
    """A rule that says "Original Message"; without dashes only above labels."""
    head = heads[at]
    match = _ORIGINAL.match(head)
    if match:
        rest = head[match.end() :].strip()
        is_plain = match[0].strip("-‐‑‒–—―─_=* \t>:：").casefold() == "original"
        is_drawn = not is_plain and bool(_LONG_RULE.match(head))
        return (not rest and is_drawn) or has_label_next(heads, at + 1) or bool(find_kinds(rest))
    return bool(_BARE_ORIGINAL.fullmatch(head)) and len(head) < 80 and has_label_next(heads, at + 1, least=2)


def is_attribution_quoted(head: str) -> bool:
    """An attribution or a sender's header behind a quote sign, as Apple and Orange write it."""
    inner = head.lstrip(" >》*")
    if "from" in find_kinds(inner) and ADDRESS.search(inner):
        return True
    if ADDRESS.search(inner) and YEAR.search(inner) and TIME.search(inner) and COLON_AT_END.search(inner):
        return True
    return bool(WROTE.search(inner) and YEAR.search(inner) and (ADDRESS.search(inner) or TIME.search(inner)))


def is_program_mark(heads: list[str], at: int) -> bool:
    """Marks of single programs: ticket systems, GroupWise, Lotus Notes."""
    head = heads[at]
    if _REPLY_ABOVE.fullmatch(head):
        return True
    if _GROUPWISE.fullmatch(head) and (ADDRESS.search(head) or YEAR.search(head)):
        return head.rstrip().endswith(">>>") or bool(WROTE.search(head))
    if _NOTES_BOX.fullmatch(head):
        return "from" in find_kinds(heads[at + 1].lstrip("| ") if at + 1 < len(heads) else "")
    return bool(_NOTES_LINE.fullmatch(head))


def is_name_above_date(heads: list[str], at: int) -> bool:
    """A name in a line of its own, and below the name a date with a time; above both, a sentence that has ended."""
    if at + 2 >= len(heads) or not is_date_line(heads[at + 1]) or not _is_name(heads[at]):
        return False
    if ADDRESS.search(heads[at]):
        return True
    if _is_in_list(heads, at):
        return False
    line_above = next((head for head in reversed(heads[max(0, at - 3) : at]) if head.strip()), "").rstrip()
    is_apart = at > 0 and not heads[at - 1].strip()
    if _is_name(line_above):
        return is_apart and any(head.rstrip().endswith(_SENTENCE_ENDS) for head in heads[max(0, at - 6) : at])
    return is_apart and line_above.endswith(_SENTENCE_ENDS)


def _is_in_list(heads: list[str], at: int) -> bool:
    """Whether more names above dates follow soon, with nothing but few words between: visits, visitors, a log."""
    for next_at in range(at + 2, min(at + 2 + LONGEST_ENTRY, len(heads) - 1)):
        if is_date_line(heads[next_at + 1]) and _is_name(heads[next_at]):
            between = [head for head in heads[at + 2 : next_at] if head.strip()]
            return not any(head.rstrip().endswith(_SENTENCE_ENDS) for head in between)
    return False


def _is_name(head: str) -> bool:
    line = head.strip()
    if not 2 < len(line) <= 90 or not _NAME.fullmatch(line):
        return False
    shown = re.sub(r"[<(\[].*", "", line).split()
    return 0 < len(shown) <= 5 and all(word[:1].lower() == word[:1].upper() or word[:1].isupper() for word in shown)
