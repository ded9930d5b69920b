"""Who is on a mail: a tolerant reader of address headers.

It reads the structure first and decodes names last, so that an encoded comma or ``<`` can forge nobody.
Every step is one pass over the text, whatever the text holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from server.domain.message import Header, Headers, Participant
from server.rules.headers.address import MAX_TEXT, normalise_address, squash_spaces, unquote
from server.rules.headers.header_text import clean_line, decode_words, repair_text

MAX_PER_HEADER = 1_000
MAX_VALUE = 250_000
"""Characters of one value; far beyond 1,000 ordinary addresses. The rest is not read."""

_TOKEN = re.compile(
    r"""(?P<word>=\?[\w*.:-]{1,40}+\?[bqBQ]\?[^?\s]{0,500}+\?=)"""
    r"""|(?P<escape>\\.)|(?P<mark>[,;][,;\s]*+|<++|[()>:])|(?P<space>\s++)|(?P<text>[^\s\\"()<>,;:=]++|.)""",
    re.DOTALL,
)
_QUOTED = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BEFORE_QUOTE = frozenset(' \t\r\n,;:<>()"')


_SEPARATORS = frozenset({"space", "gap"})
"""Kinds of tokens between words: white space, and a stray bracket, over which no address goes on."""
_MOST_PIECES = 8
"""Words of an address that was written with spaces."""


class _Token(NamedTuple):
    kind: str
    text: str


@dataclass
class _Entry:
    """The tokens between two commas or semicolons: an address with its name, or something odd."""

    tokens: list[_Token] = field(default_factory=list)
    angles: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def parse_addresses(value: str, header: Header) -> tuple[Participant, ...]:
    """The people of one address header value, each address once (the first), at most 1,000 of them.

    Never raises. An entry that cannot be read is left out alone. An address inside a display name or a comment is
    nobody. A value without an address, but with a single encoded one, yields that one.
    """
    text = repair_text(_cut_value(value))
    return _keep_first(_read_people(text, header)) or _read_encoded(text, header)


def parse_first_address(value: str, header: Header) -> Participant | None:
    """The first of ``parse_addresses``, without reading the others' names."""
    text = repair_text(_cut_value(value))
    return next(_read_people(text, header), None) or next(iter(_read_encoded(text, header)), None)


def read_participants(headers: Headers) -> tuple[Participant, ...]:
    """Everybody in From, To, Cc, Bcc in that order, all occurrences; each address once a header, 1,000 a header."""
    return tuple(
        person
        for header in (Header.FROM, Header.TO, Header.CC, Header.BCC)
        for person in _read_header(headers, header.value, header)
    )


def read_original_senders(headers: Headers) -> tuple[Participant, ...]:
    """Who is in X-Original-From, or in X-Original-Sender if the first names nobody. Anybody can write both."""
    return _read_header(headers, "X-Original-From", Header.ORIGINAL_FROM) or _read_header(
        headers, "X-Original-Sender", Header.ORIGINAL_FROM
    )


def read_sending_people(headers: Headers) -> tuple[Participant, ...]:
    """Who is in Sender, then in Reply-To. Programs write both headers."""
    return tuple(
        person for header in (Header.SENDER, Header.REPLY_TO) for person in _read_header(headers, header.value, header)
    )


def _read_encoded(text: str, header: Header) -> tuple[Participant, ...]:
    """The one address that the encoded words of the text spell; none if they spell several."""
    if "=?" not in text:
        return ()
    # Some programs encode the whole address. More than one would let a name forge people.
    people = _keep_first(_read_people(decode_words(text), header))
    return people if len(people) == 1 else ()


def _cut_value(value: str) -> str:
    """At most 250,000 characters, and no half address at their end."""
    if len(value) <= MAX_VALUE:
        return value
    head = value[:MAX_VALUE]
    return head[: max(head.rfind(","), head.rfind(";"), 0)]


def _read_header(headers: Headers, name: str, header: Header) -> tuple[Participant, ...]:
    return _keep_first(person for value in headers.all(name) for person in parse_addresses(value, header))


def _keep_first(people: Iterable[Participant]) -> tuple[Participant, ...]:
    seen: dict[str, Participant] = {}
    for person in people:
        seen.setdefault(person.address, person)
        if len(seen) == MAX_PER_HEADER:
            break
    return tuple(seen.values())


def _read_people(text: str, header: Header) -> Iterator[Participant]:
    if "@" not in text:
        return
    for entry in _split_entries(_fold_comments(list(_tokenise(text)))):
        addresses = _find_addresses(entry)
        if addresses:
            name = _find_name(entry, addresses)
            yield from (Participant(address, name, header) for address in addresses)


def _tokenise(text: str) -> Iterator[_Token]:
    """Quoted strings, encoded words, structural characters and the text between; a stray quote counts as a space."""
    at, can_close, last_char = 0, True, " "
    while at < len(text):
        if text[at] != '"':
            match = _TOKEN.match(text, at)
            if match is None:
                # Never so: the last alternative of the pattern takes any character.
                return
            kind = match.lastgroup or "text"
            piece = match.group()
            yield _Token(piece[0] if kind == "mark" else kind, piece)
            at, last_char = match.end(), piece[-1]
            continue
        opens = can_close and last_char in _BEFORE_QUOTE
        quoted = _QUOTED.match(text, at) if opens else None
        # Once no closing quote is left there is none for the later ones either: never look twice.
        can_close = can_close and not (opens and quoted is None)
        if quoted and _may_follow_quote(text, quoted.end()):
            yield _Token("quoted", quoted.group())
            at, last_char = quoted.end(), '"'
        else:
            yield _Token("space", " ")
            at, last_char = at + 1, " "


def _may_follow_quote(text: str, at: int) -> bool:
    """False right before a word: there the quote opens the next name and closes none."""
    return at >= len(text) or not (text[at].isalnum() or text[at] == "=")


def _fold_comments(tokens: list[_Token]) -> list[_Token]:
    """Matched parentheses become one comment token each; unmatched ones stay."""
    if not any(token.kind == "(" for token in tokens):
        return tokens
    opened: list[int] = []
    closes: dict[int, int] = {}
    for i, token in enumerate(tokens):
        if token.kind == "(":
            opened.append(i)
        elif token.kind == ")" and opened:
            closes[opened.pop()] = i
    kept: list[_Token] = []
    i = 0
    while i < len(tokens):
        if i in closes:
            kept.append(_Token("comment", "".join(t.text for t in tokens[i + 1 : closes[i]])))
            i = closes[i]
        else:
            kept.append(tokens[i])
        i += 1
    return kept


def _split_entries(tokens: list[_Token]) -> Iterator[_Entry]:
    entry = _Entry()
    angle: list[str] | None = None
    for token in tokens:
        kind = token.kind
        in_route = angle is not None and angle[0] == "@" and kind == ","
        ends = kind in {",", ";"} and not in_route
        if angle is not None and (ends or kind in {"<", ">"}):
            entry.angles.append("".join(angle[1:]))
            angle = None
        if kind == "<":
            angle = [""]
        elif ends:
            yield entry
            entry = _Entry()
        elif kind == "comment":
            entry.comments.append(token.text)
        elif angle is not None:
            # The first element tells a route ("<@relay,@other:user@host>"), where a comma separates nothing.
            angle[0] = angle[0] or token.text[:1].strip()
            angle.append(token.text)
        elif kind == ":" and _names_group(entry):
            entry.tokens.clear()
        else:
            # A stray bracket separates words: without it, two of them would join into an address that nobody wrote.
            entry.tokens.append(_Token("gap", " ") if kind in {">", "(", ")"} else token)
    if angle is not None:
        entry.angles.append("".join(angle[1:]))
    yield entry


def _names_group(entry: _Entry) -> bool:
    last = entry.tokens[-1].text.lower() if entry.tokens else ""
    return not last.endswith("mailto") and not any("@" in t.text for t in islice(entry.tokens, 50) if t.kind == "text")


def _find_addresses(entry: _Entry) -> list[str]:
    """The addresses in angle brackets; if none is usable, the bare ones; last, one that is wholly in quotes."""
    addresses = [address for angle in entry.angles for address in _read_angle(angle)] or _find_bare(entry.tokens)
    if addresses or entry.angles:
        return addresses
    solid = [t for t in entry.tokens if t.kind not in _SEPARATORS]
    if len(solid) == 1 and solid[0].kind == "quoted" and (address := normalise_address(solid[0].text[1:-1])):
        return [address]
    return []


def _read_angle(text: str) -> list[str]:
    text = text.strip()
    if text.startswith("@"):
        text = text.rpartition(":")[2]
    whole = normalise_address(text) or _read_spaced(text)
    return [whole] if whole else [address for piece in text.split() if (address := normalise_address(piece))]


def _read_spaced(text: str) -> str | None:
    """``ann @ acme . com``: one address with white space around its marks, as the oldest mail has it."""
    is_one = text.count("@") == 1 and '"' not in text and len(text) <= MAX_TEXT
    return normalise_address(squash_spaces(text)) if is_one else None


def _find_bare(tokens: list[_Token]) -> list[str]:
    """Addresses among the words. Words that are one address in pieces yield that address."""
    words = list(_join_words(tokens))
    pieces = [text for text in words if not text.isspace()]
    has_gap = any(token.kind == "gap" for token in tokens)
    if not has_gap and 1 < len(pieces) <= _MOST_PIECES and sum("@" in piece for piece in pieces) == 1:
        text = " ".join(pieces)
        # "Jr. ann@acme.com" is a name and an address: after a full stop only a space before it makes a piece.
        glued = re.sub(r" ?@ ?| (?=\.)|(?<= \.) |(?<=@)([^\s@.]+\.) ", lambda m: m.group().replace(" ", ""), text)
        whole = normalise_address(glued) if " " not in glued and '"' not in glued else None
        if whole and "." in whole.rpartition("@")[2]:
            return [whole]
    texts = (text for run in words if "@" in run for text in _split_east_asian(run))
    return list(islice((address for text in texts if (address := normalise_address(text))), MAX_PER_HEADER))


def _split_east_asian(text: str) -> list[str]:
    """Chinese and Japanese writers separate addresses with full-width commas and semicolons."""
    return [text] if '"' in text else re.split("[\uff0c\uff1b\u3001]", text)


def _join_words(tokens: list[_Token]) -> Iterator[str]:
    """The texts between white space, each joined of its tokens."""
    texts: list[str] = []
    for token in (*tokens, _Token("space", " ")):
        if token.kind not in _SEPARATORS:
            texts.append(token.text)
        elif texts:
            yield "".join(texts)
            texts = []


def _find_name(entry: _Entry, addresses: list[str]) -> str:
    texts = (unquote(t.text) if t.kind == "quoted" else t.text for t in entry.tokens)
    text = "".join(texts)[:MAX_TEXT]
    if not entry.angles:
        # Most pieces are spelt as their address is, so that they need not be read a second time.
        spellings = frozenset(addresses)
        pieces = (p for p in text.split() if p not in spellings and normalise_address(p) not in spellings)
        text = " ".join(pieces)
        text = "" if _read_spaced(text) in addresses else text
    name = clean_line(decode_words(text)) or clean_line(decode_words(" ".join(entry.comments)[:MAX_TEXT]))
    return name[1:-1].strip() if len(name) > 1 and name[0] == name[-1] == "'" else name
