"""The Gmail label "Don't log": how a rep keeps a conversation out on a phone, or with a filter.

The label counts for the conversation, as the button does: Gmail puts it on the messages that are there, and not on the
next one. Taking the label off the last of them lets the conversation be logged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from server.domain.decision import Outcome, Reason
from server.domain.history import MessageRef
from server.domain.ids import MessageId, ThreadId
from server.domain.ledger import Conversation, Row
from server.domain.mailbox import Mailbox
from server.engine.conversations.keys import ConversationKeys
from server.engine.ledger.rows import reopen_row
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.ports.store import Store

OWN = "label"
INHERITED = "conversation_label"
"""The marks of a message that has the label, and of one in the same conversation."""


def is_labelled(mailbox: Mailbox, choice: Conversation | None) -> bool:
    """``choice`` is what is kept under the label's own key."""
    return choice is not None and mailbox.mailbox_id in choice.kept_out_by


def has_mark(row: Row, mark: str) -> bool:
    return row.reason is Reason.KEPT_OUT and any(evidence.mark == mark for evidence in row.evidence)


class DontLogLabel:
    """Thread-safe. ``name`` is what reps call the label, compared without case."""

    def __init__(self, mail: MailProvider, store: Store, clock: Clock, keys: ConversationKeys, name: str) -> None:
        self._mail = mail
        self._store = store
        self._clock = clock
        self._keys = keys
        self._name = name.strip().lower()

    def find_label(self, mailbox: Mailbox) -> str | None:
        """The id of the rep's own label of that name; None where there is none."""
        own = (label for label in self._mail.labels(mailbox) if label.is_own)
        return next((label.label_id for label in own if label.name.strip().lower() == self._name), None)

    def record_labels(self, mailbox: Mailbox, previous: Mapping[MessageId, Row], rows: Sequence[Row]) -> None:
        """Keep out each thread as the labels of its messages say, and no longer where the last label is gone."""
        labelled = {row.thread_id for row in rows if has_mark(row, OWN)}
        for thread_id in labelled:
            self._keep_out(mailbox, thread_id)
        earlier_rows = [previous[row.message_id] for row in rows if row.message_id in previous]
        for thread_id in {row.thread_id for row in earlier_rows if has_mark(row, OWN)} - labelled:
            self._let_in(mailbox, thread_id)

    def record_label_moves(
        self, mailbox: Mailbox, moves: Mapping[MessageRef, bool], rows: Mapping[MessageId, Row]
    ) -> None:
        """The label moved on mail that is logged: that mail stays as it is, and what follows goes by the label."""
        on_logged = {ref: is_on for ref, is_on in moves.items() if _is_logged(rows.get(ref.message_id))}
        for thread_id in {ref.thread_id for ref, is_on in on_logged.items() if is_on}:
            self._keep_out(mailbox, thread_id)
        for thread_id in {ref.thread_id for ref, is_on in on_logged.items() if not is_on}:
            self._let_in(mailbox, thread_id)

    def _keep_out(self, mailbox: Mailbox, thread_id: ThreadId) -> None:
        self._store.save_conversation(
            self._keys.of_label(mailbox, thread_id),
            lambda choice: replace(choice, kept_out_by=choice.kept_out_by | {mailbox.mailbox_id}),
        )

    def _let_in(self, mailbox: Mailbox, thread_id: ThreadId) -> None:
        rows = self._store.thread(mailbox.mailbox_id, thread_id)
        if any(has_mark(row, OWN) for row in rows):
            return
        self._store.save_conversation(
            self._keys.of_label(mailbox, thread_id),
            lambda choice: replace(choice, kept_out_by=choice.kept_out_by - {mailbox.mailbox_id}),
        )
        now = self._clock.now()
        self._store.change_rows([reopen_row(row, "label_off", now) for row in rows if has_mark(row, INHERITED)])


def _is_logged(row: Row | None) -> bool:
    return row is not None and row.outcome is Outcome.LOGGED
