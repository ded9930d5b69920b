"""Every change that a row of the ledger goes through, one verb each. No other module sets a row's fields.

::

    note_unread ─► Unread ─┐              ┌─ hold_row ─► Held ─┐
                           ├─► Waiting ◄──┴──── free_row ◄─────┘
    note_screened,         │      │
    make_waiting ──────────┘      │
                                  ├─► skip_row, log_row, fail_row, lose_row      an outcome
                                  └─► retry_row, delay_row                       a later try
    an outcome ─► await_change                                           a later try, once the mail is in Salesforce
    Waiting ─► note_screened again, where the message's bytes have other headers
    an outcome ─► keep_out_row, remove_row, erase_row, repoint_row, reopen_row, forget_org

A verb that gives a row an outcome starts from ``_without_wait``, which keeps what identifies the message and the ids in
Salesforce, and nothing else. So no verb can forget to drop the sealed headers, a sealed sentence or the hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.domain.decision import Evidence, Outcome, Reason, Screening
from server.domain.history import MessageRef
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState, Held, Row, Unread, Wait, Waiting
from server.domain.message import Message

MISSED = "missed"
"""The cause of a row that an audit found missing."""
RETURNED = "returned"
"""The cause of a row that was gone although Gmail lists its message."""
NEW_ORG = "new_org"
"""The cause of a row that is decided again because the state belongs to another Salesforce org now."""
OF_THE_ORG = frozenset({Reason.NO_MATCH, Reason.CONTACTS_ONLY_ACCOUNT, Reason.REJECTED})
"""Reasons beside those of logged mail that another org may not have."""


def note_unread(mailbox_id: MailboxId, ref: MessageRef, cause: str, now: float) -> Row:
    """A message that waits to be read: from now on it cannot be forgotten."""
    return Row(
        mailbox_id, ref.message_id, ref.thread_id, Reason.RETRYING, wait=Unread(now), cause=cause, updated_at=now
    )


def note_unreadable_now(
    mailbox_id: MailboxId, ref: MessageRef, reason: Reason, due: float | None, cause: str, attempts: int, now: float
) -> Row:
    """A message whose headers could not be read: ``due`` is the next try, None where ``reason`` ends it."""
    return Row(
        mailbox_id, ref.message_id, ref.thread_id, reason, wait=None if due is None else Unread(due),
        attempts=attempts, cause=cause, updated_at=now,
    )  # fmt: skip


def note_screened(
    mailbox_id: MailboxId, message: Message, conversation: KeyedHash, screening: Screening, policy_version: int,
    now: float,
) -> Row:  # fmt: skip
    """A message whose headers were read. Where no rule of the screen skips it, ``make_waiting`` comes next."""
    return Row(
        mailbox_id, message.message_id, message.thread_id, screening.reason or Reason.READY,
        internal_date=message.internal_date, conversation=conversation, evidence=screening.evidence,
        policy_version=policy_version, updated_at=now,
    )  # fmt: skip


def look_again(row: Row, due: float) -> Row:
    """A skipped row whose message is read again at ``due`` (epoch seconds): time may tell more of it."""
    return replace(row, wait=Unread(due))


def look_no_more(row: Row, now: float) -> Row:
    """A skipped row whose message left Gmail before it was looked at again."""
    return replace(row, wait=None, updated_at=now)


def take_place_of(row: Row, earlier: Row) -> Row:
    """The row of a message that was read again, to be written over the one that exists.

    What waits for a change of mail that stands in Salesforce goes on waiting for it.
    """
    if earlier.waits_for_change and row.shard is None:
        return earlier
    row = replace(row, version=earlier.version, internal_date=row.internal_date or earlier.internal_date)
    stands = earlier.waits_for_change
    return replace(row, record_id=earlier.record_id, activity_id=earlier.activity_id) if stands else row


def note_skipped(
    mailbox_id: MailboxId, ref: MessageRef, reason: Reason, evidence: tuple[Evidence, ...], policy_version: int,
    now: float,
) -> Row:  # fmt: skip
    """A message that its labels or its age alone decide, so that no header of it is read."""
    return Row(
        mailbox_id, ref.message_id, ref.thread_id, reason, evidence=evidence, policy_version=policy_version,
        updated_at=now,
    )  # fmt: skip


def make_waiting(row: Row, key: ActivityKey, wait: Wait, sealed_headers: bytes) -> Row:
    """A screened row goes on to matching. It is held where a person or a publish delay still holds it."""
    is_ready = isinstance(wait, Waiting) and wait.due <= row.updated_at
    return replace(
        row,
        reason=Reason.READY if is_ready else Reason.HELD,
        activity_key=key,
        wait=wait,
        cause=None,
        sealed_headers=sealed_headers,
    )


def name_mail(row: Row, key: ActivityKey) -> Row:
    """A kept out row with the key of its mail, which other copies have too."""
    return replace(row, activity_key=key)


def join_mail(row: Row, key: ActivityKey, conversation: KeyedHash | None, shard: int) -> Row:
    """A waiting row of a copy whose mail has another Message-ID: it waits where the mail's other copies do."""
    wait = replace(row.wait, shard=shard) if isinstance(row.wait, Waiting | Held) else row.wait
    return replace(row, activity_key=key, conversation=conversation, wait=wait)


