"""What people say of a conversation counts in the order in which they said it, and not in which it is carried out.

A click may wait for Gmail or Salesforce longer than its person waits for the card. By then the person may have said
something else, which the late click must not overrule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from server.domain.errors import OverruledError
from server.domain.ids import KeyedHash, MailboxId
from server.domain.ledger import Conversation
from server.ports.clock import Clock
from server.ports.store import Store

BELIEVED = 60.0
"""Seconds that another machine's clock may be ahead. A time further in the future is of a clock that was wrong: it
must not bar the conversation for ever."""


def _begin_at_any_time() -> None:
    """Nobody waits for an answer with a limit."""


@dataclass(frozen=True)
class Click:
    """``accepted_at`` (epoch seconds) is when the service got it.

    ``begin`` is called before anything is changed. It raises TooSlowError where the person was told by then that
    nothing was changed.
    """

    accepted_at: float
    begin: Callable[[], None] = _begin_at_any_time


@dataclass(frozen=True)
class Word:
    """What one click says of one conversation.

    ``chooses``: it is about the record or about logging anyway, which hold for all mailboxes; otherwise it is about
    this mailbox's own copies only, and no word of a colleague is newer.
    """

    key: KeyedHash
    mailbox_id: MailboxId
    click: Click
    chooses: bool

    def is_overruled(self, current: Conversation, now: float) -> bool:
        heard = [current.heard_at.get(self.mailbox_id, 0.0), current.chosen_at if self.chooses else 0.0]
        return any(self.click.accepted_at < moment <= now + BELIEVED for moment in heard)

    def note(self, changed: Conversation) -> Conversation:
        accepted_at = self.click.accepted_at
        noted = replace(changed, heard_at={**changed.heard_at, self.mailbox_id: accepted_at})
        return replace(noted, chosen_at=accepted_at) if self.chooses else noted


class ChoiceKeeper:
    """Thread-safe."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def accept_click(self) -> Click:
        """For a caller who waits as long as it takes."""
        return Click(self._clock.now())

    def save(self, word: Word, change: Callable[[Conversation], Conversation]) -> Conversation:
        """Raises OverruledError where something newer was said, TooSlowError where the click is given up."""
        word.click.begin()

        def change_unless_overruled(current: Conversation) -> Conversation:
            self._check(word, current)
            return word.note(change(current))

        return self._store.save_conversation(word.key, change_unless_overruled)

    def require_latest(self, word: Word) -> None:
        """Asked before each further step of a click. Raises OverruledError."""
        self._check(word, self._read(word.key))

    def is_overruled(self, word: Word) -> bool:
        return word.is_overruled(self._read(word.key), self._clock.now())

    def take_back(self, word: Word, earlier: Conversation) -> None:
        """What the word said could not be done: what was said before holds again, but for what is newer."""

        def restore(current: Conversation) -> Conversation:
            if word.is_overruled(current, self._clock.now()):
                return current
            return replace(
                current,
                record_id=earlier.record_id,
                sealed_record=earlier.sealed_record,
                is_record_gone=earlier.is_record_gone,
                log_anyway=earlier.log_anyway,
                said_by=earlier.said_by,
                kept_out_by=current.kept_out_by | (earlier.kept_out_by & {word.mailbox_id}),
            )

        self._store.save_conversation(word.key, restore)

    def _read(self, key: KeyedHash) -> Conversation:
        return self._store.conversations([key]).get(key, Conversation(key))

    def _check(self, word: Word, current: Conversation) -> None:
        if word.is_overruled(current, self._clock.now()):
            raise OverruledError("A newer click counts over this one.")
