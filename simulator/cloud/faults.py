"""What a planned failure of the simulated Google Cloud does to a call.

Kinds (``Fault.kind``), for the services ``kms``, ``secretmanager`` and ``cloudtasks``; ``Fault.record`` is the caller:

==================  ==================================================================================
a status' name      the call is refused with it before it does anything: ``UNAVAILABLE``, ``INTERNAL``...
``slow:SECONDS``    the call waits before it does anything
``drop_answer``     the call does its work, and the answer is lost: ``UNAVAILABLE``
``stray_request``   a byte of the request changes on its way, its checksums do not
``stray_answer``    a byte of the answer changes on its way, its checksums do not
``wrong_checksum``  every checksum of the answer is wrong
``unverified``      the answer says that no checksum arrived
==================  ==================================================================================
"""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

STRAY_REQUEST = "stray_request"
STRAY_ANSWER = "stray_answer"
WRONG_CHECKSUM = "wrong_checksum"
UNVERIFIED = "unverified"
DROP_ANSWER = "drop_answer"
SLOW = "slow:"


def status_of(kind: str) -> grpc.StatusCode | None:
    return grpc.StatusCode.__members__.get(kind)


def change_bytes(message: Message) -> None:
    """Flip one bit in every field of bytes, and in those of the messages within."""
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_BYTES and value:
            setattr(message, field.name, bytes([value[0] ^ 1]) + value[1:])
        elif _is_crc32c_of_text(message, field):
            setattr(message, field.name, f" {value}")
        elif _is_single_message(field, value):
            change_bytes(value)


def change_checksums(message: Message) -> None:
    for field, value in message.ListFields():
        if field.name.endswith("_crc32c") and not isinstance(value, bool):
            _change_checksum(message, field, value)
        elif _is_single_message(field, value):
            change_checksums(value)


def take_verification_back(message: Message) -> None:
    for field, value in message.ListFields():
        if field.name.startswith("verified_") and isinstance(value, bool):
            message.ClearField(field.name)


def _change_checksum(message: Message, field: FieldDescriptor, value: Any) -> None:
    if isinstance(value, int):
        setattr(message, field.name, value ^ 1)
    else:  # google.protobuf.Int64Value
        value.value ^= 1


def _is_crc32c_of_text(message: Message, field: FieldDescriptor) -> bool:
    """A text with a checksum beside it, as a public key's PEM."""
    return field.type == FieldDescriptor.TYPE_STRING and f"{field.name}_crc32c" in message.DESCRIPTOR.fields_by_name


def _is_single_message(field: FieldDescriptor, value: Any) -> bool:
    return field.type == FieldDescriptor.TYPE_MESSAGE and isinstance(value, Message)
