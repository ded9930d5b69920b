"""One real mail has one key, in all the mailboxes that hold a copy.

The Message-ID alone does not identify a mail: some senders use one for many mails, some send none. A guard of author,
date and subject tells such mails apart. All copies of one mail have the same guard.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from server.domain.ids import ActivityKey
from server.domain.mail import People
from server.domain.message import Headers
from server.rules.headers.header_text import decode_words, repair_text

MAX_ID = 998
_MS_PER_DAY = 86_400_000
_MS_PER_MINUTE = 60_000
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_COMMENT = re.compile(r"\([^()]*\)")
_ADDED_BY_GMAIL = "SMTPIN_ADDED_"
"""Gmail puts such an id on mail that came without one, a new id for each delivery."""

ORIGINAL_ID_HEADERS = ("X-Microsoft-Original-Message-ID", "X-Google-Original-Message-ID")
"""Where Exchange Online and Google's relays keep the Message-ID that they replaced."""

_PREFIX = re.compile(
    r"\s*(?:(?:re|fwd?|fw|aw|wg|antw|antwort|sv|vs|vb|vl|vá|továbbítás|tr|rép|réf|rv|res|enc|rif|inoltra|i|r|odp|pd|ynt"
    r"|i̇lt|ilt|doorst|bls|ref|ang|hl|na|atb|şuna|απ|σχετ|πρθ|ha|на|ответ|отв|пересл|вiдп|відп|תשובה|השב|הועבר|رد"
    r"|إعادة توجيه|回复|回覆|答复|答覆|转发|轉寄|轉發|返信|転送|회신|전달|trả lời|chuyển tiếp)"
    r"\s{0,3}(?:[\[(]\d{1,4}[\])]|\^\d{1,4}|\d{1,3})?\s{0,3}[:\uff1a]|\[[^\[\]]{1,60}\])",
    re.IGNORECASE,
)


def normalise_message_id(value: str | None) -> str | None:
    """The id without brackets, comments and white space, its case kept; None if the value holds no usable id."""
    text = repair_text((value or "")[: 4 * MAX_ID]).strip()
    if text.startswith("("):
        text = _COMMENT.sub(" ", text).strip()
    in_brackets = _IN_BRACKETS.search(text)
    inner = in_brackets.group(1) if in_brackets else _COMMENT.sub(" ", text).strip().strip("<>")
    pieces = inner.split()
    folded = "".join(pieces)
    if not in_brackets and len(pieces) > 1:
        folded = next((piece for piece in pieces if "@" in piece), "")
    is_usable = 0 < len(folded) <= MAX_ID and folded.isprintable() and any(c.isalnum() for c in folded)
    return folded if is_usable else None


def read_message_id(headers: Headers, *, is_own: bool = False) -> str | None:
    """The Message-ID, normalised; None where the mail came without one, for an id that Gmail added is each copy's own.

    ``is_own``: of our own people's mail the id with which it was sent, where a server says that it put another in its
    place. All our copies of other mail have the same id, and it is the one that replies name.
    """
    names = (*ORIGINAL_ID_HEADERS, "Message-ID") if is_own else ("Message-ID",)
    ids = (normalise_message_id(headers.first(name)) for name in names)
    return next((i for i in ids if i and _ADDED_BY_GMAIL not in i), None)


def list_message_ids(headers: Headers) -> tuple[str, ...]:
    """All ids under which another program may know the mail, each once."""
    ids = (normalise_message_id(headers.first(name)) for name in ("Message-ID", *ORIGINAL_ID_HEADERS))
    return tuple(dict.fromkeys(i for i in ids if i and _ADDED_BY_GMAIL not in i))


def has_readable_date(date_header: str | None) -> bool:
    """Whether the Date names a moment."""
    return _parse_date(date_header) is not None


