"""The service's own state. Every write is version-checked; a value read from the store carries its version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from server.domain.access import AccessEntry
from server.domain.decision import Outcome
from server.domain.identity import SealedSample, StateIdentity
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, MessageId, SalesforceId, ThreadId
from server.domain.ledger import ActivityRow, Conversation, Row, SealedMail, WrappedDek
from server.domain.mail_names import MailFamily
from server.domain.mailbox import Mailbox
from server.domain.second_look import SecondLook


class MailboxStore(Protocol):
    """The mailboxes that the service knows."""

    def mailboxes(self) -> list[Mailbox]: ...

    def mailbox(self, mailbox_id: MailboxId) -> Mailbox | None: ...

    def find_mailboxes(self, ids: Collection[MailboxId]) -> dict[MailboxId, Mailbox]:
        """Those of these mailboxes that exist. Reads no other: there may be tens of thousands."""

    def save_mailbox(self, mailbox_id: MailboxId, change: Callable[[Mailbox | None], Mailbox]) -> Mailbox:
        """Read, change and write; again where somebody else wrote meanwhile. No write where nothing changed."""


class LeaseStore(Protocol):
    """Which worker does a piece of work alone."""

    def lease(self, name: str, holder: str, now: float, seconds: float) -> bool:
        """Take or keep a lease. True where it was free, expired, held by a dead process, or already the holder's."""

    def renew_lease(self, name: str, holder: str, until: float) -> bool:
        """Keep a lease until then (epoch seconds). False where it is not the holder's any more, even if it is free."""

    def release(self, name: str, holder: str) -> None: ...


class RowStore(Protocol):
    """The ledger's rows: one for each message of each mailbox.

    A row whose reason only a newer version knows is in every list of what there is, and in none of what is to be done:
    ``unscreened_rows``, ``waiting_rows``, ``failed_rows`` and ``due_rows`` leave it to that version.
    """

    def existing_rows(self, mailbox_id: MailboxId, ids: Sequence[MessageId]) -> dict[MessageId, Row]:
        """The rows of these messages that are in the ledger."""

    def add_rows(self, rows: Sequence[Row]) -> list[Row]:
        """Write rows that are not there yet. Returns those that somebody else wrote first, which stay."""

    def change_rows(self, rows: Sequence[Row]) -> list[Row]:
        """Replace rows by these; each must be the version that was read. All or nothing. Returns them as stored."""

    def rows(self, mailbox_id: MailboxId) -> Iterator[Row]: ...

    def thread(self, mailbox_id: MailboxId, thread_id: ThreadId) -> list[Row]:
        """The rows of one conversation in one mailbox, the oldest message first."""

    def unscreened_rows(self, mailbox_id: MailboxId, now: float) -> list[Row]:
        """Rows whose headers are due to be read: waiting ones, and skipped ones that are looked at again."""

    def unscreened_rows_of(
        self, mailbox_id: MailboxId, outcome: Outcome, now: float, limit: int | None = None
    ) -> list[Row]:
        """Those of them with that outcome, the longest due first."""

    def mailboxes_to_read_again(self, now: float) -> set[MailboxId]:
        """The mailboxes that have such rows, those that are not read included."""

    def waiting_rows(self, mailbox_id: MailboxId) -> Iterator[Row]:
        """All waiting rows of a mailbox, due or not."""

    def failed_rows(self, mailbox_id: MailboxId) -> Iterator[Row]:
        """The failed rows of a mailbox."""

    def due_rows(self, shard: int, now: float, limit: int) -> list[Row]:
        """Due rows of a shard, the longest waiting first."""

    def next_due(self, shard: int) -> float | None:
        """When the next row of the shard is due (epoch seconds), None if none waits."""

    def copies_of(self, key: ActivityKey) -> list[Row]:
        """The rows of one real mail, over all mailboxes."""

    def rows_of(self, conversation: KeyedHash) -> list[Row]:
        """The rows of one conversation, over all mailboxes."""


class ActivityStore(Protocol):
    """The ledger's activities: one for each real mail."""

    def activities(self, keys: Sequence[ActivityKey]) -> dict[ActivityKey, ActivityRow]: ...

    def activities_of(self, conversation: KeyedHash) -> list[ActivityRow]: ...

    def doubled_activities(self) -> list[ActivityRow]:
        """Those of which another tool made an activity too."""

    def activities_by_id(self, activity_id: SalesforceId) -> list[ActivityRow]:
        """Those that one record in Salesforce stands for, by us or by another tool: more than one is one too many."""

    def take_record(self, record_id: SalesforceId, key: ActivityKey) -> bool:
        """Keep that another tool's record stands for this mail. False where somebody kept it for another first."""

    def claim(self, activities: Sequence[ActivityRow]) -> list[ActivityRow]:
        """Create activities. Returns those that this call created; the others belong to somebody else."""

    def drop_activities(self, keys: Sequence[ActivityKey]) -> None:
        """Forget activities, as if nothing had been logged or claimed. Their rows stay as they are."""

    def save_activities(self, activities: Sequence[ActivityRow], rows: Sequence[Row]) -> None:
        """Replace activities and the rows that end with them, in one commit; each must be the version that was read."""


