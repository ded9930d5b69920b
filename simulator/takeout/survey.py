"""One pass over the headers of an export: whose it is, in which language, and with whom its owner writes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import getaddresses
from functools import lru_cache
from typing import TypeVar

from simulator import mime
from simulator.labels import is_known_anywhere, label_of, language_of, names_of

T = TypeVar("T")
Headers = list[tuple[str, str]]
SEEN_FROM_OUTSIDE = frozenset(
    {
        "SPAM",
        "TRASH",
        "DRAFT",
        "CHAT",
        "CATEGORY_PROMOTIONS",
        "CATEGORY_SOCIAL",
        "CATEGORY_UPDATES",
        "CATEGORY_FORUMS",
        "CATEGORY_PURCHASES",
    }
)
"""Mail with such a label says nothing about who the owner's customers are."""
_ROBOT = re.compile(
    r"(no|do[-_.]?not)[-_.]?reply|mailer-daemon|postmaster|notif|newsletter|bounce|alert|automat|^(news|marketing|billing)@"
)
_BULK = ("List-Id", "List-Unsubscribe", "Feedback-ID")


@dataclass
class Tally:
    """Of all mail with one set of labels: how often each address is on it.

    ``senders`` has the name beside the address; ``people`` are senders who look like a person's own mail; ``by_owner``
    are recipients of what came from the owner's address.
    """

    senders: Counter[tuple[str, str]] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    recipients: Counter[str] = field(default_factory=Counter)
    by_owner: Counter[str] = field(default_factory=Counter)
    delivered: Counter[str] = field(default_factory=Counter)


class Survey:
    """Memory grows with the people in an export, not with its mail."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._labels: Counter[str] = Counter()
        self._tallies: dict[frozenset[str], Tally] = {}

    def add(self, headers: Headers) -> None:
        # The language is known only at the end, so mail is counted under the names it was found with.
        names = _label_names(mime.first(headers, "X-Gmail-Labels") or "")
        self._labels.update(names)
        key = frozenset(name for name in names if _may_be_system(name))
        tally = self._tallies.setdefault(key, Tally())
        author = next(iter(_people(headers, "From")), ("", ""))
        recipients = [address for _, address in _people(headers, "To", "Cc", "Bcc")]
        tally.senders[author[1], author[0]] += 1
        tally.recipients.update(recipients)
        tally.delivered.update(address for _, address in _people(headers, "Delivered-To"))
        if author[1] == self._owner:
            tally.by_owner.update(recipients)
        elif _is_personal(headers, author[1]):
            tally.people[author[1]] += 1

    def findings(self) -> Findings:
        return Findings(self._owner, language_of(self._labels), self._tallies)


class Findings:
    def __init__(self, owner: str, language: str, tallies: dict[frozenset[str], Tally]) -> None:
        self.owner = owner
        self.language = language
        by_labels = [({label_of(n, language) for n in names}, tally) for names, tally in tallies.items()]
        self._sent = [t for labels, t in by_labels if "SENT" in labels and not labels & {"DRAFT", "SPAM"}]
        self._rest = [t for labels, t in by_labels if not labels & {"SENT", "DRAFT", "SPAM"}]
        self._heard = [t for labels, t in by_labels if not labels & {"SENT", *SEEN_FROM_OUTSIDE}]
        self._all = [tally for _, tally in by_labels]

    @property
    def name(self) -> str:
        """The owner's, as most of the mail from there has it."""
        names = _sum(t.senders for t in self._all)
        own = Counter({name: n for (address, name), n in names.items() if address == self.owner and name})
        return next((name for name, _ in own.most_common(1)), self.owner.partition("@")[0])

    @property
    def aliases(self) -> tuple[str, ...]:
        """Further addresses that are clearly the owner's: mail in Sent is from them, and one more thing says so.

        It may be that mail is delivered to them here, that they carry the owner's name, or the same word before the @.
        Sent alone is not enough: mail moved here from a colleague's mailbox brings the colleague's Sent along.
        """
        delivered, found = _sum(t.delivered for t in self._all), []
        for (address, name), _ in _sum(t.senders for t in self._sent).most_common():
            same_name = bool(name) and name.casefold() == self.name.casefold()
            same_word = address.partition("@")[0] == self.owner.partition("@")[0]
            if address and address != self.owner and (address in delivered or same_name or same_word):
                found.append(address)
        return tuple(dict.fromkeys(found))

    @property
    def is_about_owner(self) -> bool:
        """Is the owner's address on any email?"""
        return any(
            self.owner in t.recipients or self.owner in t.delivered or any(a == self.owner for a, _ in t.senders)
            for t in self._all
        )

    @property
    def likely_owners(self) -> list[tuple[str, int]]:
        """To whom most was delivered, and who sent most of what lies in Sent."""
        found = _sum(t.delivered for t in self._all)
        for (address, _), count in _sum(t.senders for t in self._sent).items():
            found[address] += count
        return [(address, count) for address, count in found.most_common(4) if address][:3]

    @property
    def written_to(self) -> Counter[str]:
        """Addresses the owner wrote to, and how often."""
        return _sum([*(t.recipients for t in self._sent), *(t.by_owner for t in self._rest)])

    @property
    def heard_from(self) -> Counter[str]:
        """Addresses of people who wrote here."""
        return _sum(t.people for t in self._heard)


def _sum(counters: Iterable[Counter[T]]) -> Counter[T]:
    total: Counter[T] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _people(headers: Headers, *names: str) -> list[tuple[str, str]]:
    """Names and addresses, lower-cased, without those that are none."""
    wanted = {name.lower() for name in names}
    found = getaddresses([value for name, value in headers if name.lower() in wanted])
    # A name is decoded after the address is cut off: it may have a comma in it.
    return [((mime.shown([("From", name)], "From") or "").strip(), a.strip().lower()) for name, a in found if "@" in a]


def _is_personal(headers: Headers, address: str) -> bool:
    if not address or _ROBOT.search(address) or any(mime.first(headers, name) for name in _BULK):
        return False
    automatic = (mime.first(headers, "Auto-Submitted") or "no").strip().lower()
    return automatic == "no" and (mime.first(headers, "Precedence") or "").strip().lower() not in {
        "bulk",
        "list",
        "junk",
    }


@lru_cache(maxsize=4096)
def _label_names(value: str) -> tuple[str, ...]:
    return tuple(names_of(value))


@lru_cache(maxsize=4096)
def _may_be_system(name: str) -> bool:
    return is_known_anywhere(name)
