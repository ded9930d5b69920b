"""Which sentence tells why a message is logged or not. The card and ``explain`` read the same sentence."""

from __future__ import annotations

from dataclasses import dataclass

from addon import texts
from addon.codes import ReasonCode

LABEL_MARKS = frozenset({"label", "conversation_label"})
"""The marks of a conversation that a label in Gmail keeps out."""


@dataclass(frozen=True)
class Facts:
    """What is known of one message, ready to be read; an empty text is not known.

    ``record`` is the chosen record's name and ``found_by`` the address or domain that led to it. ``chosen_by`` is the
    person who chose it. ``address`` is an external person on the email, ``account`` the company that logs only its
    contacts, ``mark`` the label that decided, ``time`` the next try, ``sentence`` and ``code`` Salesforce's answer.
    ``public_domain`` is the domain of ``address`` where it is a mail provider's: then no company is looked for.
    """

    record: str = ""
    found_by: str = ""
    chosen_by: str = ""
    address: str = ""
    account: str = ""
    mark: str = ""
    time: str = ""
    sentence: str = ""
    code: str = ""
    is_record_gone: bool = False
    public_domain: str = ""


def sentence_of(reason: ReasonCode, facts: Facts) -> str:
    return _form(reason, facts).format(
        record=facts.record,
        found_by=facts.found_by,
        chosen_by=facts.chosen_by or texts.SOMEBODY,
        address=facts.address,
        account=facts.account,
        category=texts.CATEGORIES.get(facts.mark, texts.OTHER_CATEGORY),
        time=facts.time,
        sentence=facts.sentence,
        code=facts.code,
        domain=facts.public_domain,
    )


def _form(reason: ReasonCode, facts: Facts) -> str:
    if reason == ReasonCode.THREAD_OVERRIDE:
        return _form_of_choice(facts)
    if form := _form_of_label(reason, facts):
        return form
    if reason == ReasonCode.CONTACTS_ONLY_ACCOUNT and facts.account and facts.address:
        return texts.CONTACTS_ONLY_NAMED
    if reason == ReasonCode.NO_MATCH and facts.address and facts.public_domain:
        return texts.NO_MATCH_PUBLIC
    if reason == ReasonCode.NO_MATCH and facts.address:
        return texts.NO_MATCH_NAMED
    if reason == ReasonCode.HELD and facts.time:
        return texts.HELD_UNTIL
    if reason == ReasonCode.RETRYING and facts.time:
        return texts.RETRYING_AT
    if reason == ReasonCode.REJECTED and facts.sentence:
        return texts.REJECTED_SENTENCE
    if reason == ReasonCode.REJECTED and facts.code:
        return texts.REJECTED_CODE
    return texts.SENTENCES[reason]


def _form_of_label(reason: ReasonCode, facts: Facts) -> str | None:
    """What a label in Gmail decided, or that it has none."""
    if reason == ReasonCode.KEPT_OUT and facts.mark in LABEL_MARKS:
        return texts.KEPT_OUT_BY_LABEL
    if reason == ReasonCode.KEPT_OUT and facts.mark == "owner_label":
        return texts.KEPT_OUT_BY_OWNER
    if reason == ReasonCode.NOT_PRIMARY and facts.mark.startswith("CATEGORY_"):
        return texts.IN_CATEGORY
    by_mark = {"SCHEDULED": texts.NOT_SENT_YET, "not_sent_yet": texts.NOT_MARKED_SENT}
    return by_mark.get(facts.mark) if reason == ReasonCode.NOT_MAIL else None


def _form_of_choice(facts: Facts) -> str:
    if facts.record:
        return texts.CHOSEN_GONE if facts.is_record_gone else texts.SENTENCES[ReasonCode.THREAD_OVERRIDE]
    return texts.CHOSEN_GONE_NO_RECORD if facts.is_record_gone else texts.LOGGED_ANYWAY
