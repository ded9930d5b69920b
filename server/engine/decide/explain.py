"""The decision for messages that are read now, and the full why. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from server.domain.crm import Candidates
from server.domain.decision import Decision
from server.domain.ids import KeyedHash, MailboxId, MessageId, SalesforceId, ThreadId
from server.domain.mail import Copy, Mail, People
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Headers, Message, Participant
from server.domain.policy import Policy
from server.engine.conversations.dont_log_label import is_labelled
from server.engine.conversations.keys import ConversationKeys, read_choices
from server.engine.conversations.overrides import build_situation
from server.engine.decide.decisions import MailDecider
from server.ports.store import Store
from server.rules.decision.screen import find_category, screen
from server.rules.headers.domains import is_public_mail_domain, names_a_relay
from server.rules.headers.identity_key import identify_mail
from server.rules.headers.people import people_of


def find_public_domain(address: str, policy: Policy) -> str:
    """The domain of the address where it is a mail provider's, at which no company is looked for; else empty."""
    domain = address.rpartition("@")[2]
    is_public = is_public_mail_domain(domain, policy.public_domains, policy.company_domains)
    return domain if is_public and not names_a_relay(domain) else ""


@dataclass(frozen=True)
class Explanation:
    """``owner`` is the Salesforce User whose records win a tie and who owns the activity.

    ``group`` is our group to which the mail went, where the owner is one of its members.
    ``external_people`` are those that records were looked for, and nobody where the message was not matched at all.
    """

    message: Message
    decision: Decision
    people: People
    mailbox_address: str
    owner: SalesforceId | None = None
    external_people: tuple[Participant, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Explanations:
    """``candidates`` is what Salesforce answered to the one question that was asked for all of the messages."""

    by_message: Mapping[MessageId, Explanation]
    candidates: Candidates


class Explainer:
    """Screens and decides as the sync would, with the org's records of this moment. Thread-safe."""

    def __init__(self, store: Store, keys: ConversationKeys, decider: MailDecider, policy: Policy) -> None:
        self._store = store
        self._keys = keys
        self._decider = decider
        self._policy = policy

    def explain(
        self,
        workspace: Workspace,
        message: Message,
        mailbox: Mailbox,
        *,
        by_rules_alone: bool = False,
        is_logged: bool = False,
    ) -> Explanation:
        """``by_rules_alone`` leaves out what people chose for the conversation. Raises what ``MailDecider`` raises."""
        explanations = self.explain_messages(
            workspace, [message], mailbox, by_rules_alone=by_rules_alone, is_logged=is_logged
        )
        return explanations.by_message[message.message_id]

    def explain_messages(
        self,
        workspace: Workspace,
        messages: Sequence[Message],
        mailbox: Mailbox,
        *,
        by_rules_alone: bool = False,
        is_logged: bool = False,
        users: Iterable[str] = (),
    ) -> Explanations:
        """Several messages of one mailbox. ``users`` are addresses that shall be known as Users with the answer.

        ``is_logged``: the messages stand in Salesforce, so that neither a label nor a stop keeps them out any more.
        """
        found: dict[MessageId, Explanation] = {}
        keys = {message.message_id: self._keys.of_message(mailbox, message) for message in messages}
        label_keys = [self._keys.of_label(mailbox.mailbox_id, message.thread_id) for message in messages]
        keys, choices = read_choices(self._store, keys, label_keys)
        choices = {} if by_rules_alone else choices
        if is_logged:
            mailbox = mailbox.with_labels(frozenset())
            choices = {
                k: replace(choice, kept_out_by=frozenset(), labelled_by=frozenset()) for k, choice in choices.items()
            }
        people_by_id: dict[MessageId, People] = {}
        mails: list[Mail] = []
        by_id = {message.message_id: message for message in messages}
        for message in messages:
            key = keys[message.message_id]
            label_choice = choices.get(self._keys.of_label(mailbox.mailbox_id, message.thread_id))
            situation = build_situation(mailbox, choices.get(key), is_labelled=is_labelled(mailbox, label_choice))
            screening, people = screen(message, workspace, self._policy, situation)
            if screening.reason is not None:
                decision = Decision(screening.reason, evidence=screening.evidence, policy_version=self._policy.version)
                found[message.message_id] = Explanation(message, decision, people, mailbox.address)
                continue
            people_by_id[message.message_id] = people
            mails.append(build_mail(message, mailbox, people, key))
        decisions = self._decider.decide(workspace, mails, choices, users if mails else ())
        for _, error in decisions.failed:
            raise error
        for decided in decisions.decided:
            copy = decided.mail.canonical
            found[copy.message_id] = Explanation(
                by_id[copy.message_id], decided.decision, people_by_id[copy.message_id], mailbox.address,
                decided.owner_id, decided.mail.externals, decided.group,
            )  # fmt: skip
        return Explanations(found, decisions.candidates)


def choose_mailbox(headers: Headers, workspace: Workspace, mailboxes: Sequence[Mailbox]) -> Mailbox:
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


def build_message(headers: Headers, label_ids: frozenset[str], now_ms: int, size: int) -> Message:
    """A file as Gmail would hand it to us."""
    return Message(MessageId("0"), ThreadId("0"), label_ids, now_ms, size, headers)


def build_mail(message: Message, mailbox: Mailbox, people: People, conversation: KeyedHash | None) -> Mail:
    """One copy as a mail of its own, for a decision that is not written."""
    key = identify_mail(message.headers, people, message.internal_date)
    copy = Copy(
        mailbox.mailbox_id, mailbox.address, message.message_id, message.thread_id,
        message.is_sent, message.internal_date, message.headers, people,
        category=find_category(message.label_ids),
    )  # fmt: skip
    return Mail(key, conversation, (copy,))
