"""What the cards show, as plain values: no id of a message, no port, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Act = Callable[..., Mapping[str, Any]]
"""``act("stop", record="003...")``: the card's action for an operation, signed by whoever renders the card."""


@dataclass(frozen=True)
class RecordShown:
    """``kind`` is Contact, Lead or Account; ``found_by`` the address or domain; ``why`` the code of why not chosen."""

    record_id: str
    kind: str
    name: str
    account_name: str = ""
    found_by: str = ""
    url: str = ""
    why: str = ""
    is_own: bool = False


@dataclass(frozen=True)
class MessageShown:
    """One message. ``reason`` is the decision's code.

    ``when`` and ``next_try`` are ready to be read. ``foreseen`` says that the decision is not carried out yet.
    ``mark`` names what a label decided. ``code`` and ``sentence`` are Salesforce's own, of a refused one.
    ``is_joined``: another tool logged it. ``add_contact`` and ``add_lead`` are links to Salesforce's own forms.
    """

    reason: str
    when: str
    foreseen: bool = False
    record: RecordShown | None = None
    is_hidden: bool = False
    others: tuple[RecordShown, ...] = ()
    hidden_others: int = 0
    addresses: tuple[str, ...] = ()
    mark: str = ""
    next_try: str = ""
    code: str = ""
    sentence: str = ""
    is_joined: bool = False
    on_opportunity: bool = False
    add_contact: str = ""
    add_lead: str = ""
    may_override: bool = True


@dataclass(frozen=True)
class ConversationShown:
    """``chosen_by`` is empty where nobody chose, ``you`` for the rep who looks, else an address.

    ``undo`` is the operation that takes back what the rep just did, with its arguments. ``is_record_gone``: the record
    that was chosen was deleted in Salesforce.
    """

    opened: MessageShown
    others: tuple[MessageShown, ...] = ()
    chosen_by: str = ""
    undo: tuple[str, Mapping[str, str]] | None = None
    is_record_gone: bool = False
