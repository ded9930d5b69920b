"""Domain values to documents and back, by cattrs. The names of fields in documents are a format that old files keep.

A field whose value is None or empty is left out, and a document without it reads as the default. So an old document
opens after a field was added, and Firestore indexes nothing for a value that is not there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from server.domain.access import AccessEntry
from server.domain.decision import OUTCOME_OF, Evidence, Outcome, Reason
from server.domain.identity import StateIdentity
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, SalesforceId, ThreadId
from server.domain.ledger import (
    ActivityRow,
    Conversation,
    DayCoverage,
    Held,
    LabelledThread,
    Row,
    Unread,
    Wait,
    Waiting,
)
from server.domain.mail_names import MailFamily, NamedMail
from server.domain.mailbox import DirectoryState, Mailbox, Stage

T = TypeVar("T")
Data = Mapping[str, Any]
Fields = dict[str, Any]
NEVER = 253_402_300_799.0
"""Epoch seconds, year 9999: how a row that waits for a person is stored, so that no query for due rows finds it."""
STORED_NAMES = {"message_id": "gmail_message_id", "thread_id": "gmail_thread_id"}
"""Names in the documents that differ from the attribute's."""

_converter = Converter(detailed_validation=False, unstruct_collection_overrides={tuple: list, frozenset: sorted})
_converter.register_unstructure_hook(StrEnum, str.__str__)


@_converter.register_structure_hook_factory(lambda cls: isinstance(cls, type) and issubclass(cls, StrEnum))
def _make_enum_reader(cls: type[StrEnum]) -> Callable[[Any, Any], StrEnum]:
    """A look-up in a dictionary: calling the enum takes four times as long."""
    members = {member.value: member for member in cls}
    return lambda value, _type: members[value]


def _make_open_reader(cls: type[StrEnum]) -> Callable[[Any, Any], StrEnum | None]:
    """For an enum of which the next version may have more members. None stays None."""
    members: dict[Any, StrEnum | None] = {member.value: member for member in cls} | {None: None}
    return lambda value, _type: members[value] if value in members else _make_stranger(cls, value)


def _make_stranger(cls: type[StrEnum], value: str) -> StrEnum:
    """A member that this version does not have. It equals none that it has, and is written back as it was read."""
    stranger = str.__new__(cls, value)
    stranger._name_ = "OF_A_NEWER_VERSION"
    stranger._value_ = value
    return stranger


def _to_fields(cls: type[T], *, without: Collection[str] = (), sparse: Collection[str] = ()) -> Callable[[T], Fields]:
    """A function that gives the stored fields of a value.

    ``without`` are attributes that the document's key or version holds, or that are written otherwise. ``sparse`` are
    attributes that are left out while they have their default, as all are whose default is None or empty.
    """
    rules: dict[str, Any] = {
        field.name: override(
            rename=STORED_NAMES.get(field.name),
            omit=field.name in without,
            omit_if_default=field.default in (None, ()) or field.name in sparse,
        )
        for field in dataclasses.fields(cls)  # type: ignore[arg-type]
    }
    return make_dict_unstructure_fn(cls, _converter, _cattrs_use_linecache=False, **rules)


def _from_fields(cls: type[T], **hooks: Callable[[Any, Any], Any]) -> Callable[[Fields], T]:
    """A function that makes a value from its stored fields, key and version. ``hooks`` read single attributes."""
    types = get_type_hints(cls)
    rules: dict[str, Any] = {
        field.name: override(
            rename=STORED_NAMES.get(field.name),
            struct_hook=hooks.get(field.name) or _HOOKS.get(types[field.name]),
        )
        for field in dataclasses.fields(cls)  # type: ignore[arg-type]
    }
    read = make_dict_structure_fn(cls, _converter, _cattrs_use_linecache=False, **rules)
    return lambda fields: read(fields, cls)


def _read_id(value: str | None, _type: Any) -> str | None:
    return value or None


