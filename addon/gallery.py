"""Every card in every state, on made-up people: for the eye, and for the tests that hold each to Google's schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from addon.choosing import choose_card, stop_card
from addon.conversation import MATCHES, conversation_card
from addon.home import home_card
from addon.models import ConversationShown, MessageShown, RecordShown
from addon.refusals import REFUSALS, refusal_card
from addon.texts import CATEGORIES, WHY_NOT, WHYS
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
        yield f"Home: {disclosure}", home_card(disclosure)
    for name, conversation in conversations():
        yield name, conversation_card(conversation, act)
    yield "Choosing a record", choose_card([ADA, ACME], act)
    yield "Choosing: found", choose_card([ADA], act, text="leo", found=[LEO, *TWINS])
    yield "Choosing: nothing found", choose_card([], act, text="zebra")
    yield "Choosing: too short", choose_card([], act, text="z")
    yield "Stopping: nobody else", stop_card(3, [], act)
    yield "Stopping: one, another has it", stop_card(1, ["Ben Ortiz"], act)
    yield "Stopping: others have it", stop_card(0, ["Ben Ortiz", "Ines Adler"], act)
    for kind in REFUSALS:
        yield (
            f"Refusal: {kind}",
            refusal_card(kind, address="rita@gmail.com", admin="it@acme.com", said="Region is required."),
        )


def _with_forms(message: MessageShown) -> MessageShown:
    new = f"{ORG}/lightning/o"
    return replace(message, add_contact=f"{new}/Contact/new", add_lead=f"{new}/Lead/new")


def conversations() -> Iterator[tuple[str, ConversationShown]]:
    logged = MessageShown("contact_match", "14 Sep", record=ADA, addresses=("ada@acme.com",))
    by_domain = _with_forms(MessageShown("account_domain_match", "14 Sep", record=ACME, addresses=("ana@acme.com",)))
    yield "Logged: contact", ConversationShown(logged)
    yield "Logged: lead", ConversationShown(MessageShown("lead_match", "14 Sep", record=LEO))
    yield "Logged: account", ConversationShown(by_domain)
    yield "Logged: standing rule", ConversationShown(replace(logged, reason="rule_match"))
    for by in ("you", "ben@acme.com", ""):
        chosen = ConversationShown(replace(logged, reason="thread_override"), chosen_by=by)
        yield f"Logged: chosen by {by or 'somebody'}", chosen
        yield f"Logged: chosen by {by or 'somebody'}, and deleted since", replace(chosen, is_record_gone=True)
    for why in ("owned_by_other", "updated_earlier", "higher_id"):
        tied = replace(logged, others=tuple(replace(twin, why=why) for twin in TWINS))
        yield f"Logged: tie, {why}", ConversationShown(tied)
    others = tuple(replace(ADA, record_id=f"003x{i}", why=why) for i, why in enumerate(WHYS))
    yield "Logged: all other records", ConversationShown(replace(logged, others=others, hidden_others=2))
    yield "Logged: on a record you can't open", ConversationShown(replace(logged, record=None, is_hidden=True))
    yield "Logged: anyway, on nobody", ConversationShown(MessageShown("thread_override", "14 Sep"), chosen_by="you")
    for reason in sorted(MATCHES):
        yield f"Foreseen: {reason}", ConversationShown(replace(by_domain, reason=reason, foreseen=True))
    yield from _not_logged()
    yield from _waiting()
    yield "After a click", ConversationShown(logged, undo=("withdraw", {}))
    many = tuple(replace(logged, when=f"{i % 28 + 1} Sep") for i in range(MESSAGES - 1))
    yield "A conversation of 150 messages", ConversationShown(logged, many)
    codes = [*_plain_reasons(), "not_primary", "ready", "held", "retrying"]
    mixed = tuple(MessageShown(reason, "3 Sep", mark="SPAM") for reason in codes)
    yield "A conversation of every kind", ConversationShown(logged, mixed)


def _not_logged() -> Iterator[tuple[str, ConversationShown]]:
    for reason in _plain_reasons():
        yield f"Not logged: {reason}", ConversationShown(MessageShown(reason, "14 Sep"))
    for mark in CATEGORIES:
        yield f"Not logged: {mark}", ConversationShown(MessageShown("not_primary", "14 Sep", mark=mark))
    box = replace(ACME, why="contacts_only")
    boxed = MessageShown("contacts_only_account", "14 Sep", others=(box,), addresses=("pat@acme.com",))
    yield "Not logged: only its contacts", ConversationShown(_with_forms(boxed))
    nobody = MessageShown("no_match", "14 Sep", addresses=("ana@nova.io",))
    yield "Not logged: nobody, looked again", ConversationShown(_with_forms(nobody))
    yield "Not logged: by label", ConversationShown(MessageShown("kept_out", "14 Sep", mark="label"))


def _plain_reasons() -> list[str]:
    return [reason for reason in WHY_NOT if not reason.endswith(("_label", "_unnamed", "_code", "_sentence"))]


def _waiting() -> Iterator[tuple[str, ConversationShown]]:
    yield "Waiting: ready", ConversationShown(MessageShown("ready", "14:20"))
    yield "Waiting: held", ConversationShown(MessageShown("held", "14:20", next_try="14:35"))
    yield "Waiting: tried again", ConversationShown(MessageShown("retrying", "14:20", next_try="14:35"))
    code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    yield "Logged by another tool", ConversationShown(MessageShown("contact_match", "14:20", is_joined=True))
    yield "Refused", ConversationShown(MessageShown("rejected", "14:20", code=code, sentence="Region is required."))
    yield "Refused without a word", ConversationShown(MessageShown("rejected", "14:20", code=code))


def act(operation: str, **_arguments: str) -> Mapping[str, Any]:
    """An action as a card holds one, signed by nobody."""
    return {"function": "https://truly.example/addon/act", "parameters": [{"key": "st", "value": operation}]}
