"""The Gmail label "Don't log": how a rep keeps a conversation out on a phone, or with a filter.

The label counts for the conversation, as the button does: Gmail puts it on the messages that are there, and not on the
next one. Taking the label off the last of them lets the conversation be logged again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from server.domain.decision import Reason
from server.domain.errors import NotFoundError, TransientError, UnreadableError
from server.domain.history import MessageRef
from server.domain.ids import KeyedHash, MessageId, ThreadId
from server.domain.ledger import Conversation, LabelledThread, Row
from server.domain.mailbox import Mailbox
from server.domain.message import Message
from server.engine.conversations.keys import ConversationKeys, read_choices
from server.engine.conversations.label_names import is_label_named
from server.engine.ledger.rows import reopen_row
from server.engine.ledger.saving import save_changed_rows
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.ports.store import Store
from server.rules.decision.screen import HEADERS
from server.rules.headers.identity_key import ORIGINAL_ID_HEADERS

ID_HEADERS = ("Message-ID", *ORIGINAL_ID_HEADERS)
OWN = "label"
INHERITED = "conversation_label"
"""The marks of a message that has the label, and of one in the same conversation."""
BY_OWNER = "owner_label"
"""The mark of a copy in a mailbox without the label, of mail that is the labelling person's."""


def is_labelled(mailbox: Mailbox, choice: Conversation | None) -> bool:
    """``choice`` is what is kept under the label's own key."""
    return choice is not None and mailbox.mailbox_id in choice.kept_out_by


def has_mark(row: Row, mark: str) -> bool:
    return row.reason is Reason.KEPT_OUT and any(evidence.mark == mark for evidence in row.evidence)


