"""What the rules say today of mail that was logged before, copy by copy."""

from __future__ import annotations

from collections.abc import Mapping

from server.domain.decision import Decision, Outcome
from server.domain.errors import MailboxUnavailableError, NotFoundError, UnreadableError
from server.domain.history import MessageRef
from server.domain.ids import MailboxId
from server.domain.ledger import ActivityRow
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Message
from server.domain.policy import Override
from server.engine.decide.explain import explain
from server.engine.ports import Ports
from server.rules.decision.screen import HEADERS


def read_message(ports: Ports, mailbox: Mailbox, ref: MessageRef) -> Message:
    """Its headers, now. Raises NotFoundError and what else the mail port raises."""
    answer = ports.mail.headers(mailbox, [ref], HEADERS).get(ref.message_id)
    if not isinstance(answer, Message):
        raise answer or NotFoundError("Gmail did not answer for this message.")
    return answer


def decisions_of(
    ports: Ports,
    workspace: Workspace,
    mailboxes: Mapping[MailboxId, Mailbox],
    activity: ActivityRow,
    override: Override | None,
) -> dict[str, Decision]:
    """For each logged copy that can be read now, by its row's key."""
    found: dict[str, Decision] = {}
    for row in ports.store.copies_of(activity.key):
        mailbox = mailboxes.get(row.mailbox_id)
        if row.outcome is not Outcome.LOGGED or mailbox is None or not mailbox.reads:
            continue
        try:
            message = read_message(ports, mailbox, MessageRef(row.message_id, row.thread_id))
            found[row.key] = explain(ports, workspace, message, mailbox, override).decision
        except (NotFoundError, MailboxUnavailableError, UnreadableError):
            continue
    return found