def compute_guard(author: str | None, date_header: str | None, subject: str | None, internal_date_ms: int) -> str:
    """What tells two mails with one Message-ID apart, as 64 hexadecimal digits.

    A Date that cannot be read counts by its text. Without a Date, the day of arrival in UTC counts.
    """
    written = _parse_date(date_header)
    if written is not None:
        date = written.isoformat(timespec="seconds")
    else:
        date = _fold_text(date_header or "") or f"day {internal_date_ms // _MS_PER_DAY}"
    return _digest(_fold_text(author or ""), date, strip_prefixes(subject or ""))


def activity_key(
    headers: Headers,
    author: str | None,
    internal_date_ms: int,
    recipients: Iterable[str],
    *,
    is_own: bool = False,
) -> ActivityKey:
    """The key of the one activity for this mail, made of Message-ID and guard: the same for every copy.

    Without a Message-ID, or with one that Gmail had to add, the recipients and the minute of the Date take its place.
    ``is_own``: one of our people wrote the mail, and a copy may say which Message-ID it was sent with.
    """
    date_header = headers.first("Date")
    guard = compute_guard(author, date_header, headers.first("Subject"), internal_date_ms)
    if message_id := read_message_id(headers, is_own=is_own):
        return ActivityKey(_digest("id", message_id, guard))
    written = _parse_date(date_header)
    minute = int(written.timestamp() // 60) if written is not None else internal_date_ms // _MS_PER_MINUTE
    people = sorted({_fold_text(address) for address in recipients})
    return ActivityKey(_digest("no id", guard, str(minute), *people))


def identify_mail(headers: Headers, people: People, internal_date_ms: int) -> ActivityKey:
    """The ``activity_key`` of the mail. Behind a mailing list that rewrote From, the original sender is its author."""
    author = people.original_sender.address if people.original_sender else None
    recipients = [person.address for person in people.recipients]
    is_own = any(person.address == author for person in people.internals)
    return activity_key(headers, author, internal_date_ms, recipients, is_own=is_own)


def find_conversation_root(headers: Headers) -> str | None:
    """The id of the mail that began the conversation: the first of References, else of In-Reply-To, else its own."""
    for name in ("References", "In-Reply-To"):
        for value in headers.all(name):
            if root := _find_first_id(value):
                return root
    return normalise_message_id(headers.first("Message-ID"))


def list_thread_mates(headers: Headers) -> tuple[str, ...]:
    """The ids of mails in whose thread the mail stands: its own, the one that it answers, and those on the way to it.

    The mail that began the conversation counts only where this one answers it: anybody may name it.
    """
    answered = [i for value in headers.all("In-Reply-To") for i in _list_ids(value)]
    named = [i for value in headers.all("References") for i in _list_ids(value)]
    return tuple(dict.fromkeys((*list_message_ids(headers), *answered, *(i for i in named if i != named[0]))))


def _list_ids(value: str) -> list[str]:
    ids = (normalise_message_id(f"<{match.group(1)}>") for match in _IN_BRACKETS.finditer(value))
    return [i for i in ids if i] or [i for i in (_find_first_id(value),) if i]


def _find_first_id(value: str) -> str | None:
    """In-Reply-To may hold a sentence around the id; References may hold broken ids before the first good one."""
    in_brackets = (normalise_message_id(f"<{match.group(1)}>") for match in _IN_BRACKETS.finditer(value))
    if message_id := next(filter(None, in_brackets), None):
        return message_id
    bare = (normalise_message_id(piece) for piece in value.split() if "@" in piece) if "<" not in value else ()
    return next(filter(None, bare), None)


def _parse_date(date_header: str | None) -> datetime | None:
    try:
        written = parsedate_to_datetime((date_header or "")[:200])
        return (written if written.tzinfo else written.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def strip_prefixes(subject: str) -> str:
    """The decoded subject without the "Re:", "Fwd:" and list tags in front, in any order and number."""
    text = " ".join(decode_words(subject[:20_000]).split())
    at = 0
    while prefix := _PREFIX.match(text, at):
        at = prefix.end()
    return _fold_text(text[at:])


def _fold_text(text: str) -> str:
    return " ".join(repair_text(text).casefold().split())


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
