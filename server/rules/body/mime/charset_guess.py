"""The charset of bytes that name none: by the letters that its languages write most, as no Western text looks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_SAMPLE = 4_000
_FEWEST_BYTES = 6
_RUN_SHARE = 0.5
"""Share of the bytes above 127 that stand beside another: in Western text nearly all stand alone."""
_RUN = re.compile(rb"[\x80-\xff]{2,}")
_GAP = re.compile(rb"[\x80-\xff] +[\x80-\xff]")
_LONGEST_WORD = 25
"""Bytes from space to space, on average, up to which a text is written with spaces between its words."""


@dataclass(frozen=True)
class _Script:
    """``least`` is the share of the letters that must be frequent ones."""

    codec: str
    is_frequent: Callable[[str], bool]
    least: float


def _in_letters(letters: str) -> Callable[[str], bool]:
    return frozenset(letters).__contains__


def _in_rows(codec: str, *rows: tuple[int, int]) -> Callable[[str], bool]:
    """Whether the first byte of the character is in one of the rows that a charset keeps for the frequent ones."""

    def is_frequent(character: str) -> bool:
        lead = character.encode(codec, "replace")[0]
        return any(first <= lead <= last for first, last in rows)

    return is_frequent


_CYRILLIC = "оеаинтсрвлкмдпуі"
_SPACED_SCRIPTS = (
    _Script("cp1251", _in_letters(_CYRILLIC), 0.65),
    _Script("koi8_u", _in_letters(_CYRILLIC), 0.65),
    _Script("iso8859_5", _in_letters(_CYRILLIC), 0.65),
    _Script("cp1253", _in_letters("αοιετσνηυρπκάόςήίέώλμ"), 0.8),
    _Script("cp1255", _in_letters("יוהלאמתרבנשםכ"), 0.75),
    _Script("cp1256", _in_letters("الينمرتوبعدسهة"), 0.65),
)
_THAI = _Script("cp874", _in_letters("านรอกเงมยลวดทสตะปบคหแจพชขใไโ่้ัีิุู์"), 0.8)
_SHIFT_JIS = _Script("cp932", _in_rows("cp932", (0x81, 0x83), (0x88, 0x97)), 0.8)
_EUC_JP = _Script("euc_jis_2004", _in_rows("euc_jis_2004", (0xA4, 0xA5)), 0.25)
_KOREAN = _Script("cp949", _in_rows("cp949", (0xA1, 0xA1), (0xB0, 0xC8)), 0.8)
_CHINESE = _Script("gb18030", _in_rows("gb18030", (0xA1, 0xA3), (0xB0, 0xD7)), 0.85)
_BIG5 = _Script("big5hkscs", _in_rows("big5hkscs", (0xA1, 0xC6)), 0.8)


def guess_charset(raw: bytes) -> str | None:
    """Python's name of the likeliest charset that is not Western; None where the text may well be Western."""
    sample = raw[:_SAMPLE]
    runs = _RUN.findall(sample)
    in_runs = sum(map(len, runs))
    high_count = len(sample) - len(sample.translate(None, bytes(range(128, 256))))
    # A zero byte stands in a file, not in a text.
    if b"\0" in sample or high_count < _FEWEST_BYTES or in_runs < _RUN_SHARE * high_count:
        return None
    gap_count = len(_GAP.findall(sample))
    shares = {script.codec: _measure_share(sample, script) for script in _SPACED_SCRIPTS}
    likely = [script.codec for script in _SPACED_SCRIPTS if shares[script.codec] >= script.least]
    if likely and high_count <= _LONGEST_WORD * (gap_count + 1):
        return max(likely, key=lambda codec: shares[codec])
    # Nearly any bytes are something in these, so that the order says which is tried first. Korean has spaces.
    wide_scripts = (_THAI, _SHIFT_JIS, _EUC_JP, *((_KOREAN,) if gap_count else ()), _CHINESE, _BIG5, _KOREAN)
    return next((script.codec for script in wide_scripts if _measure_share(sample, script) >= script.least), None)


def _measure_share(sample: bytes, script: _Script) -> float:
    """The share of frequent characters among those beyond ASCII; 0 if the bytes are not in that charset."""
    text = ""
    # The sample may end within a character.
    for end in range(len(sample), max(0, len(sample) - 4), -1):
        try:
            text = sample[:end].decode(script.codec)
            break
        except UnicodeDecodeError as error:
            if error.end < end - 4:
                return 0
    characters = [c for c in text if c > "\x7f" and c.isalpha()]
    if not characters:
        return 0
    # Capitals count for less: one Cyrillic charset has them where another has the small letters.
    small_share = sum(map(script.is_frequent, characters)) / len(characters)
    return max(small_share, 0.9 * sum(script.is_frequent(c.lower()) for c in characters) / len(characters))
