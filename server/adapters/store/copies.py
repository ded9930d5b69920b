"""Sealed copies as documents: chunks below a document's limit, commits below a commit's.

A copy's first chunk stands in its head, under the activity key. The others are named after the DEK too, so that a
second try never mixes two ciphertexts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from server.adapters.documents import MOST_WRITES, Create, Delete, Document, Replace, Write
from server.domain.ledger import SealedMail

CHUNK = 900_000
"""Bytes; a Firestore document ends at 1 MiB."""
CHUNKS_AT_ONCE = 4
"""In one commit, which ends at 10 MiB in Firestore, and in its emulator at 4 MiB."""


def keeping(copies: Sequence[SealedMail], before: Mapping[str, Document]) -> Iterator[list[Write]]:
    """The commits, each with as many copies as it takes. Of a larger one the chunks go first, then DEK and head.

    Whatever a crash leaves behind is noise: the DEK comes with the head, and the old DEK goes with it.
    """
    part: list[Write] = []
    size = 0
    for copy in copies:
        chunks = _chunks(copy)
        end = _end(copy, before.get(copy.key))
        if len(chunks) >= CHUNKS_AT_ONCE:
            yield from (chunks[i : i + CHUNKS_AT_ONCE] for i in range(0, len(chunks), CHUNKS_AT_ONCE))
            chunks = []
        weight = len(copy.ciphertext) if chunks else min(len(copy.ciphertext), CHUNK)
        if part and (size + weight > CHUNKS_AT_ONCE * CHUNK or len(part) + len(chunks) + len(end) > MOST_WRITES):
            yield part
            part, size = [], 0
        part += [*chunks, *end]
        size += weight
    if part:
        yield part


def chunk_keys(head: Document) -> list[str]:
    """All but the first, which is in the head."""
    return [f"{head.key}.{head.data['dek_id']}.{i}" for i in range(1, int(head.data["chunks"]))]


def without_dek(head: Document) -> list[Write]:
    return [Delete("copies", key, None) for key in chunk_keys(head)]


def dek_of(head: Document) -> Delete:
    return Delete("deks", str(head.data["dek_id"]), None)


def _chunks(copy: SealedMail) -> list[Write]:
    starts = range(CHUNK, len(copy.ciphertext), CHUNK)
    return [
        Create(
            "copies",
            f"{copy.key}.{copy.dek_id}.{i}",
            {"activity_key": copy.key, "bytes": copy.ciphertext[start : start + CHUNK]},
        )
        for i, start in enumerate(starts, 1)
    ]


def _end(copy: SealedMail, old: Document | None) -> list[Write]:
    head = {
        "activity_key": copy.key,
        "dek_id": copy.dek_id,
        "chunks": max(1, -(-len(copy.ciphertext) // CHUNK)),
        "bytes": copy.ciphertext[:CHUNK],
    }
    return [
        Create("deks", copy.dek_id, {"wrapped": copy.wrapped_dek, "kek": copy.kek_name}),
        *([dek_of(old), *without_dek(old)] if old else []),
        Replace("copies", copy.key, head, old.version) if old else Create("copies", copy.key, head),
    ]
