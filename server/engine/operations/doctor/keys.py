"""How well are the stored copies protected?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.domain.identity import KeyNames
from server.engine.operations.doctor.registry import Checks, Finding
from server.engine.operations.identity import list_differences
from server.ports.store import IdentityStore


@dataclass(frozen=True)
class KeysContext:
    """How this process and its database keep copies, and which keys this process has (``names``).

    ``is_encrypted_at_rest``: the database encrypts too. ``can_open``: this process loaded the private key.
    ``near_private_keys``: the key's files that lie in the folder of this process's keys, loaded or not.
    """

    is_encrypted_at_rest: bool
    can_open: bool
    near_private_keys: tuple[str, ...]
    store: IdentityStore
    organisation: str
    names: KeyNames


CHECKS = Checks[KeysContext]()


@CHECKS.register("Encryption")
def check_encryption(context: KeysContext) -> Iterator[Finding]:
    twice = "Stored copies are encrypted twice: by us, and by the database."
    once = "Stored copies are encrypted once, by us: SQLite adds no layer. Use Firestore or an encrypted disk."
    is_twice = context.is_encrypted_at_rest
    yield Finding("Encryption", is_good=is_twice, text=twice if is_twice else once)


@CHECKS.register("Opening copies")
def check_opening(context: KeysContext) -> Iterator[Finding]:
    text = f"This process {'can' if context.can_open else 'cannot'} open stored copies."
    near = context.near_private_keys
    is_exposed = bool(near) and not context.can_open
    if is_exposed:
        lies, that = ("lies", "that file") if len(near) == 1 else ("lie", "these files")
        text = (
            f"This process may not open stored copies, and yet {' and '.join(near)} {lies} in its folder KEYS."
            f" Move {that} to another user, where this process cannot read it."
        )
    yield Finding("Opening copies", is_good=not context.can_open and not is_exposed, text=text)


@CHECKS.register("Keys of this state")
def check_pins(context: KeysContext) -> Iterator[Finding]:
    """A service with other keys does not start; here a service that runs is compared once more."""
    identity = context.store.identity()
    if identity is None:
        yield Finding("Keys of this state", is_good=False, text="Nothing is pinned yet. Start the service once.")
        return
    if differences := " ".join(list_differences(identity, context.organisation, context.names)):
        yield Finding("Keys of this state", is_good=False, text=differences)
        return
    stale = [
        _say_stale(kind, name, newest)
        for kind, name, newest in (
            ("vault", context.names.vault, identity.vault_keys[-1]),
            ("work", context.names.work, identity.work_keys[-1]),
        )
        if name != newest
    ]
    pinned = (
        f"Pinned for {identity.organisation}: vault {', '.join(identity.vault_keys)};"
        f" work {', '.join(identity.work_keys)}; hash {', '.join(identity.hash_keys)}."
    )
    if identity.google_customer or identity.salesforce_org:
        customer, org = identity.google_customer or "not met yet", identity.salesforce_org or "not met yet"
        pinned += f" Google Workspace: {customer}. Salesforce org: {org}."
    if identity.lost_keys:
        pinned += f" Known as lost: {', '.join(identity.lost_keys)}."
    yield Finding("Keys of this state", is_good=not stale, text=" ".join((*stale, pinned)))


def _say_stale(kind: str, name: str, newest: str) -> str:
    """The state may know a version that nobody has: a rotation that is killed has named it, and made no file yet."""
    where = "Make that one primary again" if newest.startswith("kms:") else "Copy the newest key files here"
    return (
        f"The {kind} key {name} is an older version than {newest}. {where}, and restart. If it is nowhere, its"
        f" rotation was cut short: run `flask --app server.main keys rotate {kind}` again."
    )