class DontLogLabel:
    """Thread-safe. ``name`` is what reps call the label, in whatever spelling, at the top or below another label."""

    def __init__(self, mail: MailProvider, store: Store, clock: Clock, keys: ConversationKeys, name: str) -> None:
        self._mail = mail
        self._store = store
        self._clock = clock
        self._keys = keys
        self._name = name

    def find_labels(self, mailbox: Mailbox) -> frozenset[str]:
        """The ids of the rep's own labels of that name: none, one, or one below each of several labels."""
        labels = self._mail.labels(mailbox)
        return frozenset(label.label_id for label in labels if label.is_own and is_label_named(label.name, self._name))

    def record_labels(
        self,
        mailbox: Mailbox,
        previous: Mapping[MessageId, Row],
        rows: Sequence[Row],
        message_ids: Mapping[ThreadId, frozenset[KeyedHash]],
    ) -> None:
        """Keep out each thread as the labels of its messages say, and no longer where the last label is gone.

        ``message_ids`` are keyed hashes of the Message-IDs that were read in labelled threads.
        """
        labelled = [row for row in rows if has_mark(row, OWN)]
        self.record_labelled(mailbox, labelled)
        for thread_id, ids in message_ids.items():
            self._note_messages(mailbox, thread_id, ids)
        earlier_rows = [previous[row.message_id] for row in rows if row.message_id in previous]
        threads = {row.thread_id for row in earlier_rows if has_mark(row, OWN)} - {row.thread_id for row in labelled}
        for thread_id in threads:
            self._let_in(mailbox, thread_id)

    def record_labelled(self, mailbox: Mailbox, rows: Sequence[Row]) -> None:
        """Messages have the label. Mail that is logged stays as it is, and what follows goes by the label."""
        for thread_id in {row.thread_id for row in rows}:
            self._keep_out(mailbox, thread_id, [row for row in rows if row.thread_id == thread_id])

    def record_moves_on_logged(self, mailbox: Mailbox, rows: Sequence[Row], labels: Collection[str]) -> None:
        """The label came or went on logged mail, which is not screened again: Gmail says what has it now.

        Raises what the mail port raises.
        """
        for thread_id in {row.thread_id for row in rows}:
            moved = [MessageRef(row.message_id, thread_id) for row in rows if row.thread_id == thread_id]
            ids = {row.message_id for row in self._store.thread(mailbox.mailbox_id, thread_id)}
            refs = dict.fromkeys((*moved, *(MessageRef(i, thread_id) for i in sorted(ids))))
            answers = self._mail.headers(mailbox, list(refs), HEADERS).values()
            for error in answers:
                if isinstance(error, Exception) and not isinstance(error, NotFoundError | UnreadableError):
                    raise error
            messages = [m for m in answers if isinstance(m, Message)]
            if any(not m.label_ids.isdisjoint(labels) for m in messages):
                self.record_labelled(mailbox, [row for row in rows if row.thread_id == thread_id])
                self._note_messages(mailbox, thread_id, self._hash_ids(messages))
            else:
                self._let_in(mailbox, thread_id)

    def list_labelled(self, mailbox: Mailbox) -> list[Row]:
        """The rows of all threads that the label keeps out. It reads the mailbox's whole ledger."""
        own_id = mailbox.mailbox_id
        threads = {self._keys.of_label(own_id, row.thread_id): row.thread_id for row in self._store.rows(own_id)}
        choices = self._store.conversations(list(threads))
        labelled = sorted(threads[key] for key, choice in choices.items() if is_labelled(mailbox, choice))
        return [row for thread_id in labelled for row in self._store.thread(own_id, thread_id)]

    def _keep_out(self, mailbox: Mailbox, thread_id: ThreadId, rows: Sequence[Row]) -> None:
        own_id, label_key = mailbox.mailbox_id, self._keys.of_label(mailbox.mailbox_id, thread_id)
        is_new = not is_labelled(mailbox, self._store.conversations([label_key]).get(label_key))
        self._store.save_conversation(
            label_key, lambda choice: replace(choice, kept_out_by=choice.kept_out_by | {own_id})
        )
        # Under the conversation's own key a colleague's copy finds it, where the mail is this person's.
        thread = LabelledThread(own_id, thread_id)
        for key in {row.conversation for row in rows if row.conversation}:
            self._store.save_conversation(
                key, lambda choice: replace(choice, labelled_by=choice.labelled_by | {thread})
            )
        if is_new:
            self._reread_thread(mailbox, thread_id, {row.message_id for row in rows})

    def _reread_thread(self, mailbox: Mailbox, thread_id: ThreadId, known: Collection[MessageId]) -> None:
        """The label is new on a thread of which there are rows: what still waits in it is screened once more."""
        now = self._clock.now()
        others = [row for row in self._store.thread(mailbox.mailbox_id, thread_id) if row.message_id not in known]
        waiting = [row for row in others if row.shard is not None and not row.waits_for_change]
        save_changed_rows(self._store, [reopen_row(row, "label_on", now) for row in waiting])
        refs = [MessageRef(row.message_id, thread_id) for row in others]
        try:
            answers = self._mail.headers(mailbox, refs, ID_HEADERS).values() if refs else ()
        except TransientError:
            return  # a colleague's reply is then known by the thread's later mail, or by this person's own copy
        self._note_messages(mailbox, thread_id, self._hash_ids(m for m in answers if isinstance(m, Message)))

    def _note_messages(self, mailbox: Mailbox, thread_id: ThreadId, ids: frozenset[KeyedHash]) -> None:
        """By their Message-IDs a colleague's copy of a reply is known to be of the labelled thread."""
        if ids:
            self._store.save_conversation(
                self._keys.of_label(mailbox.mailbox_id, thread_id),
                lambda choice: replace(choice, message_ids=choice.message_ids | ids) if choice.kept_out_by else choice,
            )

    def _hash_ids(self, messages: Iterable[Message]) -> frozenset[KeyedHash]:
        return frozenset(key for message in messages for key in self._keys.of_message_ids(message.headers))

    def _let_in(self, mailbox: Mailbox, thread_id: ThreadId) -> None:
        own_id = mailbox.mailbox_id
        rows = self._store.thread(own_id, thread_id)
        if any(has_mark(row, OWN) for row in rows):
            return
        self._store.save_conversation(
            self._keys.of_label(own_id, thread_id),
            lambda choice: replace(choice, kept_out_by=choice.kept_out_by - {own_id}, message_ids=frozenset()),
        )
        threads = {LabelledThread(own_id, thread_id), LabelledThread(own_id, ThreadId(""))}
        keys = {row.conversation for row in rows if row.conversation}
        ends, _ = read_choices(self._store, {key: key for key in keys})
        for key in keys | set(ends.values()):
            self._store.save_conversation(key, lambda choice: replace(choice, labelled_by=choice.labelled_by - threads))
        # Each copy of the conversation that a label kept out is decided again, and by a label that is left.
        copies = [copy for key in keys | set(ends.values()) for copy in self._store.rows_of(key)]
        kept_out = [row for row in rows if has_mark(row, INHERITED)] + [c for c in copies if has_mark(c, BY_OWNER)]
        now = self._clock.now()
        save_changed_rows(self._store, [reopen_row(row, "label_off", now) for row in kept_out])
