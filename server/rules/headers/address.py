"""One address: reads RFC 5322's addr-spec (``local@domain``) tolerantly and writes it in one way."""

from __future__ import annotations

import re
import unicodedata

from server.rules.headers.domains import normalise_domain
from server.rules.headers.header_text import repair_text

MAX_ADDRESS = 320
MAX_TEXT = 4 * MAX_ADDRESS
"""Characters of a text that may hold one address."""

_BAD_LOCAL = re.compile(r'[\s"(),:;<>@\[\\\]\x00-\x1f\x7f-\x9f]|=\?[\w*.:-]{1,40}\?[bq]\?|\?=$', re.IGNORECASE)
"""What a local part without quotes never holds; an encoded word is no local part either."""
_BAD_QUOTED_LOCAL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LITERAL = re.compile(r"\[(?:ipv6:[0-9a-f:.]{2,45}|\d{1,3}(?:\.\d{1,3}){3})\]")
_GMAIL = ("gmail.com", "googlemail.com")

_UNSEEN = (
    " \t\r\n\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060"
    "\u2066\u2067\u2068\u2069\ufeff"
)
"""Invisible characters that surround an address that was pasted."""
_PAIRS = {
    "<": ">", "[": "]", "(": ")", "{": "}", "'": "'", "*": "*", "\u201c": "\u201d", "\u2018": "\u2019",
    "\u201e": "\u201c", "\u00ab": "\u00bb", "\uff1c": "\uff1e",
}  # fmt: skip
_ONLY_IN_PAIRS = frozenset("{*")
"""Openers with which a local part may begin: alone they belong to it."""
_ENDS = frozenset(".,;:") | frozenset(_PAIRS.values()) - {"]"}
_MOST_WRAPS = 12


def normalise_address(text: str) -> str | None:
    """``local@domain`` in lower case with the domain as A-labels, or None if the text is not one address."""
    text = text.strip()
    if "@" not in text or len(text) > MAX_TEXT:
        return None
    # From the right: a quoted local part may hold an at sign.
    local, at, domain = _unwrap(repair_text(text)).rpartition("@")
    local, domain = local.strip(_UNSEEN), domain.partition("?")[0].strip(_UNSEEN)
    if not (local and at and domain) or len(local) + len(domain) >= MAX_ADDRESS:
        return None
    clean_local = _normalise_local(local)
    clean_domain = domain.lower() if _LITERAL.fullmatch(domain.lower()) else normalise_domain(domain)
    return f"{clean_local}@{clean_domain}" if clean_local and clean_domain else None


def address_variants(address: str) -> tuple[str, ...]:
    """The addresses that reach the same person, the exact one first, then without its tag.

    Dots and the second domain count for Gmail's public service only: in a Workspace a dot makes another mailbox.
    Gmail's dots work in one direction. The dots on the mail are taken out, but a Contact that somebody typed with other
    dots is found by that spelling alone, because Salesforce compares what was typed (decision 40). A letter with an
    accent is one character or two; the address in composed letters stands for both.
    """
    if not address.isascii() and (composed := unicodedata.normalize("NFC", address)) != address:
        return (address, *address_variants(composed))
    local, _, domain = address.rpartition("@")
    if not local or local.startswith('"'):
        return (address,)
    untagged = local.partition("+")[0] or local
    if domain not in _GMAIL:
        return (address,) if untagged == local else (address, f"{untagged}@{domain}")
    spellings = (local, untagged, untagged.replace(".", "") or untagged)
    domains = (domain, *(d for d in _GMAIL if d != domain))
    return tuple(dict.fromkeys(f"{spelling}@{d}" for d in domains for spelling in spellings))


def squash_spaces(text: str) -> str:
    """The address without the white space that old mail has around dots and the at sign."""
    return re.sub(r" ?([.@]) ?", r"\1", " ".join(text.split()))


def unquote(text: str) -> str:
    """A quoted string without its quotes and backslashes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _unwrap(text: str) -> str:
    """The address without the brackets, quotes and full stops that people and programs put around it."""
    for _ in range(_MOST_WRAPS):
        wrapped = text
        text = text.strip(_UNSEEN)
        if text[:7].lower() == "mailto:":
            text = text[7:]
        closer = _PAIRS.get(text[:1], "")
        if closer and text.endswith(closer) and len(text) > 1:
            text = text[1:-1]
        elif closer and text[0] not in _ONLY_IN_PAIRS and closer not in text[1:].rpartition("@")[0]:
            text = text[1:]
        elif text[-1:] in _ENDS or (text[-1:] == "]" and "[" not in text):
            text = text[:-1]
        if text == wrapped:
            break
    return text


def _normalise_local(local: str) -> str | None:
    if len(local) > 1 and local[0] == local[-1] == '"':
        inner = unquote(local)
        if not inner or _BAD_QUOTED_LOCAL.search(inner):
            return None
        needs_quotes = _BAD_LOCAL.search(inner) or _unwrap(f"{inner}@x") != f"{inner}@x"
        return _lower_case(local if needs_quotes else inner)
    return None if _BAD_LOCAL.search(local) else _lower_case(local)


def _lower_case(text: str) -> str:
    """The Kelvin sign stays as it is: lower case would make it a k, and the address somebody else's."""
    return text.lower() if text.isascii() else "".join(c if c == "\u212a" else c.lower() for c in text)
