"""What a mark looks for: functions from the facts to the header that shows it."""

from __future__ import annotations

import re
from collections.abc import Callable

from server.rules.authorship import no_reply_words, receipt_words, words
from server.rules.authorship.away_subject import goes_on
from server.rules.authorship.facts import is_house, is_persona, is_role, spells_local
from server.rules.authorship.known_senders import is_campaign_host, is_survey_host, is_tool, names_campaign, names_tool
from server.rules.authorship.marks import AuthorFacts, Predicate
from server.rules.headers.header_text import decode_words

SHARED_ID_HOSTS = frozenset({"mail.gmail.com"})
"""Hosts in the message ids of many firms' people, the workspace's own too."""
_ANSWER_HEADERS = frozenset({"in-reply-to", "references"})
_ANSWERING = ("Re:", "RE:", "Fwd:", "FW:", "Fw:", "AW:", "WG:")
"""How most subjects with a colon begin."""
_COMMENT = re.compile(r"\(([^()]{1,60})\)")
_ID_HOST = re.compile(r"@([^\s<>@]{1,255})")


def says(*names: str, among: frozenset[str] | None = None) -> Predicate:
    """One of these headers is there and does not say "no"; or says one of the given words."""
    lower_names = frozenset(name.lower() for name in names)

    def shows(facts: AuthorFacts) -> str | None:
        # Nearly no mail has any of them, and some forty marks ask.
        if not facts.headers.has_any(lower_names):
            return None
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


def subject_of_answer(question: Callable[..., bool]) -> Predicate:
    """The subject fits, given whether the mail names a mail that it answers."""
    return lambda f: "Subject" if question(f.subject, is_answer=f.headers.has_any(_ANSWER_HEADERS)) else None


def report(kind: str | None) -> Predicate:
    def shows(facts: AuthorFacts) -> str | None:
        is_report = facts.content_type == "multipart/report"
        return "Content-Type" if is_report and kind in {None, facts.parameter("report-type")} else None

    return shows


def value(name: str, pattern: str | re.Pattern[str]) -> Predicate:
    """The first header of that name is there and holds the pattern, which is in lower case."""
    compiled = re.compile(pattern)

    def shows(facts: AuthorFacts) -> str | None:
        text = facts.headers.first(name)
        return name if text and compiled.search(text[:1000].lower()) else None

    return shows


def label(label_id: str) -> Predicate:
    return lambda f: "" if label_id in f.label_ids else None


def both(first: Predicate, second: Predicate) -> Predicate:
    return lambda f: shown if (shown := first(f)) is not None and second(f) is not None else None


def either(first: Predicate, second: Predicate) -> Predicate:
    return lambda f: shown if (shown := first(f)) is not None else second(f)


def holds(header: str, question: Callable[[AuthorFacts], bool]) -> Predicate:
    return lambda f: header if question(f) else None


def in_subject(pattern: re.Pattern[str]) -> Callable[[AuthorFacts], bool]:
    """The subject holds the pattern, which is in lower case, anywhere."""
    return lambda f: pattern.search(f.lower_subject) is not None


def replies_go_elsewhere(facts: AuthorFacts) -> str | None:
    """A person who answers from a robot's address takes replies there; a tool that passes something on does not."""
    reply_to = (facts.headers.first("Reply-To") or "")[:1000].lower()
    author = f"{facts.local}@{facts.domain}"
    return "Reply-To" if "@" in reply_to and author not in reply_to else None


def answers(facts: AuthorFacts) -> str | None:
    """The mail answers a mail of another host. A monitor that threads its own alerts does not."""
    if not facts.headers.has_any(_ANSWER_HEADERS):
        return None
    own_hosts = _hosts(facts.headers.first("Message-ID") or "") - SHARED_ID_HOSTS

    def is_foreign(host: str) -> bool:
        return host not in own_hosts and host != facts.domain and not host.endswith("." + facts.domain)

    named = ((name, _hosts(facts.headers.first(name) or "")) for name in ("In-Reply-To", "References"))
    return next((name for name, hosts in named if any(map(is_foreign, hosts))), None)