def hold_row(row: Row, cause: str, now: float) -> Row:
    """The row waits for a person: its mailbox does not deliver."""
    return replace(row, reason=Reason.HELD, wait=Held(_shard_of(row), cause), cause=None, updated_at=now)


def delay_row(row: Row, until: float) -> Row:
    """The row waits for another copy of the same mail, which a publish delay holds until then (epoch seconds)."""
    return replace(row, reason=Reason.HELD, wait=Waiting(_shard_of(row), until))


def free_row(row: Row, now: float) -> Row:
    """The row may be decided at once."""
    return replace(row, reason=Reason.READY, wait=Waiting(_shard_of(row), now), cause=None, updated_at=now)


def retry_row(row: Row, due: float, cause: str, attempts: int, now: float, *, is_for_group: bool = False) -> Row:
    """A try failed. The next one is at ``due`` (epoch seconds), from where this one began.

    Other failures in between do not begin a wait for a group anew: mail would wait without end.
    """
    wait: Wait = Unread(due) if row.shard is None else Waiting(row.shard, due)
    since = row.waits_for_group_since or (now if is_for_group else 0.0)
    return replace(
        row, reason=Reason.RETRYING, wait=wait, attempts=attempts, cause=cause, updated_at=now,
        waits_for_group_since=since,
    )  # fmt: skip


def await_change(row: Row, current: Row, activity: ActivityRow, now: float, evidence: tuple[Evidence, ...] = ()) -> Row:
    """``row`` waits again, as it did before it became ``current``: its mail stands in Salesforce by now.

    It is to move there or, where ``evidence`` says what keeps it out, to go.
    """
    return replace(
        row, reason=Reason.RETRYING, wait=Waiting(_shard_of(row), now), attempts=0, cause=None,
        waits_for_group_since=0.0, evidence=evidence, record_id=activity.record_id, activity_id=activity.activity_id,
        updated_at=now, version=current.version,
    )  # fmt: skip


def reopen_row(row: Row, cause: str, now: float) -> Row:
    """A message that has an outcome is read and decided again. Only the cause says why."""
    fresh = replace(_without_wait(row, Reason.RETRYING, now), record_id=None, activity_id=None)
    return replace(fresh, wait=Unread(now), cause=cause)


def forget_org(row: Row, now: float, due: float) -> Row | None:
    """The row in the ledger of another Salesforce org; None where it stays as it is.

    What depended on the org before is read again at ``due`` and decided again. What a person or a rule of ours settled
    stays, without the ids of that org.
    """
    if row.outcome is Outcome.LOGGED or row.reason in OF_THE_ORG or row.waits_for_change:
        return replace(reopen_row(row, NEW_ORG, now), wait=Unread(due))
    if row.outcome is not Outcome.WAITING and (row.record_id or row.activity_id):
        return replace(row, record_id=None, activity_id=None, updated_at=now)
    return None


