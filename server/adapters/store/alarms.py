"""Alarms as documents, one for each code and mailbox, so that every process and the doctor see the same."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from typing import Any

from server.adapters.documents import Create, Document, Documents, Replace
from server.domain.alarm import Alarm, AlarmCode
from server.domain.errors import TrulyError
from server.domain.ids import MailboxId
from server.logs.events import Event, describe
from server.ports.clock import Clock

log = logging.getLogger(__name__)

QUIET = 3600.0
"""Seconds in which the same alarm is not logged again."""


class DocumentAlarms:
    """Implements ``server.ports.alarms.Alarms``."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def raise_alarm(self, code: AlarmCode, mailbox_id: MailboxId | None = None, *, about: str = "") -> None:
        now = self._clock.now()
        try:
            stored = self._documents.get("alarms", _key(code, mailbox_id, about))
            self._count(stored, Alarm(code, mailbox_id, about=about), now)
        except TrulyError:
            # Another process counted just now, or the state is out of reach: the line in the log is what matters.
            stored = None
        if stored is None or now - stored.data["said_at"] >= QUIET:
            fields = describe(Event.ALARM, code=code.value, mailbox=mailbox_id)
            log.error("ALARM %s mailbox=%s", code.value, mailbox_id or "-", extra=fields)

    def since(self, moment: float) -> Sequence[Alarm]:
        alarms = [_read_alarm(d) for d in self._documents.query("alarms")]
        return sorted((alarm for alarm in alarms if alarm.last_at >= moment), key=lambda alarm: -alarm.last_at)

    def _count(self, stored: Document | None, alarm: Alarm, now: float) -> None:
        key = _key(alarm.code, alarm.mailbox_id, alarm.about)
        data: dict[str, Any] = {"code": str(alarm.code), "count": 1, "first_at": now, "last_at": now, "said_at": now}
        if alarm.mailbox_id:
            data["mailbox_id"] = alarm.mailbox_id
        if alarm.about:
            data["about"] = alarm.about
        if stored is None:
            self._documents.commit([Create("alarms", key, data)])
            return
        said_at = now if now - stored.data["said_at"] >= QUIET else stored.data["said_at"]
        data |= {"count": stored.data["count"] + 1, "first_at": stored.data["first_at"], "said_at": said_at}
        self._documents.commit([Replace("alarms", key, data, stored.version)])


def _key(code: str, mailbox_id: MailboxId | None, about: str) -> str:
    subject = hashlib.sha256(about.encode()).hexdigest()[:16] if about else "all"
    return f"{code}.{mailbox_id or subject}"


def _read_alarm(document: Document) -> Alarm:
    data = document.data
    mailbox_id = MailboxId(data["mailbox_id"]) if "mailbox_id" in data else None
    about = data.get("about", "")
    return Alarm(data["code"], mailbox_id, data["count"], data["first_at"], data["last_at"], about)