def _keep(value: Any, _type: Any) -> Any:
    return value


def _read_texts(texts: Sequence[str], _type: Any) -> tuple[str, ...]:
    return tuple(texts)


def _read_evidence(marks: Sequence[Mapping[str, Any]], _type: Any) -> tuple[Evidence, ...]:
    return tuple(Evidence(mark["mark"], mark.get("at"), mark.get("weight", 0)) for mark in marks)


def _write_thread(thread: LabelledThread) -> str:
    return f"{thread.mailbox_id} {thread.thread_id}".rstrip()


def _read_thread(value: str, _type: Any) -> LabelledThread:
    """The version before wrote the mailbox alone."""
    mailbox_id, _, thread_id = value.partition(" ")
    return LabelledThread(MailboxId(mailbox_id), ThreadId(thread_id))


def _read_outcomes(counts: Mapping[str, int], _type: Any) -> dict[Outcome, int]:
    return {outcome: counts.get(outcome.value, 0) for outcome in Outcome}


def _read_causes(counts: Mapping[str, int], _type: Any) -> tuple[tuple[str, int], ...]:
    """The most frequent first; Firestore keeps no list within a list."""
    return tuple(sorted(counts.items(), key=lambda count: (-count[1], count[0])))


_HOOKS: dict[Any, Callable[[Any, Any], Any]] = {
    SalesforceId | None: _read_id,
    KeyedHash | None: _read_id,
    ActivityKey | None: _keep,
    bytes | None: _keep,
    str | None: _keep,
    float | None: _keep,
    tuple[SalesforceId, ...]: _read_texts,
    tuple[KeyedHash, ...]: _read_texts,
    tuple[str, ...]: _read_texts,
    Reason: _make_open_reader(Reason),
    Reason | None: _make_open_reader(Reason),
    Stage: _make_open_reader(Stage),
    Stage | None: _make_open_reader(Stage),
    DirectoryState: _make_open_reader(DirectoryState),
}
"""What cattrs would read by two calls or more is stored in the form that it is read in. While a new version is rolled
out, the one before reads enum values that only the new one knows."""
_converter.register_unstructure_hook(
    Evidence, make_dict_unstructure_fn(Evidence, _converter, header_position=override(rename="at"))
)
_converter.register_unstructure_hook(LabelledThread, _write_thread)
_converter.register_structure_hook(LabelledThread, _read_thread)
_converter.register_unstructure_hook(
    DayCoverage,
    make_dict_unstructure_fn(DayCoverage, _converter, causes=override(unstruct_hook=dict)),
)
_converter.register_structure_hook(
    DayCoverage,
    make_dict_structure_fn(
        DayCoverage,
        _converter,
        outcomes=override(struct_hook=_read_outcomes),
        causes=override(struct_hook=_read_causes),
    ),
)

_row_to_fields = _to_fields(
    Row, without=("wait", "cause", "newer_outcome", "version"), sparse=("unrelated", "waits_for_group_since")
)
_row_from_fields = _from_fields(Row, wait=_keep, evidence=_read_evidence)
_activity_to_fields = _to_fields(
    ActivityRow,
    without=("key", "version"),
    sparse=("sent_at", "is_inbound", "is_joined", "unanswered_at", "readings", "is_unsent", "unrelated"),
)
_activity_from_fields = _from_fields(ActivityRow)
_named_mail_from_fields = _from_fields(NamedMail)
_mailbox_to_fields = _to_fields(Mailbox, without=("mailbox_id",), sparse=("is_stage_set",))
_mailbox_from_fields = _from_fields(Mailbox)
_converter.register_unstructure_hook(NamedMail, _to_fields(NamedMail))
_converter.register_structure_hook(NamedMail, lambda fields, _type: _named_mail_from_fields(fields))
_family_to_fields = _to_fields(MailFamily, without=("key", "version"))
_family_from_fields = _from_fields(MailFamily)
_conversation_from_fields = _from_fields(Conversation)
_identity_to_fields = _to_fields(StateIdentity, without=("version",))
_identity_from_fields = _from_fields(StateIdentity)
_access_from_fields = _from_fields(AccessEntry)


