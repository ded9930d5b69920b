"""Reads one mail's headers once for all marks. Each value is cut before it is read, so that no header costs much."""

from __future__ import annotations

import re
import unicodedata

from server.domain.message import Header, Headers, Participant
from server.rules.authorship import words
from server.rules.authorship.marks import AuthorFacts, strip_token
from server.rules.headers.addresses import parse_addresses, parse_first_address
from server.rules.headers.domains import find_registrable_domain
from server.rules.headers.header_text import clean_line, decode_words

LONGEST = 1500
"""Characters of an address header in which its first person is looked for."""
LONGEST_LOCAL = 200
MOST_REPEATS = 5
"""Headers of one name that are looked at. A proper mail has one."""

_DISCUSSION = ("List-Post", "X-BeenThere", "X-Mailman-Version", "Mailing-list", "X-Google-Group-Id")
_LIST_HEADERS = (*_DISCUSSION, "List-ID", "List-Help", "List-Archive")
_CLOSED_LIST = re.compile(r"no\b|<?https?:", re.IGNORECASE)
"""How the List-Post of a list begins that takes no mail."""
_LIST_OWNER = re.compile(r"\W{0,9}(?:owner-|[\w.+-]{1,80}-(?:owner|admin|bounces?)@)")


def read_facts(
    headers: Headers, *, own_group: bool, label_ids: frozenset[str], author: Participant | None = None
) -> AuthorFacts:
    """``author`` is the person behind a From that is not the author's own; None: the headers name the author."""
    author = author or _find_author(headers, own_group)
    domain = author.domain if author else ""
    name = author.name if author else ""
    subdomain = domain.removesuffix(find_registrable_domain(domain) or domain)
    list_headers = [] if own_group else [header for header in _LIST_HEADERS if headers.has(header)]
    has_list_owner = not own_group and _has_list_owner(headers)
    is_from_list = author is not None and bool(list_headers) and author.address in _list_addresses(headers)
    is_passed_on = author is not None and (" via " in name.lower() or headers.has("X-Original-From"))
    is_discussion = _is_discussion(headers, list_headers, has_list_owner=has_list_owner)
    return AuthorFacts(
        headers=headers,
        label_ids=label_ids,
        local=(_unhide_local(author) if author else _find_bare_local(headers))[:LONGEST_LOCAL],
        domain=domain,
        domain_labels=frozenset(subdomain.split(".")) - {""},
        name=name,
        subject=clean_line(decode_words((headers.first("Subject") or "")[:2000])),
        is_from_list=is_from_list and not is_passed_on,
        has_list_marks=has_list_owner or bool(list_headers),
        is_discussion=is_discussion and (is_passed_on or not is_from_list),
        is_agent=_is_agent(headers, name),
    )


def spells_local(name: str, local: str) -> bool:
    """Whether the local part spells the name, first and last name divided: ``Noreen Mailer`` and ``noreen.mailer``."""
    pieces = [piece for piece in re.split(r"[._]", local) if piece]
    names = re.findall(r"[a-z]+", _fold_letters(name[:256]))
    if len(pieces) < 2 or pieces[-1] not in names:
        return False
    return all(any(name == piece or (len(piece) == 1 and name[0] == piece) for name in names) for piece in pieces)


def names_person(name: str, local: str) -> bool:
    """Whether the local part has a word of a name of two or more: ``Mina Tarn`` and ``mina`` or ``mtarn``."""
    names = [word for word in re.findall(r"[a-z]+", _fold_letters(name[:256])) if len(word) > 1]
    pieces = set(re.split(r"[^a-z]+", _fold_letters(local)))
    initials = {word[0] + other for word in names for other in names if word is not other}
    return len(names) > 1 and not pieces.isdisjoint(set(names) - words.HOUSE | initials)


def is_house(name: str, local: str, domain: str) -> bool:
    """Whether the name is the firm's own and no person's: ``Figma <hello@figma.com>``, ``RingCentral Team``."""
    registrable = find_registrable_domain(domain)
    names = re.findall(r"[a-z0-9]+", _fold_letters(name[:120]))
    if not registrable or not names:
        return False
    label = registrable.partition(".")[0]
    firm = re.sub(r"[^a-z0-9]", "", label.removesuffix("-mail"))
    if _fold_letters(local) in names and local not in words.HOUSE and local != firm:
        return False
    firm_spellings = {firm, re.sub(r"[^a-z0-9]", "", registrable)}
    proper_names = [name for name in names if name not in words.HOUSE]
    return "".join(proper_names) in firm_spellings or proper_names[:1] == [firm] or proper_names[-1:] == [firm]


