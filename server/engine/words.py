"""People's word on a conversation, as the rules take it."""

from __future__ import annotations

from server.domain.crm import Record, RecordKind
from server.domain.ledger import Conversation
from server.domain.mailbox import Mailbox
from server.domain.policy import Override
from server.rules.screen import Situation


def override_of(word: Conversation | None) -> Override | None:
    """The newest choice holds for every copy; None where nobody chose."""
    if word is None or not (word.record_id or word.log_anyway):
        return None
    if word.record_id is None:
        return Override(None, word.said_by)
    kind = RecordKind(word.record_kind or RecordKind.CONTACT)
    account = word.record_id if kind is RecordKind.ACCOUNT else None
    return Override(Record(word.record_id, kind, found_by="", account_id=account), word.said_by)


def situation_of(mailbox: Mailbox, word: Conversation | None, dont_log_label: str | None = None) -> Situation:
    """What people said of a copy's conversation, as the screen takes it."""
    return Situation(
        own_addresses=frozenset(mailbox.addresses),
        start=mailbox.start,
        dont_log_label=dont_log_label,
        is_kept_out=bool(word and mailbox.mailbox_id in word.kept_out_by),
        is_overridden=bool(word and (word.record_id or word.log_anyway)),
    )
