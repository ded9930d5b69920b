"""Copies that a server on the way gave another Message-ID find the mail that they are copies of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.domain.ids import KeyedHash
from server.domain.mail import People
from server.domain.mail_names import CopyName, MailFamily, NamedMail
from server.domain.mailbox import Workspace
from server.domain.message import Message
from server.ports.store import Store
from server.rules.headers.copy_names import add_copy, describe_family, find_site
from server.rules.headers.identity_key import find_conversation_root, identify_mail, normalise_message_id
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
            is_first=find_conversation_root(message.headers)
            == normalise_message_id(message.headers.first("Message-ID")),
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
            self._join_conversations(copy.conversation, mail.conversation)
        return mail

    def _join_conversations(self, second: KeyedHash, first: KeyedHash) -> None:
        """A reply names the Message-ID that its author saw, and belongs to the conversation all the same.

        Who stopped the conversation under one key stops it under the other.
        """
        alias = self.store.save_conversation(second, lambda current: replace(current, same_as=first))
        if alias.kept_out_by:
            self.store.save_conversation(
                first, lambda current: replace(current, kept_out_by=current.kept_out_by | alias.kept_out_by)
            )

    def _find_stored(self, copy: CopyName) -> KeyedHash:
        """Under an earlier hash key, where the family was stored before a rotation."""
        if len(copy.families) == 1:
            return copy.family
        stored = self.store.families(copy.families)
        return next((key for key in copy.families if key in stored), copy.family)
