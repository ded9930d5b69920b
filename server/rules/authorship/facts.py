"""One mail's headers, read once for all marks. What is read is cut first: no header costs more than its beginning."""

from __future__ import annotations

import re
import unicodedata

from server.domain.message import Header, Headers, Participant
from server.rules.authorship import words
from server.rules.authorship.marks import Facts, strip_token
from server.rules.headers.addresses import parse_addresses
from server.rules.headers.domains import find_registrable_domain
from server.rules.headers.header_text import clean_line, decode_words

LONGEST = 1500
"""Characters of an address header in which its first person stands."""
LONGEST_LOCAL = 200
REPEATS = 5
"""How many headers of one name are looked at where one would do."""

_DISCUSSION = ("List-Post", "X-BeenThere", "X-Mailman-Version", "Mailing-list", "X-Google-Group-Id")
_LIST_HEADERS = (*_DISCUSSION, "List-ID", "List-Help", "List-Archive")
_NOBODY = re.compile(r"no\b|<?https?:", re.IGNORECASE)
"""List-Post of a list to which nobody can write by mail."""


def read_facts(headers: Headers, *, own_group: bool, label_ids: frozenset[str]) -> Facts:
    author = _author(headers, own_group)
    domain = author.domain if author else ""
    name = author.name if author else ""
    left = domain.removesuffix(find_registrable_domain(domain) or domain)
    list_marks = [] if own_group else [each for each in _LIST_HEADERS if headers.has(each)]
    owned = not own_group and _is_owned(headers)
    from_list = author is not None and bool(list_marks) and author.address in _list_addresses(headers)
    passed_on = author is not None and (" via " in name.lower() or headers.has("X-Original-From"))
    people_write = _is_discussion(headers, list_marks, owned=owned)
    return Facts(
        headers=headers,
        label_ids=label_ids,
        local=(_local(author) if author else _daemon_without_domain(headers))[:LONGEST_LOCAL],
        domain=domain,
        domain_labels=frozenset(left.split(".")) - {""},
        name=name,
        subject=clean_line(decode_words((headers.first("Subject") or "")[:2000])),
        is_from_list=from_list and not passed_on,
        has_list_marks=owned or bool(list_marks),
        is_discussion=people_write and (passed_on or not from_list),
        is_agent=_is_agent(headers, name),
    )


def spells_local(name: str, local: str) -> bool:
    """The name is spelt out as local part, first and last name divided: ``Noreen Mailer`` and ``noreen.mailer``."""
    parts = [part for part in re.split(r"[._]", local) if part]
    spoken = re.findall(r"[a-z]+", _plain(name[:256]))
    if len(parts) < 2 or parts[-1] not in spoken:
        return False
    return all(any(word == part or (len(part) == 1 and word[0] == part) for word in spoken) for part in parts)


def is_house(name: str, local: str, domain: str) -> bool:
    """The name is the firm's own and no person's: ``Figma <hello@figma.com>``, ``RingCentral Team``."""
    registrable = find_registrable_domain(domain)
    spoken = re.findall(r"[a-z0-9]+", _plain(name[:120]))
    if not registrable or not spoken:
        return False
    firm = re.sub(r"[^a-z0-9]", "", registrable.partition(".")[0])
    if _plain(local) in spoken and local not in words.HOUSE and local != firm:
        return False
    names = {firm, re.sub(r"[^a-z0-9]", "", registrable)}
    own = [word for word in spoken if word not in words.HOUSE]
    return "".join(own) in names or own[:1] == [firm] or own[-1:] == [firm]


def is_persona(name: str, domain: str) -> bool:
    """Somebody of the firm whose domain it is, as campaigns sign: ``Kate from Lattice <kate@mail.lattice.com>``."""
    found = words.PERSONA.fullmatch(name[:120])
    return found is not None and is_house(found["firm"], "", domain)


