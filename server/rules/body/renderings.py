"""Whether a plain text and an HTML text of one mail say the same, and which of the two says more."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from server.rules.headers.header_text import is_shown

LONGEST_COMPARED = 50_000
"""Characters of a plain rendering above which it is not compared: a placeholder is never so long."""
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Scripts that write no spaces, or whose words programs break anywhere: there a character counts as a word."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_ADDRESS = re.compile(r"<?\b(?:https?://|www\.|mailto:)[^\s>)\]]{1,2000}>?|\[(?:cid|image|img):[^\]\n]{0,200}\]")
_ADDRESS_SIGNS = ("://", "www.", "mailto:", "cid:", "image:", "img:")
_MARKUP = re.compile(
    r"<(?:style|script|title)\b[^<>]*+>(?:\s*+<!--)?[^<]*+|<!--[^<]*?-->|<[^<>]*+>|&[#\w]{1,10};", re.IGNORECASE
)
_PLACEHOLDER = re.compile(
    r"\bhtml\b|browser|navigat|navegad|webbläsare|nettleser|selain|przegląd|prohlíže|böngész|tarayıc|браузер"  # noqa: RUF001
    r"|web[ -]?version|online[ -]?version|浏览器|瀏覽器|ブラウザ|브라우저",
    re.IGNORECASE,
)
_MOST_PLACEHOLDER_WORDS = 80


@dataclass(frozen=True)
class Words:
    """The words of a text in lower case, in their order and counted, without addresses of links."""

    listed: list[str]
    counted: Counter[str]

    @classmethod
    def of(cls, text: str) -> Words:
        """Looks at the beginning of a long text only."""
        text = text[: 2 * LONGEST_COMPARED].lower()
        # To look for six signs costs a hundredth of the expression, and most mail has none of them.
        if any(sign in text for sign in _ADDRESS_SIGNS):
            text = _ADDRESS.sub(" ", text)
        listed = _WORD.findall(text)
        return cls(listed, Counter(listed))

    def share(self, rival: Words) -> int:
        """How many words both have."""
        return (self.counted & rival.counted).total()

    def lacks_most_of(self, words: list[str]) -> bool:
        """Whether half of the words or more, and two at least, are missing."""
        return 2 * sum(word not in self.counted for word in words) >= max(4, len(words))


def is_thinner(plain_words: Words, html_words: Words, *, may_be_placeholder: bool) -> bool:
    """Whether the plain rendering has clearly fewer words than the HTML, or other words, as a placeholder has."""
    plain_size, html_size = len(plain_words.listed), len(html_words.listed)
    if html_size < 3:
        return plain_size == 0 < html_size
    if plain_size < 0.75 * html_size and html_size - plain_size >= 4:
        return True
    shared = plain_words.share(html_words)
    is_short = plain_size <= max(_MOST_PLACEHOLDER_WORDS, html_size)
    if is_short and shared < (0.6 if may_be_placeholder else 0.25) * plain_size:
        return True
    # Without the first words of the HTML it is only the quoted mail; without the last ones it was cut off.
    if html_size < 0.75 * plain_size:
        return False
    if plain_words.lacks_most_of(html_words.listed[:4]):
        return True
    return html_size > plain_size and plain_words.lacks_most_of(html_words.listed[-6:])


def are_renderings(plain_words: Words, html_words: Words) -> bool:
    """Whether both have the same words, or the shorter one is the beginning of the other."""
    sizes = sorted((len(plain_words.listed), len(html_words.listed)))
    shared = plain_words.share(html_words)
    if not sizes[0] or shared < 0.9 * sizes[0]:
        return False
    return shared >= 0.8 * sizes[1] or (sizes[0] >= 5 and plain_words.listed[:8] == html_words.listed[:8])


def is_blank(text: str) -> bool:
    """Whether nothing of the text can be seen: white space, marks of direction and joiners alone."""
    return not any(
        is_shown(c) and not c.isspace() and c not in "\u034f\u2800\u3164\uffa0\u115f\u1160\u200c\u200d" for c in text
    )


def strip_markup(html_source: str) -> str:
    """Roughly the text of the HTML. To read it properly costs most of all, and of nearly all mail this is enough."""
    return _MARKUP.sub(" ", html_source[: 8 * LONGEST_COMPARED])


def has_same_letters(plain_text: str, rough: str) -> bool:
    """Whether two texts differ in their white space alone. Most renderings do, and no comparison costs less."""
    return "".join(plain_text.split()) == "".join(rough.split())


def is_surely_full(plain_words: Words, rough: str, *, may_be_placeholder: bool) -> bool:
    """Whether a rough look at the words of the HTML shows that the plain rendering is no thinner."""
    return not is_thinner(plain_words, Words.of(rough), may_be_placeholder=may_be_placeholder)


def looks_like_placeholder(text: str, words: Words) -> bool:
    """Whether a short text speaks of HTML or of a browser, as one does that sends the reader to the HTML."""
    return len(words.listed) <= _MOST_PLACEHOLDER_WORDS and bool(_PLACEHOLDER.search(text))
