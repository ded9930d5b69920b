"""Sealed copies as documents: chunks below a document's limit, commits below a commit's.

A copy's first chunk stands in its head, under the activity key. The others are named after the DEK too, so that a
second try never mixes two ciphertexts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from more_itertools import chunked

from server.adapters.documents import MOST_WRITES, Create, Delete, Document, Replace, Write
from server.domain.ledger import SealedMail

CHUNK = 900_000
"""Bytes; a Firestore document ends at 1 MiB."""
CHUNKS_PER_COMMIT = 4
"""A commit ends at 10 MiB in Firestore, and in its emulator at 4 MiB."""


def write_copies(copies: Sequence[SealedMail], old_heads: Mapping[str, Document]) -> Iterator[list[Write]]:
    """The commits, each with as many copies as it takes. Of a larger copy the chunks go first, then DEK and head.

    What a crash leaves behind is noise: the DEK comes with the head, and the old DEK goes with it.
    """
    commit: list[Write] = []
    size = 0
    for copy in copies:
        chunks = _create_chunks(copy)
        head = _write_head(copy, old_heads.get(copy.key))
        if len(chunks) >= CHUNKS_PER_COMMIT:
            yield from chunked(chunks, CHUNKS_PER_COMMIT)
            chunks = []
        weight = len(copy.ciphertext) if chunks else min(len(copy.ciphertext), CHUNK)
        is_full = size + weight > CHUNKS_PER_COMMIT * CHUNK or len(commit) + len(chunks) + len(head) > MOST_WRITES
        if commit and is_full:
            yield commit
            commit, size = [], 0
        commit += [*chunks, *head]
        size += weight
    if commit:
        yield commit


def list_chunk_keys(head: Document) -> list[str]:
    """All but the first, which is in the head."""
    return [f"{head.key}.{head.data['dek_id']}.{i}" for i in range(1, int(head.data["chunks"]))]


def delete_chunks(head: Document) -> list[Write]:
    return [Delete("copies", key, None) for key in list_chunk_keys(head)]


def delete_dek(head: Document) -> Delete:
    return Delete("deks", str(head.data["dek_id"]), None)


def _create_chunks(copy: SealedMail) -> list[Write]:
    starts = range(CHUNK, len(copy.ciphertext), CHUNK)
    return [
        Create(
            "copies",
            f"{copy.key}.{copy.dek_id}.{i}",
            {"activity_key": copy.key, "bytes": copy.ciphertext[start : start + CHUNK]},
        )
        for i, start in enumerate(starts, 1)
    ]


def _write_head(copy: SealedMail, old_head: Document | None) -> list[Write]:
    """The DEK and the head; an older copy's DEK and chunks go in the same commit."""
    head = {
        "activity_key": copy.key,
        "dek_id": copy.dek_id,
        "chunks": max(1, -(-len(copy.ciphertext) // CHUNK)),
        "bytes": copy.ciphertext[:CHUNK],
    }
    return [
        Create("deks", copy.dek_id, {"wrapped": copy.wrapped_dek, "kek": copy.kek_name}),
        *([delete_dek(old_head), *delete_chunks(old_head)] if old_head else []),
        Replace("copies", copy.key, head, old_head.version) if old_head else Create("copies", copy.key, head),
    ]
