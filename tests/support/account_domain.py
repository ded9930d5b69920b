"""The rule of an account's domain as the package's Apex has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.rules.headers.domains import is_public_mail_domain
from server.rules.headers.listed_names import read_list
from tests.support.demo import ROOT

RESOURCES = ROOT / "salesforce" / "domains" / "main" / "default" / "staticresources"
SHARED_SITES = frozenset(read_list("shared_sites"))
"""Where a company's page is not its own domain. Only the package asks: the server reads no website."""

REGISTRIES = frozenset(
    {"ac", "co", "com", "edu", "go", "gob", "gov", "gouv", "ltd", "mil", "ne", "net", "nom", "or", "org", "plc", "sch"}
)
"""Labels under which a country lets everybody register: Apex has no public suffix list."""
LONGEST = 253
_LABEL = r"[^\W-][\w-]{0,62}"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?=.*[^\W\d_])[^\W_][\w-]{{1,62}}")


def choose(emails: Iterable[str], website: str | None) -> str | None:
    """The first company domain, oldest contact first, widened to a parent that another contact or the website shows."""
    return next(iter(choose_all(emails, website)), None)


def choose_all(emails: Iterable[str], website: str | None) -> list[str]:
    """By the same rule every company domain, for an org whose accounts hold lists."""
    owned = _companies(_clean(email.rpartition("@")[2]) for email in emails if "@" in email)
    shown = owned + _companies([_of_website(website or "")])
    return list(dict.fromkeys(_widen(domain, shown) for domain in owned or shown))


def tidy(typed: str) -> str | None:
    """What a person typed, as mail names it, and None where a part is no domain."""
    domains = [_of_website(part) for part in re.split(r"[,;\s]+", typed) if part]
    understood = [domain for domain in domains if domain]
    return "; ".join(dict.fromkeys(understood)) if understood and len(understood) == len(domains) else None


@dataclass(frozen=True)
class AccountFields:
    """The account's fields of ours. A domain is the updater's own while it equals the automatic one."""

    domain: str | None = None
    automatic: str | None = None
    box: bool = False


def spend_night(
    account: AccountFields,
    emails: Sequence[str],
    website: str | None,
    *,
    older: Mapping[str, Any] | None = None,
    several: bool = False,
) -> AccountFields:
    """What the batch leaves: older fields are taken over first (OldAccountFields.cls), then AccountDomainUpdater.cls."""
    if older is not None:
        if older["domain"] and account.domain is None and account.automatic is None:
            account = replace(account, domain=tidy(older["domain"]) or older["domain"])
        account = replace(account, box=account.box or older["box"])
    if (account.domain or "").lower() == (account.automatic or "").lower():
        domains = choose_all(emails, website)
        chosen = ("; ".join(domains) if several else next(iter(domains), None)) or None
        return replace(account, domain=chosen, automatic=chosen)
    tidied = tidy(account.domain or "")
    if tidied is None or tidied == account.domain:
        return account
    is_automatic = tidied == (account.automatic or "").lower()
    return replace(account, domain=tidied, automatic=None if is_automatic else account.automatic)


def _widen(domain: str, shown: Iterable[str]) -> str:
    for other in shown:
        domain = other if domain.endswith(f".{other}") else domain
    return domain


def _companies(domains: Iterable[str | None]) -> list[str]:
    return [domain for domain in domains if domain and not _is_everybodys(domain)]


def _is_everybodys(domain: str) -> bool:
    return is_public_mail_domain(domain, SHARED_SITES)


def _of_website(website: str) -> str | None:
    host = website.strip().lower()
    host = host.partition("://")[2] if "://" in host else host
    host = re.split(r"[/?#\\]", host, maxsplit=1)[0].rpartition("@")[2].partition(":")[0].strip(".*")
    bare = host.removeprefix("www.")
    return _clean(bare if "." in bare else host)


def _clean(domain: str) -> str | None:
    host = domain.strip().lower().removesuffix(".")
    return host if len(host) <= LONGEST and _HOST.fullmatch(host) and not is_registry(host) else None


def is_registry(host: str) -> bool:
    """A guess by the first label: nobody's, and so it neither gives nor widens a domain."""
    first, _, rest = host.partition(".")
    return len(rest) == 2 and first in REGISTRIES
