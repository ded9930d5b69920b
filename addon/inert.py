"""Text out of mail and Salesforce, made legible and unable to do anything on a card.

A card reads simple HTML in paragraphs, decorated texts and section headers, and plain text elsewhere. Which fields
decode entities is nowhere written, so what goes into a plain field holds no angle bracket at all.
"""

from __future__ import annotations

import html
import unicodedata

LONGEST = 200
"""Characters of one name, address or subject."""
MOST_MARKS = 2
"""Combining marks on one letter."""
ANGLES = {ord("<"): "\u2039", ord(">"): "\u203a"}
JOINERS = "\u200c\u200d"
"""They build emoji and some scripts' letters, and hide in plain Latin text."""


def to_plain(text: str, longest: int = LONGEST) -> str:
    """For titles, labels, buttons and notifications."""
    return clean(text, longest).translate(ANGLES)


def to_rich(text: str, longest: int = LONGEST) -> str:
    """For fields that read HTML."""
    return html.escape(clean(text, longest), quote=True)


def clean(text: str, longest: int = LONGEST) -> str:
    """One line, without control, direction or invisible characters, cut at ``longest``."""
    kept: list[str] = []
    marks = 0
    for character in text[: 4 * longest]:
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks > MOST_MARKS:
            continue
        if character in JOINERS and kept and not kept[-1].isascii():
            kept.append(character)
        elif kind.startswith("Z") or kind == "Cc":
            kept.append(" ")
        elif not kind.startswith("C"):
            kept.append(character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
