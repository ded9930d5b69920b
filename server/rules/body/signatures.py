"""What stands above and below the author's words in one mail: banners, signatures, lines of phones and lists, notices.

A line is taken for one of these by what it names, never by its place alone: a lost word of the author's is worse.
"""

from __future__ import annotations

import re

from server.rules.body import signature_words as words
from server.rules.body.history.heads import LONGEST_LINE, QUOTED, RULE, read_head
from server.rules.body.late_pattern import LatePattern

LONGEST_SIGNATURE = 12
"""Lines after "-- " that are still taken for a signature."""
LONGEST_FOOTER = 24
"""Lines of a mailing list's footer."""
MOST_STRANGERS = 2
"""Lines of a footer, one after another, that are neither known nor an address."""
LONGEST_NOTICE = 40
"""Lines of a legal notice."""
MOST_STRIPS = 20
"""Device lines, footers, notices and signatures under one mail."""
MOST_BANNER_LINES = 8
MOST_NOTICE_PARAGRAPHS = 4
LEAST_LEGAL_SIGNS = 3
LEAST_NOTICE = 90
"""Characters of a notice that speaks of secrecy and of addressees alone."""
LONGEST_DEVICE_LINE = 140
LONGEST_NAME = 60
MOST_NAME_WORDS = 6
MOST_SENTENCE_WORDS = 5
_PARAGRAPH_TEXT = 4_000
_BLANK_OR_RULE = LatePattern(r"[\s*_=#~+\-‐–—―─>]{0,300}")
_DELIMITER = LatePattern(r"(?:--|—|––|__|–) ?")
_DEVICE = rf"(?:{'|'.join(words.DEVICES)})"
_OWN_DEVICE = rf"(?:{'|'.join(words.OWN_DEVICES)})"
_LINK = r"(?:[<(\[]{1,2}\s?https?:[^\s]{1,300}|https?:[^\s]{1,300})"
_PLEA = (
    r"(?:apolog|excus|sorry|brev|typo|kostenlos|gratis|\bfree\b|secure|organize|get the app|privacy|www\.|https?|"
    r"entschuldig|tippfehler|kürze|pardon|désolé|fautes|concis|disculp|errores|\bscus|errori|autocorrect|thumb|finger|"
    r"desculp|ursäkt|undskyld)"
)
"""What may follow the name of a device: a plea to excuse, or praise. An author's words may too, and are kept."""
_END = (
    rf"(?:\W{{0,6}}(?:{_LINK})?\W{{0,6}}$|\W{{0,3}}(?:{_LINK})?[),;:.!|\s–—-]{{1,4}}\s?(?=.{{0,70}}{_PLEA}).{{0,110}}$)"
)
_TAIL = rf"[^\W\d_]{{0,3}}(?:['’-]?[^\W\d_]{{1,8}})?(?:[\s:-]{{1,2}}(?:{'|'.join(words.DEVICE_TAILS)})){{0,4}}{_END}"
_OWNER = rf"(?:(?:{'|'.join(words.OWNERS)})[\s'’־-]{{1,2}})"
_BETWEEN = rf"[\s:'’־-]{{0,2}}{_OWNER}{{0,4}}?\[?"
_PREFIX = rf"\W{{0,4}}(?:{'|'.join(words.DEVICE_PREFIXES)})"
_SENT_FROM = LatePattern(
    rf"{_PREFIX}{_BETWEEN}{_DEVICE}\]?{_TAIL}|{_PREFIX}[\s:'’-]{{0,2}}{_OWN_DEVICE}\]?{_TAIL}", re.IGNORECASE
)
_SENT_LAST = LatePattern(
    rf"(?:{_PREFIX}{_BETWEEN}|\W{{0,4}}(?:私の|나의|내|az?|a)?\s?)(?:{_DEVICE}|{_OWN_DEVICE})"
    rf"(?:['’-]?[^\W\d_]{{1,8}})?(?:[\s:-]{{1,2}}(?:{'|'.join(words.DEVICE_TAILS)})){{0,4}}\s?"
    rf"(?:{'|'.join(words.DEVICE_SUFFIXES)})\W{{0,6}}(?:{_LINK})?\W{{0,3}}",
    re.IGNORECASE,
)
_PROGRAM = rf"(?:{'|'.join(words.PROGRAMS_TO_GET)})"
_PLATFORM = rf"(?:{'|'.join(words.PLATFORMS)})"
_FOR = rf"(?:{'|'.join(words.FOR_WORDS)})"
_GET = LatePattern(
    rf"\W{{0,4}}(?:(?:{'|'.join(words.GET_WORDS)})\s?\[?{_PROGRAM} {_FOR} ?{_PLATFORM}(?: devices)?"
    rf"|{_PROGRAM} {_FOR} ?{_PLATFORM}\s?(?:{'|'.join(words.GET_SUFFIXES)})"
    rf"|{_PLATFORM} {_FOR} {_PROGRAM}['’]?\w{{0,2}} ?(?:{'|'.join(words.GET_SUFFIXES)})"
    rf"|(?:{'|'.join(words.GET_WORDS)})\s?{_PLATFORM} ?(?:版|用) ?{_PROGRAM})\W{{0,6}}(?:{_LINK})?\W{{0,6}}",
    re.IGNORECASE,
)
_WHOLE_DEVICE_LINE = LatePattern(rf"\W{{0,4}}(?:{'|'.join(words.WHOLE_DEVICE_LINES)})\W{{0,4}}", re.IGNORECASE)
_HAS_DEVICE = LatePattern(rf"{_DEVICE}|{_OWN_DEVICE}|{_PROGRAM}", re.IGNORECASE)
_BANNER_TAG = LatePattern(rf"\W{{0,6}}(?:{'|'.join(words.BANNER_TAGS)})\W{{0,6}}", re.IGNORECASE)
_BANNER_START = LatePattern(rf"\W{{0,8}}(?:{'|'.join(words.BANNER_STARTS)})", re.IGNORECASE)
_BANNER = LatePattern("|".join(words.BANNERS), re.IGNORECASE)
_REASON = LatePattern(
    r"\b(?:because|weil|denn|car|parce que|porque|perché|poiché|omdat|eftersom|fordi|koska|ponieważ|protože|потому)\b",
    re.IGNORECASE,
)
"""A gateway warns without a reason."""
_BANNER_MORE = LatePattern("|".join(words.BANNER_MORE), re.IGNORECASE)
_LIST_FOOTER = LatePattern(rf"\W{{0,4}}(?:{'|'.join(words.LIST_FOOTERS)})|-=-=-=", re.IGNORECASE)
_LIST_NAME = LatePattern(
    r"(?:\S+ ){1,6}mailing list(?:(?: --)? <?\S+@\S+)?|(?:\S+ ){0,4}(?:liste|lista|lijst|список) .{1,60}", re.IGNORECASE
)
_LINKED = LatePattern(r"https?:|www\.|[^\s@]@[^\s@]", re.IGNORECASE)
_UNDER_RULE = LatePattern(r"\s{0,8}[-_=*–—]{2,300}\s{0,8}")
_FOOTER_ADDRESS = LatePattern(r"https?:|www\.|[^\s@]@[^\s@]|\bgroup\b|\blist\b", re.IGNORECASE)
_LEGAL_START = LatePattern(rf"\W{{0,8}}(?:{'|'.join(words.LEGAL_STARTS)})", re.IGNORECASE)
_LEGAL_SIGNS = [LatePattern(sign, re.IGNORECASE) for sign in words.LEGAL_SIGNS]
_THIS_EMAIL = LatePattern(
    r"e-?mail|e-?posta|e-?post\b|message|nachricht|courriel|courrier|mensaje|correo|mensagem|messaggio|comunicazione"
    r"|comunicaci|comunicaç|communication|transmission|bericht|meddelande|meddelelse|melding|besked|viesti|sähköpost|wiadomoś|zpráv|správ|üzenet|levél|mesaj|ileti|сообщени|письм|повідомлен|лист"
    r"|μήνυμα|メール|邮件|郵件|이메일|메일|mejl|mail\b|poruk|sporočil|съобщение",
    re.IGNORECASE,
)
_WRONGLY_ADDRESSED = LatePattern(r"indirizzat|誤って受信|誤って受け取|误收|誤收|잘못 수신|잘못 전송")
_ADDRESSEE = LatePattern(words.ADDRESSEE, re.IGNORECASE)
_LEGAL_TAIL = LatePattern("|".join(words.LEGAL_TAILS), re.IGNORECASE)
_SMALL_PRINT = LatePattern(rf"[^\w<]{{0,6}}(?:{'|'.join(words.SMALL_PRINT)})\W{{0,6}}", re.IGNORECASE)
_CLOSING = LatePattern("|".join(words.CLOSINGS), re.IGNORECASE)
_CONTACT = LatePattern(r"[^\s@]@[^\s@]|https?:|www\.|\+?\d[\d\s()/.-]{6,}", re.IGNORECASE)
_POSTSCRIPT = LatePattern(
    r"\W{0,3}(?:p\.?\s?){1,3}s\b[.:]?|\W{0,3}(?:nb|n\.b\.|notabene|übrigens|btw)\b", re.IGNORECASE
)
_TEXT_ENDS = (".", "!", "?", ",", "。", "！", "？", ")")
_SENTENCE_END = LatePattern(r"[.!?。！？…]\W{0,2}$")
_PARTICLES = frozenset(words.PARTICLES)


