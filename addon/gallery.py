"""Every card in every state, on made-up people: for the eye, and for the tests that hold each to Google's schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from addon.choosing import choose_card, stop_card
from addon.codes import LOGGED_REASONS, TIES, WAITING_REASONS, Operation, ReasonCode, Refusal, WhyCode
from addon.conversation import conversation_card
from addon.home import help_card, home_card, settings_card
from addon.models import ConversationShown, MessageShown, RecordShown
from addon.refusals import refusal_card
from addon.texts import CATEGORIES, SETTINGS_STAGE
from addon.widgets import Widget

ORG = "https://acme.my.salesforce.com"
ADA = RecordShown("003A", "Contact", "Ada Byron", "Acme Ltd", "ada@acme.com", f"{ORG}/003A", is_own=True)
LEO = RecordShown("00QA", "Lead", "Leo Brandt", "Brandt GmbH", "leo@brandt.com", f"{ORG}/00QA")
ACME = RecordShown("001A", "Account", "Acme Ltd", "Acme Ltd", "acme.com", f"{ORG}/001A")
TWINS = tuple(replace(ADA, record_id=f"003{i}", name=name) for i, name in enumerate(("A. Byron", "Ada B. (old)")))
MESSAGES = 150


def gallery() -> Iterator[tuple[str, Widget]]:
    """Name and card."""
    for disclosure in ("text", "subject", "headers"):
        yield f"Home: {disclosure}", home_card(disclosure, "skip")
    yield "Home: contacts in Gmail's categories", home_card("text", "contacts")
    for helper in ("", "help@acme.com", "https://help.acme.com/mail"):
        yield f"Help: ask {helper or 'an admin'}", help_card("text", "skip", helper)
    for stage in SETTINGS_STAGE:
        yield f"Settings: {stage}", settings_card(stage, "14 Sep", "headers", "help@acme.com")
    yield "Settings: everything, ask an admin", settings_card("live", "", "text", "")
    for name, conversation in conversations():
        yield name, conversation_card(conversation, act)
        yield f"Trial: {name}", conversation_card(replace(conversation, is_trial=True), act)
    yield "Choosing a record", choose_card([ADA, ACME], act)
    yield "Choosing: found", choose_card([ADA], act, text="leo", matches=[LEO, *TWINS])
    yield "Choosing: nothing found", choose_card([], act, text="zebra")
    yield "Choosing: too short", choose_card([], act, text="z")
    yield "Stopping: nobody else", stop_card(3, [], act)
    yield "Stopping: one, another has it", stop_card(1, ["Ben Ortiz"], act)
    yield "Stopping: others have it", stop_card(0, ["Ben Ortiz", "Ines Adler"], act)
    for refusal in Refusal:
        refresh = act(Operation.SHOW) if refusal is Refusal.STALE else None
        detail = "14 Sep" if refusal is Refusal.NO_LONGER_READ else "Region is required."
        yield (
            f"Refusal: {refusal}",
            refusal_card(refusal, address="rita@gmail.com", helper="help@acme.com", detail=detail, refresh=refresh),
        )


def _add_forms(message: MessageShown) -> MessageShown:
    new = f"{ORG}/lightning/o"
    return replace(message, add_contact=f"{new}/Contact/new", add_lead=f"{new}/Lead/new")


def conversations() -> Iterator[tuple[str, ConversationShown]]:
    logged = MessageShown(ReasonCode.CONTACT_MATCH, "14 Sep", record=ADA, addresses=("ada@acme.com",))
    by_domain = _add_forms(
        MessageShown(ReasonCode.ACCOUNT_DOMAIN_MATCH, "14 Sep", record=ACME, addresses=("ana@acme.com",))
    )
    yield "Logged: contact", ConversationShown(logged)
    yield "Logged: lead", ConversationShown(MessageShown(ReasonCode.LEAD_MATCH, "14 Sep", record=LEO))
    yield "Logged: account", ConversationShown(by_domain)
    yield "Logged: standing rule", ConversationShown(replace(logged, reason=ReasonCode.RULE_MATCH))
    for by in ("you", "ben@acme.com", ""):
        chosen = ConversationShown(replace(logged, reason=ReasonCode.THREAD_OVERRIDE), chosen_by=by)
        yield f"Logged: chosen by {by or 'somebody'}", chosen
        yield f"Logged: chosen by {by or 'somebody'}, and deleted since", replace(chosen, is_record_gone=True)
    for why in TIES:
        tied = replace(logged, not_chosen=tuple(replace(twin, why=why) for twin in TWINS))
        yield f"Logged: tie, {why}", ConversationShown(tied)
    losers = tuple(replace(ADA, record_id=f"003x{i}", why=why) for i, why in enumerate(WhyCode))
    yield "Logged: all other records", ConversationShown(replace(logged, not_chosen=losers, hidden_count=2))
    yield "Logged: on a record you can't open", ConversationShown(replace(logged, record=None, is_hidden=True))
    yield (
        "Logged: anyway, on nobody",
        ConversationShown(MessageShown(ReasonCode.THREAD_OVERRIDE, "14 Sep"), chosen_by="you"),
    )
    for reason in sorted(LOGGED_REASONS):
        yield f"Foreseen: {reason}", ConversationShown(replace(by_domain, reason=reason, foreseen=True))
    since_added = replace(logged, foreseen=True, needs_click=True)
    yield "Foreseen: the record is new", ConversationShown(since_added)
    yield from _not_logged()
    yield from _waiting()
    yield "After a click", ConversationShown(logged, undo=(Operation.WITHDRAW, {}))
    many = tuple(replace(logged, when=f"{i % 28 + 1} Sep") for i in range(MESSAGES - 1))
    yield "A conversation of 150 messages", ConversationShown(logged, many)
    reasons = [r for r in ReasonCode if r not in LOGGED_REASONS]
    mixed = tuple(MessageShown(reason, "3 Sep", mark="SPAM") for reason in reasons)
    yield "A conversation of every kind", ConversationShown(logged, mixed)


def _not_logged() -> Iterator[tuple[str, ConversationShown]]:
    for reason in _plain_reasons():
        yield f"Not logged: {reason}", ConversationShown(MessageShown(reason, "14 Sep"))
    for mark in CATEGORIES:
        yield f"Not logged: {mark}", ConversationShown(MessageShown(ReasonCode.NOT_PRIMARY, "14 Sep", mark=mark))
    box = replace(ACME, why=WhyCode.CONTACTS_ONLY)
    boxed = MessageShown(ReasonCode.CONTACTS_ONLY_ACCOUNT, "14 Sep", not_chosen=(box,), addresses=("pat@acme.com",))
    yield "Not logged: only its contacts", ConversationShown(_add_forms(boxed))
    nobody = MessageShown(ReasonCode.NO_MATCH, "14 Sep", addresses=("ana@nova.io",))
    yield "Not logged: nobody, looked again", ConversationShown(_add_forms(nobody))
    yield "Not logged: by label", ConversationShown(MessageShown(ReasonCode.KEPT_OUT, "14 Sep", mark="label"))


def _plain_reasons() -> list[ReasonCode]:
    """Not logged, and told by a sentence without a value."""
    return [r for r in ReasonCode if r not in LOGGED_REASONS | WAITING_REASONS | {ReasonCode.NOT_PRIMARY}]


def _waiting() -> Iterator[tuple[str, ConversationShown]]:
    yield "Waiting: ready", ConversationShown(MessageShown(ReasonCode.READY, "14:20"))
    yield "Waiting: held", ConversationShown(MessageShown(ReasonCode.HELD, "14:20", next_try="14:35"))
    yield "Waiting: tried again", ConversationShown(MessageShown(ReasonCode.RETRYING, "14:20", next_try="14:35"))
    code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    yield "Logged by another tool", ConversationShown(MessageShown(ReasonCode.CONTACT_MATCH, "14:20", is_joined=True))
    twice = MessageShown(ReasonCode.CONTACT_MATCH, "14:20", record=ADA, is_doubled=True)
    yield "Also logged by another tool", ConversationShown(twice)
    yield (
        "Refused",
        ConversationShown(MessageShown(ReasonCode.REJECTED, "14:20", code=code, sentence="Region is required.")),
    )
    yield "Refused without a word", ConversationShown(MessageShown(ReasonCode.REJECTED, "14:20", code=code))


def act(operation: Operation, **_arguments: str) -> Mapping[str, Any]:
    """An action as a card holds one, signed by nobody."""
    return {"function": "https://truly.example/addon/act", "parameters": [{"key": "st", "value": operation}]}
