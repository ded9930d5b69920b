"""The closed ledger: one row a message a mailbox, one activity a real mail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.decision import OUTCOME_OF, Evidence, Outcome, Reason
from server.domain.history import MessageRef
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, MessageId, SalesforceId, ThreadId

SHARDS = 16
"""Waiting rows are spread over this many shards. All copies of one conversation share a shard."""
LIVE = tuple(range(SHARDS))
BACKFILL = tuple(range(SHARDS, 2 * SHARDS))
"""Mail out of the past waits in shards of its own, so that new mail is never behind it."""


@dataclass(frozen=True)
class Unread:
    """The headers are asked for again at ``due`` (epoch seconds): they could not be read, or time may change them."""

    due: float


@dataclass(frozen=True)
class Waiting:
    """A worker that leases ``shard`` decides the row at ``due`` (epoch seconds) or later."""

    shard: int
    due: float


@dataclass(frozen=True)
class Held:
    """The row waits for a person and not for a time. ``shard`` is where it waits once an admin frees it.

    ``cause`` names what holds it: the stage of its mailbox, ``out_of_scope`` or ``no_mailbox``.
    """

    shard: int
    cause: str


Wait = Unread | Waiting | Held


@dataclass(frozen=True)
class Row:
    """One message in one mailbox. ``server.engine.ledger.rows`` has every change that a row can go through.

    ``unrelated`` counts contacts on the logged mail to whom its activity is not related. ``waits_for_group_since`` is
    when a try first failed because nobody could say who is in a group (epoch seconds).
    ``wait`` says for what the row waits, and is None once the row has an outcome; own mail that may be scheduled is
    skipped and looked at again. ``cause`` is an error code, never a
    text; what Salesforce said of a refused message is in ``sealed_cause``. ``hashes`` are kept only where a later
    change in Salesforce could alter the decision. ``newer_outcome`` is the outcome of a reason that a newer version of
    this program wrote and this one does not know; otherwise it is None, for the reason tells the outcome. ``version``
    is the store's, and empty for a row not stored yet.
    """

    mailbox_id: MailboxId
    message_id: MessageId
    thread_id: ThreadId
    reason: Reason
    internal_date: int = 0
    conversation: KeyedHash | None = None
    activity_key: ActivityKey | None = None
    wait: Wait | None = None
    attempts: int = 0
    cause: str | None = None
    evidence: tuple[Evidence, ...] = ()
    record_id: SalesforceId | None = None
    activity_id: SalesforceId | None = None
    hashes: tuple[KeyedHash, ...] = ()
    sealed_headers: bytes | None = None
    sealed_cause: bytes | None = None
    policy_version: int = 0
    updated_at: float = 0.0
    newer_outcome: Outcome | None = None
    unrelated: int = 0
    waits_for_group_since: float = 0.0
    version: str = field(default="", compare=False)

    @property
    def outcome(self) -> Outcome:
        return OUTCOME_OF.get(self.reason) or self.newer_outcome or Outcome.WAITING

    @property
    def is_of_newer_version(self) -> bool:
        """Only a newer version of this program knows the reason, and may go on with the row."""
        return self.reason not in OUTCOME_OF

    @property
    def key(self) -> str:
        return row_key(self.mailbox_id, self.message_id)

    @property
    def shard(self) -> int | None:
        """The shard of a row whose headers are read and that has no outcome yet."""
        return self.wait.shard if isinstance(self.wait, Waiting | Held) else None

    @property
    def due(self) -> float | None:
        """Epoch seconds of the next try. A held row has none."""
        return None if self.wait is None or isinstance(self.wait, Held) else self.wait.due

    @property
    def waits_for_change(self) -> bool:
        """Its mail stands in Salesforce already, and not as a person wants it: it is to move there, or to go."""
        return self.outcome is Outcome.WAITING and self.activity_id is not None and not self.is_of_newer_version

    @property
    def is_unwanted(self) -> bool:
        """Its mail is to go from Salesforce; ``evidence`` is what keeps it out."""
        return self.waits_for_change and bool(self.evidence)

    @property
    def is_wanted_in_crm(self) -> bool:
        """Its mail stands in Salesforce, and its rep keeps it there."""
        return self.outcome is Outcome.LOGGED or (self.waits_for_change and not self.is_unwanted)

    @property
    def is_from_the_past(self) -> bool:
        """The message waits among those of a backfill, behind all new mail."""
        return self.shard in BACKFILL


def row_key(mailbox_id: MailboxId, message_id: MessageId) -> str:
    return f"{mailbox_id}.{message_id}"


class ActivityState(StrEnum):
    CLAIMED = "claimed"
    LOGGED = "logged"
    REMOVED = "removed"


@dataclass(frozen=True)
class ActivityRow:
    """One real mail's activity, claimed before its body is fetched.

    ``generation`` counts explicit decisions to log again after a removal. ``reason`` is the match that chose
    ``record_id``. ``sent_at`` (epoch milliseconds) is 0 where it is not known. ``sealed_snapshot`` is what a card
    shows of the decision, once for all copies. ``is_joined``: another tool made it, so it is not ours to change.
    ``unanswered_at`` (epoch seconds): when the last insert of it was given up without an answer, 0 for never.
    ``unrelated`` counts contacts on the mail to whom it is not related. ``readings`` counts readers that began with the
    mail and have not come back. ``is_unsent``: surely no insert of this claim was done. ``doubled_by`` is an activity
    that another tool made of the same mail, found after ours was there.
    """

    key: ActivityKey
    state: ActivityState
    claimed_at: float
    mailbox_id: MailboxId
    message_id: MessageId
    conversation: KeyedHash | None = None
    reason: Reason | None = None
    record_id: SalesforceId | None = None
    related_ids: tuple[SalesforceId, ...] = ()
    owner_id: SalesforceId | None = None
    activity_id: SalesforceId | None = None
    sealed_snapshot: bytes | None = None
    sent_at: int = 0
    is_inbound: bool = False
    is_joined: bool = False
    unanswered_at: float = 0.0
    readings: int = 0
    is_unsent: bool = False
    unrelated: int = 0
    doubled_by: SalesforceId | None = None
    generation: int = 1
    version: str = field(default="", compare=False)

    @property
    def own_activity_id(self) -> SalesforceId | None:
        """What is ours to move and to delete."""
        return None if self.is_joined else self.activity_id

    @property
    def crm_key(self) -> ActivityKey:
        """A later generation has a key of its own: a deleted record may go on holding the first one."""
        if self.generation == 1:
            return self.key
        return ActivityKey(hashlib.sha256(f"{self.key}.{self.generation}".encode()).hexdigest())


@dataclass(frozen=True)
class SealedMail:
    """A stored copy: ciphertext here, its wrapped DEK in the second database under ``dek_id``."""

    key: ActivityKey
    dek_id: str
    ciphertext: bytes
    wrapped_dek: bytes
    kek_name: str


@dataclass(frozen=True)
class WrappedDek:
    """The key of one copy as the vault key ``kek_name`` wrapped it."""

    dek_id: str
    wrapped: bytes
    kek_name: str
    version: str = field(default="", compare=False)


@dataclass(frozen=True, order=True)
class LabelledThread:
    """A thread on which its mailbox's person put the label. No ``thread_id``: an earlier version kept none."""

    mailbox_id: MailboxId
    thread_id: ThreadId


