"""A mail on its way to Salesforce, stage by stage, and what is known of the insert of one that is claimed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from server.domain.crm import CrmUser
from server.domain.decision import Decision
from server.domain.errors import (
    ConfigurationError,
    ConflictError,
    DoubtError,
    OtherOrgError,
    ReconnectRequiredError,
    RejectedError,
    TransientError,
    UnansweredError,
)
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState, Row
from server.domain.mail import Copy, Mail
from server.ports.clock import Clock
from server.ports.store import ActivityStore

NOTHING_DONE = (TransientError, ConfigurationError, OtherOrgError, ReconnectRequiredError, RejectedError)
"""Failures after which a mail is surely not in Salesforce, unless they are a DoubtError."""


@dataclass(frozen=True)
class Wanted:
    """A decided mail with the rows that wait for it. ``DeliveryRound`` makes it; a claim or a failure ends it."""

    mail: Mail
    decision: Decision
    owner: CrmUser | None
    rows: tuple[Row, ...]

    @property
    def key(self) -> ActivityKey:
        return self.mail.key

    @property
    def owner_id(self) -> SalesforceId | None:
        return self.owner.user_id if self.owner else None


@dataclass(frozen=True)
class Claimed:
    """A wanted mail and the claim on it: nobody else inserts it now. The claim may be an earlier try's.

    ``MailFiler`` makes it, or ``DeliveryRound`` of a claim whose end nobody knows; ``ActivityCloser`` ends it.
    """

    wanted: Wanted
    claim: ActivityRow

    @property
    def mail(self) -> Mail:
        return self.wanted.mail

    @property
    def key(self) -> ActivityKey:
        return self.wanted.mail.key


@dataclass(frozen=True)
class Misread:
    """A mail whose bytes say something else than the headers by which it was screened and decided.

    ``copies`` have their headers as they were sent, as far as the bytes that were read tell them.
    """

    wanted: Wanted
    copies: tuple[Copy, ...]


class ClaimNotes:
    """What is known of an insert, kept on the claim for the next worker.

    Only where the org has no field for our key (``is_keyless``) must a claim say that surely nothing was sent: no look
    can tell it there. Elsewhere the look by key costs less than the notes.
    """

    def __init__(self, store: ActivityStore, clock: Clock, *, is_keyless: bool) -> None:
        self._store = store
        self._clock = clock
        self._is_keyless = is_keyless

    def make_claim(self, wanted: Wanted) -> ActivityRow:
        copy = wanted.mail.canonical
        return ActivityRow(
            key=wanted.key,
            state=ActivityState.CLAIMED,
            claimed_at=self._clock.now(),
            mailbox_id=copy.mailbox_id,
            message_id=copy.message_id,
            conversation=wanted.mail.conversation,
            is_unsent=self._is_keyless,
        )

    def note_sending(self, mails: Sequence[Claimed]) -> Mapping[ActivityKey, Claimed]:
        """Before the insert, for this process may end in it. Raises ConflictError where another worker has a mail."""
        unsent = [claimed for claimed in mails if claimed.claim.is_unsent]
        current: Mapping[ActivityKey, ActivityRow] = {}
        if unsent:
            self._store.save_activities([replace(claimed.claim, is_unsent=False) for claimed in unsent], [])
            current = self._store.activities([claimed.key for claimed in unsent])
        return {c.key: Claimed(c.wanted, current.get(c.key, c.claim)) for c in mails}

    def note_failures(self, failures: Iterable[tuple[Claimed, Exception]]) -> None:
        """A worker that changed a claim meanwhile knows more than we do."""
        for claimed, error in failures:
            claim = self._as_failed(claimed.claim, error)
            if claim != claimed.claim:
                with suppress(ConflictError):
                    self._store.save_activities([claim], [])

    def _as_failed(self, claim: ActivityRow, error: Exception) -> ActivityRow:
        if isinstance(error, UnansweredError):
            return replace(claim, unanswered_at=self._clock.now())
        is_unsent = self._is_keyless and isinstance(error, NOTHING_DONE) and not isinstance(error, DoubtError)
        return replace(claim, is_unsent=True) if is_unsent else claim
