"""Keys are made, replaced and rotated with the state's knowledge: none is made over what another one sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from server.domain.errors import BadInputError, ConfigurationError
from server.domain.identity import KeyKind, KeyNames, StateIdentity
from server.engine.operations.identity import list_differences, name_other_organisation, refuse
from server.ports.kek import KeyKeeper
from server.ports.store import IdentityStore, MailboxStore, WorkDekStore

COSTS: Mapping[KeyKind, str] = {
    KeyKind.VAULT: (
        "vault: who does not hold the private key of an earlier version can never again open the copies that are"
        " stored now. New copies are sealed under the new key."
    ),
    KeyKind.WORK: (
        "work: mail that waits is read from Gmail again, and nothing of it is lost. Cards of mail that is logged"
        " already show less, and Salesforce's sentences about refused mail are gone."
    ),
    KeyKind.HASH: (
        "hash: conversations are not known again. What reps stopped or moved until now no longer holds for new mail,"
        " and buttons on open cards must be pressed again."
    ),
}


class KeyState(IdentityStore, MailboxStore, WorkDekStore, Protocol):
    """The part of the state that keys belong to."""


def create_first_keys(store: KeyState | None, keeper: KeyKeeper) -> list[str]:
    """Make the keys that are missing where no state has used any; ``store`` is None where there is no state yet.

    Returns what was made. Raises ConfigurationError where the state has used a key that is missing.
    """
    if store is not None and (missing := keeper.list_missing()) and _is_used(store):
        raise ConfigurationError(
            f"Missing: {', '.join(missing.values())}. A new key would not open what this state holds. Put the file back"
            " from where you keep your keys. If it is lost for good, run `flask --app server.main keys --new`, which"
            " says first what that costs."
        )
    return keeper.create_missing()


def list_costs(store: KeyState, keeper: KeyKeeper) -> list[str]:
    """What ``replace_keys`` gives up, a sentence for each key. Empty where all keys are there and this state's."""
    missing, identity = keeper.list_missing(), store.identity()
    kinds = set(missing)
    if identity is not None:
        kinds |= _list_other_kinds(identity, keeper.name_keys())
    elif _is_used(store):
        kinds = set(KeyKind)  # nobody noted which keys it had
    return [COSTS[kind] for kind in KeyKind if kind in kinds]


def replace_keys(store: KeyState, keeper: KeyKeeper, organisation: str) -> list[str]:
    """Make what is missing, and pin the keys that are there from now on as this state's. Returns what was made.

    The names of the keys before stay in the state as lost. Raises ConfigurationError for another organisation.
    """
    identity = store.identity()
    if identity is not None and (problem := name_other_organisation(identity, organisation)):
        raise ConfigurationError(problem)
    created = keeper.create_missing()
    names = keeper.name_keys()
    earlier = tuple(sorted(store.sample_vault_keys()))
    store.save_identity(lambda current: _replace_names(current or StateIdentity(organisation, earlier, (), ()), names))
    return created


def rotate_key(store: KeyState, keeper: KeyKeeper, kind: KeyKind, organisation: str, now: float) -> str:
    """Add a version of the vault or the work key; returns where it lies. ``now`` is in epoch seconds.

    Raises BadInputError before the first start, ConfigurationError where the keys that are there are not this state's.
    """
    identity = store.identity()
    if identity is None:
        raise BadInputError("This state has no keys yet: there is nothing to rotate. Start the service once.")
    refuse(list_differences(identity, organisation, keeper.name_keys()))
    number = len(identity.vault_keys) + len(identity.lost_keys) + 1
    where = keeper.rotate(kind, number, lambda name: _pin_version(store, kind, name, now))
    if kind is KeyKind.WORK:
        # The DEKs of today and tomorrow are made anew, so that the new version is used from the next start on.
        store.drop_work_deks()
    return where


def _is_used(store: KeyState) -> bool:
    return store.identity() is not None or bool(store.mailboxes())


def _list_other_kinds(identity: StateIdentity, names: KeyNames) -> set[KeyKind]:
    """The kinds of keys that are there and not this state's."""
    kinds = set()
    if names.vault and names.vault not in identity.vault_keys:
        kinds.add(KeyKind.VAULT)
    if names.work and not identity.has_work_key(names.work):
        kinds.add(KeyKind.WORK)
    if names.hashes and set(identity.hash_keys) - set(names.hashes):
        kinds.add(KeyKind.HASH)
    return kinds


def _replace_names(identity: StateIdentity, names: KeyNames) -> StateIdentity:
    """Lists without the present key are lost whole; of the others every version stays."""
    vault = identity.vault_keys if names.vault in identity.vault_keys else (names.vault,)
    work = identity.work_keys if identity.has_work_key(names.work) else (names.work,)
    lost = [name for name in identity.keys if name not in (*vault, *work, *names.hashes)]
    return replace(
        identity,
        vault_keys=vault,
        work_keys=work,
        hash_keys=names.hashes,
        lost_keys=tuple(dict.fromkeys((*identity.lost_keys, *lost))),
    )


def _pin_version(store: KeyState, kind: KeyKind, name: str, now: float) -> None:
    def add(identity: StateIdentity | None) -> StateIdentity:
        if identity is None:
            raise BadInputError("The state was deleted at this moment.")
        if kind is KeyKind.VAULT:
            return replace(identity, vault_keys=(*identity.vault_keys, name), vault_pinned_at=now)
        return replace(identity, work_keys=(*identity.work_keys, name))

    store.save_identity(add)
