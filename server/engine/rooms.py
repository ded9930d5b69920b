"""Compose the use cases: each gets the few ports that it needs, once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from server.engine.copies.opening import CopyOpener
from server.engine.coverage.audit import Auditor
from server.engine.coverage.publishing import DayPublisher
from server.engine.coverage.witness import DeliveryComparer, Finder
from server.engine.mailboxes.address_book import AddressBook
from server.engine.mailboxes.sweep import Sweeper
from server.engine.mailboxes.watches import WatchRenewer
from server.engine.mailboxes.workspace_cache import WorkspaceCache
from server.engine.operations.doctor import alarms, google, keys, push, salesforce, state
from server.engine.operations.doctor.registry import Doctor
from server.engine.operations.jobs import JobRunner
from server.engine.operations.sync import Syncer
from server.engine.ports import Ports
from server.engine.sidebar.record_access import RecordAccess
from server.ports.witness import Witness


@dataclass(frozen=True)
class Rooms:
    """One field for each use case, and the caches that they share.

    ``comparer`` is None where Google's record of deliveries may not be read.
    """

    workspaces: WorkspaceCache
    addresses: AddressBook
    access: RecordAccess
    sweeper: Sweeper
    watches: WatchRenewer
    auditor: Auditor
    days: DayPublisher
    comparer: DeliveryComparer | None
    opener: CopyOpener
    doctor: Doctor
    syncer: Syncer
    jobs: JobRunner


def open_rooms(
    ports: Ports,
    *,
    witness: Witness | None = None,
    finder: Finder | None = None,
    is_encrypted_at_rest: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Rooms:
    """``finder`` finds in Gmail what ``witness`` reports; ``is_encrypted_at_rest``: the database encrypts too."""
    mail, crm, store, clock = ports.mail, ports.crm, ports.store, ports.clock
    workspaces = WorkspaceCache(ports.directory, store, clock, ports.admission.internal_domains)
    sweeper = Sweeper(mail, ports.directory, ports.scope, ports.alarms, store, clock, ports.admission, workspaces)
    watches = WatchRenewer(ports.watch, ports.alarms, store, clock)
    auditor = Auditor(ports)
    days = DayPublisher(mail, crm, store, clock)
    return Rooms(
        workspaces=workspaces,
        addresses=AddressBook(store, clock),
        access=RecordAccess(crm, store, clock),
        sweeper=sweeper,
        watches=watches,
        auditor=auditor,
        days=days,
        comparer=DeliveryComparer(witness, finder, ports.alarms, store) if witness and finder else None,
        opener=CopyOpener(ports.unwrap, store, clock, ports.organisation),
        doctor=_open_doctor(ports, is_encrypted_at_rest=is_encrypted_at_rest),
        syncer=Syncer(ports, sweeper, workspaces, sleep),
        jobs=JobRunner(ports, workspaces, sweeper, watches, auditor, days),
    )


def _open_doctor(ports: Ports, *, is_encrypted_at_rest: bool) -> Doctor:
    """The findings come in this order."""
    return Doctor(
        (
            state.CHECKS.bind(state.StateContext(ports.store)),
            google.CHECKS.bind(google.GoogleContext(ports.directory, ports.scope, ports.admission.scope_groups)),
            alarms.CHECKS.bind(alarms.AlarmsContext(ports.alarms, ports.clock)),
            salesforce.CHECKS.bind(salesforce.SalesforceContext(ports.crm, ports.policy)),
            push.CHECKS.bind(push.PushContext(ports.store, ports.clock, is_on=ports.watch is not None)),
            keys.CHECKS.bind(keys.KeysContext(is_encrypted_at_rest, can_open=ports.unwrap is not None)),
        )
    )
