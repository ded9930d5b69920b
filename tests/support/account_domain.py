"""The rule of an account's domain as the package's Apex has it."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
    found = [_clean(email.rpartition("@")[2]) for email in emails if "@" in email]
    found.append(_of_website(website or ""))
    domains = [domain for domain in found if domain and not _is_everybodys(domain)]
    best = domains[0] if domains else None
    for other in domains:
        if best and best.endswith(f".{other}"):
            best = other
    return best


def _is_everybodys(domain: str) -> bool:
    return is_public_mail_domain(domain, SHARED_SITES)


def _of_website(website: str) -> str | None:
    host = website.strip().lower()
    host = host.partition("://")[2] if "://" in host else host
    host = re.split(r"[/?#]", host, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    return _clean(host.removeprefix("www."))


def _clean(domain: str) -> str | None:
    host = domain.strip().lower().removesuffix(".")
    return host if len(host) <= LONGEST and _HOST.fullmatch(host) and not is_registry(host) else None


def is_registry(host: str) -> bool:
    """A guess by the first label: nobody's, and so it neither gives nor widens a domain."""
    first, _, rest = host.partition(".")
    return len(rest) == 2 and first in REGISTRIES
