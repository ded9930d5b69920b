"""Which parts of a mail a reader would see as its text, and that text: one rendering of the words, and no data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from server.rules.body.charsets import decode_bytes
from server.rules.body.html_text import html_text
from server.rules.body.mime.parts import Entity
from server.rules.body.mime.transfer_encoding import (
    LONGEST_PART,
    MOST_CHARACTERS,
    decode_content,
    join_flowed_lines,
    remove_uuencoded,
)
from server.rules.body.protected_mail import ENCRYPTED, remove_armour
from server.rules.body.renderings import (
    LONGEST_COMPARED,
    Words,
    are_renderings,
    has_same_letters,
    is_blank,
    is_surely_full,
    is_thinner,
    looks_like_placeholder,
    strip_markup,
)

MOST_TEXT_BYTES = 6_000_000
"""Bytes of all text parts of one mail together that are decoded."""
MOST_RIVALS = 3
"""Texts before one in multipart/mixed with which it is compared, for it may be another rendering of them."""
_HTML_KINDS = frozenset({"application/xhtml+xml", "text/xhtml", "text/htm", "text/x-html"})
_PLAIN_KINDS = frozenset({
    "text/plain", "text/markdown", "text/x-markdown", "text/text", "text/txt", "text/ascii", "text/us-ascii",
    "text/utf-8", "text/unicode", "text/x-plain", "text/plaintext", "text/flowed", "text/enriched", "text/richtext",
})  # fmt: skip
_TAGGED_KINDS = frozenset({"text/enriched", "text/richtext"})
_BODY_NAME = re.compile(
    r"(?:body|mail|email|e-mail|message|msg|text|part|content|noname|unnamed|untitled|plain|html|att\d{3,6})"
    r"[\w .()-]{0,20}",
    re.IGNORECASE,
)
_WHOLE_HTML = re.compile(
    r"\s{0,80}(?:<\?xml[^<>]{0,200}>\s{0,80})?<(?:!doctype\s+html|html|head|body|meta)\b[^<>]{0,2000}>", re.IGNORECASE
)
_HTML_START = re.compile(r"\s{0,80}<(p|div|table|span|font|center|b|i|h[1-6]|ul|ol|a)\b[^<>]{0,2000}>", re.IGNORECASE)
_CALENDAR_WORDS = re.compile(
    r"^(SUMMARY|DESCRIPTION)(?:;[^:\n]{0,200})?:([^\n]{0,20000})", re.MULTILINE | re.IGNORECASE
)
CALENDAR_KINDS = frozenset({"text/calendar", "application/ics", "text/x-vcalendar"})


class TextReader:
    """Reads the text of a part once, however many alternatives the part stands in, within a budget of bytes.

    ``most`` is the number of characters of one part that are read.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes_left = MOST_TEXT_BYTES
        self._decoded: dict[int, str] = {}
        self._texts: dict[int, str] = {}
        self._words: dict[int, Words] = {}

    def read_text(self, entity: Entity) -> str:
        """What the part shows."""
        if id(entity) not in self._texts:
            self._texts[id(entity)] = self._compute_text(entity)[: self._most]
        return self._texts[id(entity)]

    @property
    def is_full(self) -> bool:
        """Whether enough text is read for a whole mail."""
        return sum(map(len, self._texts.values())) > self._most

    def read_words(self, entity: Entity) -> Words:
        """The words of what the part shows."""
        if id(entity) not in self._words:
            self._words[id(entity)] = Words.of(self.read_text(entity))
        return self._words[id(entity)]

    def read_source(self, entity: Entity) -> str:
        """The decoded content, with the tags of HTML."""
        if id(entity) not in self._decoded:
            data = decode_content(entity, min(LONGEST_PART, self._bytes_left))
            self._bytes_left -= len(data)
            self._decoded[id(entity)] = decode_bytes(data, entity.parameter("charset"), is_html=is_html(entity))
        return self._decoded[id(entity)]

    def _compute_text(self, entity: Entity) -> str:
        if entity.is_sealed:
            return ENCRYPTED
        source = self.read_source(entity)
        if describe := _DESCRIPTIONS.get(entity.kind):
            return describe(source)
        if is_html(entity) or _is_html_source(source):
            return remove_armour(html_text(source))
        # Mail ends its lines with CRLF, and every rule for lines is written for one sign.
        source = source[:MOST_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
        if entity.kind in _TAGGED_KINDS:
            return _read_enriched(source)
        if entity.parameter("format").lower() == "flowed":
            source = join_flowed_lines(source, deletes_space=entity.parameter("delsp").lower() == "yes")
        return remove_armour(remove_uuencoded(source)[0])


def is_html(entity: Entity) -> bool:
    """Whether the type of the part is one of HTML's."""
    return entity.kind.startswith("text/html") or entity.kind in _HTML_KINDS


def choose_text_parts(message: Entity, reader: TextReader) -> tuple[list[Entity], set[int]]:
    """The parts whose text is the mail's, in order, and the ids of these and of their other renderings."""
    chooser = _Chooser(reader)
    chosen = chooser.choose(message, is_body=True)
    first = next(iter(chosen), None)
    if (
        first
        and chooser.is_doubtful(first)
        and any(not entity.file_name and not is_blank(reader.read_text(entity)) for entity in chosen)
    ):
        chosen = chosen[1:]
        chooser.text_ids.discard(id(first))
    if all(is_blank(reader.read_text(entity)) for entity in chosen):
        chosen = [entity for entity in _walk_data(message) if not is_blank(reader.read_text(entity))][:1] or chosen
        chooser.text_ids |= {id(entity) for entity in chosen}
    return chosen, chooser.text_ids


class _Chooser:
    def __init__(self, reader: TextReader) -> None:
        self._read = reader.read_text
        self._reader = reader
        self.text_ids: set[int] = set()
        self._in_alternative: set[int] = set()

    def choose(self, entity: Entity, *, is_body: bool) -> list[Entity]:
        """The text parts in ``part``. ``is_body``: nothing before it is text, so that it is, even if it has a name."""
        if entity.is_sealed:
            return [entity]
        if entity.kind == "multipart/alternative":
            return self._choose_alternative(entity)
        if entity.children:
            return self._choose_mixed(entity, is_body=is_body)
        is_text = is_html(entity) or entity.kind in _PLAIN_KINDS
        if not is_text or entity.disposition == "attachment" or (entity.file_name and not is_body):
            return []
        self.text_ids.add(id(entity))
        return [entity]

    def is_doubtful(self, entity: Entity) -> bool:
        """Whether the part has the name of a file, and nothing but its place speaks for a body."""
        return (
            bool(entity.file_name)
            and entity.disposition != "inline"
            and id(entity) not in self._in_alternative
            and not _BODY_NAME.fullmatch(entity.file_name.rpartition(".")[0] or entity.file_name)
        )

    def _choose_mixed(self, entity: Entity, *, is_body: bool) -> list[Entity]:
        chosen: list[Entity] = []
        for child in entity.children:
            for leaf in self.choose(child, is_body=is_body and not chosen):
                self._add_once(chosen, leaf)
        return chosen

    def _add_once(self, chosen: list[Entity], leaf: Entity) -> None:
        """Adds the part, unless it is another rendering of one that is there; of two the fuller one stays."""
        rivals = [] if self._reader.is_full else chosen[-MOST_RIVALS:]
        for at, rival in enumerate(rivals, len(chosen) - len(rivals)):
            if is_html(rival) == is_html(leaf) or rival.is_sealed or leaf.is_sealed:
                continue
            plain_leaf, html_leaf = (leaf, rival) if is_html(rival) else (rival, leaf)
            plain_words, html_words = self._reader.read_words(plain_leaf), self._reader.read_words(html_leaf)
            if are_renderings(plain_words, html_words):
                chosen[at] = html_leaf if is_thinner(plain_words, html_words, may_be_placeholder=False) else plain_leaf
                return
        chosen.append(leaf)

    def _choose_alternative(self, entity: Entity) -> list[Entity]:
        leaves = [leaf for child in entity.children for leaf in self.choose(child, is_body=True)]
        self._in_alternative |= {id(leaf) for leaf in leaves}
        html_leaves = [leaf for leaf in leaves if is_html(leaf)]
        plain_leaves = [leaf for leaf in leaves if not is_html(leaf) and not is_blank(self._read(leaf))]
        if not plain_leaves or not html_leaves:
            return plain_leaves or html_leaves or leaves
        plain_text = "\n".join(self._read(leaf) for leaf in plain_leaves)
        if len(plain_text) > LONGEST_COMPARED:
            return plain_leaves
        rough = strip_markup("\n".join(self._reader.read_source(leaf) for leaf in html_leaves))
        if has_same_letters(plain_text, rough):
            return plain_leaves
        words = Words.of(plain_text)
        is_doubtful = looks_like_placeholder(plain_text, words)
        if is_surely_full(words, rough, may_be_placeholder=is_doubtful):
            return plain_leaves
        html_words = Words.of("\n".join(self._read(leaf) for leaf in html_leaves))
        return html_leaves if is_thinner(words, html_words, may_be_placeholder=is_doubtful) else plain_leaves


def _is_html_source(text: str) -> bool:
    """Whether text that is called plain is the source of HTML, from its first character to its last."""
    if "<" not in text[:200]:
        return False
    if _WHOLE_HTML.match(text):
        return True
    start = _HTML_START.match(text)
    return start is not None and text.rstrip().endswith(">") and f"</{start[1].lower()}>" in text.lower()


def _read_enriched(text: str) -> str:
    """RFC 1896: tags go, and of several line breaks in a row one."""
    text = re.sub(r"<param>[^<]*+</param>", "", text, flags=re.IGNORECASE)
    text = re.sub(r"\n+", lambda breaks: "\n" * (len(breaks[0]) - 1) or " ", text.replace("\r\n", "\n"))
    return re.sub(r"<(<)|</?[a-zA-Z-]{1,60}>", r"\1", text)


def _walk_data(entity: Entity) -> Iterator[Entity]:
    """The parts of data that are not attached: a reaction, an appointment, a page in another language of tags."""
    if entity.children:
        for child in entity.children:
            yield from _walk_data(child)
    elif entity.disposition != "attachment" and entity.kind in _DESCRIPTIONS:
        yield entity


def _describe_reaction(source: str) -> str:
    try:
        value = json.loads(source[:10_000])
    except (ValueError, RecursionError):
        return ""
    emoji = value.get("emoji") if isinstance(value, dict) else None
    return emoji[:100] if isinstance(emoji, str) else ""


def _describe_appointment(source: str) -> str:
    unfolded = re.sub(r"\r?\n[ \t]", "", source[:100_000]).replace("\r", "")
    values = {match[1].upper(): match[2] for match in reversed(list(_CALENDAR_WORDS.finditer(unfolded)))}
    texts = [
        re.sub(r"\\([,;\\])", r"\1", re.sub(r"\\[nN]", "\n", values.get(name, "")))
        for name in ("SUMMARY", "DESCRIPTION")
    ]
    return "\n\n".join(filter(str.strip, texts))


_DESCRIPTIONS: dict[str, Callable[[str], str]] = {
    "text/vnd.google.email-reaction+json": _describe_reaction,
    "text/x-amp-html": html_text,
    **dict.fromkeys(CALENDAR_KINDS, _describe_appointment),
}
