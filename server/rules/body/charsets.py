"""Bytes of a text part to text. What a mail says of its charset is often missing, too narrow or wrong."""

from __future__ import annotations

import codecs
import re

from server.rules.body.mime.charset_guess import guess_charset

NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})
"""No mail is written in these codecs of Python's; some are slow on made-up input, UTF-7 hides markup from filters."""
WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "hz",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "johab": "johab",
    "big5": "big5hkscs",
    "euc_jp": "euc_jis_2004",
    "iso2022_jp": "iso2022_jp_ext",
}
"""Python's name of a codec to the wider codec that also reads what programs really send under that name."""
ALSO_CALLED = {
    "x-sjis": "cp932", "windows-31j": "cp932", "ms_kanji": "cp932", "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949", "korean": "cp949", "windows-949": "cp949", "uhc": "cp949", "windows-936": "gb18030",
    "ms936": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "chinesebig5": "big5hkscs",
    "x-x-big5": "big5hkscs", "iso-8859-8-i": "iso8859-8", "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6", "windows-874": "cp874", "dos-874": "cp874", "unicode-1-1-utf-8": "utf-8",
    "unicode": "utf-16", "ansi": "cp1252", "x-ansi": "cp1252", "ansi_x3.4-1968": "cp1252", "cp-1252": "cp1252",
    "x-cp1252": "cp1252", "x-cp1251": "cp1251", "koi8": "koi8-r", "koi8-ru": "koi8-u", "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman", "x-mac-cyrillic": "mac-cyrillic", "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext", "cp50221": "iso2022_jp_ext", "x-euc-jp": "euc_jis_2004",
    "iso-10646-ucs-2": "utf-16-be", "utf8mb4": "utf-8",
}  # fmt: skip
_NAME = re.compile(r"[\w.:-]{1,40}")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = frozenset({"cp1252", "iso8859-15", "mac-roman", "cp850", "cp437"})
_ESCAPE = re.compile(rb"\x1b\$[@B]|\x1b\([JI]")
_ENCODED_TWICE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u02dc\u2013-\u2122]")
_META = re.compile(
    rb"<(?:meta[^<>]{0,300}charset|\?xml[^<>]{0,100}encoding)\s{0,4}=(?:3D)?\s{0,4}[\"']?\s{0,4}([\w.:-]{1,40})",
    re.IGNORECASE,
)
_META_WITHIN = 16_384
_FEW = 50
"""One broken character in so many is a slip of the sender's; more, and the charset is another."""


def decode_bytes(raw: bytes, declared: str = "", *, is_html: bool = False) -> str:
    """Never raises. ``declared`` is the charset parameter as it was sent, or "" if the part names none."""
    # The mark outweighs what the part declares: programs write it only when they know the encoding.
    for byte_order_mark, name in _BYTE_ORDER_MARKS:
        if raw.startswith(byte_order_mark):
            return raw.decode(name, "replace").removeprefix("\ufeff")
    codec = codec_of(declared)
    within = codec_of(_meta_charset(raw)) if is_html else None
    codec = codec or within
    if codec and codec.startswith(("utf-16", "utf-32")) and b"\0" not in raw:
        codec = None
    if codec == "utf-16":
        codec = "utf-16-be" if raw[:2:2] == b"\0" else "utf-16-le"
    # Western charsets are often a program's default while the text is UTF-8, which other text hardly ever resembles.
    text = _decode_strictly(raw, "utf-8") if codec in {None, "utf-8"} or codec in _WESTERN else None
    if text is not None:
        # ISO-2022-JP is ASCII with escapes, so it also passes for UTF-8.
        if _ESCAPE.search(raw[:100_000]) and codec != "utf-8":
            return _decode_strictly(raw, "iso2022_jp_ext") or text
        return _undo_double_encoding(text)
    return _decode_nearest(raw, codec, within)


def codec_of(declared: str) -> str | None:
    """Python's name of the first codec in ``declared``, which may be a list; None if no mail is written in it."""
    for name in re.split(r"[,;\s]+", declared[:200].lower()):
        clean = name.strip("\"' ")
        if not _NAME.fullmatch(clean):
            continue
        try:
            codec = codecs.lookup(ALSO_CALLED.get(clean, clean))
        except (LookupError, ValueError):
            continue
        if codec.name not in NO_CHARSETS and codec._is_text_encoding:  # noqa: SLF001  # what bytes.decode() itself asks
            return WIDER.get(codec.name, codec.name)
    return None


def _meta_charset(raw: bytes) -> str:
    match = _META.search(raw, 0, _META_WITHIN)
    return match[1].decode("ascii", "replace") if match else ""


def _decode_strictly(raw: bytes, codec: str) -> str | None:
    """None if a byte cannot be read. A character that the end of ``raw`` cuts in two is left out."""
    try:
        return codecs.getincrementaldecoder(codec)().decode(raw)
    except (LookupError, ValueError):
        return None


def _decode_nearest(raw: bytes, codec: str | None, within: str | None) -> str:
    """Tries the declared charset, that of the HTML and UTF-8, then each with a few broken characters, then a guess.

    ``within`` is the charset that the HTML itself names.
    """
    guess = guess_charset(raw) if codec in {None, "cp1252"} else None
    candidates = list(dict.fromkeys(name for name in (guess, codec, within, "utf-8") if name))
    for name in candidates:
        text = _decode_strictly(raw, name)
        if text is not None:
            return text
    for name in candidates:
        # A Western charset reads any byte, so that it would win although the other is nearly right.
        if name in _WESTERN:
            continue
        text = _decode_with_marks(raw, name)
        non_ascii_count = sum(byte > 127 for byte in raw[:100_000])
        if text.count("\ufffd") * _FEW <= non_ascii_count:
            return text
    guess = guess or guess_charset(raw)
    return _decode_with_marks(raw, guess) if guess else _decode_western(raw)


def _decode_with_marks(raw: bytes, codec: str) -> str:
    """A replacement mark (U+FFFD) stands for each byte that cannot be read."""
    try:
        return raw.decode(codec, "replace")
    except (LookupError, ValueError):
        return "\ufffd" * len(raw)


def _decode_western(raw: bytes) -> str:
    """Windows-1252. The five bytes that it lacks are read as Latin-1."""
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(chr(b) if b in b"\x81\x8d\x8f\x90\x9d" else bytes([b]).decode("cp1252") for b in raw)


def _undo_double_encoding(text: str) -> str:
    """Undoes UTF-8 that a program took for Windows-1252 and encoded again. All the text must show it, twice or more."""
    if text.isascii() or len(_ENCODED_TWICE.findall(text[:100_000])) < 2:
        return text
    try:
        back = text.encode("cp1252").decode("utf-8")
    except ValueError:
        return text
    return back if "\ufffd" not in back else text