def strip_banner(lines: list[str]) -> list[str]:
    """The lines below a gateway's warning at the top."""
    at = last = 0
    while at < min(len(lines), MOST_BANNER_LINES):
        head = read_head(lines[at])
        is_banner = _is_banner(head) or (last and lines[at - 1].strip() and _BANNER_MORE.search(head))
        if is_banner:
            last = at + 1
        elif head.strip() and not _BLANK_OR_RULE.fullmatch(head):
            break
        at += 1
    while last and last < len(lines) and _BLANK_OR_RULE.fullmatch(lines[last][:LONGEST_LINE]):
        last += 1
    return lines[last:]


def _is_banner(head: str) -> bool:
    if _BANNER_TAG.fullmatch(head):
        return True
    return bool(_BANNER_START.match(head) and _BANNER.search(head) and not _REASON.search(head))


def strip_signature(lines: list[str]) -> list[str]:
    """The lines above the signature and above what programs and lists add below."""
    kept = strip_rules(lines)
    for _ in range(MOST_STRIPS):
        shorter = _strip_once(kept) if kept else kept
        if len(shorter) == len(kept):
            break
        kept = strip_rules(shorter)
    return kept


def _strip_once(lines: list[str]) -> list[str]:
    head = read_head(lines[-1])
    if QUOTED.match(head):
        return lines
    if _is_device_line(lines[-1]) or _SMALL_PRINT.fullmatch(head):
        return lines[:-1]
    start = _find_list_footer(lines)
    if start is None:
        start = _find_notice(lines)
    if start is None:
        start = _find_delimiter(lines)
    return lines if start is None else lines[:start]


