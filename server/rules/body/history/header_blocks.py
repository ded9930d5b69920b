"""Blocks of headers (sender, date, recipient, subject) that Outlook and others put above the mail that is answered."""

from __future__ import annotations

import re

from server.rules.body import quoting_words as words
from server.rules.body.history.heads import ADDRESS, CLOCK, COLON_AT_END, RULE, YEAR

MOST_HEADER_LINES = 14
_LABELED = re.compile(r"[\s>*_|]{0,8}([^\s:：>*_|][^:：>|]{0,28}?)[\s*_|]{0,4}[:：|][\s*_|]{0,4}")
_KINDS: dict[str, frozenset[str]] = {
    label.replace(" ", ""): frozenset(kind for kind, labels in words.LABELS.items() if label in labels)
    for labels in words.LABELS.values()
    for label in labels
}


def find_kinds(head: str) -> frozenset[str]:
    match = _LABELED.match(head)
    return _KINDS.get(match[1].replace(" ", "").replace("　", "").casefold(), frozenset()) if match else frozenset()


def is_header_block(heads: list[str], at: int, subject: str) -> bool:
    """Whether three or more labels of headers begin here, one of them of a sender.

    An author states a transport in such lines too. So the block needs an address, or all of sender, date, recipient and
    subject with a clock time or the mail's own ``subject`` (without prefix), and no line that introduces it.
    """
    if not find_kinds(heads[at]) or (at and find_kinds(heads[at - 1])):
        return False
    block, has_foreign = _read_block(heads, at)
    kinds: set[str] = set()
    for head in block:
        kinds |= find_kinds(head) if len(find_kinds(head)) == 1 else find_kinds(head) - kinds
    kinds.discard("other")
    line_above = next((head for head in reversed(heads[max(0, at - 3) : at]) if head.strip()), "")
    is_ruled = bool(RULE.fullmatch(line_above))
    if "from" not in kinds or len(kinds) < (2 if is_ruled else 3):
        return _is_one_line_block(heads[at])
    values = "\n".join(block)
    if COLON_AT_END.search(line_above[-10:]) and not is_ruled and not find_kinds(line_above):
        return False
    if ADDRESS.search(values):
        return len(kinds) > 2 or bool(YEAR.search(values))
    if has_foreign or not {"from", "sent"} <= kinds or not all(_names_person(head) for head in block):
        return False
    has_subject = bool(subject) and any("subject" in find_kinds(h) and h.rstrip().endswith(subject) for h in block)
    return (
        len(kinds) > 2
        and bool(YEAR.search(values))
        and (has_subject or (len(kinds) > 3 and bool(CLOCK.search(values))))
    )


def _names_person(head: str) -> bool:
    """Whether a line of a sender or recipient holds no number: a time or a price is nobody. Other lines hold any."""
    if not find_kinds(head) & {"from", "to", "cc"} or find_kinds(head) & {"sent"}:
        return True
    match = _LABELED.match(head)
    return not match or not re.search(r"(?<!\w)\d", head[match.end() :])


def _read_block(heads: list[str], at: int) -> tuple[list[str], bool]:
    """The lines with known labels from ``at`` on, and whether a line among them has another label."""
    block: list[str] = []
    has_foreign = is_spaced = False
    for offset, head in enumerate(heads[at : at + MOST_HEADER_LINES]):
        if not head.strip(" >|"):
            # Some HTML mail has an empty line between its headers, then between all of them.
            is_spaced = is_spaced or offset == 1
            is_end = not is_spaced or not heads[at + offset - 1].strip(" >|")
            if is_end:
                break
        elif kinds := find_kinds(head):
            if "from" in kinds and any("from" in find_kinds(line) for line in block):
                break
            block.append(head)
        elif is_spaced:
            break
        elif _LABELED.match(head) and ":" in head[:30] and not head.startswith((" ", "\t")):
            has_foreign = True
        elif len(block) > 2 and not ADDRESS.search(head):
            break
    return block, has_foreign


def find_block_end(heads: list[str], at: int) -> int:
    """The index after the rule and the labels that begin at ``at``."""
    end = at + 1
    for next_at in range(at, min(len(heads), at + MOST_HEADER_LINES + 2)):
        if find_kinds(heads[next_at]) or RULE.fullmatch(heads[next_at]):
            end = next_at + 1
        elif next_at > end + 1:
            break
    return end


def _is_one_line_block(head: str) -> bool:
    """Sender, date and recipient with their labels in one line."""
    if "from" not in find_kinds(head) or not ADDRESS.search(head):
        return False
    labels = re.findall(r"(?<=\s)\*{0,2}([^\s:：]{2,20})\s?[:：](?=\*{0,2}\s)", head)
    kinds = {kind for label in labels for kind in _KINDS.get(label.casefold(), ())}
    return len(kinds - {"from"}) > 1


def has_label_next(heads: list[str], at: int, least: int = 1) -> bool:
    following = [head for head in heads[at : at + 6] if head.strip()][:3]
    if not following or not find_kinds(following[0]):
        return False
    return sum(bool(find_kinds(head)) for head in following) >= least and any(
        ADDRESS.search(head) or CLOCK.search(head) for head in heads[at : at + MOST_HEADER_LINES]
    )


def find_labels_above(heads: list[str], at: int) -> int:
    """The first of Yandex's lines of recipient and subject, if they stand right above the attribution at ``at``."""
    while at and find_kinds(heads[at - 1]) and heads[at - 1].rstrip().endswith(";"):
        at -= 1
    return at
