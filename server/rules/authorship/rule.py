"""Did a person write it? A human author is the default; a machine has to give itself away.

``MARKS`` is the whole rule, read top to bottom. A decisive mark settles the matter, and the first one names the kind.
Without one, the weights of all marks are added up, and marks that speak for a person count against the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from server.domain.decision import Evidence
from server.domain.message import Headers, Participant
from server.rules.authorship import away_words, no_reply_words, receipt_words, words
from server.rules.authorship import predicates as by
from server.rules.authorship.away_subject import may_tell_absence, names_automatic_answer, tells_absence
from server.rules.authorship.facts import find_sales_tool, read_facts
from server.rules.authorship.forwarding import answers_by_rule, sends_on_machine
from server.rules.authorship.marks import DECISIVE, THRESHOLD, AuthorFacts, AuthorKind, Mark, Predicate, SetBy

__all__ = ["MARKS", "AuthorKind", "Authorship", "Evidence", "judge_authorship"]


@dataclass(frozen=True)
class Authorship:
    """``evidence`` names the marks that hold, only the decisive ones if there are any. It quotes no text."""

    is_automated: bool
    kind: AuthorKind
    evidence: tuple[Evidence, ...] = ()


def judge_authorship(
    headers: Headers,
    *,
    is_outbound: bool,
    own_group: bool,
    label_ids: frozenset[str],
    author: Participant | None = None,
    is_form: bool = False,
) -> Authorship:
    """Who wrote this copy, judged by its top-level headers.

    ``is_outbound``: the copy left this mailbox. ``own_group``: the copy came through one of the workspace's own Google
    Groups. Then the group's list marks and Precedence say nothing, and the original sender is judged. ``author`` is the
    person behind a From that is the workspace's own address or a relay's, who is judged in its place. ``is_form``: that
    person filled in a form, so that the marks of the site and of its mail service say nothing.
    """
    facts = read_facts(headers, own_group=own_group, label_ids=label_ids, author=author)
    tool = find_sales_tool(headers)
    decisive, weighed = _marks_that_count(_list_foreign_setters(facts, tool, own_group, is_form), is_outbound)
    if shown := _show_marks(decisive, facts):
        return Authorship(is_automated=True, kind=shown[0][0].kind, evidence=_evidence(shown, headers))
    shown = _show_marks(weighed, facts)
    evidence = _evidence(shown, headers)
    if _sum_weights(shown) >= THRESHOLD:
        heaviest, _ = max(shown, key=lambda pair: pair[0].weight)
        return Authorship(is_automated=True, kind=heaviest.kind, evidence=evidence)
    if tool is not None:
        tool_evidence = Evidence("sales_tool", headers.position(tool))
        return Authorship(is_automated=False, kind=AuthorKind.SALES_SEQUENCE, evidence=(tool_evidence, *evidence))
    if facts.is_agent:
        evidence = (Evidence("help_desk_agent", headers.position("From")), *evidence)
    kind = AuthorKind.PERSON_VIA_LIST if facts.is_discussion and not is_outbound else AuthorKind.PERSON
    return Authorship(is_automated=False, kind=kind, evidence=evidence)


def _list_foreign_setters(facts: AuthorFacts, tool: str | None, own_group: bool, is_form: bool) -> frozenset[SetBy]:
    """Who puts marks into this mail that say nothing of its author."""
    setters = frozenset({SetBy.HELP_DESK}) if facts.is_agent else frozenset()
    if is_form:
        setters |= {SetBy.SITE, SetBy.SERVICE, SetBy.HELP_DESK}
    if facts.is_discussion or tool is not None or facts.is_agent:
        return setters | {SetBy.LIST, SetBy.SERVICE}
    return setters | {SetBy.LIST} if own_group else setters


@cache
def _marks_that_count(foreign_setters: frozenset[SetBy], is_outbound: bool) -> tuple[list[Mark], list[Mark]]:
    """The decisive marks that count, and the marks to be added up; there are few sorts of mail."""
    marks = [m for m in MARKS if m.set_by not in foreign_setters and (m.on_outbound or not is_outbound)]
    return [m for m in marks if m.weight == DECISIVE], [m for m in marks if m.weight != DECISIVE]


def _show_marks(marks: list[Mark], facts: AuthorFacts) -> list[tuple[Mark, str]]:
    """The marks that hold, each with the name of the header that shows it."""
    return [(mark, header) for mark in marks if (header := mark.shows(facts)) is not None]


def _sum_weights(shown: list[tuple[Mark, str]]) -> int:
    """What one carrier wrote counts once, with its heaviest mark: small firms send all their mail through one."""
    carriers = max((mark.weight for mark, _ in shown if mark.is_carriers), default=0)
    return carriers + sum(mark.weight for mark, _ in shown if not mark.is_carriers)


def _evidence(shown: list[tuple[Mark, str]], headers: Headers) -> tuple[Evidence, ...]:
    places = ((mark, headers.position(header) if header else None) for mark, header in shown)
    return tuple(Evidence(mark.name, position, mark.weight) for mark, position in places)


_AWAY = by.holds("Subject", lambda f: f.begins_as_absence)
_MAY_BE_AWAY = by.holds("Subject", lambda f: may_tell_absence(f.subject))
_PRECEDENCE = ("Precedence", "X-Precedence")
_QUIET = by.says("X-Auto-Response-Suppress", *_PRECEDENCE)
_SCRIPT = by.value("X-Mailer", words.SCRIPT_MAILER)
_DESK = by.says(*words.HELP_DESK_HEADERS)
_DESK_TELLS = by.both(by.local(words.DESK), by.both(by.subject(words.EVENT_SUBJECT), by.subject(words.STATEMENT)))
_BOUNCES_ELSEWHERE = by.value("Return-Path", words.BOUNCE_PATH)
_CARRIED = by.either(by.says(*words.SENDING_SERVICE_HEADERS, "Feedback-ID"), _BOUNCES_ELSEWHERE)
_LISTED = by.holds("", lambda f: f.has_list_marks)
_AT_NO_REPLY = by.holds("From", lambda f: bool(f.domain_labels & no_reply_words.NO_REPLY_LABELS))
_NAMES_ANSWER = by.holds("Subject", lambda f: names_automatic_answer(f.subject, is_answer=True))
_SAYS_MAILING = by.holds("From", lambda f: bool(words.MAILING_NAME.search(f.name)))
_SAYS_NEWSLETTER = by.in_subject(words.NEWSLETTER_SUBJECT)
_NAMED_AFTER_MACHINE = by.either(
    by.local(words.ROBOT), by.either(by.local(words.MAILING), by.either(by.local(words.PAPERWORK), _SAYS_MAILING))
)


def _inbound(name: str, kind: AuthorKind, shows: Predicate) -> Mark:
    """A decisive mark of mail that arrived."""
    return Mark(name, DECISIVE, kind, shows)


def _always(name: str, kind: AuthorKind, shows: Predicate, set_by: SetBy = SetBy.AUTHOR) -> Mark:
    """A decisive mark of all mail, also of mail that left one of the workspace's mailboxes."""
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
    _always("receipt_class", _K.RECEIPT, by.value("Content-Class", receipt_words.REPORT_CLASS)),
    _always("receipt_type", _K.RECEIPT, by.value("Content-Type", r"^\s*message/disposition-notification")),
    _inbound("read_receipt", _K.RECEIPT, by.read_receipt),
    _inbound("recall", _K.NOTIFICATION, by.says(*words.RECALL_HEADERS)),
    _inbound("recall_report", _K.NOTIFICATION, by.subject(receipt_words.RECALL_REPORT_SUBJECT)),
    _inbound("journal", _K.NOTIFICATION, by.has("X-MS-Journal-Report")),
    _inbound("journal_class", _K.NOTIFICATION, by.value("Content-Identifier", "exjournalreport")),
    _inbound("mail_system", _K.BOUNCE, by.mail_system_bounces),
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
    _inbound("auto_reply_subject", _K.AUTO_REPLY, by.subject_of_answer(names_automatic_answer)),
    _inbound("auto_reply_subject_and_quiet", _K.AUTO_REPLY, by.both(_QUIET, _NAMES_ANSWER)),
    _inbound("away_subject", _K.AUTO_REPLY, by.both(_AWAY, by.subject_of_answer(tells_absence))),
    _inbound("holiday_subject", _K.AUTO_REPLY, by.subject(away_words.HOLIDAY_AUTOMATIC)),
    _inbound("away_subject_and_quiet", _K.AUTO_REPLY, by.both(_AWAY, by.both(_QUIET, _MAY_BE_AWAY))),
    # Programs.
    _inbound("auto_reply_rule", _K.AUTO_REPLY, answers_by_rule),
    _always("auto_submitted", _K.NOTIFICATION, sends_on_machine, SetBy.HELP_DESK),
    _inbound("tool", _K.NOTIFICATION, by.says(*words.TOOL_HEADERS)),
    _inbound("tool_paperwork", _K.RECEIPT, by.both(by.is_known_tool, by.subject(words.RECEIPT_SUBJECT))),
    _inbound("tool_sender", _K.NOTIFICATION, by.is_known_tool),
    _inbound("tool_sends", _K.NOTIFICATION, by.is_sent_by_tool),
    _inbound("tool_share", _K.NOTIFICATION, by.value("Message-ID", words.SHARE_ID)),
    _inbound("ticket_received", _K.NOTIFICATION, by.both(_DESK, by.subject(words.TICKET_RECEIVED))),
    _inbound("crm_mass_mail", _K.BULK, by.says("X-SFDC-EmailCategory", among=words.CRM_MASS_MAIL)),
    _inbound("crm_alert", _K.NOTIFICATION, by.says("X-SFDC-EmailCategory", among=words.CRM_ALERT)),
    _inbound("no_reply", _K.NOTIFICATION, by.local(no_reply_words.NO_REPLY)),
    _inbound("no_reply_domain", _K.NOTIFICATION, _AT_NO_REPLY),
    _inbound("no_reply_name", _K.NOTIFICATION, by.unread_name),
    _inbound("unread_subject", _K.NOTIFICATION, by.subject(no_reply_words.UNREAD_SUBJECT)),
    _inbound("robot_passes_on", _K.NOTIFICATION, by.both(by.local(words.ROBOT), by.replies_go_elsewhere)),
    _inbound("list_digest", _K.BULK, by.both(_LISTED, by.subject(words.DIGEST_SUBJECT))),
    _inbound("list_admin", _K.NOTIFICATION, by.both(by.local(words.LIST_ADMIN, whole=True), _LISTED)),
    _inbound("empty_return_path", _K.BOUNCE, by.value("Return-Path", r"^\s*<\s*>")),
    # Circumstances: none proves anything alone but the author's name for itself.
    Mark("robot", 50, _K.NOTIFICATION, by.local(words.ROBOT)),
    Mark("bulk_mailer", 50, _K.BULK, by.value("X-Mailer", words.BULK_MAILER)),
    Mark("newsletter_local_part", 50, _K.BULK, by.local(words.NEWSLETTER)),
    Mark("campaign_host", 50, _K.BULK, by.campaign_host, SetBy.SERVICE),
    Mark("survey_host", 50, _K.BULK, by.survey_host, SetBy.SERVICE),
    Mark("campaign_tool", 40, _K.BULK, by.says(*words.CAMPAIGN_HEADERS), SetBy.SERVICE),
    Mark("mailing_local_part", 40, _K.BULK, by.local(words.MAILING)),
    Mark("tool_account", 50, _K.NOTIFICATION, by.local(words.TOOL_ACCOUNT, whole=True)),
    Mark("minted_local_part", 40, _K.BULK, by.local(words.MINTED, whole=True)),
    Mark("paperwork_local_part", 30, _K.RECEIPT, by.local(words.PAPERWORK)),
    Mark("paperwork_subject", 15, _K.RECEIPT, by.both(by.local(words.PAPERWORK), by.subject(words.RECEIPT_SUBJECT))),
    Mark("paperwork_by_script", 30, _K.RECEIPT, by.both(_SCRIPT, by.subject(words.RECEIPT_SUBJECT))),
    Mark("help_desk", 30, _K.NOTIFICATION, _DESK, SetBy.HELP_DESK),
    Mark("from_the_list", 30, _K.BULK, by.holds("From", lambda f: f.is_from_list)),
    Mark("sending_service", 24, _K.BULK, by.says(*words.SENDING_SERVICE_HEADERS), SetBy.SERVICE, is_carriers=True),
    Mark("feedback_id", 20, _K.BULK, by.says("Feedback-ID"), SetBy.SERVICE, is_carriers=True),
    Mark("script_mailer", 20, _K.NOTIFICATION, _SCRIPT, SetBy.SITE),
    Mark("mailing_domain", 20, _K.BULK, by.holds("From", lambda f: bool(f.domain_labels & words.MAILING_LABELS))),
    Mark("mailing_name", 20, _K.BULK, _SAYS_MAILING),
    Mark("promotions", 20, _K.BULK, by.label("CATEGORY_PROMOTIONS")),
    Mark("social", 20, _K.NOTIFICATION, by.label("CATEGORY_SOCIAL")),
    Mark("updates", 10, _K.NOTIFICATION, by.label("CATEGORY_UPDATES")),
    Mark("away_subject_alone", 20, _K.AUTO_REPLY, _AWAY),
    Mark("newsletter_subject", 25, _K.BULK, by.holds("Subject", _SAYS_NEWSLETTER)),
    Mark("event_subject", 35, _K.NOTIFICATION, by.subject(words.EVENT_SUBJECT), SetBy.SITE),
    Mark("desk_subject", 15, _K.NOTIFICATION, _DESK_TELLS),
    Mark("commerce_subject", 20, _K.RECEIPT, by.subject(words.COMMERCE_SUBJECT)),
    Mark("house_name", 15, _K.NOTIFICATION, by.is_house_name),
    Mark("house_opt_out", 5, _K.BULK, by.both(by.says("List-Unsubscribe-Post"), by.is_house_name), SetBy.LIST),
    Mark("persona_name", 15, _K.BULK, by.is_persona_name),
    Mark("mailing_subject", 12, _K.BULK, by.holds("Subject", by.in_subject(words.MAILING_SUBJECT))),
    Mark("unsubscribe", 15, _K.BULK, by.says("List-Unsubscribe"), SetBy.LIST, is_carriers=True),
    Mark("unsubscribe_one_click", 15, _K.BULK, by.says("List-Unsubscribe-Post"), SetBy.LIST),
    Mark("carried_opt_out", 15, _K.BULK, by.both(by.says("List-Unsubscribe-Post"), _CARRIED), SetBy.LIST),
    Mark("bounce_path", 15, _K.BULK, _BOUNCES_ELSEWHERE, SetBy.LIST, is_carriers=True),
    Mark("precedence", 10, _K.BULK, by.says(*_PRECEDENCE, among=words.BULK_PRECEDENCE), SetBy.LIST),
    Mark("suppresses_replies", 5, _K.NOTIFICATION, by.says("X-Auto-Response-Suppress"), SetBy.LIST),
    # What speaks for a person.
    Mark("answers", -40, _K.PERSON, by.answers),
    Mark("own_name", -60, _K.PERSON, by.both(by.is_own_name, _NAMED_AFTER_MACHINE)),
    Mark("paperwork_question", -30, _K.PERSON, by.both(by.local(words.PAPERWORK), by.subject(words.QUESTION))),
    Mark("answering_subject", -15, _K.PERSON, by.subject(words.ANSWERING)),
)  # fmt: skip