def strip_rules(lines: list[str]) -> list[str]:
    """Without the empty lines and the rules at the end."""
    end = len(lines)
    while end and not QUOTED.match(lines[end - 1]) and _BLANK_OR_RULE.fullmatch(lines[end - 1]):
        end -= 1
    return lines[:end]


def _is_device_line(line: str) -> bool:
    head = read_head(line).strip()
    if _WHOLE_DEVICE_LINE.fullmatch(head):
        return True
    if len(line) > LONGEST_LINE or not head or not _HAS_DEVICE.search(head):
        return False
    bare = re.sub(_LINK, "", head)
    if len(bare) > LONGEST_DEVICE_LINE:
        return False
    return bool(_SENT_FROM.match(head) or _SENT_LAST.fullmatch(head) or _GET.fullmatch(head))


def _find_list_footer(lines: list[str]) -> int | None:
    """The first line of a mailing list's footer at the end. All but a few of its lines are known or addresses.

    A footer says where one leaves the list, or stands under a rule with several known lines: the same words without
    either are the author's.
    """
    start = None
    strangers = known_lines = 0
    has_address = False
    for at in range(len(lines) - 1, max(-1, len(lines) - LONGEST_FOOTER - 1), -1):
        head = read_head(lines[at]).strip()
        if QUOTED.match(head) or strangers > MOST_STRANGERS:
            break
        has_address = has_address or bool(_LINKED.search(head))
        if _LIST_FOOTER.match(head):
            start, strangers, known_lines = at, 0, known_lines + 1
        elif has_address and _is_list_name(lines, at):
            start, strangers = at, 0
        elif head and not _BLANK_OR_RULE.fullmatch(head) and not _FOOTER_ADDRESS.search(head):
            strangers += 1
    if start is None or has_address:
        return start
    line_above = next((line for line in reversed(lines[max(0, start - 2) : start]) if line.strip()), "")
    return start if known_lines > 1 and _UNDER_RULE.fullmatch(read_head(line_above)) else None


def _is_list_name(lines: list[str], at: int) -> bool:
    """Whether the name of a mailing list stands under a rule, as Mailman writes it."""
    if not _LIST_NAME.fullmatch(read_head(lines[at]).strip()):
        return False
    line_above = next((line for line in reversed(lines[max(0, at - 2) : at]) if line.strip()), "")
    return bool(RULE.fullmatch(read_head(line_above)))


