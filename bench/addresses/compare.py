"""What an answer is worth: against what a list says, and against what stands in the text."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

import idna

from server.rules.headers.header_text import decode_words, repair_text

_INNER_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)", re.DOTALL)
_QUOTING = re.compile(r'["\\\s]+')


class Verdict(StrEnum):
    """Of a text whose people a list names; the last two of one that a list calls no address."""

    EXACT = "exact"
    PART = "in part"
    MISSED = "missed"
    MORE = "more"
    RAISED = "raised"
    NOBODY = "nobody"
    LITERAL = "literal"
    INVENTED = "invented"


def judge(text: str, people: list[str] | None, answer: list[str] | None) -> Verdict:
    """``people`` is None where the list calls the text no address at all."""
    if answer is None:
        return Verdict.RAISED
    found = _canonical(answer)
    if not all(stands_in(address, text) for address in found):
        return Verdict.INVENTED
    if people is None:
        return Verdict.LITERAL if found else Verdict.NOBODY
    wanted = _canonical(people)
    if found == wanted:
        return Verdict.EXACT
    if found - wanted:
        return Verdict.MORE
    return Verdict.PART if found else Verdict.MISSED


def stands_in(address: str, text: str) -> bool:
    """Is it written there? Quoting, comments, white space and case aside, and one that is alone may be encoded."""
    local, _, domain = address.rpartition("@")
    texts = {repair_text(text), decode_words(text)}
    spellings = {f"{local}@{domain}", f"{local}@{_spoken(domain)}"}
    return any(view(s) in view(t) for view in (_plain, _uncommented) for s in spellings for t in texts)


def _canonical(addresses: Iterable[str]) -> frozenset[str]:
    """Lower case, no needless quotes, the domain as A-labels: how a parser writes an address does not count."""
    return frozenset(_canonical_one(each) for each in addresses if "@" in each)


def _canonical_one(address: str) -> str:
    local, _, domain = address.strip().rpartition("@")
    domain = domain.strip().rstrip(".").lower()
    if not domain.isascii():
        with contextlib.suppress(idna.IDNAError, UnicodeError):
            domain = idna.encode(domain, uts46=True).decode()
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1], flags=re.DOTALL)
    return f"{local.strip().lower()}@{domain}"


def _plain(text: str) -> str:
    mapped = unicodedata.normalize("NFKC", text.lower().replace("\u3002", ".")).lower()
    shown = "".join(c for c in mapped if unicodedata.category(c) not in {"Cf", "Mn"})
    return _QUOTING.sub("", shown)


def _uncommented(text: str) -> str:
    while (shorter := _INNER_COMMENT.sub("", text)) != text:
        text = shorter
    return _plain(text)


def _spoken(domain: str) -> str:
    return ".".join(_spoken_label(label) for label in domain.split("."))


def _spoken_label(label: str) -> str:
    try:
        return idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return label
