"""Copies that a server on the way gave another Message-ID find the mail that they are copies of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.domain.ids import KeyedHash
from server.domain.mail import People
from server.domain.mail_names import CopyName, MailFamily, NamedMail
from server.domain.mailbox import Workspace
from server.domain.message import Message
from server.engine.conversations.keys import read_choices
from server.ports.store import Store
from server.rules.headers.copy_names import add_copy, describe_family, find_site
from server.rules.headers.identity_key import find_conversation_root, identify_mail, normalise_message_id
from server.rules.headers.people import people_of
from server.vault.hashes import KeyedHasher


@dataclass(frozen=True)
class CopyNamer:
    """Thread-safe."""

    store: Store
    hasher: KeyedHasher

    def read_name(
        self, message: Message, people: People, workspace: Workspace, conversation: KeyedHash
    ) -> CopyName | None:
        """None for mail of which all copies have one Message-ID."""
        family = describe_family(message.headers, people, workspace, is_sent=message.is_sent)
        if family is None:
            return None
        return CopyName(
            families=self.hasher.all("mail", family),
            key=identify_mail(message.headers, people, message.internal_date),
            site=self.hasher.hash("site", find_site(message.headers)),
            is_sent=message.is_sent,
            conversation=conversation,
            is_first=_is_first(message),
        )

    def join_family(self, copy: CopyName) -> NamedMail:
        """The mail of the copy, stored before its row is: a crash in between repeats the same step.

        Raises TransientError.
        """
        joined: list[NamedMail] = []

        def add(family: MailFamily) -> MailFamily:
            changed, mail = add_copy(family, copy)
            joined[:] = [mail]
            return changed

        self.store.save_family(self._find_stored(copy), add)
        mail = joined[0]
        if copy.is_first and copy.conversation and mail.conversation not in (None, copy.conversation):
            self._join_conversations(copy, copy.conversation, mail.conversation)
        return mail

    def is_refuted(self, message: Message, workspace: Workspace) -> bool:
        """Whether the message shows that its conversation goes by its own key alone.

        It begins the conversation and is not of our people: the copy that once made the key another's was forged.
        """
        if not _is_first(message):
            return False
        people = people_of(message.headers, workspace, is_sent=message.is_sent)
        return describe_family(message.headers, people, workspace, is_sent=message.is_sent) is None

    def part_conversation(self, key: KeyedHash) -> None:
        """Let the conversation go by its own key again. Raises TransientError."""
        self.store.save_conversation(key, lambda current: replace(current, same_as=None))

    def _join_conversations(self, copy: CopyName, second: KeyedHash, first: KeyedHash) -> None:
        """A reply names the Message-ID that its author saw, and belongs to the conversation all the same.

        Who stopped the conversation under one key stops it under the other. Anybody may send a copy of our person's
        mail with the Message-ID of another conversation: one that is in use already stays by itself.
        """
        ends, _ = read_choices(self.store, {key: key for key in (first, second)})
        if ends[first] == ends[second] or (not copy.is_sent and self._is_in_use(second)):
            return
        alias = self.store.save_conversation(second, lambda current: replace(current, same_as=first))
        if alias.kept_out_by or alias.labelled_by:
            self.store.save_conversation(
                first,
                lambda current: replace(
                    current,
                    kept_out_by=current.kept_out_by | alias.kept_out_by,
                    labelled_by=current.labelled_by | alias.labelled_by,
                ),
            )

    def _is_in_use(self, conversation: KeyedHash) -> bool:
        choice = self.store.conversations([conversation]).get(conversation)
        is_chosen = choice is not None and bool(choice.kept_out_by or choice.record_id or choice.said_by)
        return is_chosen or bool(self.store.activities_of(conversation))

    def _find_stored(self, copy: CopyName) -> KeyedHash:
        """Under an earlier hash key, where the family was stored before a rotation."""
        if len(copy.families) == 1:
            return copy.family
        stored = self.store.families(copy.families)
        return next((key for key in copy.families if key in stored), copy.family)


def _is_first(message: Message) -> bool:
    own_id = normalise_message_id(message.headers.first("Message-ID"))
    return find_conversation_root(message.headers) == own_id
