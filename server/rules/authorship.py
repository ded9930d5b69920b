"""Did a person write it? A human author is the default; a machine has to give itself away.

``MARKS`` is the whole rule, read top to bottom: a decisive mark settles it, and the first one found names the kind; the
others are added up, less what speaks for a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.domain.decision import Evidence
from server.domain.message import Headers
from server.rules import authorship_marks as words
from server.rules import away_words
from server.rules.authorship_facts import facts_of
from server.rules.authorship_facts import sales_tool as find_sales_tool
from server.rules.authorship_marks import DECISIVE, THRESHOLD, AuthorKind, Facts, Mark, Predicate, SetBy

__all__ = ["MARKS", "AuthorKind", "Evidence", "Verdict", "authorship"]


@dataclass(frozen=True)
class Verdict:
    """``evidence`` names the marks found, decisive ones alone if there are any; it quotes nothing from the mail."""

    is_automated: bool
    kind: AuthorKind
    evidence: tuple[Evidence, ...] = ()


def authorship(headers: Headers, *, is_outbound: bool, own_group: bool, label_ids: frozenset[str]) -> Verdict:
    """Who wrote this copy, judged by its top-level headers.

    ``is_outbound``: it left this mailbox. ``own_group``: it came through one of our own Google Groups, whose list marks
    and Precedence then say nothing, and whose original sender is judged.
    """
    facts = facts_of(headers, own_group=own_group, label_ids=label_ids)
    sales_tool = find_sales_tool(facts)
    others = _set_by_others(facts, uses_sales_tool=sales_tool is not None, own_group=own_group)
    found = _found([m for m in MARKS if m.set_by not in others and (m.on_outbound or not is_outbound)], facts)
    if decided := [each for each in found if each[0].weight == DECISIVE]:
        return Verdict(is_automated=True, kind=decided[0][0].kind, evidence=_evidence(decided, headers))
    evidence = _evidence(found, headers)
    if sum(mark.weight for mark, _ in found) >= THRESHOLD:
        heaviest, _ = max(found, key=lambda each: each[0].weight)
        return Verdict(is_automated=True, kind=heaviest.kind, evidence=evidence)
    if sales_tool is not None:
        named = Evidence("sales_tool", headers.position(sales_tool))
        return Verdict(is_automated=False, kind=AuthorKind.SALES_SEQUENCE, evidence=(named, *evidence))
    kind = AuthorKind.PERSON_VIA_LIST if facts.is_discussion and not is_outbound else AuthorKind.PERSON
    return Verdict(is_automated=False, kind=kind, evidence=evidence)


def _set_by_others(facts: Facts, *, uses_sales_tool: bool, own_group: bool) -> frozenset[SetBy]:
    """Whose marks say nothing of this author."""
    if facts.is_discussion or uses_sales_tool:
        return frozenset({SetBy.LIST, SetBy.SERVICE})
    return frozenset({SetBy.LIST}) if own_group else frozenset()


def _found(marks: list[Mark], facts: Facts) -> list[tuple[Mark, str]]:
    shown = ((mark, mark.shows(facts)) for mark in marks)
    return [(mark, header) for mark, header in shown if header is not None]


def _evidence(found: list[tuple[Mark, str]], headers: Headers) -> tuple[Evidence, ...]:
    places = ((mark, headers.position(header) if header else None) for mark, header in found)
    return tuple(Evidence(mark.name, position, mark.weight) for mark, position in places)


# --- predicates ------------------------------------------------------------------------------------------------------


def _says(*names: str, among: frozenset[str] | None = None) -> Predicate:
    """One of these headers is there and does not say "no"; or says one of the given words."""

    def shows(facts: Facts) -> str | None:
        for name in names:
            token = facts.token(name)
            if (token in among) if among is not None else token not in words.NOT_AUTOMATIC:
                return name
        return None

    return shows


def _local(pattern: re.Pattern[str], *, whole: bool = False, spares_names: bool = False) -> Predicate:
    """``spares_names``: Alert Jansen <alert.jansen@...> is a person with that name."""

    def shows(facts: Facts) -> str | None:
        found = pattern.fullmatch(facts.local) if whole else pattern.search(facts.local)
        return "From" if found and not (spares_names and facts.is_named_so) else None

    return shows


def _subject(pattern: re.Pattern[str]) -> Predicate:
    return lambda f: "Subject" if pattern.match(f.subject) else None


def _report(kind: str | None) -> Predicate:
    def shows(facts: Facts) -> str | None:
        is_report = facts.token("Content-Type") == "multipart/report"
        return "Content-Type" if is_report and kind in {None, facts.parameter("report-type")} else None

    return shows


def _value(name: str, pattern: str) -> Predicate:
    compiled = re.compile(pattern)
    return lambda f: name if compiled.search((f.headers.first(name) or "")[:1000].lower()) else None


def _label(label_id: str) -> Predicate:
    return lambda f: "" if label_id in f.label_ids else None


def _both(first: Predicate, second: Predicate) -> Predicate:
    return lambda f: shown if (shown := first(f)) is not None and second(f) is not None else None


def _is_calendar(facts: Facts) -> str | None:
    return "Content-Type" if facts.token("Content-Type") == "text/calendar" else None


def _has_method(facts: Facts) -> str | None:
    return "Content-Type" if facts.parameter("method") else None


def _bounce_path(facts: Facts) -> str | None:
    return "Return-Path" if words.BOUNCE_PATH.search((facts.headers.first("Return-Path") or "")[:500].lower()) else None


def _is_bulk_mailer(facts: Facts) -> str | None:
    return "X-Mailer" if words.BULK_MAILER.search((facts.headers.first("X-Mailer") or "")[:500]) else None


def _answers(facts: Facts) -> str | None:
    return next((n for n in ("In-Reply-To", "References") if "@" in (facts.headers.first(n) or "")), None)


def _list_marks(facts: Facts) -> str | None:
    return "" if facts.has_list_marks else None


def _flag(holds: bool, header: str) -> str | None:
    return header if holds else None


_AWAY = _subject(away_words.AWAY)
_PRECEDENCE = ("Precedence", "X-Precedence")
_QUIET = _says("X-Auto-Response-Suppress", *_PRECEDENCE)


def _inbound(name: str, kind: AuthorKind, shows: Predicate) -> Mark:
    """Decisive in mail that reached us."""
    return Mark(name, DECISIVE, kind, shows)


def _always(name: str, kind: AuthorKind, shows: Predicate) -> Mark:
    """Decisive in mail that left us too."""
    return Mark(name, DECISIVE, kind, shows, on_outbound=True)


# --- the rule --------------------------------------------------------------------------------------------------------

_K = AuthorKind

MARKS: tuple[Mark, ...] = (
    # Bounces and receipts of mail programs.
    _always("report_delivery", _K.BOUNCE, _report("delivery-status")),
    _always("report_read", _K.RECEIPT, _report("disposition-notification")),
    _always("report_feedback", _K.NOTIFICATION, _report("feedback-report")),
    _always("report_other", _K.NOTIFICATION, _report(None)),
    _inbound("failed_recipients", _K.BOUNCE, _says("X-Failed-Recipients")),
    _inbound("mail_daemon", _K.BOUNCE, _local(words.DAEMON, whole=True)),
    # Calendar mail is sent in its organiser's name.
    _always("calendar_part", _K.CALENDAR, _both(_is_calendar, _has_method)),
    _always("calendar_class", _K.CALENDAR, _value("Content-Class", words.CALENDAR_CLASS)),
    _always("calendar_sender", _K.CALENDAR, _value("Sender", words.CALENDAR_SENDER)),
    _always("calendar_author", _K.CALENDAR, _value("From", words.CALENDAR_SENDER)),
    _always("calendar_message_id", _K.CALENDAR, _value("Message-ID", words.CALENDAR_ID)),
    _always("calendar_exchange", _K.CALENDAR, _says(*words.CALENDAR_HEADERS)),
    _always("calendar_subject", _K.CALENDAR, _both(_is_calendar, _subject(words.CALENDAR_SUBJECT))),
    # Answering machines.
    _always("auto_submitted_reply", _K.AUTO_REPLY, _says("Auto-Submitted", among=words.AUTO_REPLIED)),
    _always("auto_reply_header", _K.AUTO_REPLY, _says(*words.AUTO_REPLY_HEADERS)),
    _always("auto_reply_precedence", _K.AUTO_REPLY, _says(*_PRECEDENCE, among=words.AUTO_REPLY_PRECEDENCE)),
    _inbound("auto_reply_class", _K.AUTO_REPLY, _value("X-POST-MessageClass", "autorespon")),
    _inbound("auto_reply_route", _K.AUTO_REPLY, _says("Delivered-To", among=frozenset({"autoresponder"}))),
    _inbound("auto_reply_copy", _K.AUTO_REPLY, _says("X-Autogenerated", among=frozenset({"reply"}))),
    _inbound("auto_reply_subject", _K.AUTO_REPLY, _subject(words.AUTO_REPLY_SUBJECT)),
    _inbound("away_subject", _K.AUTO_REPLY, _subject(away_words.AWAY_AUTOMATIC)),
    _inbound("away_subject_and_quiet", _K.AUTO_REPLY, _both(_AWAY, _QUIET)),
    # Programs.
    _always("auto_submitted", _K.NOTIFICATION, _says("Auto-Submitted")),
    _inbound("tool", _K.NOTIFICATION, _says(*words.TOOL_HEADERS)),
    _inbound("no_reply", _K.NOTIFICATION, _local(words.NO_REPLY)),
    _inbound("list_digest", _K.BULK, _both(_list_marks, _subject(words.DIGEST_SUBJECT))),
    _inbound("list_admin", _K.NOTIFICATION, _both(_local(words.LIST_ADMIN, whole=True), _list_marks)),
    _inbound("service_domain", _K.NOTIFICATION, lambda f: _flag(f.domain in words.SERVICE_DOMAINS, "From")),
    _inbound("empty_return_path", _K.BOUNCE, _value("Return-Path", r"^\s*<\s*>")),
    # Circumstances: none proves anything alone but the author's name for itself.
    Mark("robot", 50, _K.NOTIFICATION, _local(words.ROBOT, spares_names=True)),
    Mark("bulk_mailer", 50, _K.BULK, _is_bulk_mailer),
    Mark("mailing_local_part", 40, _K.BULK, _local(words.MAILING, spares_names=True)),
    Mark("tool_account", 50, _K.NOTIFICATION, _local(words.TOOL_ACCOUNT, whole=True)),
    Mark("minted_local_part", 40, _K.BULK, _local(words.MINTED, whole=True)),
    Mark("paperwork_local_part", 30, _K.RECEIPT, _local(words.PAPERWORK, spares_names=True)),
    Mark("paperwork_subject", 15, _K.RECEIPT, _both(_local(words.PAPERWORK), _subject(words.RECEIPT_SUBJECT))),
    Mark("help_desk", 30, _K.NOTIFICATION, _says(*words.HELP_DESK_HEADERS)),
    Mark("from_the_list", 30, _K.BULK, lambda f: _flag(f.is_from_list, "From")),
    Mark("campaign_tool", 40, _K.BULK, _says(*words.CAMPAIGN_HEADERS), SetBy.SERVICE),
    Mark("sending_service", 25, _K.BULK, _says(*words.SENDING_SERVICE_HEADERS), SetBy.SERVICE),
    Mark("feedback_id", 20, _K.BULK, _says("Feedback-ID"), SetBy.SERVICE),
    Mark("mailing_domain", 20, _K.BULK, lambda f: _flag(bool(f.domain_labels & words.MAILING_LABELS), "From")),
    Mark("mailing_name", 20, _K.BULK, lambda f: _flag(bool(words.MAILING_NAME.search(f.name)), "From")),
    Mark("promotions", 20, _K.BULK, _label("CATEGORY_PROMOTIONS")),
    Mark("social", 20, _K.NOTIFICATION, _label("CATEGORY_SOCIAL")),
    Mark("updates", 10, _K.NOTIFICATION, _label("CATEGORY_UPDATES")),
    Mark("away_subject_alone", 20, _K.AUTO_REPLY, _AWAY),
    Mark("mailing_subject", 10, _K.BULK, lambda f: _flag(bool(words.MAILING_SUBJECT.search(f.subject)), "Subject")),
    Mark("unsubscribe", 15, _K.BULK, _says("List-Unsubscribe"), SetBy.LIST),
    Mark("unsubscribe_one_click", 15, _K.BULK, _says("List-Unsubscribe-Post"), SetBy.LIST),
    Mark("bounce_path", 15, _K.BULK, _bounce_path, SetBy.LIST),
    Mark("precedence", 10, _K.BULK, _says(*_PRECEDENCE, among=words.BULK_PRECEDENCE), SetBy.LIST),
    Mark("suppresses_replies", 5, _K.NOTIFICATION, _says("X-Auto-Response-Suppress"), SetBy.LIST),
    # What speaks for a person.
    Mark("answers", -40, _K.PERSON, _answers),
    Mark("answering_subject", -15, _K.PERSON, _subject(words.ANSWERING)),
)  # fmt: skip
