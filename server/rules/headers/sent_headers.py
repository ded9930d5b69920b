"""A message's headers as they were sent, read of its raw bytes.

What Gmail's JSON shows of a header may be decoded, so that a comma within a name looks like one between two people.
"""

from __future__ import annotations

import codecs
import re
from collections import defaultdict, deque
from collections.abc import Collection

from server.domain.message import Header, Headers
from server.rules.headers.addresses import parse_addresses

MOST_HEAD = 1 << 20
"""Bytes of the message in which headers are looked for; Gmail takes no longer ones."""
_LINE_END = re.compile(rb"\r*\n")
"""A bare CR ends no line: what stands behind one could pass for a header, and for the author."""
_EMPTY_LINE = re.compile(rb"(?:\A|\n)\r*\n")
_NAME_PEOPLE = frozenset({"from", "sender", "reply-to", "to", "cc", "bcc", "x-original-from", "x-original-sender"})
_PLAIN = re.compile(r"""\s*(?:[\w .'-]*<[^<>@,;:"\s]+@[^<>@,;:"\s]+>|[^<>@,;:"\s]+@[^<>@,;:"\s]+)\s*""", re.ASCII)
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")
Values = defaultdict[str, deque[bytes]]


def read_sent_headers(raw: bytes, shown: Headers) -> Headers:
    """``shown`` with each value as it was sent, and what was sent more often under one of its names, at the end.

    What the bytes do not have keeps the value that was shown: where Gmail's reading of a broken head goes further than
    ours, it has seen more. So does a value in another charset than UTF-8, which Gmail may know.
    """
    values = _read_values(raw, frozenset(shown.distinct_names))
    fields = [(name, _take(values[name.lower()], value)) for name, value in shown]
    fields += [(name, _decode(value)) for name, rest in values.items() for value in rest]
    return Headers(tuple(fields))


def correct_headers(headers: Headers, shown: Headers, sent: Headers) -> Headers:
    """Another copy's headers, with each value as it was sent that both copies were shown alike."""
    names = {(name.lower(), value): fixed for (name, value), (_, fixed) in zip(shown, sent, strict=False)}
    return Headers(tuple((name, names.get((name.lower(), value), value)) for name, value in headers))


def list_doubtful_fields(shown: Headers, addresses: Collection[str]) -> list[tuple[str, str]]:
    """The address headers that name one of these people in a value that may be a decoded name.

    One person with a plain name, or none, is the same however a value is decoded.
    """
    fields = [(name, value) for name, value in shown if name.lower() in _NAME_PEOPLE and not _PLAIN.fullmatch(value)]
    people = [(field, {p.address for p in parse_addresses(field[1], Header.TO)}) for field in fields]
    return [field for field, named in people if not named.isdisjoint(addresses)]


def _take(values: deque[bytes], shown: str) -> str:
    if not values:
        return shown
    value = values.popleft()
    # Without an encoded word, nothing but the charset can differ in what was shown.
    return shown if b"=?" not in value and not _is_utf8(value) else _decode(value)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()


def _read_values(raw: bytes, names: Collection[str]) -> Values:
    """The unfolded values of these names, given in lower case."""
    values: Values = defaultdict(deque)
    name, lines = "", [b""]
    head = raw[:MOST_HEAD].removeprefix(codecs.BOM_UTF8)
    for line in (*_split_head(head), b":"):
        if line[:1] in (b" ", b"\t"):
            lines.append(line.lstrip(b" \t"))
            continue
        if name in names:
            values[name].append(b" ".join(lines))
        match = _NAME.match(line)
        name = match[1].decode("ascii").lower() if match else ""
        lines = [line[match.end() :]] if match else [b""]
    return values


def _split_head(head: bytes) -> list[bytes]:
    """The lines before the first empty one."""
    end = _EMPTY_LINE.search(head)
    return _LINE_END.split(head[: end.start()] if end else head)
