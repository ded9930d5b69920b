"""The composition root: settings in, services out. With ``server/composition`` it alone sees adapters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from server.adapters.body_reader.by_size import BodyReaderBySize
from server.adapters.body_reader.child import ChildBodyReader
from server.adapters.body_reader.in_process import InProcessBodyReader
from server.adapters.cloud.channels import CloudChannels
from server.adapters.documents import Documents
from server.adapters.gmail.calls import GmailCalls
from server.adapters.gmail.mail import GmailMail
from server.adapters.gmail.pacing.pacer import Pacer
from server.adapters.gmail.rfc822_search import GmailMessageIds
from server.adapters.gmail.watch import GmailWatch
from server.adapters.google.credentials import CredentialMint, Delegation
from server.adapters.google.directory import GoogleDirectory
from server.adapters.google.identity import GoogleIdentity
from server.adapters.google.reports import GoogleReports
from server.adapters.google.scope import Limits, WorkspaceScope
from server.adapters.holders import LocalHolders
from server.adapters.local_kek import list_private_keys
from server.adapters.local_key_files import create_keys
from server.adapters.missing_queue import MissingQueue
from server.adapters.schema.schema import SchemaKeeper
from server.adapters.schema.versioned import VersionedDocuments
from server.adapters.sqlite.documents import SqliteDocuments
from server.adapters.sqlite.queue import SqliteQueue
from server.adapters.store import DocumentStore
from server.adapters.store.alarms import DocumentAlarms
from server.adapters.transport import DirectTransport, SimulatorTransport, Transport
from server.composition.cloud import connect_project, read_runtime
from server.composition.first_day import open_surveys
from server.composition.keys import load_keys, make_key_keeper
from server.composition.salesforce import connect_crm
from server.domain.errors import ConfigurationError, TrulyError
from server.domain.ids import MailboxId
from server.domain.policy import LeadOrder, Policy
from server.engine.mailboxes.admission import Admission
from server.engine.mailboxes.workspace_cache import WorkspaceCache
from server.engine.operations.doctor.cloud import CloudContext
from server.engine.operations.first_day import FirstDay
from server.engine.operations.identity import Origins, name_keys, pin_or_refuse
from server.engine.operations.quota.day_budget import DayBudget
from server.engine.ports import Ports
from server.engine.rooms import Rooms, open_rooms
from server.ports.body_reader import BodyReader
from server.ports.clock import Clock
from server.ports.identity import Identity
from server.ports.kek import KeyKeeper
from server.rules.body.message_text import read_body
from server.rules.forecast.past_price import Pace
from server.rules.headers.domains import normalise_listed_name
from server.settings import Settings
from server.vault.envelope import WorkSealer
from server.vault.hashes import KeyedHasher

if TYPE_CHECKING:
    from server.adapters.cloud.cloud_tasks import CloudTasksQueue

MONTH = 30.44 * 86_400
"""Seconds."""


class SystemClock:
    def now(self) -> float:
        return time.time()


OpenQueue: TypeAlias = "SqliteQueue | CloudTasksQueue | MissingQueue"


@dataclass(frozen=True)
class Services:
    """What an entry point needs. ``local_queue`` is the queue where threads of ours work it, else None."""

    settings: Settings
    ports: Ports
    rooms: Rooms
    queue: OpenQueue
    local_queue: SqliteQueue | None
    holders: LocalHolders | None
    documents: Documents
    identity: Identity
    body_reader: BodyReader
    budget: DayBudget
    first_day: FirstDay

    @property
    def workspaces(self) -> WorkspaceCache:
        return self.rooms.workspaces

    def close(self) -> None:
        self.budget.settle()
        self.body_reader.close()
        _close(self.documents, self.queue, self.holders)


def build(
    settings: Settings, *, transport: Transport | None = None, clock: Clock | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Services:  # fmt: skip
    """Build the services. Raises ConfigurationError. Tests pass their own transport and time, and nothing else."""
    clock = clock or SystemClock()
    transport = transport or _choose_transport(settings)
    channels = CloudChannels(settings.cloud.simulator_grpc, settings.cloud.simulator_identity)
    documents, local_queue, holders = _open_state(settings, clock, sleep)
    alarms = DocumentAlarms(documents, clock)
    store = DocumentStore(documents, holders.is_dead if holders else lambda _holder: False)
    with _closing_on_error(documents, local_queue, holders):
        keys = load_keys(settings, channels, store, clock)
        sealer = WorkSealer(keys.work, store, settings.organisation)
        hasher = KeyedHasher(keys.hash_keys, max(keys.hash_keys))
        pin_or_refuse(store, sealer, settings.organisation, name_keys(keys.vault_wrap, sealer, hasher))
        origins = Origins(store)
        leads = settings.match_leads is not LeadOrder.NO
        crm = connect_crm(settings.salesforce, transport, clock, channels, origins.meet_org, leads=leads)
    holder = holders.me if holders else f"{time.time_ns():x}"
    budget = DayBudget(store, clock, holder, settings.quota.per_day)
    google = _connect_google(settings, transport, clock, sleep, alarms, origins, budget, store)
    ports = Ports(
        mail=GmailMail(google.calls),
        directory=google.directory,
        scope=google.scope,
        alarms=alarms,
        crm=crm,
        store=store,
        sealer=sealer,
        hasher=hasher,
        wrap=keys.vault_wrap,
        unwrap=keys.vault_unwrap,
        clock=clock,
        policy=_make_policy(settings),
        admission=_make_admission(settings),
        organisation=settings.organisation,
        holder=holder,
        watch=GmailWatch(google.calls, settings.pubsub_topic) if settings.pubsub_topic else None,
    )
    body_reader = BodyReaderBySize(InProcessBodyReader(read_body), ChildBodyReader(), ChildBodyReader())
    rooms = _open_rooms(settings, ports, body_reader, google.calls, transport, sleep)
    surveys = open_surveys(google.calls, crm.client, settings.google_customer)
    first_day = FirstDay(surveys, rooms.doctor, store, google.directory, google.scope, settings.scope_groups)
    return Services(
        settings, ports, rooms, local_queue or _connect_queue(settings, channels), local_queue, holders, documents,
        GoogleIdentity(transport), body_reader, budget, first_day,
    )  # fmt: skip


@contextmanager
def open_key_state(settings: Settings) -> Iterator[tuple[DocumentStore | None, KeyKeeper]]:
    """The state without the keys, which may be missing, and who makes them. None where there is no state yet.

    Raises ConfigurationError, TransientError.
    """

    def name_hashes(keys: dict[int, bytes]) -> tuple[str, ...]:
        return KeyedHasher(keys, max(keys)).names

    kind, _, name = settings.state.partition(":")
    if kind == "sqlite" and not Path(name).exists():
        yield None, make_key_keeper(settings, None, name_hashes)
        return
    documents, queue, holders = _open_state(settings, SystemClock(), time.sleep)
    try:
        store = DocumentStore(documents)
        yield store, make_key_keeper(settings, store, name_hashes)
    finally:
        _close(documents, queue, holders)


@contextmanager
def _closing_on_error(documents: Documents, queue: SqliteQueue | None, holders: LocalHolders | None) -> Iterator[None]:
    """A state that is refused leaves nothing open."""
    try:
        yield
    except TrulyError:
        _close(documents, queue, holders)
        raise


def _close(documents: Documents, queue: OpenQueue | None, holders: LocalHolders | None) -> None:
    documents.close()
    if queue:
        queue.close()
    if holders:
        holders.close()


def _open_rooms(
    settings: Settings, ports: Ports, body_reader: BodyReader, calls: GmailCalls, transport: Transport,
    sleep: Callable[[float], None],
) -> Rooms:  # fmt: skip
    quota = settings.quota
    return open_rooms(
        ports,
        body_reader,
        witness=GoogleReports(calls.mint.for_reports, transport, ports.clock) if settings.reports_witness else None,
        finder=GmailMessageIds(calls),
        delegation=calls.mint,
        is_encrypted_at_rest=settings.state.startswith("firestore:"),
        cloud_project=_look_at_cloud(settings, transport, ports.clock),
        sweep_seconds=float(settings.poll_seconds),
        pace=Pace(quota.per_day, quota.per_mailbox, quota.per_project, settings.backfills, settings.backfill_processes),
        near_private_keys=tuple(path.name for path in list_private_keys(settings.keys)) if settings.keys else (),
        sleep=sleep,
    )


def _look_at_cloud(settings: Settings, transport: Transport, clock: Clock) -> CloudContext | None:
    """For the doctor; None on one machine."""
    if (project := connect_project(settings, transport, clock)) is None:
        return None
    return CloudContext(
        project,
        clock,
        has_databases=settings.state.startswith("firestore:"),
        has_keys=bool(settings.cloud.key_ring),
        has_queues=bool(settings.cloud.queue_location),
        may_open=settings.may_open_copies,
        runtime=read_runtime(),
    )


@dataclass(frozen=True)
class _Google:
    """All of Google's APIs share one mint of credentials under one scope, and one pace."""

    calls: GmailCalls
    directory: GoogleDirectory
    scope: WorkspaceScope


