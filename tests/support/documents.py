"""Short words for tests over ``Documents``."""

from __future__ import annotations

from collections.abc import Iterable

from server.adapters.documents import Create, Data, Document, Documents, Version


def write(documents: Documents, key: str, data: Data, collection: str = "messages") -> Version:
    [version] = documents.commit([Create(collection, key, data)])
    return version


def keys(found: Iterable[Document]) -> list[str]:
    return [d.key for d in found]
