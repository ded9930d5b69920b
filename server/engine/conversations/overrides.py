"""What a person chose for a conversation, as the rules take it: a record, or "log it anyway"."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from server.domain.crm import CrmUser, Record
from server.domain.errors import NotFoundError, RejectedError, SealBrokenError, StaleTargetError, TrulyError
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, SalesforceId
from server.domain.ledger import Conversation
from server.domain.mail import Mail
from server.domain.mailbox import Mailbox, Workspace
from server.domain.policy import Override
from server.engine.ledger.record_form import from_record, to_record
from server.engine.ledger.sealing import Sealing
from server.ports.crm import Crm
from server.ports.store import Store
from server.rules.decision.screen import Situation

COLLECTION, PURPOSE = "conversations", "record"
FindOwners = Callable[[Collection[str]], list[Mailbox]]
"""The mailboxes that have one of these addresses now, without reading them all."""


class Overrides:
    """Reads and keeps chosen records. Thread-safe."""

    def __init__(self, crm: Crm, store: Store, sealing: Sealing, find_owners: FindOwners) -> None:
        self._crm = crm
        self._store = store
        self._sealing = sealing
        self._find_owners = find_owners

    def find_override(
        self,
        workspace: Workspace,
        choice: Conversation | None,
        mail: Mail,
        decided_before: Sequence[ActivityKey] = (),
    ) -> Override | None:
        """The newest choice, which holds for every copy; None where nobody chose, or the choice is not for this mail.

        The person who chose must be on the mail, or have a mailbox with a copy of another mail of the conversation of
        which one of this mail's mailboxes has a copy too. A conversation is named by a header that its senders write:
        without this, anybody who knows a Message-ID could choose for mail of others. ``decided_before`` are
        mails of the conversation that are to be logged and have no activity yet. Raises TransientError where the
        record must be read from Salesforce again.
        """
        if choice is None or not (choice.record_id or choice.log_anyway):
            return None
        chooser = set(workspace.addresses_of(choice.said_by))
        on_mail = {copy.mailbox_address for copy in mail.copies}
        on_mail |= {person.address for copy in mail.copies for person in copy.people.participants}
        if chooser & on_mail or self._share_another_mail(choice, chooser, mail, decided_before):
            return Override(self._open_record(choice), choice.said_by)
        return None

    def seal_record(self, conversation: KeyedHash, record: Record) -> bytes:
        return self._sealing.seal(COLLECTION, conversation, PURPOSE, json.dumps(from_record(record)).encode())

    def follow_chosen_record(self, choice: Conversation | None) -> bool:
        """The chosen record went: into the one that it was merged with, or for good, and then the rules decide again.

        Returns whether another try may end otherwise. Where Salesforce cannot be asked now, the next try asks.
        """
        if choice is None or choice.record_id is None:
            return False
        lost_id = choice.record_id
        try:
            record: Record | None = self._crm.record(lost_id)
        except NotFoundError:
            record = None
        except TrulyError:
            return True
        if record is not None and record.record_id == lost_id:
            return False

        def change(current: Conversation) -> Conversation:
            if current.record_id != lost_id:
                return current  # somebody chose again meanwhile
            if record is None:
                return replace(current, record_id=None, sealed_record=None, log_anyway=True, is_record_gone=True)
            sealed = self.seal_record(current.conversation, record)
            return replace(current, record_id=record.record_id, sealed_record=sealed)

        self._store.save_conversation(choice.conversation, change)
        return True

    def follow_refusal(self, choice: Conversation | None, failure: Exception) -> Exception:
        """Salesforce took no activity on the chosen record. Returns why the mail is tried again, or is not.

        Salesforce has several codes for a link to a record that it does not know: one of another org, for example.
        """
        if not isinstance(failure, StaleTargetError | RejectedError):
            return failure
        has_news = self.follow_chosen_record(choice)
        return StaleTargetError("The chosen record is gone.") if has_news else failure

    def _open_record(self, choice: Conversation) -> Record | None:
        """The chosen record as it was when it was chosen; as it is now, where that does not open any more."""
        if choice.record_id is None or choice.sealed_record is None:
            return None
        try:
            content = self._sealing.open(COLLECTION, choice.conversation, PURPOSE, choice.sealed_record)
        except SealBrokenError:
            return self._read_record_again(choice, choice.record_id)
        return to_record(json.loads(content))

    def _read_record_again(self, choice: Conversation, record_id: SalesforceId) -> Record:
        """Its id is not sealed: a rep's word outlives a lost key. Raises StaleTargetError where the record is gone."""
        try:
            record = self._crm.record(record_id)
        except NotFoundError:
            self.follow_chosen_record(choice)
            raise StaleTargetError("The chosen record is gone.") from None
        sealed = self.seal_record(choice.conversation, record)

        def change(current: Conversation) -> Conversation:
            is_same = current.sealed_record == choice.sealed_record
            return replace(current, sealed_record=sealed) if is_same else current

        self._store.save_conversation(choice.conversation, change)
        return record

    def _share_another_mail(
        self, choice: Conversation, chooser: set[str], mail: Mail, decided_before: Sequence[ActivityKey]
    ) -> bool:
        of_chooser = {mailbox.mailbox_id for mailbox in self._find_owners(chooser)}
        of_mail = {copy.mailbox_id for copy in mail.copies}
        logged = [activity.key for activity in self._store.activities_of(choice.conversation)]
        for key in dict.fromkeys((*decided_before, *logged)):
            mailboxes = {row.mailbox_id for row in self._store.copies_of(key)}
            if mailboxes & of_chooser and mailboxes & of_mail:
                return True
        return False


def list_unknown_users(store: Store, mailbox_ids: Iterable[MailboxId]) -> frozenset[str]:
    """The addresses of those mailboxes of which nobody asked yet who they are in Salesforce.

    The sidebar remembers a mailbox's User, and with another org the memory is lost: what its rep stopped stays stopped.
    """
    mailboxes = [store.mailbox(mailbox_id) for mailbox_id in mailbox_ids]
    return frozenset(a for m in mailboxes if m is not None and m.crm_user_id is None for a in m.addresses)


def is_stopped_by_owner(
    store: Store, mailbox_ids: Iterable[MailboxId], owner: SalesforceId | None, users: Mapping[str, CrmUser]
) -> bool:
    """Whether the User who owns a mail is among those who stopped its conversation.

    ``users`` are Salesforce's by address: who the mailboxes are that ``list_unknown_users`` names.
    """
    if owner is None:
        return False
    mailboxes = (store.mailbox(mailbox_id) for mailbox_id in mailbox_ids)
    return any(mailbox is not None and owner == _find_user(mailbox, users) for mailbox in mailboxes)


def _find_user(mailbox: Mailbox, users: Mapping[str, CrmUser]) -> SalesforceId | None:
    found = (users[address].user_id for address in mailbox.addresses if address in users)
    return mailbox.crm_user_id or next(found, None)


def build_situation(
    mailbox: Mailbox,
    choice: Conversation | None,
    dont_log_labels: frozenset[str] | None = None,
    *,
    is_labelled: bool = False,
) -> Situation:
    """What people said of a copy's conversation, as the screen takes it."""
    return Situation(
        own_addresses=frozenset(mailbox.addresses),
        start=mailbox.start,
        dont_log_labels=mailbox.dont_log_labels if dont_log_labels is None else dont_log_labels,
        is_kept_out=bool(choice and mailbox.mailbox_id in choice.kept_out_by),
        is_overridden=bool(choice and (choice.record_id or choice.log_anyway)),
        is_labelled=is_labelled,
    )
