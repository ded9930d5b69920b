"""Whose state this is. Another organisation, and keys that are not this state's, are refused before any work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from server.domain.errors import ConfigurationError, OtherOrgError, SealBrokenError
from server.domain.identity import KeyNames, StateIdentity, is_same_org
from server.ports.kek import WrapKek
from server.ports.store import IdentityStore
from server.vault.envelope import Place, WorkSealer
from server.vault.hashes import KeyedHasher

NEW_KEYS = "If it is lost for good, run `flask --app server.main keys --new`, which says first what that costs."


BEGIN_ANEW = "`flask --app server.main org --begin-anew`"


def name_keys(wrap: WrapKek, sealer: WorkSealer, hasher: KeyedHasher) -> KeyNames:
    return KeyNames(wrap.name, sealer.key_name, hasher.names)


def pin_or_refuse(store: IdentityStore, sealer: WorkSealer, organisation: str, names: KeyNames) -> StateIdentity:
    """Pin the keys and the organisation at the first start; at every other compare them. One document is read.

    Raises ConfigurationError with one sentence for each difference, and TransientError where the state is away.
    """
    identity = store.identity()
    if identity is None:
        refuse(_examine_unpinned(store, sealer, organisation, names))
        fresh = StateIdentity(organisation, (names.vault,), (names.work,), names.hashes)
        # Another process may pin at the same moment: its pins count, and are compared with ours.
        identity = store.save_identity(lambda current: current or fresh)
    refuse(list_differences(identity, organisation, names))
    if names.work not in identity.work_keys or set(names.hashes) - set(identity.hash_keys):
        return store.save_identity(lambda current: _add_versions(current or identity, names))
    return identity


class Origins:
    """Whose mail this state holds and for which org: pinned when first met, and another one is refused. Thread-safe.

    Both methods raise ConfigurationError, or TransientError.
    """

    def __init__(self, store: IdentityStore) -> None:
        self._store = store
        self._met: frozenset[str] = frozenset()

    def meet_customer(self, customer: str) -> None:
        """The Google Workspace, by its customer id."""
        if pinned := self._find_other(customer):
            raise ConfigurationError(
                f"The Google Workspace is {customer}, but this state belongs to {pinned}."
                " Set GOOGLE_ADMIN and GOOGLE_CUSTOMER of that Workspace, or name another STATE."
            )

    def meet_org(self, org: str) -> None:
        """The Salesforce org, by its id. The state is read each time: a command may give it to another org.

        Raises OtherOrgError.
        """
        identity = self._store.identity()
        if identity is None or not identity.salesforce_org:
            identity = self._save(lambda i: i if i.salesforce_org else replace(i, salesforce_org=org))
        bound, begun = identity.salesforce_org, identity.next_salesforce_org
        if begun:
            raise OtherOrgError(
                f"The ledger of the Salesforce org {begun} is being begun, in place of {bound}'s: nothing is written to"
                f" Salesforce meanwhile. If nobody is at it, run {BEGIN_ANEW} once more: it goes on where it stopped.",
                bound,
                org,
            )
        if not is_same_org(bound, org):
            raise OtherOrgError(
                f"The Salesforce org is {org}, but this state belongs to {bound}. Nothing is written to it: mail waits."
                " Set SALESFORCE_DOMAIN to that org, or name another STATE. A sandbox that was refreshed is another"
                f" org. To log the mail in the org that answers now, run {BEGIN_ANEW}, which says first what it does.",
                bound,
                org,
            )

    def _find_other(self, met: str) -> str:
        """The customer id that is pinned, or "" where it is this one. Pins ``met`` where none is."""
        if not met or met in self._met:
            return ""
        identity = self._save(lambda i: i if i.google_customer else replace(i, google_customer=met))
        if identity.google_customer != met:
            return identity.google_customer
        self._met |= {met}
        return ""

    def _save(self, change: Callable[[StateIdentity], StateIdentity]) -> StateIdentity:
        def change_pinned(identity: StateIdentity | None) -> StateIdentity:
            if identity is None:
                raise ConfigurationError("This state has no keys pinned any more. Restart the service.")
            return change(identity)

        return self._store.save_identity(change_pinned)


def refuse(problems: Iterator[str]) -> None:
    """Raises ConfigurationError, if there are any."""
    if sentences := tuple(problems):
        raise ConfigurationError(*sentences)


def list_differences(identity: StateIdentity, organisation: str, names: KeyNames) -> Iterator[str]:
    """One sentence for each thing that is not this state's, with what to do."""
    if problem := name_other_organisation(identity, organisation):
        yield problem
    if names.vault not in identity.vault_keys:
        yield (
            f"The vault key ({names.vault}) is not this state's ({identity.vault_keys[-1]}): who holds this state's"
            f" private key could not open new copies."
            f" {_say_where(identity.vault_keys[-1], 'vault.public.pem')} {NEW_KEYS}"
        )
    if not identity.has_work_key(names.work):
        yield (
            f"The work key ({names.work}) is not this state's ({identity.work_keys[-1]}): what is sealed in the state"
            f" would not open. {_say_where(identity.work_keys[-1], 'work.key')} {NEW_KEYS}"
        )
    present = dict(name.split(":", 1) for name in names.hashes)
    pinned = dict(name.split(":", 1) for name in identity.hash_keys)
    if wrong := [number for number in pinned if present.get(number) != pinned[number]]:
        yield (
            f"Hash key {', '.join(wrong)} is not this state's, or is missing: conversations would not be known again,"
            f" and what reps stopped would be logged. Put this state's hash.key back. {NEW_KEYS}"
        )


def _say_where(name: str, file: str) -> str:
    """What to do for the key of this name, which is in KMS or in a file."""
    return "Name this state's key ring in KEYS." if name.startswith("kms:") else f"Put this state's {file} back."


def name_other_organisation(identity: StateIdentity, organisation: str) -> str:
    """Empty where it is the state's own."""
    if organisation == identity.organisation:
        return ""
    return (
        f"ORGANISATION is {organisation}, but this state belongs to {identity.organisation}, and what is sealed in it"
        f" opens under no other name. Set ORGANISATION={identity.organisation}, or name another STATE."
    )


def _examine_unpinned(store: IdentityStore, sealer: WorkSealer, organisation: str, names: KeyNames) -> Iterator[str]:
    """A state that an earlier version wrote is pinned by what opens it."""
    is_sealed = False
    for sample in store.sample_seals():
        is_sealed = True
        place = Place(organisation, sample.collection, sample.key, sample.purpose)
        try:
            sealer.open(sample.sealed, place)
        except SealBrokenError:
            continue
        break
    else:
        if is_sealed:
            yield (
                f"Nothing that is sealed in this state opens with this work key under ORGANISATION={organisation}."
                f" Put the right work.key back, or set the right ORGANISATION. {NEW_KEYS}"
            )
    vault_keys = store.sample_vault_keys()
    if vault_keys and names.vault not in vault_keys:
        yield (
            f"The copies in this state were sealed under another vault key ({', '.join(sorted(vault_keys))}) than"
            f" {names.vault}. Put the right vault.public.pem back. {NEW_KEYS}"
        )


def _add_versions(identity: StateIdentity, names: KeyNames) -> StateIdentity:
    """A further hash key, and a version that Cloud KMS made of its own accord, are rotations: earlier ones stay."""
    return replace(
        identity,
        work_keys=tuple(dict.fromkeys((*identity.work_keys, names.work))),
        hash_keys=tuple(dict.fromkeys((*identity.hash_keys, *names.hashes))),
    )
