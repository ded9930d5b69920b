"""Who is on a mail: a tolerant reader of address headers.

Structure is read first and names are decoded after, so that an encoded comma or ``<`` can forge nobody.
Every step is one pass over the text, whatever it holds.
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


_APART = frozenset({"space", "gap"})
"""What parts words: white space, and a stray bracket, over which no address goes on."""
_MOST_PIECES = 8
"""Words of an address that was written with spaces."""


class _Token(NamedTuple):
    kind: str
    text: str


@dataclass
class _Entry:
    """What stands between two separators: an address with its name, or something odd."""

    tokens: list[_Token] = field(default_factory=list)
    angles: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def parse_addresses(value: str, header: Header) -> tuple[Participant, ...]:
    """The people of one address header value, each address once (the first), at most 1,000 of them.

    Never raises. What cannot be read is left out and takes nobody else with it; an address inside a display name or a
    comment is nobody. A value that holds no address at all but one whole encoded address yields that one.
    """
    text = repair_text(_readable(value))
    found = _once(_people(text, header))
    if found or "=?" not in text:
        return found
    decoded = _once(_people(decode_words(text), header))
    return decoded if len(decoded) == 1 else ()


def read_participants(headers: Headers, trusted_original_from: bool) -> tuple[Participant, ...]:
    """Everybody in From, To, Cc, Bcc in that order, all occurrences; each address once a header, 1,000 a header.

    Only when ``trusted_original_from``, also X-Original-From, or X-Original-Sender where that names nobody.
    """
    people: list[Participant] = []
    for header in (Header.FROM, Header.TO, Header.CC, Header.BCC):
        people += _all_of(headers, header.value, header)
    if trusted_original_from:
        people += _all_of(headers, "X-Original-From", Header.ORIGINAL_FROM) or _all_of(
            headers, "X-Original-Sender", Header.ORIGINAL_FROM
        )
    return tuple(people)


def _readable(value: str) -> str:
    """At most 250,000 characters, and no half address at their end."""
    if len(value) <= MAX_VALUE:
        return value
    head = value[:MAX_VALUE]
    return head[: max(head.rfind(","), head.rfind(";"), 0)]


def _all_of(headers: Headers, name: str, header: Header) -> tuple[Participant, ...]:
    return _once(person for value in headers.all(name) for person in parse_addresses(value, header))


def _once(people: Iterable[Participant]) -> tuple[Participant, ...]:
    seen: dict[str, Participant] = {}
    for person in people:
        seen.setdefault(person.address, person)
        if len(seen) == MAX_PER_HEADER:
            break
    return tuple(seen.values())


def _people(text: str, header: Header) -> Iterator[Participant]:
    if "@" not in text:
        return
    for entry in _entries(_without_comments(list(_tokens(text)))):
        addresses = list(_addresses_of(entry))
        if addresses:
            name = _name_of(entry, addresses)
            yield from (Participant(address, name, header) for address in addresses)


def _tokens(text: str) -> Iterator[_Token]:
    """Quoted strings, encoded words, structural characters and the text between; a stray quote counts as a space."""
    at, can_close, before = 0, True, " "
    while at < len(text):
        if text[at] != '"':
            found = _TOKEN.match(text, at)
            assert found is not None  # the last alternative takes any character
            kind = found.lastgroup or "text"
            piece = found.group()
            yield _Token(piece[0] if kind == "mark" else kind, piece)
            at, before = found.end(), piece[-1]
            continue
        opens = can_close and before in _BEFORE_QUOTE
        quoted = _QUOTED.match(text, at) if opens else None
        # Once no closing quote is left there is none for the later ones either: never look twice.
        can_close = can_close and not (opens and quoted is None)
        if quoted and _may_follow_quote(text, quoted.end()):
            yield _Token("quoted", quoted.group())
            at, before = quoted.end(), '"'
        else:
            yield _Token("space", " ")
            at, before = at + 1, " "


def _may_follow_quote(text: str, at: int) -> bool:
    """A quote that closes right before a word was the opening quote of the next name."""
    return at >= len(text) or not (text[at].isalnum() or text[at] == "=")


def _without_comments(tokens: list[_Token]) -> list[_Token]:
    """Matched parentheses become one comment token each; unmatched ones stay."""
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


def _entries(tokens: list[_Token]) -> Iterator[_Entry]:
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
            # A stray bracket parts words: left out, it would join two into an address that nobody wrote.
            entry.tokens.append(_Token("gap", " ") if kind in {">", "(", ")"} else token)
    if angle is not None:
        entry.angles.append("".join(angle[1:]))
    yield entry


def _names_group(entry: _Entry) -> bool:
    last = entry.tokens[-1].text.lower() if entry.tokens else ""
    return not last.endswith("mailto") and not any("@" in t.text for t in islice(entry.tokens, 50) if t.kind == "text")


def _addresses_of(entry: _Entry) -> Iterator[str]:
    """In angle brackets; only if there is nothing usable, the bare ones; last, one that is wholly in quotes."""
    found = [a for angle in entry.angles for a in _in_angle(angle)]
    if not found:
        found = _bare(entry.tokens)
    if not found and not entry.angles:
        solid = [t for t in entry.tokens if t.kind not in _APART]
        if len(solid) == 1 and solid[0].kind == "quoted":
            found = [a for a in [normalise_address(solid[0].text[1:-1])] if a]
    yield from found


def _in_angle(text: str) -> list[str]:
    text = text.strip()
    if text.startswith("@"):
        text = text.rpartition(":")[2]
    whole = normalise_address(text) or _spaced(text)
    return [whole] if whole else [a for word in text.split() if (a := normalise_address(word))]


def _spaced(text: str) -> str | None:
    """``ann @ acme . com``: one address with white space around its marks, as the oldest mail has it."""
    is_one = text.count("@") == 1 and '"' not in text and len(text) <= MAX_TEXT
    return normalise_address(squash_spaces(text)) if is_one else None


def _bare(tokens: list[_Token]) -> list[str]:
    """Addresses among the words; where the words are nothing but one address in pieces, that one."""
    words = list(_words(tokens))
    pieces = [word for word in words if not word.isspace()]
    is_whole = not any(token.kind == "gap" for token in tokens)
    if is_whole and 1 < len(pieces) <= _MOST_PIECES and sum("@" in piece for piece in pieces) == 1:
        text = " ".join(pieces)
        # "Jr. ann@acme.com" is a name and an address: after a full stop only a space before it makes a piece.
        glued = re.sub(r" ?@ ?| (?=\.)|(?<= \.) |(?<=@)([^\s@.]+\.) ", lambda m: m.group().replace(" ", ""), text)
        whole = normalise_address(glued) if " " not in glued and '"' not in glued else None
        if whole and "." in whole.rpartition("@")[2]:
            return [whole]
    with_at = (part for word in words if "@" in word for part in _parts(word))
    return list(islice((a for part in with_at if (a := normalise_address(part))), MAX_PER_HEADER))


def _parts(word: str) -> list[str]:
    """Chinese and Japanese writers part addresses with marks of their own."""
    return [word] if '"' in word else re.split("[\uff0c\uff1b\u3001]", word)


def _words(tokens: list[_Token]) -> Iterator[str]:
    """Runs without white space, as they stand between it; an at sign in quotes counts for nothing."""
    word: list[str] = []
    for token in (*tokens, _Token("space", " ")):
        if token.kind not in _APART:
            word.append(token.text)
        elif word:
            yield "".join(word)
            word = []


def _name_of(entry: _Entry, addresses: list[str]) -> str:
    parts = (unquote(t.text) if t.kind == "quoted" else t.text for t in entry.tokens)
    text = "".join(parts)[:MAX_TEXT]
    if not entry.angles:
        text = " ".join(word for word in text.split() if normalise_address(word) not in addresses)
        text = "" if _spaced(text) in addresses else text
    name = clean_line(decode_words(text)) or clean_line(decode_words(" ".join(entry.comments)[:MAX_TEXT]))
    return name[1:-1].strip() if len(name) > 1 and name[0] == name[-1] == "'" else name
