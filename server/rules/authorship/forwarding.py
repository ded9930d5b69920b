"""Mail that a rule or a mailbox's setting sent on. Exchange calls it automatic, though a person wrote it.

``Auto-Submitted`` then tells of the forwarding, not of the author. An absence note or a notice that is sent on bears
the same headers: its subject or its author gives it away.
"""

from __future__ import annotations

import re

from server.rules.authorship import away_words, words
from server.rules.authorship.away_subject import may_tell_absence, may_tell_holiday, names_automatic_answer
from server.rules.authorship.facts import is_house, names_person, spells_local
from server.rules.authorship.marks import AuthorFacts
from server.rules.authorship.receipt_words import RECEIVED_SUBJECT, STATUS_SUBJECT

EXCHANGE_HEADERS = (
    "X-MS-Exchange-Inbox-Rules-Loop", "X-MS-Exchange-ForwardingLoop", "X-MS-Exchange-Organization-AutoForwarded",
    "X-MS-Exchange-Generated-Message-Source",
)  # fmt: skip
"""What Exchange writes into mail that an inbox rule or a mailbox's forwarding address sends on."""
OTHER_HEADERS = (
    "Resent-From", "X-Forwarded-For", "X-Forwarded-To", "X-Sieve-Redirected-From", "X-Redirected-From",
    "X-Zimbra-Forwarded", "Autoforwarded", "Auto-Forwarded", "X-Auto-Forwarded", "X-Loop",
)  # fmt: skip
"""Headers of Gmail, Sieve, Zimbra, X.400 gateways, Lotus and procmail, which add no Auto-Submitted themselves."""
HEADERS = (*EXCHANGE_HEADERS, *OTHER_HEADERS)

_ALL_NAMES = frozenset(name.lower() for name in HEADERS)
_RULE_AGENT = re.compile(r"mailbox rules|forward|redirect")
"""Other agents of Exchange write notices and journals."""
_OWN_LOOPS = ("X-MS-Exchange-Inbox-Rules-Loop", "X-MS-Exchange-ForwardingLoop")
_REWRITTEN_PATH = re.compile(r"<?(?:srs[01][=+-]|[^@\s]{1,200}\+(?:srs=|caf_=))", re.IGNORECASE)
"""A forwarding server writes its own return address: by the Sender Rewriting Scheme, or as Gmail does."""


def sends_on_machine(facts: AuthorFacts) -> str | None:
    """Automatic mail that nobody sent on, or that was sent on and shows a machine elsewhere too."""
    has_trace = facts.headers.has_any(_ALL_NAMES)
    if not facts.headers.has("Auto-Submitted") or facts.token("Auto-Submitted") in words.NOT_AUTOMATIC:
        return None
    is_sent_on = (has_trace and (_is_by_exchange(facts) or _is_by_other(facts))) or _has_rewritten_path(facts)
    return None if is_sent_on and not _is_notice(facts) else "Auto-Submitted"


def answers_by_rule(facts: AuthorFacts) -> str | None:
    """An absence note by its subject, or a rule's own text: the author's mailbox made it, and asks for no answer."""
    if not facts.headers.has("Auto-Submitted") or facts.token("Auto-Submitted") in words.NOT_AUTOMATIC:
        return None
    if names_automatic_answer(facts.subject, is_answer=True):
        return "Subject"
    if may_tell_absence(facts.subject) or may_tell_holiday(facts.subject):
        return "Auto-Submitted"
    if not facts.headers.has("X-Auto-Response-Suppress") or away_words.PASSED_ON.match(facts.subject):
        return None
    author = f"{facts.local}@{facts.domain}"
    return next((name for name in _OWN_LOOPS if author in (facts.headers.first(name) or "")[:1000].lower()), None)


def _is_by_exchange(facts: AuthorFacts) -> bool:
    if all(facts.token(name) in words.NOT_AUTOMATIC for name in EXCHANGE_HEADERS):
        return False
    agent = facts.token("X-MS-Exchange-Generated-Message-Source")
    return not agent or _RULE_AGENT.search(agent) is not None


def _is_by_other(facts: AuthorFacts) -> bool:
    """Whether another program sent it on. The firm's own name says then that the firm's program wrote it."""
    traces = (name for name in OTHER_HEADERS if facts.token(name) not in words.NOT_AUTOMATIC)
    is_foreign = any(name != "X-Loop" or _is_foreign(facts.token(name), facts.domain) for name in traces)
    return is_foreign and not is_house(facts.name, facts.local, facts.domain)


def _is_foreign(loop: str, domain: str) -> bool:
    """Whether the address in a procmail loop header is another firm's: answering programs name their own there."""
    return "@" in loop and not loop.endswith(domain)


def _has_rewritten_path(facts: AuthorFacts) -> bool:
    path = (facts.headers.first("Return-Path") or "")[:1000]
    return _REWRITTEN_PATH.match(path.strip()) is not None and not is_house(facts.name, facts.local, facts.domain)


def _is_notice(facts: AuthorFacts) -> bool:
    """Whether a machine's words stand in the subject or the author. A person by name may report of a server too."""
    if RECEIVED_SUBJECT.match(facts.subject):
        return words.STATEMENT.match(facts.subject) is not None
    if words.DEVICE_LOCAL.fullmatch(facts.local) or words.DEVICE_NAME.fullmatch(facts.name):
        return not spells_local(facts.name, facts.local)
    if names_person(facts.name, facts.local):
        return False
    subjects = (words.EVENT_SUBJECT, STATUS_SUBJECT)
    return (
        any(pattern.match(facts.subject) for pattern in subjects) and words.STATEMENT.match(facts.subject) is not None
    )
