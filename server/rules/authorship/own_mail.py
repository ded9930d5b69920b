"""Own mail that Gmail marks neither as sent nor as a draft: scheduled, or sent by another program.

Gmail gives mail that waits to be sent no label. Mail that a migration imported, or that a mail program appended after
it sent it through another server, has none either. Its age and Gmail's own list of scheduled mail tell them
apart. Drafts of such a program lie there too: a header or the name of their folder proves them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from server.domain.message import Header, Message
from server.rules.headers.addresses import read_participants
from server.rules.headers.dates import parse_date

UNMARKED = "not_sent_yet"
"""The mark of own mail that may still be waiting to be sent."""
SETTLED_AFTER = 7 * 86_400.0
"""Seconds after its date at which own mail that is not scheduled counts as sent."""
LONGEST_WAIT = 365 * 86_400.0
"""Seconds after which own mail is looked at again, however far in the future its date lies."""
_PLACED = frozenset({"SENT", "INBOX", "SPAM", "TRASH", "DRAFT", "CHAT", "SCHEDULED"})
DRAFT_HEADERS = ("X-Mozilla-Draft-Info", "X-Uniform-Type-Identifier", "X-Unsent")
"""How Thunderbird, Apple Mail and Outlook mark what is not sent."""
_SEPARATOR = re.compile(r"[/.\\]")
_DRAFTS = (
    "draft|drafts|entwurf|entwürfe|brouillon|brouillons|borrador|borradores|rascunho|rascunhos|bozza|bozze|concepten"
    "|kladde|kladder|utkast|luonnokset|luonnos|szkice|robocze|wersje robocze|kopie robocze|koncepty|rozepsané"
    "|rozpracované|piszkozatok|piszkozat|ciorne|schițe|nacrti|skice|osnutki|mustandid|melnraksti|juodraščiai|drög"
    "|esborranys|zirriborroak|draf|thư nháp|bản nháp|taslak|taslaklar|πρόχειρα|чернетки|черновики|чернови|нацрти"
    "|טיוטות|المسودات|مسودات|下書き|草稿|草稿箱|草稿匣|草稿夹|임시보관함|임시 보관함|ร่าง|ร่างจดหมาย|แบบร่าง|ड्राफ़्ट"
)
_OUTBOXES = (
    "outbox|unsent messages|postausgang|boîte d'envoi|bandeja de salida|caixa de saída|a enviar|posta in uscita"
    "|postvak uit|udbakke|utkorg|utkorgen|utboks|lähtevät|lähtevät viestit|skrzynka nadawcza|pošta k odeslání"
    "|pošta na odoslanie|postázandó üzenetek|postázandó|mesaje de expediat|odlazna pošta|giden kutusu|εξερχόμενα"
    "|исходящие|вихідні|изходящи|דואר יוצא|البريد الصادر|صندوق الصادر|送信トレイ|发件箱|寄件匣|보낼 편지함|hộp thư đi"
)
_TEMPLATES = (
    "template|templates|vorlagen|modèles|plantillas|modelos|modelli|sjablonen|skabeloner|mallar|maler|mallit|szablony"
    "|šablony|šablóny|sablonok|șabloane|şablonlar|πρότυπα|шаблоны|шаблони|תבניות|القوالب|قوالب|テンプレート|模板|範本|템플릿"
)
_PLACES_OF_UNSENT = frozenset(
    unicodedata.normalize("NFKC", name).casefold() for name in f"{_DRAFTS}|{_OUTBOXES}|{_TEMPLATES}".split("|")
)
_ARRIVED = ("Delivered-To", "Return-Path")


def is_unmarked(message: Message, own_addresses: Collection[str]) -> bool:
    """Whether the mail is from this mailbox, yet neither marked as sent nor delivered anywhere."""
    if message.label_ids & _PLACED or any(message.headers.has(name) for name in _ARRIVED):
        return False
    senders = (p for p in read_participants(message.headers) if p.header is Header.FROM)
    sender = next(senders, None)
    return sender is not None and sender.address in own_addresses


def is_unsent_draft(message: Message) -> bool:
    """Whether the program that wrote the mail says itself that it is not sent."""
    headers = message.headers
    return (
        headers.has("X-Mozilla-Draft-Info")
        or "mail-draft" in (headers.first("X-Uniform-Type-Identifier") or "").casefold()
        or (headers.first("X-Unsent") or "").strip() == "1"
    )


def is_place_of_unsent(folder: str) -> bool:
    """Whether mail programs keep there what is not sent. ``folder`` is a label's name, in lower case.

    Migrated folders keep their names: "[Imap]/Drafts", "INBOX.Entwürfe".
    """
    return _SEPARATOR.split(folder)[-1].strip() in _PLACES_OF_UNSENT


def find_settled_at(message: Message) -> float:
    """When the mail is too old to be on its way out (epoch seconds), by the later of its Date and its arrival."""
    stated = parse_date(message.headers.first("Date"))
    dates = [message.internal_date / 1000, stated.timestamp() if stated else 0.0]
    return max(dates) + SETTLED_AFTER


def choose_next_look(message: Message, now: float) -> float:
    """When mail that is not known to be sent is looked at again (epoch seconds). Scheduled mail may wait for years."""
    settled_at = find_settled_at(message)
    return min(settled_at if settled_at > now else now + SETTLED_AFTER, now + LONGEST_WAIT)