MAILBOX_FIELDS = frozenset(field.name for field in dataclasses.fields(Mailbox))
CONVERSATION_FIELDS = frozenset(field.name for field in dataclasses.fields(Conversation))
FAMILY_FIELDS = frozenset(field.name for field in dataclasses.fields(MailFamily))
IDENTITY_FIELDS = frozenset(field.name for field in dataclasses.fields(StateIdentity))


def from_row(row: Row) -> Data:
    fields = _row_to_fields(row)
    fields["outcome"] = row.outcome.value
    wait, cause = row.wait, row.cause
    if isinstance(wait, Unread):
        # A field of its own, so that a query finds the rows still to be read without the others.
        fields["due_at"] = fields["unread_at"] = wait.due
    elif isinstance(wait, Waiting):
        fields["shard"], fields["due_at"] = wait.shard, wait.due
    elif isinstance(wait, Held):
        fields["shard"], fields["due_at"], cause = wait.shard, NEVER, wait.cause
    if cause is not None:
        fields["cause"] = cause
    return fields


def to_row(data: Data, version: str) -> Row:
    wait = _read_wait(data)
    cause = None if isinstance(wait, Held) else data.get("cause")
    row = _row_from_fields({**data, "wait": wait, "cause": cause, "version": version})
    return row if row.reason in OUTCOME_OF else replace(row, newer_outcome=_read_outcome(data["outcome"]))


def _read_outcome(value: str) -> Outcome:
    """The outcome of a reason that only a newer version knows; an outcome that only it knows counts as waiting."""
    return Outcome(value) if value in set(Outcome) else Outcome.WAITING


def _read_wait(data: Data) -> Wait | None:
    due = float(data.get("due_at", 0.0))
    if data["outcome"] != Outcome.WAITING.value:
        return Unread(due) if "unread_at" in data else None
    if "shard" not in data:
        return Unread(due)
    return Held(data["shard"], data.get("cause", "")) if due >= NEVER else Waiting(data["shard"], due)


def from_activity(activity: ActivityRow) -> Data:
    fields = _activity_to_fields(activity)
    if activity.doubled_by:
        # A field of its own, which a query can ask for by its value.
        fields["is_doubled"] = True
    return fields


def to_activity(key: str, data: Data, version: str) -> ActivityRow:
    return _activity_from_fields({**data, "key": key, "version": version})


def from_mailbox(mailbox: Mailbox) -> Data:
    return _mailbox_to_fields(mailbox)


def to_mailbox(key: str, data: Data) -> Mailbox:
    return _mailbox_from_fields({**data, "mailbox_id": key})


def from_conversation(conversation: Conversation) -> Data:
    fields: Fields = _converter.unstructure(conversation)
    del fields["conversation"], fields["version"]
    for name in ("chosen_at", "heard_at", "same_as", "labelled_by", "message_ids"):
        if not fields[name]:
            del fields[name]
    return fields


def to_conversation(key: str, data: Data, version: str) -> Conversation:
    return _conversation_from_fields({**data, "conversation": key, "version": version})


def from_family(family: MailFamily) -> Data:
    return _family_to_fields(family)


def to_family(key: str, data: Data, version: str) -> MailFamily:
    return _family_from_fields({**data, "key": key, "version": version})


def from_identity(identity: StateIdentity) -> Data:
    return _identity_to_fields(identity)


def to_identity(data: Data, version: str) -> StateIdentity:
    return _identity_from_fields({**data, "version": version})


def from_access(entry: AccessEntry) -> Data:
    fields: Fields = _converter.unstructure(entry)
    return fields


def to_access(data: Data) -> AccessEntry:
    return _access_from_fields(dict(data))