def find_sales_tool(headers: Headers) -> str | None:
    """The header in which a sales tool names itself: what it sends is its user's own mail."""
    by_name = (name for name in headers.distinct_names if name.startswith(words.SALES_TOOL_HEADERS))
    mailer, identity = ((headers.first(n) or "")[:1000].lower() for n in ("X-Mailer", "Message-ID"))
    by_value = "X-Mailer" if words.SALES_TOOL_MAILER.search(mailer) else None
    by_value = by_value or ("Message-ID" if words.SALES_TOOL_ID.search(identity) else None)
    return next(by_name, None) or by_value


def _plain(name: str) -> str:
    spelt = unicodedata.normalize("NFKD", name.lower().replace("ł", "l").replace("ß", "ss"))
    return "".join(c for c in spelt if not unicodedata.combining(c))


def _author(headers: Headers, own_group: bool) -> Participant | None:
    """The first person of the first header that names one."""
    names = ("X-Original-From", "X-Original-Sender", "From", "Sender") if own_group else ("From", "Sender")
    values = (value[:LONGEST] for name in names for value in headers.all(name)[:REPEATS])
    return next((person for value in values for person in parse_addresses(value, Header.FROM)), None)


def _local(author: Participant) -> str:
    """Apple's relay writes the hidden address into its own: ``jane_at_acme_com_x1y2@privaterelay.appleid.com``."""
    is_relayed = author.domain == "privaterelay.appleid.com"
    return author.local.partition("_at_")[0] if is_relayed else author.local


def _daemon_without_domain(headers: Headers) -> str:
    """Some servers sign as plain MAILER-DAEMON, some as nobody at all."""
    value = (headers.first("From") or "")[:200].lower()
    found = re.search(r"<([\w.-]+)>", value) or re.search(r"([\w.-]+)", value)
    if found:
        return found.group(1)
    return "mailer-daemon" if re.fullmatch(r"\s*<\s*>\s*", value) else ""


def _is_discussion(headers: Headers, list_marks: list[str], *, owned: bool) -> bool:
    """People can write to it: where the list says whether they can, its word counts."""
    posts = headers.all("List-Post")[:REPEATS]
    if posts and not any(_is_written_to(value) for value in posts):
        return False
    return owned or any(_is_written_to(headers.first(name) or "") for name in _DISCUSSION if name in list_marks)


def _is_written_to(value: str) -> bool:
    """Neither "NO" nor a web page alone."""
    value = value[:LONGEST].strip().lower()
    return "mailto:" in value or (value != "" and not _NOBODY.match(value))


def _is_agent(headers: Headers, name: str) -> bool:
    by_desk = (headers.first("X-Mailer") or "")[:100].strip().lower() == words.ZENDESK_MAILER
    if not by_desk and not any(headers.has(each) for each in words.ZENDESK_HEADERS):
        return False
    earlier = ((headers.first(each) or "")[:LONGEST] for each in ("In-Reply-To", "References"))
    return bool(words.AGENT_NAME.fullmatch(name)) or any(words.ZENDESK_EARLIER in value for value in earlier)


def _is_owned(headers: Headers) -> bool:
    """Majordomo and its kin leave no List- headers, only an owner who gets the bounces."""
    values = ((headers.first(name) or "")[:500] for name in ("Sender", "Errors-To", "Return-Path"))
    owned = any(re.match(r"\W{0,9}(?:owner-|[\w.+-]{1,80}-(?:owner|admin|bounces?)@)", v.lower()) for v in values)
    return owned and strip_token(headers.first("Precedence") or "") in {"bulk", "list"}


def _list_addresses(headers: Headers) -> frozenset[str]:
    values = [v for name in ("List-Post", "X-BeenThere") for v in headers.all(name)[:REPEATS]]
    values += [v.strip()[4:].lstrip().partition(";")[0] for v in headers.all("Mailing-list")[:REPEATS]]
    return frozenset(person.address for value in values for person in parse_addresses(value[:2000], Header.FROM))