def _find_notice(lines: list[str]) -> int | None:
    """The first line of a legal notice in the last paragraph, or above a firm's paragraphs that follow it."""
    end = len(lines)
    for _ in range(MOST_NOTICE_PARAGRAPHS):
        start = end
        while start and end - start < LONGEST_NOTICE and lines[start - 1].strip():
            start -= 1
        heads = [read_head(line) for line in lines[start:end]]
        if not heads or any(QUOTED.match(head) for head in heads):
            return None
        text = " ".join(lines[start:end])[:_PARAGRAPH_TEXT]
        opening = next((at for at, head in enumerate(heads) if _LEGAL_START.match(head)), None)
        if opening is not None and _is_legal(" ".join(lines[start + opening : end])[:_PARAGRAPH_TEXT]):
            return start + opening
        # A firm's paragraph has an end and a notice above it; the expression is dear for long texts.
        has_paragraph_above = start > 0 and not lines[start - 1].strip()
        if not has_paragraph_above or not _LEGAL_TAIL.search(text):
            return None
        end = start
        while end and not lines[end - 1].strip():
            end -= 1
    return None


def _is_legal(text: str) -> bool:
    """A notice speaks of the email itself and of its addressees. An author who forbids or demands does not."""
    if "?" in text or not _THIS_EMAIL.search(text):
        return False
    is_addressed = any(pattern.search(text) for pattern in (_ADDRESSEE, _LEGAL_SIGNS[1], _WRONGLY_ADDRESSED))
    if is_addressed and sum(bool(sign.search(text)) for sign in _LEGAL_SIGNS) >= LEAST_LEGAL_SIGNS:
        return True
    return len(text) >= LEAST_NOTICE and bool(_LEGAL_SIGNS[0].search(text) and _ADDRESSEE.search(text))


def _find_delimiter(lines: list[str]) -> int | None:
    """The line "-- ", if the lines below look like a signature. Two such lines are dividers."""
    start = max(0, len(lines) - LONGEST_SIGNATURE - 1)
    at = next((at for at in range(len(lines) - 1, start - 1, -1) if _DELIMITER.fullmatch(lines[at])), None)
    if at is None or any(QUOTED.match(line) for line in lines[at:]):
        return None
    if any(_DELIMITER.fullmatch(line) for line in lines[max(0, at - 60) : at]):
        return None
    below = [read_head(line).strip() for line in lines[at + 1 :] if line.strip()]
    if not below or not _looks_signed(below):
        return None
    line_above = read_head(lines[at - 1]).strip() if at else ""
    if line_above.endswith((":", "：")):
        return None
    has_contact = any(_CONTACT.search(line) for line in below)
    is_apart = not line_above or line_above.endswith(_TEXT_ENDS) or _is_name(line_above) or _CLOSING.search(line_above)
    return at if is_apart or has_contact else None


def _looks_signed(below: list[str]) -> bool:
    if not (
        _is_name(below[0]) or _CONTACT.search(below[0]) or (len(below[0]) < LONGEST_NAME and _CLOSING.search(below[0]))
    ):
        return False
    return not any(_is_sentence(line) for line in below)


def _is_name(line: str) -> bool:
    """Few words, each with a capital, without the end of a sentence."""
    shown = re.split(r"[\s,|/·•]+", line.strip(" ,*_-"))
    if (
        not 0 < len(shown) <= MOST_NAME_WORDS + 2
        or len(line) > LONGEST_NAME
        or line.endswith((":", "?", "!", "：", "。"))
    ):
        return False
    if re.search(r":\s", line) or re.search(r"\d", line):
        return False
    lower = [word for word in shown if word[:1].islower() and word.casefold() not in _PARTICLES]
    return not lower or len(shown) == 1


def _is_sentence(line: str) -> bool:
    """Words that an author says to a reader rather than a name, a job or an address."""
    if _POSTSCRIPT.match(line) or "?" in line or "？" in line:
        return True
    if _CONTACT.search(line):
        return bool(_SENTENCE_END.search(line)) and len(line.split()) > 2 * MOST_SENTENCE_WORDS
    is_long = len(line.split()) > MOST_SENTENCE_WORDS or (
        not line.isascii() and " " not in line and len(line) > LONGEST_NAME // 3
    )
    lower = [word for word in line.split() if word[:1].islower()]
    return is_long and (bool(_SENTENCE_END.search(line)) or len(lower) > MOST_SENTENCE_WORDS)
