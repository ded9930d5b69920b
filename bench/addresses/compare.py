"""How good an answer is: compared with what a list says, and with what the text holds."""

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


class Quality(StrEnum):
    """The quality of one answer. NOBODY and LITERAL are for texts that a list calls no address."""

    EXACT = "exact"
    PART = "in part"
    MISSED = "missed"
    MORE = "more"
    RAISED = "raised"
    NOBODY = "nobody"
    LITERAL = "literal"
    INVENTED = "invented"


def judge_answer(text: str, people: list[str] | None, addresses: list[str] | None) -> Quality:
    """``people`` is None if the list calls the text no address; ``addresses`` is None if the parser raised."""
    if addresses is None:
        return Quality.RAISED
    actual = _canonicalise_all(addresses)
    if not all(is_in_text(address, text) for address in actual):
        return Quality.INVENTED
    if people is None:
        return Quality.LITERAL if actual else Quality.NOBODY
    expected = _canonicalise_all(people)
    if actual == expected:
        return Quality.EXACT
    if actual - expected:
        return Quality.MORE
    return Quality.PART if actual else Quality.MISSED


def is_in_text(address: str, text: str) -> bool:
    """Does the text hold the address? Quoting, comments, white space and case do not count; the text may be encoded."""
    local, _, domain = address.rpartition("@")
    texts = {repair_text(text), decode_words(text)}
    spellings = {f"{local}@{domain}", f"{local}@{_decode_domain(domain)}"}
    return any(view(s) in view(t) for view in (_strip_text, _strip_comments) for s in spellings for t in texts)


def _canonicalise_all(addresses: Iterable[str]) -> frozenset[str]:
    """Lower case, no needless quotes, the domain as A-labels: how a parser writes an address does not count."""
    return frozenset(_canonicalise(address) for address in addresses if "@" in address)


def _canonicalise(address: str) -> str:
    local, _, domain = address.strip().rpartition("@")
    domain = domain.strip().rstrip(".").lower()
    if not domain.isascii():
        with contextlib.suppress(idna.IDNAError, UnicodeError):
            domain = idna.encode(domain, uts46=True).decode()
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1], flags=re.DOTALL)
    return f"{local.strip().lower()}@{domain}"


def _strip_text(text: str) -> str:
    mapped = unicodedata.normalize("NFKC", text.lower().replace("\u3002", ".")).lower()
    shown = "".join(c for c in mapped if unicodedata.category(c) not in {"Cf", "Mn"})
    return _QUOTING.sub("", shown)


def _strip_comments(text: str) -> str:
    while (shorter := _INNER_COMMENT.sub("", text)) != text:
        text = shorter
    return _strip_text(text)


def _decode_domain(domain: str) -> str:
    return ".".join(_decode_label(label) for label in domain.split("."))


def _decode_label(label: str) -> str:
    try:
        return idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return label
