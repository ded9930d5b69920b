"""What people said of a conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from server.adapters.documents import Document
from server.adapters.store import codec
from server.adapters.store.repository import Repository
from server.domain.ids import KeyedHash
from server.domain.ledger import Conversation


class ConversationDocuments(Repository):
    """Implements ``server.ports.store.ConversationStore``."""

    def conversations(self, keys: Sequence[KeyedHash]) -> dict[KeyedHash, Conversation]:
        documents = self._documents.get_many("conversations", list(dict.fromkeys(keys))).values()
        return {KeyedHash(d.key): codec.to_conversation(d.key, d.data, d.version) for d in documents}

    def save_conversation(self, key: KeyedHash, change: Callable[[Conversation], Conversation]) -> Conversation:
        def read(document: Document | None) -> Conversation:
            return codec.to_conversation(key, document.data, document.version) if document else Conversation(key)

        known = codec.CONVERSATION_FIELDS
        return self._change_document("conversations", key, read, change, codec.from_conversation, known)
