"""All ports, keys and settings that the use cases need, as one value for the module that composes them (rooms)."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.policy import Policy
from server.engine.mailboxes.admission import Admission
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.crm import Crm
from server.ports.directory import Directory
from server.ports.kek import UnwrapKek, WrapKek
from server.ports.mail import MailProvider
from server.ports.scope import Scope
from server.ports.store import Store
from server.ports.watch import Watch
from server.vault.envelope import WorkSealer
from server.vault.hashes import KeyedHasher


@dataclass(frozen=True)
class Ports:
    """``unwrap`` is None in a process that may only seal. ``holder`` names this process.

    ``watch`` is None where mailboxes are only polled.
    """

    mail: MailProvider
    directory: Directory
    scope: Scope
    alarms: Alarms
    crm: Crm
    store: Store
    sealer: WorkSealer
    hasher: KeyedHasher
    wrap: WrapKek
    unwrap: UnwrapKek | None
    clock: Clock
    policy: Policy
    admission: Admission
    organisation: str
    holder: str
    watch: Watch | None = None
