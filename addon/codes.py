"""The closed sets that cards share with the server. A test compares them with the server's enums."""

from __future__ import annotations

from enum import StrEnum


class Operation(StrEnum):
    """What a button asks the server to do."""

    LOG = "log"
    CHOOSE = "choose"
    SEARCH = "search"
    MOVE = "move"
    WITHDRAW = "withdraw"
    ASK_STOP = "ask_stop"
    STOP = "stop"
    SHOW = "show"


class Refusal(StrEnum):
    """Why there is a card with an explanation in place of the one that was asked for."""

    CONSUMER = "consumer"
    NOT_INCLUDED = "not_included"
    NO_LONGER_READ = "no_longer_read"
    NOT_LIVE = "not_live"
    NOT_SET_UP = "not_set_up"
    OTHER_ORG = "other_org"
    AWAY = "away"
    STATE_AWAY = "state_away"
    SLOW = "slow"
    DROPPED = "dropped"
    UNDER_WAY = "under_way"
    OVERRULED = "overruled"
    CHANGE = "change"
    IMPOSSIBLE = "impossible"
    STALE = "stale"
    JUST_SENT = "just_sent"
    NOT_FOUND = "not_found"
    BROKEN = "broken"


class LateClick(StrEnum):
    """What became of a click whose card could not wait for its end."""

    DROPPED = "dropped"
    """It had changed nothing, and changes nothing any more."""
    UNDER_WAY = "under_way"
    """It is being carried out, in part or as a whole."""


class ReasonCode(StrEnum):
    """Why a message is logged, not logged or waiting."""

    NOT_MAIL = "not_mail"
    NOT_PRIMARY = "not_primary"
    BEFORE_START = "before_start"
    KEPT_OUT = "kept_out"
    BLOCKED = "blocked"
    INTERNAL_ONLY = "internal_only"
    AUTOMATED = "automated"
    THREAD_OVERRIDE = "thread_override"
    RULE_MATCH = "rule_match"
    CONTACT_MATCH = "contact_match"
    LEAD_MATCH = "lead_match"
    ACCOUNT_DOMAIN_MATCH = "account_domain_match"
    CONTACTS_ONLY_ACCOUNT = "contacts_only_account"
    NO_MATCH = "no_match"
    READY = "ready"
    HELD = "held"
    RETRYING = "retrying"
    REJECTED = "rejected"
    UNREADABLE = "unreadable"
    GONE = "gone"
    ERASED = "erased"
    TAKEN_BACK = "taken_back"
    NEWER = "newer"
    """For every reason that a newer version of the server wrote and this one does not know."""


LOGGED_REASONS = frozenset(
    {
        ReasonCode.THREAD_OVERRIDE,
        ReasonCode.RULE_MATCH,
        ReasonCode.CONTACT_MATCH,
        ReasonCode.LEAD_MATCH,
        ReasonCode.ACCOUNT_DOMAIN_MATCH,
    }
)
WAITING_REASONS = frozenset({ReasonCode.READY, ReasonCode.HELD, ReasonCode.RETRYING})


class WhyCode(StrEnum):
    """Why a record that fits is not the chosen one."""

    OWNED_BY_OTHER = "owned_by_other"
    UPDATED_EARLIER = "updated_earlier"
    HIGHER_ID = "higher_id"
    NOT_A_CONTACT = "not_a_contact"
    NOT_A_PERSON = "not_a_person"
    CONTACTS_ONLY = "contacts_only"
    CHOICE_OF_A_PERSON = "choice_of_a_person"
    PARENT_DOMAIN = "parent_domain"
    NOT_EXACT_ADDRESS = "not_exact_address"
    BLIND_COPY = "blind_copy"
    OTHER_NAME = "other_name"
    NOT_AN_ACCOUNT = "not_an_account"


TIES = (WhyCode.OTHER_NAME, WhyCode.OWNED_BY_OTHER, WhyCode.UPDATED_EARLIER, WhyCode.HIGHER_ID)
"""Why a record of equal fit is not the chosen one, in the order in which the rules compare."""
