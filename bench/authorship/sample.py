"""One labelled mail, and how we and a naive peer judge it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from server.domain.message import Headers
from server.rules.authorship import AuthorKind, Verdict, authorship
from server.rules.screen import HEADERS

PEOPLE = frozenset({AuthorKind.PERSON, AuthorKind.PERSON_VIA_LIST, AuthorKind.SALES_SEQUENCE})
_ASKED = frozenset(name.lower() for name in HEADERS)
_NAIVE_LOCALS = ("no-reply", "noreply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster", "notifications")


@dataclass(frozen=True)
class Sample:
    """``kind`` is the label a person gave; ``known_miss`` says why a wrong verdict on it is accepted."""

    name: str
    corpus: str
    kind: AuthorKind
    headers: Headers = field(repr=False)
    is_outbound: bool = False
    own_group: bool = False
    known_miss: str = ""

    @property
    def is_automated(self) -> bool:
        return self.kind not in PEOPLE

    @cached_property
    def verdict(self) -> Verdict:
        return judge(self)

    @property
    def is_wrong(self) -> bool:
        return self.verdict.is_automated != self.is_automated


def asked(headers: Headers) -> Headers:
    """What Gmail is asked for, and no more."""
    return Headers(tuple((name, value) for name, value in headers if name.lower() in _ASKED))


def judge(sample: Sample) -> Verdict:
    """As the service does: from the headers that it asks for, without a label of Gmail's to help."""
    return authorship(sample.headers, is_outbound=sample.is_outbound, own_group=sample.own_group, label_ids=frozenset())


def prepared(sample: Sample) -> Sample:
    return replace(sample, headers=asked(sample.headers))


def naive(sample: Sample) -> bool:
    """Machine-written as many products have it: list headers, Precedence, Auto-Submitted or an author's name."""
    headers = sample.headers
    if sample.is_outbound:
        return False
    if any((headers.first(name) or "").strip() for name in ("List-Unsubscribe", "List-ID")):
        return True
    if (headers.first("Precedence") or "").strip().lower() in {"bulk", "list", "junk"}:
        return True
    if (headers.first("Auto-Submitted") or "no").strip().lower() != "no":
        return True
    author = (headers.first("From") or "").lower()
    return any(local in author for local in _NAIVE_LOCALS)
