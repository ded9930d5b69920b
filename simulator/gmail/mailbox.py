"""One mailbox: messages, threads, labels and a history with gaps, as Gmail keeps them."""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from simulator import mime
from simulator.labels import ENGLISH, label_of, names_of
from simulator.mailfiles import MailFile

SYSTEM_LABELS = (
    "INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT", "CHAT", "CATEGORY_PERSONAL",
    "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_FORUMS", "CATEGORY_PURCHASES",
)  # fmt: skip
FIRST_HISTORY_ID = 1000
"""Of an empty mailbox; a cursor from before it is as good as an expired one."""


@dataclass(slots=True)
class Stored:
    """What lists and look-ups need; the rest stays where ``mail`` lies, and is read from there each time.

    ``internal_date`` and ``arrived_at`` are epoch milliseconds, the second 0 for what was here before all began;
    ``history_id`` moves with every change of labels. ``rfc822_message_id``,
    ``sender`` and ``subject`` are headers, the last two as a person reads them.
    """

    message_id: str
    thread_id: str
    label_ids: set[str]
    internal_date: int
    mail: MailFile
    rfc822_message_id: str | None
    sender: str | None
    subject: str | None
    history_id: int = 0
    arrived_at: int = 0

    def is_younger_than(self, seconds: int, now_ms: int) -> bool:
        return self.arrived_at > now_ms - seconds * 1000

    @property
    def source(self) -> str:
        return self.mail.source

    @property
    def raw(self) -> bytes:
        return self.mail.raw

    @property
    def headers(self) -> list[tuple[str, str]]:
        return mime.headers_of(self.mail.opening())


@dataclass(frozen=True, slots=True)
class Event:
    """``kind`` is Gmail's own word: messagesAdded, messagesDeleted, labelsAdded or labelsRemoved.

    ``labels_then`` are the message's labels after it; ``changed`` those that came or went.
    """

    history_id: int
    kind: str
    message_id: str
    thread_id: str
    labels_then: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass
class Mailbox:
    """Thread-safe through ``lock``, which callers hold while they read more than one thing.

    ``language`` is the one in which X-Gmail-Labels names the system's labels.
    """

    address: str
    send_as: tuple[str, ...]
    language: str = ENGLISH
    messages: dict[str, Stored] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    history_id: int = FIRST_HISTORY_ID
    expired_before: int = FIRST_HISTORY_ID
    lock: threading.RLock = field(default_factory=threading.RLock)
    _by_rfc_id: dict[str, str] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    on_change: Callable[[str, int, frozenset[str]], None] | None = None
    """Told of each event, under the lock: our address, the history id, the message's labels before and after."""

    def add(
        self,
        mail: MailFile,
        now_ms: int,
        label_ids: set[str] | None = None,
        thread_id: str | None = None,
        *,
        is_new: bool = True,
    ) -> Stored:
        """A message arrives; without ``label_ids`` they are read from its X-Gmail-Labels."""
        with self.lock:
            headers = mime.headers_of(mail.opening())
            message_id = self._new_id(mail)
            stored = Stored(
                message_id=message_id,
                thread_id=thread_id or self._thread_of(headers, message_id),
                label_ids=self._labels(headers) if label_ids is None else set(label_ids),
                internal_date=mime.date_of(headers, now_ms),
                mail=mail,
                rfc822_message_id=mime.message_id_of(headers),
                sender=mime.shown(headers, "From"),
                subject=mime.shown(headers, "Subject"),
                arrived_at=now_ms if is_new else 0,
            )
            self.messages[message_id] = stored
            if own := stored.rfc822_message_id:
                self._by_rfc_id.setdefault(own.strip(), stored.thread_id)
            self._record_event("messagesAdded", stored)
            return stored

    def relabel(self, message_id: str, add: set[str], remove: set[str]) -> Stored:
        """Raises KeyError for an unknown message."""
        with self.lock:
            stored = self.messages[message_id]
            if added := add - stored.label_ids:
                stored.label_ids |= added
                self._record_event("labelsAdded", stored, added)
            if removed := remove & stored.label_ids:
                stored.label_ids -= removed
                self._record_event("labelsRemoved", stored, removed)
            return stored

    def delete(self, message_id: str) -> None:
        with self.lock:
            self._record_event("messagesDeleted", self.messages.pop(message_id))

    def label_id(self, name: str) -> str:
        """The id of a user label, made where there is none of that name."""
        with self.lock:
            label_id = next((i for i, n in self.labels.items() if n.lower() == name.lower()), None)
            if label_id is None:
                label_id = f"Label_{len(self.labels) + 1}"
                self.labels[label_id] = name
            return label_id

    def expire_history(self) -> None:
        """Everything up to now is forgotten: an older cursor gets 404."""
        with self.lock:
            self.expired_before = self.history_id
            self.events = []

    def _record_event(self, kind: str, stored: Stored, changed: Iterable[str] = ()) -> None:
        self.history_id += 1 + (self.history_id * 7919) % 13  # ids have gaps that mean nothing
        stored.history_id = self.history_id
        labels = tuple(sorted(stored.label_ids))
        event = Event(self.history_id, kind, stored.message_id, stored.thread_id, labels, tuple(sorted(changed)))
        self.events.append(event)
        if self.on_change:
            self.on_change(self.address, self.history_id, frozenset((*labels, *changed)))

    def _new_id(self, mail: MailFile) -> str:
        """The same message in the same world has the same id in every run; an id is never used again."""
        for number in itertools.count():
            message_id = "1" + hashlib.sha256(f"{self.address}\0{mail.source}\0{number}".encode()).hexdigest()[:15]
            if message_id not in self._used:
                self._used.add(message_id)
                return message_id
        raise AssertionError

    def _thread_of(self, headers: list[tuple[str, str]], message_id: str) -> str:
        stated = mime.first(headers, "X-GM-THRID")
        if stated and stated.strip().isdigit():
            return f"{int(stated):x}"
        for name in ("In-Reply-To", "References"):
            for reference in re.findall(r"<[^<>\s]+>", mime.first(headers, name) or ""):
                if reference in self._by_rfc_id:
                    return self._by_rfc_id[reference]
        return message_id

    def _labels(self, headers: list[tuple[str, str]]) -> set[str]:
        value = mime.first(headers, "X-Gmail-Labels")
        if value is None:
            return {"INBOX"}
        label_ids: set[str] = set()
        for name in names_of(value):
            label = label_of(name, self.language)
            label_ids.add(self.label_id(name) if label is None else label)
        return label_ids - {""}
