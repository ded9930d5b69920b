"""The label "Don't log" in the mailbox of a mail's owner, for copies that colleagues have of it.

What a mail names as its first mail is written by its sender: it does not show that the mail is of the labelled thread.
A copy of it in that thread does, and so does the mail that it answers.
"""

from __future__ import annotations

from collections.abc import Iterable

from server.domain.ids import MailboxId, ThreadId
from server.domain.ledger import Conversation, LabelledThread
from server.domain.mail import Mail
from server.engine.conversations.keys import ConversationKeys
from server.ports.store import Store


class OwnerLabel:
    """Thread-safe; nothing is written."""

    def __init__(self, store: Store, keys: ConversationKeys) -> None:
        self._store = store
        self._keys = keys

    def list_labellers(self, mail: Mail, choice: Conversation | None) -> frozenset[MailboxId]:
        """The mailboxes of whose labelled threads the mail is. ``choice`` is people's word on its conversation."""
        labelled = choice.labelled_by if choice else frozenset()
        if not labelled:
            return frozenset()
        places = [(copy.mailbox_id, copy.thread_id) for copy in mail.copies]
        places += [(row.mailbox_id, row.thread_id) for row in self._store.copies_of(mail.key)]
        own_threads: dict[MailboxId, set[ThreadId]] = {}
        for mailbox_id, thread_id in places:
            own_threads.setdefault(mailbox_id, set()).add(thread_id)
        found = {thread.mailbox_id for thread in labelled}
        return frozenset(i for i in found if self._is_labelled(mail, i, labelled, own_threads.get(i)))

    def _is_labelled(
        self, mail: Mail, mailbox_id: MailboxId, labelled: Iterable[LabelledThread], own_threads: set[ThreadId] | None
    ) -> bool:
        """Where the labelling person's own copy is known, its thread alone decides."""
        if own_threads:
            keys = [self._keys.of_label(mailbox_id, thread_id) for thread_id in own_threads]
            choices = self._store.conversations(keys)
            return all(key in choices and mailbox_id in choices[key].kept_out_by for key in keys)
        threads = [t for t in labelled if t.mailbox_id == mailbox_id and t.thread_id]
        choices = self._store.conversations([self._keys.of_label(mailbox_id, t.thread_id) for t in threads])
        named = frozenset(i for copy in mail.copies for i in self._keys.of_thread_mates(copy.headers))
        return any(not choice.message_ids.isdisjoint(named) for choice in choices.values())
