"""Under which keyed hash people's choices for a conversation are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from server.domain.ids import KeyedHash, MailboxId, ThreadId
from server.domain.ledger import Conversation
from server.domain.mailbox import Mailbox
from server.domain.message import Headers, Message
from server.ports.store import ConversationStore
from server.rules.headers.identity_key import find_conversation_root, list_message_ids, list_thread_mates
from server.vault.hashes import KeyedHasher

Of = TypeVar("Of")


def read_choices(
    store: ConversationStore, roots: Mapping[Of, KeyedHash], others: Iterable[KeyedHash] = ()
) -> tuple[dict[Of, KeyedHash], dict[KeyedHash, Conversation]]:
    """The roots under the keys that their conversations go by, and what people chose for these and for ``others``.

    A conversation whose first mail has two Message-IDs goes by one key, whichever of them a reply names.
    """
    choices = store.conversations(list(dict.fromkeys((*roots.values(), *others))))
    unread = _list_aliased(choices)
    while unread:
        choices |= store.conversations(unread)
        unread = [key for key in _list_aliased({k: choices[k] for k in unread if k in choices}) if key not in choices]
    return {of: _follow(choices, root) for of, root in roots.items()}, choices


def _list_aliased(choices: Mapping[KeyedHash, Conversation]) -> list[KeyedHash]:
    return list(dict.fromkeys(choice.same_as for choice in choices.values() if choice.same_as))


def _follow(choices: Mapping[KeyedHash, Conversation], key: KeyedHash) -> KeyedHash:
    """To the end; keys that lead back to one another go by the least of them, from whichever one begins."""
    seen = [key]
    while (choice := choices.get(seen[-1])) and choice.same_as:
        if choice.same_as in seen:
            return min(seen[seen.index(choice.same_as) :])
        seen.append(choice.same_as)
    return seen[-1]


class ConversationKeys:
    """Thread-safe."""

    def __init__(self, hasher: KeyedHasher) -> None:
        self._hasher = hasher

    def of_message(self, mailbox: Mailbox, message: Message) -> KeyedHash:
        """The root of References is the same in every mailbox; without a root, the thread of this mailbox alone."""
        root = find_conversation_root(message.headers)
        value = root or f"thread:{mailbox.mailbox_id}:{message.thread_id}"
        return self._hasher.hash("conversation", value)

    def of_label(self, mailbox_id: MailboxId, thread_id: ThreadId) -> KeyedHash:
        """The label "Don't log" on a thread of this mailbox: kept apart from what a button said."""
        return self._hasher.hash("dont_log", f"{mailbox_id}:{thread_id}")

    def of_message_ids(self, headers: Headers) -> frozenset[KeyedHash]:
        """By which a thread that has the label knows its messages again."""
        return frozenset(self._hasher.hash("message_id", value) for value in list_message_ids(headers))

    def of_thread_mates(self, headers: Headers) -> frozenset[KeyedHash]:
        """What ``of_message_ids`` gave for the mail or one that it answers, also before the hash key changed."""
        ids = list_thread_mates(headers)
        return frozenset(key for value in ids for key in self._hasher.all("message_id", value))