def skip_row(
    row: Row, reason: Reason, now: float, *, evidence: tuple[Evidence, ...] = (), hashes: Sequence[KeyedHash] = ()
) -> Row:
    """Not logged. ``hashes`` are kept where a later change in Salesforce could alter that."""
    return replace(_without_wait(row, reason, now), evidence=evidence, hashes=tuple(hashes))


def keep_out_row(row: Row, now: float, evidence: tuple[Evidence, ...] = ()) -> Row:
    """A rep stopped the conversation. The ids stay where a colleague's copy keeps the activity in Salesforce."""
    return replace(_without_wait(row, Reason.KEPT_OUT, now), evidence=evidence)


def log_row(row: Row, activity: ActivityRow, now: float, evidence: tuple[Evidence, ...] = ()) -> Row:
    """The mail stands in Salesforce, or stood there until a person deleted it."""
    return replace(
        _without_wait(row, reason_of_activity(activity), now),
        evidence=row.evidence or evidence,
        record_id=activity.record_id,
        activity_id=activity.activity_id,
        unrelated=activity.unrelated if activity.state is ActivityState.LOGGED else 0,
    )


def reason_of_activity(activity: ActivityRow) -> Reason:
    """What a copy says that joins an activity: logged for its reason, or taken out by a person."""
    if activity.state is ActivityState.REMOVED:
        return Reason.TAKEN_BACK
    return activity.reason or Reason.CONTACT_MATCH


def repoint_row(row: Row, reason: Reason, record_id: SalesforceId, now: float) -> Row:
    """The activity of a logged row points at another record from now on."""
    return replace(row, reason=reason, record_id=record_id, updated_at=now, unrelated=0)


def fail_row(row: Row, reason: Reason, cause: str, attempts: int, now: float, sealed_cause: bytes | None = None) -> Row:
    """No further try by itself. ``sealed_cause`` is what Salesforce said of a mail that it refused."""
    return replace(_without_wait(row, reason, now), cause=cause, attempts=attempts, sealed_cause=sealed_cause)


def lose_row(row: Row, now: float) -> Row:
    """Gmail lost the message before it could be decided."""
    return replace(_without_wait(row, Reason.GONE, now), cause="deleted")


def remove_row(row: Row, reason: Reason, now: float) -> Row:
    """The activity was deleted from Salesforce: the row keeps neither its id nor the record's."""
    return replace(_without_wait(row, reason, now), evidence=row.evidence, record_id=None, activity_id=None)


def erase_row(row: Row, now: float) -> Row:
    """Everything that we kept of the mail is gone but the ids."""
    return _without_wait(row, Reason.ERASED, now)


def is_waiting_in_shard(row: Row) -> bool:
    """The headers are read and the row has no outcome yet: a delivery may take it up, now or later."""
    return row.outcome is Outcome.WAITING and row.shard is not None and not row.is_of_newer_version


def name_cause(row: Row) -> str | None:
    """The error code of a row, or what holds it."""
    return row.wait.cause if isinstance(row.wait, Held) else row.cause


def _without_wait(row: Row, reason: Reason, now: float) -> Row:
    return Row(
        row.mailbox_id,
        row.message_id,
        row.thread_id,
        reason,
        internal_date=row.internal_date,
        conversation=row.conversation,
        activity_key=row.activity_key,
        record_id=row.record_id,
        activity_id=row.activity_id,
        policy_version=row.policy_version,
        updated_at=now,
        version=row.version,
    )


def _shard_of(row: Row) -> int:
    if row.shard is None:
        raise ValueError("A row without a shard is not screened yet: it can be neither held nor freed.")
    return row.shard
