"""Whether the headers that Gmail showed of a message lead where those lead that were sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from server.domain.mail import Copy
from server.domain.mailbox import Workspace
from server.domain.message import Headers, Message
from server.domain.policy import Policy
from server.rules.decision.screen import SENT, Situation, screen
from server.rules.headers.copy_names import describe_family
from server.rules.headers.identity_key import find_conversation_root, identify_mail, list_message_ids


def make_message(copy: Copy) -> Message:
    """A waiting copy as a message that nothing but its headers decides: its other labels were judged before."""
    labels = frozenset({SENT} if copy.is_sent else {"INBOX", *([copy.category] if copy.category else [])})
    return Message(
        copy.message_id, copy.thread_id, labels, copy.internal_date, copy.size, copy.headers, copy.is_as_sent
    )


def is_read_alike(message: Message, sent: Headers, workspace: Workspace, policy: Policy) -> bool:
    """``message`` has the headers that were shown; ``sent`` are those of its bytes.

    All that is derived of headers counts: people and their names, the screening, the mail's key and its conversation.
    """
    if message.headers == sent:
        return True
    return _derive(message, workspace, policy) == _derive(replace(message, headers=sent), workspace, policy)


def _derive(message: Message, workspace: Workspace, policy: Policy) -> tuple[Any, ...]:
    # Labels decided before, and choices of people do not depend on a header: an ordinary label stands for them.
    plain = replace(message, label_ids=frozenset({SENT if message.is_sent else "INBOX"}))
    screening, people = screen(plain, workspace, policy, Situation())
    headers = message.headers
    return (
        screening,
        people,
        identify_mail(headers, people, message.internal_date),
        find_conversation_root(headers),
        list_message_ids(headers),
        describe_family(headers, people, workspace, is_sent=message.is_sent),
    )