def _hosts(ids: str) -> set[str]:
    """What stands right of the @ in each message id."""
    return set(_ID_HOST.findall(ids[:4000].lower()))


def campaign_host(facts: AuthorFacts) -> str | None:
    """Opt-outs or bounces go to a campaign platform. Mail of the platform's own people returns to its author."""
    opt_out = facts.headers.first("List-Unsubscribe")
    if opt_out and names_campaign(opt_out[:1000].lower()):
        return "List-Unsubscribe"
    path = (facts.headers.first("Return-Path") or "")[:1000].lower()
    if not path or not is_campaign_host(_find_domain(path)):
        return None
    return None if f"{facts.local}@{facts.domain}" in path else "Return-Path"


def _find_domain(address: str) -> str:
    """The domain of an address in angle brackets or without; "" if it has none."""
    return address.rpartition("@")[2].rstrip("> \t") if "@" in address else ""


def survey_host(facts: AuthorFacts) -> str | None:
    """A survey firm sends the mail, or gets its bounces, in the name of another firm."""
    for name in ("Sender", "Return-Path"):
        text = facts.headers.first(name)
        if text and is_survey_host(_find_domain(text[:300].lower())):
            return None if is_survey_host(facts.domain) else name
    return None


def read_receipt(facts: AuthorFacts) -> str | None:
    """A receipt by its subject, where the mail answers one or is Outlook's own format.

    People write HTML, or "Re:", or go on with a sentence of their own in a plain text.
    """
    subject = facts.subject
    if subject.isascii() and (":" not in subject[:60] or subject.startswith(_ANSWERING)):
        return None
    content_type = facts.content_type
    if content_type.startswith(("multipart/alternative", "multipart/related", "text/html")):
        return None
    if content_type != "application/ms-tnef" and not facts.headers.has_any(_ANSWER_HEADERS):
        return None
    prefix = receipt_words.READ_SUBJECT.match(subject)
    if prefix is None:
        return None
    is_plain = content_type in {"", "text/plain"}
    return None if is_plain and goes_on(subject[prefix.end() :].strip()) else "Subject"


def mail_system_bounces(facts: AuthorFacts) -> str | None:
    is_system = receipt_words.SYSTEM_NAME.match(facts.name) is not None
    return "Subject" if is_system and receipt_words.UNDELIVERED_SUBJECT.match(facts.subject) else None


def unread_name(facts: AuthorFacts) -> str | None:
    """The author's name says that nobody reads answers, or a comment beside the name does."""
    if _names_nobody(facts.name):
        return "From"
    written = (facts.headers.first("From") or "")[:500]
    comment = _COMMENT.search(decode_words(written)) if "(" in written else None
    return "From" if comment and _names_nobody(comment.group(1)) else None


def _names_nobody(name: str) -> bool:
    name = name[:256]
    if no_reply_words.NO_REPLY_NAME.search(name.lower()):
        return True
    return not name.isascii() and no_reply_words.UNREAD_NAME.search(name) is not None


def has(*names: str) -> Predicate:
    """One of these headers is there, whatever it says."""
    lower_names = frozenset(name.lower() for name in names)

    def shows(facts: AuthorFacts) -> str | None:
        if not facts.headers.has_any(lower_names):
            return None
        return next(name for name in names if facts.headers.has(name))

    return shows


is_calendar = holds("Content-Type", lambda f: f.content_type == "text/calendar")
has_method = holds("Content-Type", lambda f: bool(f.parameter("method")))
is_known_tool = holds("From", lambda f: is_tool(f.local, f.domain))
is_sent_by_tool = holds("Sender", lambda f: names_tool((f.headers.first("Sender") or "")[:300].lower()))
is_house_name = holds(
    "From",
    lambda f: (is_house(f.name, f.local, f.domain) or is_role(f.name)) and not words.PAPERWORK.search(f.local),
)
"""Clerks write from orders@ and billing@, and sign with the firm."""
is_persona_name = holds("From", lambda f: is_persona(f.name, f.domain))
is_own_name = holds("From", lambda f: spells_local(f.name, f.local))
