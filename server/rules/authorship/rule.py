"""Did a person write it? A human author is the default; a machine has to give itself away.

``MARKS`` is the whole rule, read top to bottom: a decisive mark settles it, and the first one found names the kind; the
others are added up, less what speaks for a person.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.decision import Evidence
from server.domain.message import Headers
from server.rules.authorship import away_words, words
from server.rules.authorship import predicates as by
from server.rules.authorship.facts import find_sales_tool, read_facts
from server.rules.authorship.marks import DECISIVE, THRESHOLD, AuthorKind, Facts, Mark, Predicate, SetBy

__all__ = ["MARKS", "AuthorKind", "Authorship", "Evidence", "judge_authorship"]


@dataclass(frozen=True)
class Authorship:
    """``evidence`` names the marks found, decisive ones alone if there are any; it quotes nothing from the mail."""

    is_automated: bool
    kind: AuthorKind
    evidence: tuple[Evidence, ...] = ()


def judge_authorship(headers: Headers, *, is_outbound: bool, own_group: bool, label_ids: frozenset[str]) -> Authorship:
    """Who wrote this copy, judged by its top-level headers.

    ``is_outbound``: it left this mailbox. ``own_group``: it came through one of our own Google Groups, whose list marks
    and Precedence then say nothing, and whose original sender is judged.
    """
    facts = read_facts(headers, own_group=own_group, label_ids=label_ids)
    tool = find_sales_tool(headers)
    others = _set_by_others(facts, uses_sales_tool=tool is not None, own_group=own_group)
    found = _found([m for m in MARKS if m.set_by not in others and (m.on_outbound or not is_outbound)], facts)
    if decided := [each for each in found if each[0].weight == DECISIVE]:
        return Authorship(is_automated=True, kind=decided[0][0].kind, evidence=_evidence(decided, headers))
    evidence = _evidence(found, headers)
    if sum(mark.weight for mark, _ in found) >= THRESHOLD:
        heaviest, _ = max(found, key=lambda each: each[0].weight)
        return Authorship(is_automated=True, kind=heaviest.kind, evidence=evidence)
    if tool is not None:
        named = Evidence("sales_tool", headers.position(tool))
        return Authorship(is_automated=False, kind=AuthorKind.SALES_SEQUENCE, evidence=(named, *evidence))
    if facts.is_agent:
        evidence = (Evidence("help_desk_agent", headers.position("From")), *evidence)
    kind = AuthorKind.PERSON_VIA_LIST if facts.is_discussion and not is_outbound else AuthorKind.PERSON
    return Authorship(is_automated=False, kind=kind, evidence=evidence)


def _set_by_others(facts: Facts, *, uses_sales_tool: bool, own_group: bool) -> frozenset[SetBy]:
    """Whose marks say nothing of this author."""
    others = frozenset({SetBy.HELP_DESK}) if facts.is_agent else frozenset()
    if facts.is_discussion or uses_sales_tool or facts.is_agent:
        return others | {SetBy.LIST, SetBy.SERVICE}
    return others | {SetBy.LIST} if own_group else others


def _found(marks: list[Mark], facts: Facts) -> list[tuple[Mark, str]]:
    shown = ((mark, mark.shows(facts)) for mark in marks)
    return [(mark, header) for mark, header in shown if header is not None]


def _evidence(found: list[tuple[Mark, str]], headers: Headers) -> tuple[Evidence, ...]:
    places = ((mark, headers.position(header) if header else None) for mark, header in found)
    return tuple(Evidence(mark.name, position, mark.weight) for mark, position in places)


_AWAY = by.subject(away_words.AWAY)
_PRECEDENCE = ("Precedence", "X-Precedence")
_QUIET = by.says("X-Auto-Response-Suppress", *_PRECEDENCE)
_SCRIPT = by.value("X-Mailer", words.SCRIPT_MAILER)
_DESK = by.says(*words.HELP_DESK_HEADERS)
_DESK_TELLS = by.both(by.local(words.DESK), by.both(by.subject(words.EVENT_SUBJECT), by.subject(words.TOLD)))
_LISTED = by.holds("", lambda f: f.has_list_marks)
_SAYS_MAILING = by.holds("From", lambda f: bool(words.MAILING_NAME.search(f.name)))
_SAYS_NEWSLETTER = by.in_subject(words.NEWSLETTER_SUBJECT)
_NAMED_AFTER_MACHINE = by.either(
    by.local(words.ROBOT), by.either(by.local(words.MAILING), by.either(by.local(words.PAPERWORK), _SAYS_MAILING))
)


def _inbound(name: str, kind: AuthorKind, shows: Predicate) -> Mark:
    """Decisive in mail that reached us."""
    return Mark(name, DECISIVE, kind, shows)


def _always(name: str, kind: AuthorKind, shows: Predicate, set_by: SetBy = SetBy.AUTHOR) -> Mark:
    """Decisive in mail that left us too."""
    return Mark(name, DECISIVE, kind, shows, set_by, on_outbound=True)


# --- the rule --------------------------------------------------------------------------------------------------------

_K = AuthorKind

MARKS: tuple[Mark, ...] = (
    # Bounces and receipts of mail programs.
    _always("report_delivery", _K.BOUNCE, by.report("delivery-status")),
    _always("report_read", _K.RECEIPT, by.report("disposition-notification")),
    _always("report_feedback", _K.NOTIFICATION, by.report("feedback-report")),
    _always("report_other", _K.NOTIFICATION, by.report(None)),
    _inbound("registered_mail", _K.RECEIPT, by.says("X-Ricevuta")),
    _inbound("failed_recipients", _K.BOUNCE, by.says("X-Failed-Recipients")),
    _inbound("mail_daemon", _K.BOUNCE, by.local(words.DAEMON, whole=True)),
    # Calendar mail is sent in its organiser's name.
    _always("calendar_part", _K.CALENDAR, by.both(by.is_calendar, by.has_method)),
    _always("calendar_class", _K.CALENDAR, by.value("Content-Class", words.CALENDAR_CLASS)),
    _always("calendar_sender", _K.CALENDAR, by.value("Sender", words.CALENDAR_SENDER)),
    _always("calendar_author", _K.CALENDAR, by.value("From", words.CALENDAR_SENDER)),
    _always("calendar_message_id", _K.CALENDAR, by.value("Message-ID", words.CALENDAR_ID)),
    _always("calendar_exchange", _K.CALENDAR, by.says(*words.CALENDAR_HEADERS)),
    _always("calendar_meeting", _K.CALENDAR, by.value("X-MS-TrafficTypeDiagnostic", words.EXCHANGE_MEETING)),
    _always("calendar_subject", _K.CALENDAR, by.both(by.is_calendar, by.subject(words.CALENDAR_SUBJECT))),
    # Answering machines.
    _always("auto_submitted_reply", _K.AUTO_REPLY, by.says("Auto-Submitted", among=words.AUTO_REPLIED)),
    _always("auto_reply_header", _K.AUTO_REPLY, by.says(*words.AUTO_REPLY_HEADERS)),
    _always("auto_reply_precedence", _K.AUTO_REPLY, by.says(*_PRECEDENCE, among=words.AUTO_REPLY_PRECEDENCE)),
    _inbound("auto_reply_class", _K.AUTO_REPLY, by.value("X-POST-MessageClass", "autorespon")),
    _inbound("auto_reply_route", _K.AUTO_REPLY, by.says("Delivered-To", among=frozenset({"autoresponder"}))),
    _inbound("auto_reply_copy", _K.AUTO_REPLY, by.says("X-Autogenerated", among=frozenset({"reply"}))),
    _inbound("auto_reply_subject", _K.AUTO_REPLY, by.subject(away_words.ANSWER_SUBJECT)),
    _inbound("away_subject", _K.AUTO_REPLY, by.subject(away_words.AWAY_AUTOMATIC)),
    _inbound("holiday_subject", _K.AUTO_REPLY, by.subject(away_words.HOLIDAY_AUTOMATIC)),
    _inbound("away_subject_and_quiet", _K.AUTO_REPLY, by.both(_AWAY, _QUIET)),
    # Programs.
    _always("auto_submitted", _K.NOTIFICATION, by.says("Auto-Submitted"), SetBy.HELP_DESK),
    _inbound("tool", _K.NOTIFICATION, by.says(*words.TOOL_HEADERS)),
    _inbound("tool_paperwork", _K.RECEIPT, by.both(by.is_known_tool, by.subject(words.RECEIPT_SUBJECT))),
    _inbound("tool_sender", _K.NOTIFICATION, by.is_known_tool),
    _inbound("tool_sends", _K.NOTIFICATION, by.is_sent_by_tool),
    _inbound("tool_share", _K.NOTIFICATION, by.value("Message-ID", words.SHARE_ID)),
    _inbound("ticket_received", _K.NOTIFICATION, by.both(_DESK, by.subject(words.TICKET_RECEIVED))),
    _inbound("crm_mass_mail", _K.BULK, by.says("X-SFDC-EmailCategory", among=words.CRM_MASS_MAIL)),
    _inbound("crm_alert", _K.NOTIFICATION, by.says("X-SFDC-EmailCategory", among=words.CRM_ALERT)),
    _inbound("no_reply", _K.NOTIFICATION, by.local(words.NO_REPLY)),
    _inbound("robot_passes_on", _K.NOTIFICATION, by.both(by.local(words.ROBOT), by.replies_go_elsewhere)),
    _inbound("list_digest", _K.BULK, by.both(_LISTED, by.subject(words.DIGEST_SUBJECT))),
    _inbound("list_admin", _K.NOTIFICATION, by.both(by.local(words.LIST_ADMIN, whole=True), _LISTED)),
    _inbound("empty_return_path", _K.BOUNCE, by.value("Return-Path", r"^\s*<\s*>")),
    # Circumstances: none proves anything alone but the author's name for itself.
    Mark("robot", 50, _K.NOTIFICATION, by.local(words.ROBOT)),
    Mark("bulk_mailer", 50, _K.BULK, by.value("X-Mailer", words.BULK_MAILER)),
    Mark("newsletter_local_part", 50, _K.BULK, by.local(words.NEWSLETTER)),
    Mark("campaign_host", 50, _K.BULK, by.campaign_host, SetBy.SERVICE),
    Mark("campaign_tool", 40, _K.BULK, by.says(*words.CAMPAIGN_HEADERS), SetBy.SERVICE),
    Mark("mailing_local_part", 40, _K.BULK, by.local(words.MAILING)),
    Mark("tool_account", 50, _K.NOTIFICATION, by.local(words.TOOL_ACCOUNT, whole=True)),
    Mark("minted_local_part", 40, _K.BULK, by.local(words.MINTED, whole=True)),
    Mark("paperwork_local_part", 30, _K.RECEIPT, by.local(words.PAPERWORK)),
    Mark("paperwork_subject", 15, _K.RECEIPT, by.both(by.local(words.PAPERWORK), by.subject(words.RECEIPT_SUBJECT))),
    Mark("paperwork_by_script", 30, _K.RECEIPT, by.both(_SCRIPT, by.subject(words.RECEIPT_SUBJECT))),
    Mark("help_desk", 30, _K.NOTIFICATION, _DESK, SetBy.HELP_DESK),
    Mark("from_the_list", 30, _K.BULK, by.holds("From", lambda f: f.is_from_list)),
    Mark("sending_service", 25, _K.BULK, by.says(*words.SENDING_SERVICE_HEADERS), SetBy.SERVICE),
    Mark("feedback_id", 20, _K.BULK, by.says("Feedback-ID"), SetBy.SERVICE),
    Mark("script_mailer", 20, _K.NOTIFICATION, _SCRIPT),
    Mark("mailing_domain", 20, _K.BULK, by.holds("From", lambda f: bool(f.domain_labels & words.MAILING_LABELS))),
    Mark("mailing_name", 20, _K.BULK, _SAYS_MAILING),
    Mark("promotions", 20, _K.BULK, by.label("CATEGORY_PROMOTIONS")),
    Mark("social", 20, _K.NOTIFICATION, by.label("CATEGORY_SOCIAL")),
    Mark("updates", 10, _K.NOTIFICATION, by.label("CATEGORY_UPDATES")),
    Mark("away_subject_alone", 20, _K.AUTO_REPLY, _AWAY),
    Mark("newsletter_subject", 25, _K.BULK, by.holds("Subject", _SAYS_NEWSLETTER)),
    Mark("event_subject", 35, _K.NOTIFICATION, by.subject(words.EVENT_SUBJECT)),
    Mark("desk_subject", 15, _K.NOTIFICATION, _DESK_TELLS),
    Mark("commerce_subject", 20, _K.RECEIPT, by.subject(words.COMMERCE_SUBJECT)),
    Mark("house_name", 15, _K.NOTIFICATION, by.is_house_name),
    Mark("house_opt_out", 5, _K.BULK, by.both(by.says("List-Unsubscribe-Post"), by.is_house_name), SetBy.LIST),
    Mark("persona_name", 15, _K.BULK, by.is_persona_name),
    Mark("mailing_subject", 10, _K.BULK, by.holds("Subject", by.in_subject(words.MAILING_SUBJECT))),
    Mark("unsubscribe", 15, _K.BULK, by.says("List-Unsubscribe"), SetBy.LIST),
    Mark("unsubscribe_one_click", 15, _K.BULK, by.says("List-Unsubscribe-Post"), SetBy.LIST),
    Mark("bounce_path", 15, _K.BULK, by.value("Return-Path", words.BOUNCE_PATH), SetBy.LIST),
    Mark("precedence", 10, _K.BULK, by.says(*_PRECEDENCE, among=words.BULK_PRECEDENCE), SetBy.LIST),
    Mark("suppresses_replies", 5, _K.NOTIFICATION, by.says("X-Auto-Response-Suppress"), SetBy.LIST),
    # What speaks for a person.
    Mark("answers", -40, _K.PERSON, by.answers),
    Mark("own_name", -40, _K.PERSON, by.both(by.is_own_name, _NAMED_AFTER_MACHINE)),
    Mark("answering_subject", -15, _K.PERSON, by.subject(words.ANSWERING)),
)  # fmt: skip