def _connect_google(
    settings: Settings, transport: Transport, clock: Clock, sleep: Callable[[float], None], alarms: DocumentAlarms,
    origins: Origins, budget: DayBudget, store: DocumentStore,
) -> _Google:  # fmt: skip
    mint = CredentialMint(_make_delegation(settings), transport, alarms)
    directory = GoogleDirectory(mint.for_directory, transport, clock, settings.google_customer, origins.meet_customer)

    def recall(mailbox_id: MailboxId) -> bool | None:
        mailbox = store.mailbox(mailbox_id)
        return None if mailbox is None else mailbox.is_in_scope

    scope = WorkspaceScope(_make_limits(settings), directory, clock, alarms, recall)
    # Before the first credential: none may be made for a mailbox outside the scope.
    mint.guard(scope)
    pacer = Pacer(clock, sleep, settings.quota.per_mailbox, settings.quota.per_project, budget)
    return _Google(GmailCalls.over(mint, transport, clock, pacer), directory, scope)


def _choose_transport(settings: Settings) -> Transport:
    return SimulatorTransport(settings.simulator_url) if settings.simulator_url else DirectTransport()


def _open_state(
    settings: Settings, clock: Clock, sleep: Callable[[float], None]
) -> tuple[Documents, SqliteQueue | None, LocalHolders | None]:
    kind, _, name = settings.state.partition(":")
    if kind == "firestore":
        from server.adapters.firestore.documents import FirestoreDocuments

        project, _, database = name.partition("/")
        remote = FirestoreDocuments.connect(project, database or "(default)")
        # Opened by the first call: where Firestore does not answer, a process starts all the same and says so on cards.
        return VersionedDocuments(remote, SchemaKeeper(remote, clock, sleep), clock), None, None
    path = Path(name)
    if not path.parent.is_dir():
        raise ConfigurationError(f"STATE names a file in a folder that does not exist: {path.parent}")
    # A start that finds the file locked is tried again, so each try must leave nothing open.
    with ExitStack() as opened:
        file = SqliteDocuments(path)
        opened.callback(file.close)
        documents = VersionedDocuments(file, SchemaKeeper(file, clock, sleep), clock)
        documents.open()
        holders = LocalHolders(path.parent / f"{path.name}.holders")
        opened.callback(holders.close)
        queue = SqliteQueue(path, holders.me, holders.is_dead)
        opened.pop_all()
    return documents, queue, holders


