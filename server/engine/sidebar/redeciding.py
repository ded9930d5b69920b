"""What the rules and the conversation's choice say today of mail that was logged before, copy by copy."""

from __future__ import annotations

from server.domain.decision import Decision, Outcome
from server.domain.errors import MailboxUnavailableError, NotFoundError, UnreadableError
from server.domain.history import MessageRef
from server.domain.ledger import ActivityRow
from server.domain.mailbox import Workspace
from server.engine.decide.explain import Explainer
from server.engine.sidebar.conversation_reader import ConversationReader
from server.ports.store import Store


class Redecider:
    """Thread-safe; nothing is written."""

    def __init__(self, store: Store, reader: ConversationReader, explainer: Explainer) -> None:
        self._store = store
        self._reader = reader
        self._explainer = explainer

    def decide_copies(self, workspace: Workspace, activity: ActivityRow) -> dict[str, Decision]:
        """For each logged copy that can be read now, by its row's key.

        A label or a stop keeps out what is to come. What stands in Salesforce, only the button deletes.
        """
        decisions: dict[str, Decision] = {}
        rows = self._store.copies_of(activity.key)
        mailboxes = self._store.find_mailboxes({row.mailbox_id for row in rows})
        for row in rows:
            mailbox = mailboxes.get(row.mailbox_id)
            if row.outcome is not Outcome.LOGGED or mailbox is None or not mailbox.reads:
                continue
            try:
                message = self._reader.read_message(mailbox, MessageRef(row.message_id, row.thread_id))
                decisions[row.key] = self._explainer.explain(workspace, message, mailbox, is_logged=True).decision
            except (NotFoundError, MailboxUnavailableError, UnreadableError):
                continue
        return decisions
