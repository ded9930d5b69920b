"""Whose an email domain is: a company's, or everybody's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from publicsuffixlist import PublicSuffixList

PUBLIC_MAIL = Path(__file__).resolve().parents[2] / "lists" / "public_mail.txt"
"""The product's own list: one domain a line, "!" before a company's domain below a listed one."""


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def company_of(domain: str) -> str | None:
    """The part that somebody registered (``acme.co.uk``); None for a public mail service and for what is no domain."""
    found = _suffixes().privatesuffix(domain.strip(".").lower()) if "." in domain else None
    return str(found) if found and not is_public(domain) else None


def is_public(domain: str) -> bool:
    """Does everybody have an address there? Sub-domains of such a service count too."""
    labels = domain.lower().split(".")
    for name in (".".join(labels[i:]) for i in range(len(labels))):
        if f"!{name}" in _public_mail():
            return False
        if name in _public_mail():
            return True
    return False


@cache
def _suffixes() -> PublicSuffixList:
    """ICANN's part only: github.io is a company's domain, not a suffix."""
    return PublicSuffixList(only_icann=True)


@cache
def _public_mail() -> frozenset[str]:
    lines = PUBLIC_MAIL.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
