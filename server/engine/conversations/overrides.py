"""People's word on a conversation, as the rules take it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from server.domain.crm import Record, RecordKind
from server.domain.errors import NotFoundError, TrulyError
from server.domain.ids import KeyedHash, SalesforceId
from server.domain.ledger import Conversation
from server.domain.mail import Mail
from server.domain.mailbox import Mailbox, Workspace
from server.domain.policy import Override
from server.engine.ports import Ports
from server.rules.decision.screen import Situation
from server.vault.envelope import Place


def override_of(ports: Ports, word: Conversation | None) -> Override | None:
    """The newest choice holds for every copy; None where nobody chose."""
    if word is None or not (word.record_id or word.log_anyway):
        return None
    return Override(open_record(ports, word), word.said_by)


def override_for(ports: Ports, workspace: Workspace, word: Conversation | None, mail: Mail) -> Override | None:
    """The same, where whoever chose is on this mail, or has another of the conversation with one of its mailboxes.

    The conversation is named by a header that its senders write: without this, anybody who knows a Message-ID could
    choose for mail of others.
    """
    found = override_of(ports, word)
    if word is None or found is None:
        return None
    speaker = set(workspace.addresses_of(word.said_by))
    there = {copy.mailbox_address for copy in mail.copies}
    there |= {person.address for copy in mail.copies for person in copy.people.participants}
    return found if speaker & there or _have_one_in_common(ports, word, speaker, mail) else None


def _have_one_in_common(ports: Ports, word: Conversation, speaker: set[str], mail: Mail) -> bool:
    speakers = {m.mailbox_id for m in ports.store.mailboxes() if speaker & set(m.addresses)}
    ours = {copy.mailbox_id for copy in mail.copies}
    for activity in ports.store.activities_of(word.conversation):
        having = {row.mailbox_id for row in ports.store.copies_of(activity.key)}
        if having & speakers and having & ours:
            return True
    return False


def open_record(ports: Ports, word: Conversation) -> Record | None:
    """The chosen record as it was then. Raises SealBrokenError."""
    if word.record_id is None or word.sealed_record is None:
        return None
    return to_record(json.loads(ports.sealer.open(word.sealed_record, _place(ports, word.conversation))))


def seal_record(ports: Ports, conversation: KeyedHash, record: Record, day: str) -> bytes:
    return ports.sealer.seal(json.dumps(from_record(record)).encode(), _place(ports, conversation), day)


def follow_chosen(ports: Ports, word: Conversation | None) -> None:
    """The chosen record went: into the one that it was merged with, or for good, and then the rules decide again.

    Where Salesforce cannot be asked now, the next try asks.
    """
    if word is None or word.record_id is None:
        return
    gone = word.record_id
    try:
        record: Record | None = ports.crm.record(gone)
    except NotFoundError:
        record = None
    except TrulyError:
        return
    if record is not None and record.record_id == gone:
        return
    day = datetime.fromtimestamp(ports.clock.now(), UTC).date().isoformat()

    def change(before: Conversation) -> Conversation:
        if before.record_id != gone:
            return before  # somebody chose anew meanwhile
        if record is None:
            return replace(before, record_id=None, sealed_record=None, log_anyway=True, is_record_gone=True)
        sealed = seal_record(ports, before.conversation, record, day)
        return replace(before, record_id=record.record_id, sealed_record=sealed)

    ports.store.save_conversation(word.conversation, change)


def _place(ports: Ports, conversation: KeyedHash) -> Place:
    return Place(ports.organisation, "conversations", conversation, "record")


def from_record(record: Record) -> dict[str, Any]:
    return {
        "id": record.record_id, "kind": record.kind.value, "found_by": record.found_by, "name": record.name,
        "owner": record.owner_id, "account": record.account_id, "account_name": record.account_name,
        "is_person": record.is_person_account,
    }  # fmt: skip


def to_record(item: dict[str, Any]) -> Record:
    return Record(
        record_id=SalesforceId(item["id"]),
        kind=RecordKind(item["kind"]),
        found_by=item["found_by"],
        name=item["name"],
        owner_id=item["owner"],
        account_id=item["account"],
        account_name=item["account_name"],
        is_person_account=item.get("is_person", False),
    )


def situation_of(
    mailbox: Mailbox, word: Conversation | None, dont_log_label: str | None = None, *, is_labelled: bool = False
) -> Situation:
    """What people said of a copy's conversation, as the screen takes it."""
    return Situation(
        own_addresses=frozenset(mailbox.addresses),
        start=mailbox.start,
        dont_log_label=dont_log_label or mailbox.dont_log_label,
        is_kept_out=bool(word and mailbox.mailbox_id in word.kept_out_by),
        is_overridden=bool(word and (word.record_id or word.log_anyway)),
        is_labelled=is_labelled,
    )
