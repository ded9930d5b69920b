"""What a mail's headers say of its author, read once for all marks."""

from __future__ import annotations

import re
import unicodedata

from server.domain.message import Header, Headers, Participant
from server.rules import authorship_marks as words
from server.rules.addresses import parse_addresses
from server.rules.authorship_marks import Facts, bare
from server.rules.domains import registrable_domain
from server.rules.header_text import decode_words, visible

MOST_OF_AN_AUTHOR = 4_000
"""Characters: whoever has not named an author by then has none."""
MORE_THAN_A_WORD = 2
MOST_AUTHORS = 10
"""Headers of one name that are looked at."""


def facts_of(headers: Headers, *, own_group: bool, label_ids: frozenset[str]) -> Facts:
    author = _author(headers, own_group)
    domain = author.domain if author else ""
    left = domain.removesuffix(registrable_domain(domain) or domain)
    list_marks = [] if own_group else [name for name in _LIST_HEADERS if headers.has(name)]
    owned = not own_group and _is_owned(headers)
    words_of_name = _name_words(author.name) if author else ()
    from_list = author is not None and bool(list_marks) and author.address in _list_addresses(headers)
    passed_on = author is not None and (" via " in author.name.lower() or headers.has("X-Original-From"))
    people_write = owned or any(
        _takes_mail(name, headers.first(name) or "") for name in _DISCUSSION if name in list_marks
    )
    return Facts(
        headers=headers,
        label_ids=label_ids,
        local=author.local if author else _daemon_without_domain(headers),
        domain_labels=frozenset(left.split(".")) - {""},
        name=author.name if author else "",
        subject=visible(decode_words((headers.first("Subject") or "")[:2000])),
        is_from_list=from_list and not passed_on,
        has_list_marks=owned or bool(list_marks),
        is_discussion=people_write and (passed_on or not from_list),
        is_named_so=author is not None and _is_own_name(words_of_name, author.local),
        domain=registrable_domain(domain) or domain,
    )


def _name_words(text: str) -> tuple[str, ...]:
    """Without order, case and accents, as people build addresses out of their names."""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode().lower()
    return tuple(sorted(re.findall(r"[a-z]+", plain)))


def _is_own_name(parts: tuple[str, ...], local: str) -> bool:
    """The local part is made of the name: two words or more, one of which is no machine's and no department's."""
    if len(parts) < MORE_THAN_A_WORD or parts != _name_words(local):
        return False
    patterns = (words.ROBOT, words.MAILING, words.PAPERWORK, words.DAEMON)
    ours = [part for part in parts if part in words.ROLE_WORDS or any(p.search(part) for p in patterns)]
    return len(ours) < len(parts)


def _takes_mail(name: str, value: str) -> bool:
    """A List-Post that names only a web page is a newsletter's."""
    return bare(value) not in {"", "no"} and (name != "List-Post" or "mailto:" in value[:1000].lower())


_DISCUSSION = ("List-Post", "X-BeenThere", "X-Mailman-Version", "Mailing-list", "X-Google-Group-Id")
_LIST_HEADERS = (*_DISCUSSION, "List-ID", "List-Help", "List-Archive")


def _author(headers: Headers, own_group: bool) -> Participant | None:
    """The first person of the first header that names one."""
    names = ("X-Original-From", "X-Original-Sender", "From", "Sender") if own_group else ("From", "Sender")
    values = (value[:MOST_OF_AN_AUTHOR] for name in names for value in headers.all(name)[:MOST_AUTHORS])
    return next((person for value in values for person in parse_addresses(value, Header.FROM)), None)


def _daemon_without_domain(headers: Headers) -> str:
    """Some servers sign as plain MAILER-DAEMON, with or without a name before it."""
    value = (headers.first("From") or "")[:200].lower()
    found = re.search(r"<\s*([\w.-]+)\s*>", value) or re.search(r"([\w.-]+)", value)
    return found.group(1) if found else ""


def _is_owned(headers: Headers) -> bool:
    """Majordomo and its kin leave no List- headers, only an owner who gets the bounces."""
    values = (headers.first(name) or "" for name in ("Sender", "Errors-To", "Return-Path"))
    owned = any(re.match(r"\W*(?:owner-|[\w.+-]{1,80}-(?:owner|admin|bounces?)@)", value.lower()) for value in values)
    return owned and bare(headers.first("Precedence") or "") in {"bulk", "list"}


def _list_addresses(headers: Headers) -> frozenset[str]:
    values = [v for name in ("List-Post", "X-BeenThere") for v in headers.all(name)]
    values += [v.strip()[4:].lstrip().partition(";")[0] for v in headers.all("Mailing-list")]
    return frozenset(person.address for value in values for person in parse_addresses(value[:2000], Header.FROM))


def sales_tool(facts: Facts) -> str | None:
    """The header in which a sales tool names itself: what it sends is its user's own mail."""
    by_name = (name for name, _ in facts.headers if name.lower().startswith(words.SALES_TOOL_HEADERS))
    by_value = (
        n for n in ("X-Mailer", "Message-ID") if words.SALES_TOOL.search((facts.headers.first(n) or "")[:1000].lower())
    )
    return next(by_name, None) or next(by_value, None)
