"""One address: ``local@domain`` as RFC 5322's addr-spec, read tolerantly and written one way."""

from __future__ import annotations

import re

from server.rules.headers.domains import normalise_domain
from server.rules.headers.header_text import repair_text

MAX_ADDRESS = 320
MAX_TEXT = 4 * MAX_ADDRESS
"""Characters of a text that may hold one address."""

_BAD_LOCAL = re.compile(r'[\s"(),:;<>@\[\\\]\x00-\x1f\x7f-\x9f]|=\?[\w*.:-]{1,40}\?[bq]\?|\?=$', re.IGNORECASE)
"""Of a local part without quotes; the rest of an encoded word is none either."""
_BAD_QUOTED_LOCAL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LITERAL = re.compile(r"\[(?:ipv6:[0-9a-f:.]{2,45}|\d{1,3}(?:\.\d{1,3}){3})\]")
_GMAIL = ("gmail.com", "googlemail.com")

_UNSEEN = (
    " \t\r\n\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060"
    "\u2066\u2067\u2068\u2069\ufeff"
)
"""What surrounds an address that was pasted."""
_PAIRS = {
    "<": ">", "[": "]", "(": ")", "{": "}", "'": "'", "*": "*", "\u201c": "\u201d", "\u2018": "\u2019",
    "\u201e": "\u201c", "\u00ab": "\u00bb", "\uff1c": "\uff1e",
}  # fmt: skip
_ONLY_IN_PAIRS = frozenset("{*")
"""A local part may begin with these."""
_ENDS = frozenset(".,;:") | frozenset(_PAIRS.values()) - {"]"}
_MOST_WRAPS = 12


def normalise_address(text: str) -> str | None:
    """``local@domain`` in lower case with the domain as A-labels, or None if it is not one address."""
    text = text.strip()
    if "@" not in text or len(text) > MAX_TEXT:
        return None
    local, at, domain = _unwrapped(repair_text(text)).rpartition("@")
    local, domain = local.strip(_UNSEEN), domain.partition("?")[0].strip(_UNSEEN)
    if not (local and at and domain) or len(local) + len(domain) >= MAX_ADDRESS:
        return None
    clean_local = _normal_local(local)
    clean_domain = domain.lower() if _LITERAL.fullmatch(domain.lower()) else normalise_domain(domain)
    return f"{clean_local}@{clean_domain}" if clean_local and clean_domain else None


def address_variants(address: str) -> tuple[str, ...]:
    """The addresses that reach the same person, the exact one first, then without its tag.

    Dots and the second domain count for Gmail's public service only: in a Workspace a dot makes another mailbox.
    Gmail's dots go one way. Those on the mail are taken out, but a Contact that somebody typed with dots of its own is
    found by just that spelling, for Salesforce compares what was typed (decision 40).
    """
    local, _, domain = address.rpartition("@")
    if not local or local.startswith('"'):
        return (address,)
    untagged = local.partition("+")[0] or local
    locals_ = (local, untagged, untagged.replace(".", "") or untagged) if domain in _GMAIL else (local, untagged)
    domains = (domain, *(d for d in _GMAIL if d != domain)) if domain in _GMAIL else (domain,)
    return tuple(dict.fromkeys(f"{each}@{d}" for d in domains for each in locals_))


def squash_spaces(text: str) -> str:
    """Without the white space that old mail has around dots and the at sign."""
    return re.sub(r" ?([.@]) ?", r"\1", " ".join(text.split()))


def unquote(text: str) -> str:
    """A quoted string without its quotes and backslashes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _unwrapped(text: str) -> str:
    """Without the brackets, quotes and full stops that people and programs put around an address."""
    for _ in range(_MOST_WRAPS):
        before = text
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
        if text == before:
            break
    return text


def _normal_local(local: str) -> str | None:
    if len(local) > 1 and local[0] == local[-1] == '"':
        inner = unquote(local)
        if not inner or _BAD_QUOTED_LOCAL.search(inner):
            return None
        needs_quotes = _BAD_LOCAL.search(inner) or _unwrapped(f"{inner}@x") != f"{inner}@x"
        return _lower(local if needs_quotes else inner)
    return None if _BAD_LOCAL.search(local) else _lower(local)


def _lower(text: str) -> str:
    """The Kelvin sign stays what it is: lower case would make it a k, and its address another's."""
    return "".join(c if c == "\u212a" else c.lower() for c in text)