def is_role(name: str) -> bool:
    """Whether the name says nothing but a role: ``Kundenservice``, ``Support Team``."""
    names = name[:120].lower().split()
    return bool(names) and words.HOUSE.issuperset(names)


def is_persona(name: str, domain: str) -> bool:
    """Whether the name ends in the domain's firm, as campaigns sign: ``Kate from Lattice <kate@mail.lattice.com>``."""
    match = words.PERSONA.fullmatch(name[:120])
    return match is not None and is_house(match["firm"], "", domain)


def find_sales_tool(headers: Headers) -> str | None:
    """The header in which a sales tool names itself: what it sends is its user's own mail."""
    named = next((name for name in headers.distinct_names if name.startswith(words.SALES_TOOL_HEADERS)), None)
    if named is not None:
        return named
    if words.SALES_TOOL_MAILER.search((headers.first("X-Mailer") or "")[:1000].lower()):
        return "X-Mailer"
    return "Message-ID" if words.SALES_TOOL_ID.search((headers.first("Message-ID") or "")[:1000].lower()) else None


def _fold_letters(name: str) -> str:
    """Lower case without accents."""
    lower = name.lower()
    if lower.isascii():
        return lower
    spelt = unicodedata.normalize("NFKD", lower.replace("ł", "l").replace("ß", "ss"))
    return "".join(c for c in spelt if not unicodedata.combining(c))


def _find_author(headers: Headers, own_group: bool) -> Participant | None:
    """The first person of the first header that names one."""
    names = ("X-Original-From", "X-Original-Sender", "From", "Sender") if own_group else ("From", "Sender")
    values = (value[:LONGEST] for name in names for value in headers.all(name)[:MOST_REPEATS])
    return next(filter(None, (parse_first_address(value, Header.FROM) for value in values)), None)


def _unhide_local(author: Participant) -> str:
    """Apple's relay writes the hidden address into its own: ``jane_at_acme_com_x1y2@privaterelay.appleid.com``."""
    is_relayed = author.domain == "privaterelay.appleid.com"
    return author.local.partition("_at_")[0] if is_relayed else author.local


def _find_bare_local(headers: Headers) -> str:
    """The local part of a From without a domain: some servers sign as ``MAILER-DAEMON`` alone, some as ``<>``."""
    value = (headers.first("From") or "")[:200].lower()
    match = re.search(r"<([\w.-]+)>", value) or re.search(r"([\w.-]+)", value)
    if match:
        return match.group(1)
    return "mailer-daemon" if re.fullmatch(r"\s*<\s*>\s*", value) else ""


def _is_discussion(headers: Headers, list_headers: list[str], *, has_list_owner: bool) -> bool:
    """Whether people can write to the list. A List-Post that forbids it outweighs all other headers."""
    posts = headers.all("List-Post")[:MOST_REPEATS]
    if posts and not any(_accepts_mail(value) for value in posts):
        return False
    return has_list_owner or any(
        _accepts_mail(headers.first(name) or "") for name in _DISCUSSION if name in list_headers
    )


def _accepts_mail(value: str) -> bool:
    """Whether the value is neither "NO" nor a web page alone."""
    value = value[:LONGEST].strip().lower()
    return "mailto:" in value or (value != "" and not _CLOSED_LIST.match(value))


def _is_agent(headers: Headers, name: str) -> bool:
    is_zendesk = (headers.first("X-Mailer") or "")[:100].strip().lower() == words.ZENDESK_MAILER
    if not is_zendesk and not any(headers.has(header) for header in words.ZENDESK_HEADERS):
        return False
    references = ((headers.first(header) or "")[:LONGEST] for header in ("In-Reply-To", "References"))
    return bool(words.AGENT_NAME.fullmatch(name)) or any(words.ZENDESK_EARLIER in value for value in references)


def _has_list_owner(headers: Headers) -> bool:
    """Majordomo and its kin write no List- headers; they only name an owner, who gets the bounces."""
    values = ((headers.first(name) or "")[:500] for name in ("Sender", "Errors-To", "Return-Path"))
    has_owner = any(_LIST_OWNER.match(value.lower()) for value in values if value)
    return has_owner and strip_token(headers.first("Precedence") or "") in {"bulk", "list"}


def _list_addresses(headers: Headers) -> frozenset[str]:
    values = [v for name in ("List-Post", "X-BeenThere") for v in headers.all(name)[:MOST_REPEATS]]
    values += [v.strip()[4:].lstrip().partition(";")[0] for v in headers.all("Mailing-list")[:MOST_REPEATS]]
    return frozenset(person.address for value in values for person in parse_addresses(value[:2000], Header.FROM))
