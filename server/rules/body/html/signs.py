"""Signs of HTML that have no letters of their own, as text: pictures, numbers of lists, raised and lowered text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from server.rules.body.html.looks import Script

LONGEST_ALTERNATIVE = 200
LONGEST_SCRIPT = 12
"""Characters of a picture's alternative text, and of raised or lowered text that is marked."""

_SPACE = re.compile(r"[ \t\r\n\f]+")
_WORD = re.compile(r"[^\W\d_]")
_LOGO = re.compile(
    r"\blogo(?:type|s)?\b|^(?:facebook|twitter|x|linkedin|instagram|youtube|xing|whatsapp|tiktok|pinterest|vimeo)"
    r"(?: (?:icon|logo))?$",
    re.IGNORECASE,
)
_FILLERS = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u2800\u3164\ufeff\uffa0"
_FILLER_CHAIN = re.compile(rf"[{_FILLERS}][\s{_FILLERS}]{{2,}}")
_NOTHING_BUT_FILLERS = re.compile(rf"[\s{_FILLERS}]*")
_ZERO_WIDTH = re.compile("[\u00ad\u034f\u180e\u200b\u2060-\u2064\ufeff]")
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_EMOTICON = re.compile(r"[:;=8xX>(<][-^o'~=]?[()\[\]{}DPpOo3|/\\*$#@&<>:;^]{1,3}|<3|</3|:-?[a-z0-9_+]+:")
_YAHOO_EMOTICON = re.compile(r"\*(\S{2,4})(?: .*)?")
_EMOJI_CLASS = re.compile(r"\b(?:emoji|emojiinsert|emojione|joypixels|emoticon|smiley|wp-smiley)\b", re.IGNORECASE)
_CODE_POINTS = re.compile(
    r"(?:emoji|emoticon)[^?#]{0,100}?[/_](?:emoji_)?u?"
    r"((?:1f[0-9a-f]{3}|2[0-9a-f]{3}|00[0-9a-f]{2}|3[0-9a-f]{3}|200d|fe0f)(?:[-_](?:[0-9a-f]{4,5}))*)(?:/|\.(?:png|svg|gif|webp))",
    re.IGNORECASE,
)
_CODE_POINT = re.compile(r"[0-9a-f]{2,6}(?:[-_ ][0-9a-f]{2,6})*", re.IGNORECASE)

_RAISED = dict(zip("0123456789+-\u2212=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
_LOWERED = dict(zip("0123456789+-\u2212=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True))
_SYMBOLS = {
    "wingdings": dict(zip("JKLCDBàáâßüûýþ¨o§Ølnqvèðx", "☺😐☹👍👎👌→↑↓←✓✗☒☑☐☐▪➢●■❑❖➔⇨☒", strict=True)),
    "wingdings 2": dict(zip("PORSTQ£", "✓✗☑☒☒☒☐", strict=True)),
    "wingdings 3": {},
}
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
NUMBER_STYLES = {
    "1": "decimal", "a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman",
}  # fmt: skip
"""The attribute ``type`` of a list in the words of a style."""


def number_item(number: int, style: str) -> str:
    """The mark before an item of a numbered list, "c. " for 3 in letters."""
    if style == "none":
        return ""
    text = str(number)
    if style.endswith(("alpha", "latin")) and number > 0:
        text = _write_letters(number)
    elif style.endswith("roman") and 0 < number < 4_000:
        text = _write_roman(number)
    return f"{text.upper() if style.startswith('upper') else text}. "


def _write_letters(number: int) -> str:
    letters = ""
    while number:
        number, letter = divmod(number - 1, len(_LETTERS))
        letters = _LETTERS[letter] + letters
    return letters


def _write_roman(number: int) -> str:
    letters = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        letters += sign * count
    return letters


def mark_script(text: str, script: Script, last: str) -> str:
    """Raised or lowered text so that it does not read as one number or word with what stands before it.

    ``last`` is the character before it. Endings of ordinals ("5th") and names of marks stay as they are.
    """
    core = text.strip()
    if not core or len(core) > LONGEST_SCRIPT:
        return text
    signs = _RAISED if script is Script.SUPER else _LOWERED
    if all(letter in signs for letter in core) and not (last.isdigit() and core.isalpha() and core != "n"):
        marked = "".join(signs[letter] for letter in core)
    elif script is Script.SUB:
        marked = f"_{core}" if core.isalnum() and last.isalnum() else core
    elif any(letter.isdigit() for letter in core) and core[0] not in "[(" and last.isalnum():
        marked = f"^{core}" if core.isalnum() else f"^({core})"
    else:
        return text
    return text.replace(core, marked, 1)


def drop_fillers(text: str) -> str:
    """Text without characters of no width. A chain of such and blanks, which fills a preview, becomes one space."""
    if _NOTHING_BUT_FILLERS.fullmatch(text):
        return text if text.isspace() else " "
    return _ZERO_WIDTH.sub("", _FILLER_CHAIN.sub(" ", text))


def read_symbols(text: str, font: str) -> str:
    """Letters of a font of pictures as what they show: Outlook writes a smiley as "J" in Wingdings."""
    signs = _SYMBOLS.get(font.partition(",")[0].strip("\"' "))
    if signs is None or len(text.strip()) > 3:
        return text
    # Word writes the characters of such fonts from U+F000 on, too.
    letters = (chr(ord(letter) - 0xF000) if "\uf020" <= letter <= "\uf0ff" else letter for letter in text)
    return "".join(signs.get(letter, letter) for letter in letters)


def picture_text(attributes: Mapping[str, str | None], *, may_be_emoji: bool) -> str:
    """An emoji as itself, any other picture as its alternative text in brackets.

    A pixel that counts readers and a logo show nothing that somebody wrote.
    """
    alternative = attributes.get("alt") or ""
    if not alternative and not may_be_emoji:
        return ""
    alternative = _SPACE.sub(" ", alternative[: 2 * LONGEST_ALTERNATIVE]).strip()
    if emoji := _read_emoji(attributes, alternative[:40]):
        return emoji
    alternative = alternative[:LONGEST_ALTERNATIVE]
    if not alternative or "://" in alternative or not _WORD.search(alternative) or _LOGO.search(alternative):
        return ""
    is_tiny = any((attributes.get(side) or "").strip().rstrip("px ") in {"0", "1"} for side in ("width", "height"))
    return "" if is_tiny else f"[{alternative}]"


def _read_emoji(attributes: Mapping[str, str | None], alternative: str) -> str:
    for text in (attributes.get("data-emoji"), alternative, attributes.get("aria-label")):
        if text and len(text) <= 40 and not text.isascii() and _EMOJI.search(text) and not _WORD.search(text):
            return text
    if match := _YAHOO_EMOTICON.fullmatch(alternative):
        return match[1] if _EMOTICON.fullmatch(match[1]) else ""
    if alternative and _EMOTICON.fullmatch(alternative):
        return alternative
    code = attributes.get("data-goomoji") or attributes.get("goomoji") or ""
    if not alternative or _EMOJI_CLASS.search((attributes.get("class") or "")[:200]):
        source = _CODE_POINTS.search((attributes.get("src") or "")[:300])
        code = code or (source[1] if source else "")
    return _read_code_points(code) if code else ""


def _read_code_points(codes: str) -> str:
    if not _CODE_POINT.fullmatch(codes) or len(codes) > 60:
        return ""
    points = [int(code, 16) for code in re.split("[-_ ]", codes)]
    text = "".join(chr(point) for point in points if point < 0x110000 and not 0xD800 <= point < 0xE000)
    return text if _EMOJI.search(text) else ""