@dataclass(frozen=True)
class Conversation:
    """People's word on a conversation: the chosen record, and in which mailboxes it is kept out.

    ``sealed_record`` holds the record as it was when it was chosen: its names, and its account. ``said_by`` is the
    address of who chose it, or chose to log it anyway. ``is_record_gone``: the chosen one was deleted since.
    ``chosen_at`` (epoch seconds) is when the record, or logging anyway, was last chosen or taken back, and ``heard_at``
    when each mailbox's person last said anything: the times of their clicks, and not of what came of them.
    ``labelled_by`` are the threads of it that a label keeps out. ``message_ids``, under the key of such a thread, are
    the keyed hashes of the Message-IDs in it. ``same_as`` is the key under which the conversation goes on, where a
    server gave its first mail a second Message-ID.
    """

    conversation: KeyedHash
    record_id: SalesforceId | None = None
    sealed_record: bytes | None = None
    log_anyway: bool = False
    is_record_gone: bool = False
    said_by: str = ""
    kept_out_by: frozenset[MailboxId] = frozenset()
    chosen_at: float = 0.0
    heard_at: dict[MailboxId, float] = field(default_factory=dict, hash=False)
    same_as: KeyedHash | None = None
    labelled_by: frozenset[LabelledThread] = frozenset()
    message_ids: frozenset[KeyedHash] = frozenset()
    version: str = field(default="", compare=False)


@dataclass(frozen=True)
class DayCoverage:
    """One UTC day of the same; ``missing`` is how many. ``causes`` are Salesforce's codes of what it refused.

    ``day`` is an ISO date, empty for what left Gmail undated.
    """

    day: str
    gmail: int
    left: int
    outcomes: dict[Outcome, int]
    missing: int = 0
    causes: tuple[tuple[str, int], ...] = ()

    @property
    def refused(self) -> int:
        return sum(count for _, count in self.causes)


@dataclass(frozen=True)
class CoverageRow:
    """What became of one day's mail of a mailbox, for the CRM's own reports; ``mailbox`` is its address now."""

    mailbox_id: MailboxId
    mailbox: str
    day: DayCoverage

    @property
    def key(self) -> str:
        """The same day of the same mailbox is one row, whatever the address."""
        return f"{self.day.day}.{self.mailbox_id}"


@dataclass(frozen=True)
class Coverage:
    """The first invariant of the design, for one mailbox: Gmail's list + ``left`` = the six outcomes.

    ``missing`` are messages that Gmail lists and the ledger does not have: it must be empty. ``days`` is by UTC day of
    the internal date, the newest first, with an empty name for what left Gmail undated. ``unrelated`` counts contacts
    on logged mail to whom its activity is not related. ``returned`` counts messages that are gone for the ledger and
    that Gmail lists: the next audit reads them again. For its category, mail of people is left out
    (``people_left_out``), or mail of which nobody read who wrote it (``unread_left_out``); or it is logged all the same
    (``from_categories``).
    """

    gmail: int
    left: int
    outcomes: dict[Outcome, int]
    missing: tuple[MessageRef, ...] = ()
    days: dict[str, DayCoverage] = field(default_factory=dict)
    unrelated: int = 0
    returned: int = 0
    people_left_out: int = 0
    unread_left_out: int = 0
    from_categories: int = 0

    @property
    def is_closed(self) -> bool:
        return not self.missing and self.gmail + self.left == sum(self.outcomes.values())
