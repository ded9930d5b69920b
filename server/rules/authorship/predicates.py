"""What a mark looks for: functions from the facts to the header that shows it."""

from __future__ import annotations

import re
from collections.abc import Callable

from server.rules.authorship import words
from server.rules.authorship.facts import is_house, is_persona, spells_local
from server.rules.authorship.known_senders import is_tool, names_campaign, names_tool
from server.rules.authorship.marks import Facts, Predicate

SHARED_ID_HOSTS = frozenset({"mail.gmail.com"})
"""Hosts in the message ids of many firms' people, ours too."""
_ID_HOST = re.compile(r"@([^\s<>@]{1,255})")


def says(*names: str, among: frozenset[str] | None = None) -> Predicate:
    """One of these headers is there and does not say "no"; or says one of the given words."""

    def shows(facts: Facts) -> str | None:
        for name in names:
            token = facts.token(name)
            if (token in among) if among is not None else token not in words.NOT_AUTOMATIC:
                return name
        return None

    return shows


def local(pattern: re.Pattern[str], *, whole: bool = False) -> Predicate:
    return lambda f: "From" if (pattern.fullmatch(f.local) if whole else pattern.search(f.local)) else None


def subject(pattern: re.Pattern[str]) -> Predicate:
    return lambda f: "Subject" if pattern.match(f.subject) else None


def report(kind: str | None) -> Predicate:
    def shows(facts: Facts) -> str | None:
        is_report = facts.token("Content-Type") == "multipart/report"
        return "Content-Type" if is_report and kind in {None, facts.parameter("report-type")} else None

    return shows


def value(name: str, pattern: str | re.Pattern[str]) -> Predicate:
    compiled = re.compile(pattern)
    return lambda f: name if compiled.search((f.headers.first(name) or "")[:1000].lower()) else None


def label(label_id: str) -> Predicate:
    return lambda f: "" if label_id in f.label_ids else None


def both(first: Predicate, second: Predicate) -> Predicate:
    return lambda f: shown if (shown := first(f)) is not None and second(f) is not None else None


def either(first: Predicate, second: Predicate) -> Predicate:
    return lambda f: shown if (shown := first(f)) is not None else second(f)


def holds(header: str, question: Callable[[Facts], bool]) -> Predicate:
    return lambda f: header if question(f) else None


def in_subject(pattern: re.Pattern[str]) -> Callable[[Facts], bool]:
    """Somewhere in the subject."""
    return lambda f: pattern.search(f.subject) is not None


def replies_go_elsewhere(facts: Facts) -> str | None:
    """A person who answers from a robot's address takes replies there; a tool that passes something on does not."""
    asked = facts.headers.first("Reply-To")
    author = f"{facts.local}@{facts.domain}"
    return "Reply-To" if asked and "@" in asked[:1000] and author not in asked[:1000].lower() else None


def answers(facts: Facts) -> str | None:
    """It names a mail of somebody else's. A monitor that threads its own alerts answers nobody."""
    own = _hosts(facts.headers.first("Message-ID") or "") - SHARED_ID_HOSTS

    def is_foreign(host: str) -> bool:
        return host not in own and host != facts.domain and not host.endswith("." + facts.domain)

    named = ((name, _hosts(facts.headers.first(name) or "")) for name in ("In-Reply-To", "References"))
    return next((name for name, hosts in named if any(map(is_foreign, hosts))), None)


def _hosts(ids: str) -> set[str]:
    """Right of the @ in each message id."""
    return set(_ID_HOST.findall(ids[:4000].lower()))


def campaign_host(facts: Facts) -> str | None:
    """Where opt-outs and bounces go to."""
    names = ("List-Unsubscribe", "Return-Path")
    return next((n for n in names if names_campaign((facts.headers.first(n) or "")[:1000].lower())), None)


is_calendar = holds("Content-Type", lambda f: f.token("Content-Type") == "text/calendar")
has_method = holds("Content-Type", lambda f: bool(f.parameter("method")))
is_known_tool = holds("From", lambda f: is_tool(f.local, f.domain))
is_sent_by_tool = holds("Sender", lambda f: names_tool((f.headers.first("Sender") or "")[:300].lower()))
is_house_name = holds("From", lambda f: is_house(f.name, f.local, f.domain) and not words.PAPERWORK.search(f.local))
"""Clerks write from orders@ and billing@, and sign with the firm."""
is_persona_name = holds("From", lambda f: is_persona(f.name, f.domain))
is_own_name = holds("From", lambda f: spells_local(f.name, f.local))
