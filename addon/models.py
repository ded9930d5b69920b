"""What the cards show, as plain values: no id of a message, no port, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from addon.codes import LateClick, Operation, ReasonCode, WhyCode

Act = Callable[..., Mapping[str, Any]]
"""``act(Operation.MOVE, record="003...")`` is a button's action. The server signs it for the reader of the card."""


@dataclass(frozen=True)
class RecordShown:
    """``kind`` is Contact, Lead or Account; ``found_by`` the address or domain; ``why`` says why it is not chosen."""

    record_id: str
    kind: str
    name: str
    account_name: str = ""
    found_by: str = ""
    url: str = ""
    why: WhyCode | None = None
    is_own: bool = False


@dataclass(frozen=True)
class UnrelatedShown:
    """Contacts to whom an activity is not related: ``beyond`` the ``most`` that the org takes, ``blind`` for Bcc."""

    most: int
    beyond: int = 0
    blind: int = 0


@dataclass(frozen=True)
class MessageShown:
    """One message.

    ``when`` and ``next_try`` are ready to be read. ``foreseen`` says that the decision is not carried out yet, and
    ``needs_click`` that only a click carries it out.
    ``mark`` names the label that decided. ``hidden_count`` is the number of records that were not chosen and that the
    rep may not open, ``more_count`` that of those beyond the ones shown. ``is_blind``: only a colleague's Bcc header
    found the record. ``code`` and ``sentence`` are Salesforce's own, of a refused one.
    ``public_domain`` is the first address's domain where it is a mail provider's.
    ``is_joined``: another tool logged it. ``add_contact`` and ``add_lead`` are links to Salesforce's own forms.
    """

    reason: ReasonCode
    when: str
    foreseen: bool = False
    needs_click: bool = False
    record: RecordShown | None = None
    is_hidden: bool = False
    not_chosen: tuple[RecordShown, ...] = ()
    hidden_count: int = 0
    more_count: int = 0
    is_blind: bool = False
    unrelated: UnrelatedShown | None = None
    addresses: tuple[str, ...] = ()
    mark: str = ""
    next_try: str = ""
    code: str = ""
    sentence: str = ""
    is_joined: bool = False
    is_doubled: bool = False
    on_opportunity: bool = False
    add_contact: str = ""
    add_lead: str = ""
    may_override: bool = True
    public_domain: str = ""


@dataclass(frozen=True)
class ConversationShown:
    """``chosen_by`` is empty where nobody chose, ``you`` for the rep who looks, else an address.

    ``undo`` is the operation that takes back what the rep just did, with its arguments. ``is_record_gone``: the record
    that was chosen was deleted in Salesforce. ``is_crm_away``: Salesforce could not be asked which records the rep may
    read. ``is_as_known``: neither Gmail nor Salesforce answered in time, and this is what the ledger has.
    ``late_click`` is what became of a click that was not carried out in time. ``is_trial``: nothing is written to
    Salesforce for this mailbox, so that the card says what would be, and has nothing to click that changes something.
    """

    opened: MessageShown
    earlier_and_later: tuple[MessageShown, ...] = ()
    chosen_by: str = ""
    undo: tuple[Operation, Mapping[str, str]] | None = None
    is_record_gone: bool = False
    is_crm_away: bool = False
    is_as_known: bool = False
    late_click: LateClick | None = None
    is_trial: bool = False
