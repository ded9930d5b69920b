"""How one address or domain can stand in Salesforce, which compares letters as they were typed, only without case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

import idna

SCHEMES = ("", "http://", "https://")
HOSTS = tuple(f"{scheme}{www}" for scheme in SCHEMES for www in ("", "www."))
"""What may stand before a domain in an address of a page."""
TYPED = (*(f"{host}{{}}{end}" for host in HOSTS for end in ("", "/")), "@{}", "*.{}", "{}.", " {}", "{} ")
"""How people type a domain into a field."""
_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")


def spell_domain(domain: str) -> tuple[str, ...]:
    """As mail names it, then as people write it: an international domain has a form of A-labels and one of letters."""
    if domain.isascii() and "xn--" not in domain:
        return (domain,)
    written = ".".join(_write_label(label) for label in domain.split("."))
    return tuple(dict.fromkeys((domain, *_compose(written))))


def spell_address(address: str) -> tuple[str, ...]:
    """Each spelling of the local part at each spelling of the domain. Nearly every address has one."""
    local, at, domain = address.rpartition("@")
    if not at or (address.isascii() and "xn--" not in domain):
        return (address,)
    return tuple(f"{spelling}@{host}" for spelling in _compose(local) for host in spell_domain(domain))


def spell_addresses(addresses: Iterable[str]) -> frozenset[str]:
    return frozenset(spelling for address in addresses for spelling in spell_address(address))


def spell_domains(domains: Iterable[str]) -> frozenset[str]:
    return frozenset(spelling for domain in domains for spelling in spell_domain(domain))


def spell_typed_domains(domains: Iterable[str]) -> frozenset[str]:
    """As people type them: each spelling bare, with an "@", as an address of a page, with a dot or a space too many."""
    return frozenset(form.format(spelling) for spelling in spell_domains(domains) for form in TYPED)


def fold_typed_domain(text: str) -> str:
    """The domain that somebody meant: of an address of a page its host without "www.", of an address what is behind @.

    The package's Apex has the same rule (tests/support/account_domain.py).
    """
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower())
    host = re.split(r"[/?#\\\s]", host, maxsplit=1)[0].rpartition("@")[2]
    host = re.sub(r":\d*$", "", host).strip(".*")
    bare = host.removeprefix("www.")
    # "www.com" is a domain itself.
    return fold_domain(bare if "." in bare else host)


def fold_domain(domain: str) -> str:
    """A domain that somebody typed, as mail names it."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return unicodedata.normalize("NFC", domain.lower())


def fold_address(address: str) -> str:
    """An address that somebody typed, as mail names it: lower case, composed letters, the domain as A-labels."""
    if address.isascii():
        return address.lower()
    local, at, domain = address.rpartition("@")
    return f"{unicodedata.normalize('NFC', local.lower())}{at}{fold_domain(domain)}"


def _write_label(label: str) -> str:
    """One label that is no IDNA stays as it is, beside others that are."""
    try:
        return idna.decode(label) if label.startswith("xn--") else label
    except (idna.IDNAError, UnicodeError):
        return label


def _compose(text: str) -> tuple[str, ...]:
    """The text with composed and with decomposed letters: Apple's programs write the second."""
    return tuple(dict.fromkeys(unicodedata.normalize(form, text) for form in _FORMS))
