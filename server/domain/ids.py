"""Identifiers, one type each, so that none can be taken for another."""

from typing import NewType

MailboxId = NewType("MailboxId", str)
"""The Directory user id: immutable, unlike the address."""

MessageId = NewType("MessageId", str)
"""Hexadecimal, unique within one mailbox only."""

ThreadId = NewType("ThreadId", str)

Cursor = NewType("Cursor", int)
"""A position in a mailbox's history. Compared only for "newer"; gaps carry no meaning."""

ActivityKey = NewType("ActivityKey", str)
"""64 lower-case hexadecimal digits: one real mail, whoever's mailbox it lies in."""

SalesforceId = NewType("SalesforceId", str)
"""18 characters."""

KeyedHash = NewType("KeyedHash", str)
"""``v<key version>:<hex HMAC-SHA256>``."""
