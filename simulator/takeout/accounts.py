"""Salesforce records out of an export alone: the companies whose people its owner writes with."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from string import capwords

import idna

from simulator.takeout.domains import company_of, domain_of
from simulator.takeout.survey import Findings

MOST = 25


@dataclass(frozen=True)
class Company:
    """``written`` and ``heard`` count emails to and from its people."""

    domain: str
    written: int = 0
    heard: int = 0

    @property
    def name(self) -> str:
        """A guess: the domain says no more."""
        label = self.domain.partition(".")[0]
        with suppress(idna.IDNAError, UnicodeError):
            label = idna.decode(label)
        return capwords(label.replace("-", " "))


def propose_companies(findings: Findings) -> list[Company]:
    """Those that the owner wrote to come first, then those whose people wrote. Never one's own, never public mail."""
    written, heard = _by_company(findings.written_to), _by_company(findings.heard_from)
    own = {company_of(domain_of(a)) for a in (findings.owner, *findings.aliases)}
    found = [Company(d, written[d], heard[d]) for d in {*written, *heard} - own]
    return sorted(found, key=lambda c: (-c.written, -c.heard, c.domain))[:MOST]


def _by_company(addresses: Counter[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for address, count in addresses.items():
        if company := company_of(domain_of(address)):
            found[company] += count
    return found