class FamilyStore(Protocol):
    """Under which Message-IDs the copies of our own people's mail are known."""

    def families(self, keys: Sequence[KeyedHash]) -> dict[KeyedHash, MailFamily]: ...

    def save_family(self, key: KeyedHash, change: Callable[[MailFamily], MailFamily]) -> MailFamily:
        """Read, change and write; again where somebody else wrote meanwhile. No write where nothing changed."""


class SecondLookStore(Protocol):
    """The rounds whose mails are looked for in the CRM once more."""

    def plan_look(self, look: SecondLook) -> None: ...

    def due_looks(self, now: float, limit: int) -> list[SecondLook]:
        """The longest due first."""

    def drop_looks(self, looks: Sequence[SecondLook]) -> None: ...


class CopyStore(Protocol):
    """Sealed copies of mails."""

    def keep_copies(self, copies: Sequence[SealedMail]) -> None:
        """Store sealed copies. A copy that is there already is replaced, so that a second try leaves one copy."""

    def copy(self, key: ActivityKey) -> SealedMail | None: ...

    def drop_copies(self, keys: Sequence[ActivityKey]) -> None:
        """Delete the DEK first: from then on the copy is unreadable everywhere."""

    def wrapped_deks(self, after: str = "") -> Iterator[WrappedDek]:
        """The wrapped keys of all copies in the order of their ids, or those whose id comes after ``after``."""

    def replace_deks(self, deks: Sequence[WrappedDek]) -> int:
        """Replace wrapped keys by these; returns how many. One that was erased or replaced meanwhile stays so."""

    def rewrap_position(self, kek_name: str) -> str:
        """The id of the last key that was re-wrapped for this vault key; empty for none."""

    def keep_rewrap_position(self, kek_name: str, dek_id: str) -> None: ...


class ConversationStore(Protocol):
    """What people said of conversations."""

    def conversations(self, keys: Sequence[KeyedHash]) -> dict[KeyedHash, Conversation]: ...

    def save_conversation(self, key: KeyedHash, change: Callable[[Conversation], Conversation]) -> Conversation: ...


class AccessStore(Protocol):
    """The access ledger, which is appended to and never changed."""

    def append_access(self, make: Callable[[AccessEntry | None], AccessEntry]) -> AccessEntry:
        """Append at the next number; when somebody else took it, ``make`` is called again with the new last entry."""

    def access_entries(self) -> Iterator[AccessEntry]: ...

    def highest_access(self) -> int:
        """The highest number that was ever appended, 0 where that was not noted."""


class WorkDekStore(Protocol):
    """The wrapped DEKs of everyday work, by name. All processes share one a day."""

    def work_dek(self, name: str) -> bytes | None: ...

    def add_work_dek(self, name: str, wrapped: bytes) -> bytes:
        """Keep the DEK, unless there is one of that name. Returns the one that stands from now on."""

    def drop_work_deks(self) -> None:
        """Let each process make new ones once it has started again. What they sealed still opens."""


class IdentityStore(Protocol):
    """Whose state this is, and under which keys."""

    def identity(self) -> StateIdentity | None:
        """None before the first start, and in a state of an earlier version."""

    def save_identity(self, change: Callable[[StateIdentity | None], StateIdentity]) -> StateIdentity:
        """Read, change and write; again where somebody else wrote meanwhile."""

    def sample_seals(self) -> Iterator[SealedSample]:
        """Some values that are sealed under the work key, if there are any."""

    def sample_vault_keys(self) -> frozenset[str]:
        """The names of the vault keys that sealed some of the copies."""


class TallyStore(Protocol):
    """Counts of a day (UTC), such as 2026-09-14, summed over the processes."""

    def add_to_tally(self, day: str, holder: str, figures: Mapping[str, int]) -> None:
        """Add to what the process ``holder`` counted that day."""

    def tally(self, day: str) -> Counter[str]: ...

    def drop_tallies(self, before: str) -> None:
        """Forget the days before that one."""


class QuotaStore(Protocol):
    """What the processes took of a day's quota, such as 2027-04-01 (Pacific time), and what they used of that."""

    def save_quota(self, day: str, holder: str, figures: Mapping[str, int]) -> None:
        """Replace the figures of the process ``holder``, which alone writes them."""

    def quota(self, day: str) -> Counter[str]:
        """The sums over all processes, and of ``began`` the least. Every write that returned before is in them."""

    def quota_since(self, day: str) -> Mapping[str, Counter[str]]:
        """The same of every day from that one on of which something is known."""

    def tidy_quota(self, first: str, day: str) -> None:
        """Forget the days before ``first``. Of those before ``day``, which are over, only the sums are kept."""


class Store(
    MailboxStore, LeaseStore, RowStore, ActivityStore, FamilyStore, CopyStore, ConversationStore, AccessStore,
    WorkDekStore, IdentityStore, SecondLookStore, TallyStore, QuotaStore, Protocol,
):  # fmt: skip
    """All of it. A use case takes the part that it needs.

    Every method raises ConflictError where somebody else wrote first, TransientError where the store is out of reach.
    """

    def writes(self) -> dict[str, int]:
        """Documents written by this process so far, by collection."""