def _connect_queue(settings: Settings, channels: CloudChannels) -> CloudTasksQueue | MissingQueue:
    cloud = settings.cloud
    if not cloud.queue_location:
        return MissingQueue()
    from server.adapters.cloud.cloud_tasks import CloudTasksQueue, Target

    return CloudTasksQueue(Target(cloud.queue_location, cloud.worker_url, cloud.tasks_service_account), channels)


def _make_delegation(settings: Settings) -> Delegation:
    return Delegation(
        admin=settings.google_admin,
        delegate=settings.google_delegate,
        key_file=settings.google_service_account_file,
    )


def _make_limits(settings: Settings) -> Limits:
    return Limits(settings.mailboxes, settings.scope_org_units, settings.scope_groups)


def _make_policy(settings: Settings) -> Policy:
    return Policy(
        leads=settings.match_leads,
        join_others=settings.join_others,
        opportunities=settings.opportunities,
        relate_other_accounts=settings.relate_other_accounts,
        override_contacts_only=settings.override_contacts_only,
        owner_of_record=settings.owner_of_record,
        relate_bcc=settings.relate_bcc,
        publish_delay=settings.publish_delay_seconds,
        blocked=frozenset(map(normalise_listed_name, settings.blocked)),
        public_domains=frozenset(map(normalise_listed_name, settings.public_mail_domains)),
        company_domains=frozenset(map(normalise_listed_name, settings.company_domains)),
        dont_log_label=settings.dont_log_label,
        disclosure=settings.disclosure,
        not_primary=settings.not_primary,
    )


def _make_admission(settings: Settings) -> Admission:
    months = settings.backfill_months
    return Admission(
        stage=settings.new_mailbox_stage,
        backfill_seconds=None if months is None else months * MONTH,
        internal_domains=frozenset(map(normalise_listed_name, settings.internal_domains)),
        scope_groups=settings.scope_groups,
        admin=settings.google_admin.lower(),
    )


__all__ = ["Services", "build", "create_keys"]
