"""People's word on a conversation, as the rules take it."""

from __future__ import annotations

from server.domain.crm import Record, RecordKind
from server.domain.ledger import Conversation
from server.domain.policy import Override


def override_of(word: Conversation | None) -> Override | None:
    """The newest choice holds for every copy; None where nobody chose."""
    if word is None or not (word.record_id or word.log_anyway):
        return None
    if word.record_id is None:
        return Override(None, word.said_by)
    kind = RecordKind(word.record_kind or RecordKind.CONTACT)
    account = word.record_id if kind is RecordKind.ACCOUNT else None
    return Override(Record(word.record_id, kind, found_by="", account_id=account), word.said_by)
