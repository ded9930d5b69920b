"""Whose domain it is: an organisation's, everybody's, or nobody's."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache

import idna
from publicsuffixlist import PublicSuffixList

from server.rules.headers.listed_names import ANY_PARENT, EXCEPTION, public_mail_entries

MAX_DOMAIN = 253
KEPT_DOMAINS = 4_096
"""Domains whose registrable part a process remembers: mail comes from the same companies again and again."""

_HOST = re.compile(r"(?!.*\.\.)[a-z0-9_-][a-z0-9_.-]{0,251}[a-z0-9_-]|[a-z0-9]")
_LABEL = 63


def normalise_domain(domain: str) -> str | None:
    """Lower-case A-labels without trailing dots. A name that IDNA refuses stays text in lower case; None: no domain."""
    domain = domain.strip().rstrip(".")
    if not domain or len(domain) > MAX_DOMAIN:
        return None
    if not domain.isascii() and (domain := _a_labels(domain) or "") == "":
        return None
    domain = domain.lower()
    if domain.isascii():
        is_host = _HOST.fullmatch(domain) and all(len(label) <= _LABEL for label in domain.split("."))
        return domain if is_host else None
    return domain if _is_written(domain) and all(domain.split(".")) else None


@lru_cache(maxsize=KEPT_DOMAINS)
def find_registrable_domain(domain: str) -> str | None:
    """The part that somebody registered (``acme.co.uk``); None for a public suffix, one label, an IP, or nonsense.

    A host of many strangers' sites is a suffix too: the part of ``a.acme.github.io`` is ``acme.github.io``. The host's
    own name (``github.io``) is a company's, and nobody's parent.
    """
    clean = normalise_domain(domain)
    if clean is None or "." not in clean or _is_ip(clean):
        return None
    registrable = _suffixes().privatesuffix(clean)
    if registrable is None and _registries().privatesuffix(clean):
        return clean
    return str(registrable) if registrable else None


def list_parents(domain: str) -> tuple[str, ...]:
    """The domain itself, then its parents down to the registrable one; empty if no part is registrable."""
    clean, last = normalise_domain(domain), find_registrable_domain(domain)
    if clean is None or last is None:
        return ()
    return tuple(name for name in _list_upwards(clean) if len(name) >= len(last))


def normalise_listed_name(name: str) -> str:
    """What an admin wrote, as mail has it: ``@acme.com``, ``*.acme.com`` and ``Bücher.example`` are domains too."""
    local, _, domain = name.lower().rpartition("@")
    clean = normalise_domain(domain.lstrip("*.")) or domain
    return f"{local}@{clean}" if local else clean


def is_public_mail_domain(
    domain: str, extra: frozenset[str] = frozenset(), companies: frozenset[str] = frozenset()
) -> bool:
    """Does everybody have an address there, or anybody for an hour, or a stranger behind a relay?

    Sub-domains of such a service count too. An admin adds domains (``extra``) and takes domains off the list
    (``companies``). The longest name decides.
    """
    clean = normalise_domain(domain)
    if clean is None:
        return False
    entries = public_mail_entries()
    for name in _list_upwards(clean):
        if name in companies or EXCEPTION + name in entries:
            return False
        if name in extra or name in entries:
            return True
    return names_a_relay(clean)


def names_a_relay(domain: str) -> bool:
    """Does a host's first label alone say that strangers are behind it, as in ``guest.`` before a booking site's name?

    The label stands below what somebody registered: ``guest.com`` is a company's.
    """
    label, _, parent = domain.lower().partition(".")
    return label + ANY_PARENT in public_mail_entries() and find_registrable_domain(parent) is not None


def is_within(domain: str, parents: Collection[str]) -> bool:
    """Is it one of these domains, or a sub-domain of one?"""
    return any(name in parents for name in _list_upwards(domain.lower().rstrip("."))) if parents else False


def _list_upwards(domain: str) -> list[str]:
    labels = domain.split(".") if 0 < len(domain) <= MAX_DOMAIN else []
    return [".".join(labels[i:]) for i in range(len(labels))]


def _a_labels(domain: str) -> str | None:
    """Each label by IDNA 2008, which maps nothing but case: a full-width or ligature look-alike is not a domain."""
    labels = []
    for label in domain.split("."):
        lower = unicodedata.normalize("NFC", label.lower())
        if not label.isascii() and lower.isascii():
            return None
        labels.append(lower if lower.isascii() else _a_label(lower))
    return ".".join(labels)


def _a_label(label: str) -> str:
    try:
        return idna.encode(label).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return label


def _is_written(domain: str) -> bool:
    """Whether it has letters, digits, dashes and symbols alone: a quote or a full-width dot belongs to the text around.

    The replacement mark (U+FFFD) is not a symbol that a person wrote.
    """
    return "\ufffd" not in domain and all(
        c in ".-_" or unicodedata.category(c)[0] in "LMN" or unicodedata.category(c) == "So" for c in domain
    )


def _is_ip(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> PublicSuffixList:
    """With the list's private part: below github.io each name is another stranger's."""
    return PublicSuffixList()


@cache
def _registries() -> PublicSuffixList:
    """ICANN's part of the list alone."""
    return PublicSuffixList(only_icann=True)
