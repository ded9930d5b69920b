"""The decision for one message and the full why, nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.domain.crm import Candidates
from server.domain.decision import Decision
from server.domain.ids import ActivityKey, MailboxId, MessageId, SalesforceId, ThreadId
from server.domain.mail import Copy, Mail, People
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Headers, Message
from server.domain.policy import Override
from server.engine.conversations.overrides import situation_of
from server.engine.ports import Ports
from server.rules.decision.decide import decide
from server.rules.decision.match import build_query
from server.rules.decision.owner import find_owner_id
from server.rules.decision.screen import screen
from server.rules.headers.identity_key import activity_key
from server.rules.headers.people import people_of


@dataclass(frozen=True)
class Explanation:
    """``owner`` is the Salesforce User whose records win a tie and who owns the activity."""

    decision: Decision
    people: People
    mailbox_address: str
    owner: SalesforceId | None = None


def explain(
    ports: Ports, workspace: Workspace, message: Message, mailbox: Mailbox, override: Override | None = None
) -> Explanation:
    """Screens and decides as the sync would, with the org's records of this moment."""
    situation = replace(situation_of(mailbox, None), is_overridden=override is not None)
    screening, people = screen(message, workspace, ports.policy, situation)
    if screening.reason is not None:
        decision = Decision(screening.reason, evidence=screening.evidence, policy_version=ports.policy.version)
        return Explanation(decision, people, mailbox.address)
    mail = mail_of(message, mailbox, people)
    candidates: Candidates = ports.crm.look_up(build_query(mail, workspace, ports.policy))
    owner = find_owner_id(mail, workspace, candidates)
    decision = decide(mail, owner, candidates, workspace, ports.policy, override)
    return Explanation(decision, people, mailbox.address, owner)


def mailbox_for(headers: Headers, workspace: Workspace, mailboxes: list[Mailbox]) -> Mailbox:
    """Whose mail it would be: the first internal person on it, else the first mailbox there is."""
    people = people_of(headers, workspace)
    for person in people.internals:
        for mailbox in mailboxes:
            if person.address in mailbox.addresses:
                return mailbox
    if mailboxes:
        return mailboxes[0]
    address = next(iter(workspace.people), "nobody@invalid")
    return Mailbox(MailboxId("none"), (address,))


def message_of(headers: Headers, label_ids: frozenset[str], now_ms: int, size: int) -> Message:
    """A file as Gmail would hand it to us."""
    return Message(MessageId("0"), ThreadId("0"), label_ids, now_ms, size, headers)


def mail_of(message: Message, mailbox: Mailbox, people: People) -> Mail:
    """One copy as a mail of its own, for a decision that is not written."""
    author = people.author.address if people.author else None
    key: ActivityKey = activity_key(
        message.headers, author, message.internal_date, [p.address for p in people.participants]
    )
    copy = Copy(
        mailbox.mailbox_id, mailbox.address, message.message_id, message.thread_id,
        message.is_sent, message.internal_date, message.headers, people,
    )  # fmt: skip
    return Mail(key, None, (copy,))
