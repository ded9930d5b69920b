"""Under which keyed hash people's choices for a conversation are kept."""

from __future__ import annotations

from server.domain.ids import KeyedHash, ThreadId
from server.domain.mailbox import Mailbox
from server.domain.message import Message
from server.rules.headers.identity_key import find_conversation_root
from server.vault.hashes import KeyedHasher


class ConversationKeys:
    """Thread-safe."""

    def __init__(self, hasher: KeyedHasher) -> None:
        self._hasher = hasher

    def of_message(self, mailbox: Mailbox, message: Message) -> KeyedHash:
        """The root of References is the same in every mailbox; without a root, the thread of this mailbox alone."""
        root = find_conversation_root(message.headers)
        value = root or f"thread:{mailbox.mailbox_id}:{message.thread_id}"
        return self._hasher.hash("conversation", value)

    def of_label(self, mailbox: Mailbox, thread_id: ThreadId) -> KeyedHash:
        """The label "Don't log" on a thread of this mailbox: kept apart from what a button said."""
        return self._hasher.hash("dont_log", f"{mailbox.mailbox_id}:{thread_id}")
