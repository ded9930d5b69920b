"""Open a sealed copy: the access ledger has the entry before the plaintext exists."""

from __future__ import annotations

from server.domain.access import AccessEntry
from server.domain.errors import BadInputError, NotFoundError, RefusedError
from server.domain.ids import ActivityKey
from server.engine.ports import Ports
from server.vault.access_chain import ChainCheck, make_next_entry, verify_chain
from server.vault.envelope import Place, open_copy


def open_sealed(ports: Ports, key: ActivityKey, actor: str, reason: str) -> bytes:
    """The raw mail. Raises RefusedError in a process without the private key, NotFoundError, SealBrokenError."""
    if not reason.strip():
        raise BadInputError("Say why the copy is opened: the reason is kept in the access ledger.")
    if ports.unwrap is None:
        raise RefusedError("This process may not open copies (MAY_OPEN_COPIES is not yes).")
    copy = ports.store.copy(key)
    if copy is None:
        raise NotFoundError("No copy is stored under this key, or it was erased.")
    now = int(ports.clock.now() * 1000)
    ports.store.append_access(lambda last: make_next_entry(last, now, actor, key, reason))
    return open_copy(
        copy.ciphertext, copy.wrapped_dek, Place(ports.organisation, "copies", key, "copy"), ports.unwrap, copy.kek_name
    )


def verify_access(ports: Ports) -> tuple[list[AccessEntry], ChainCheck]:
    """All entries, and whether the chain holds."""
    entries = list(ports.store.access_entries())
    return entries, verify_chain(entries)
