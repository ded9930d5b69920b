"""When a mail was sent: the Date header, checked against the arrival, for the clock of a sender may be years off."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from server.domain.message import Headers

LONGEST_DATE = 200
"""Characters of a Date header that are read."""
_MS_PER_DAY = 86_400_000
BEFORE_ARRIVAL = 7 * _MS_PER_DAY
"""Milliseconds that received mail may have been on its way. Servers give up after five days; RFC 5321, 4.5.4.1."""
AFTER_ARRIVAL = _MS_PER_DAY
"""Milliseconds that a sender's clock may be ahead: a wrong time zone is at most a day off."""
ZONES: dict[str, float] = {
    "wet": 0, "west": 1, "bst": 1, "cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "eest": 3,
    "msk": 3, "msd": 4, "trt": 3, "wat": 1, "cat": 2, "sast": 2, "eat": 3, "gst": 4, "pkt": 5, "ist": 5.5, "npt": 5.75,
    "ict": 7, "wib": 7, "wita": 8, "wit": 9, "hkt": 8, "sgt": 8, "myt": 8, "pht": 8, "awst": 8, "jst": 9, "kst": 9,
    "acst": 9.5, "acdt": 10.5, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "hst": -10, "akst": -9, "akdt": -8,
    "brt": -3, "brst": -2, "art": -3, "clt": -4, "clst": -3, "cot": -5, "pet": -5, "vet": -4, "nst": -3.5, "ndt": -2.5,
}  # fmt: skip
"""Hours ahead of UTC of the zone names that Python lacks. A name of several zones stands for the commonest in mail."""
_OFFSET_TO_UTC = re.compile(r"\b(?:UTC|GMT|UT)\s?([+-]\d{1,2}):?(\d\d)?\b", re.IGNORECASE)
_COLON_IN_OFFSET = re.compile(r"([+-]\d\d):(?=\d\d\b)")
_OFFSET = re.compile(r"\d\s{0,4}[+-]\d{4}\b")
_NAME = re.compile(r"[A-Za-z]{3,4}")
_COMMENT = re.compile(r"\([^()]*\)")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def parse_date(value: str | None) -> datetime | None:
    """A date of a header in UTC; None if it cannot be read.

    RFC 5322 (3.3): "-0000" is UTC by a sender that does not say where it is. A date without a zone is read alike, and
    never in the time zone of this machine.
    """
    written = (value or "")[:LONGEST_DATE]
    text = _COMMENT.sub(" ", written).strip()
    try:
        moment = datetime.fromisoformat(_close_up(text)) if _ISO.match(text) else _parse_mail_date(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone(timedelta(hours=_find_zone(written))))
        return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def read_sent_at(headers: Headers, internal_date: int, *, received: str | None = None, is_own: bool = False) -> int:
    """When the mail was sent, in epoch milliseconds, as its Date header states it.

    Of mail that arrived, a Date far from the arrival is a wrong clock's, and the arrival stands in its place:
    ``received``, the topmost Received header, or else ``internal_date``, the provider's own time. ``is_own``: the mail
    left this mailbox, or its author is a colleague. Such mail may have been brought here years later, so that only a
    Date ahead of ``internal_date`` is a wrong one.
    """
    stated = _to_milliseconds(parse_date(headers.first("Date")))
    arrived = internal_date if is_own else _read_arrival(received, internal_date)
    if stated is None or stated <= 0 or stated > arrived + AFTER_ARRIVAL:
        return arrived
    return stated if is_own or stated >= arrived - BEFORE_ARRIVAL else arrived


def _read_arrival(received: str | None, internal_date: int) -> int:
    """A server's stamp after the last semicolon: mail that was moved here keeps the day of its first arrival."""
    stamp = (received or "")[-LONGEST_DATE:].rpartition(";")[2]
    arrived = _to_milliseconds(parse_date(stamp))
    return arrived if arrived and 0 < arrived <= internal_date + AFTER_ARRIVAL else internal_date


def _to_milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _close_up(text: str) -> str:
    """Some programs write ISO 8601 into the Date header, with a space before the offset."""
    return re.sub(r"\s+(?=[+-]\d\d:?\d\d$|[Zz]$)", "", text)


def _parse_mail_date(text: str) -> datetime:
    # Python takes "GMT+0200" for a name that it does not know, and does not read on at the colon of "+02:00".
    text = _OFFSET_TO_UTC.sub(lambda match: f"{match[1][0]}{match[1][1:]:0>2}{match[2] or '00'}", text)
    return parsedate_to_datetime(_COLON_IN_OFFSET.sub(r"\1", text))


def _find_zone(written: str) -> float:
    """Hours ahead of UTC of the zone that the text names, in a comment too; 0 if it names none, or states "-0000"."""
    if _OFFSET.search(written):
        return 0
    return next((ZONES[name.lower()] for name in _NAME.findall(written) if name.lower() in ZONES), 0)
