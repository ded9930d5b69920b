"""The composition of the engine's rooms: every use case once, each with what it needs and no more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from server.domain.policy import NotPrimary
from server.domain.quota import Purpose
from server.engine.collect.backfill import PastCollector
from server.engine.collect.collect import Collector
from server.engine.collect.naming import CopyNamer
from server.engine.collect.reader import ReaderTools
from server.engine.collect.screening import Screener
from server.engine.conversations.carry_out import ActivityEditor
from server.engine.conversations.choice_keeper import ChoiceKeeper
from server.engine.conversations.dont_log_label import DontLogLabel
from server.engine.conversations.keys import ConversationKeys
from server.engine.conversations.overrides import Overrides
from server.engine.conversations.owner_label import OwnerLabel
from server.engine.copies.opening import CopyOpener
from server.engine.copies.rewrapping import Rewrapper
from server.engine.coverage.audit import Auditor
from server.engine.coverage.publishing import DayPublisher
from server.engine.coverage.witness import DeliveryComparer, Finder
from server.engine.decide.category_cost import CategoryCounter
from server.engine.decide.decisions import MailDecider
from server.engine.decide.dry_run import DryRun
from server.engine.decide.explain import Explainer
from server.engine.decide.group_people import GroupPeopleReader
from server.engine.deliver.activities import PlannerTools
from server.engine.deliver.bodies import BodyFetcher
from server.engine.deliver.doubles import DoubleRemover
from server.engine.deliver.filing import MailFiler
from server.engine.deliver.round import RoundTools
from server.engine.deliver.second_look import SecondLooker
from server.engine.deliver.turns import Deliverer
from server.engine.ledger.sealed_headers import SealedHeaders
from server.engine.ledger.sealing import Sealing
from server.engine.mailboxes.address_book import AddressBook
from server.engine.mailboxes.lease import Leases
from server.engine.mailboxes.many import StageChanger
from server.engine.mailboxes.sweep import Sweeper
from server.engine.mailboxes.troubles import TroubleReporter
from server.engine.mailboxes.watches import WatchRenewer
from server.engine.mailboxes.workspace_cache import WorkspaceCache
from server.engine.operations.doctor import alarms, cloud, google, keys, org, push, salesforce, state
from server.engine.operations.doctor.owners import list_owners
from server.engine.operations.doctor.probe import Probe
from server.engine.operations.doctor.registry import Doctor
from server.engine.operations.identity import name_keys
from server.engine.operations.jobs import LONGEST_SPREAD, JobRunner
from server.engine.operations.new_org import NewOrg
from server.engine.operations.quota import check
from server.engine.operations.quota.gmail_quota import GmailQuota
from server.engine.operations.status import StatusReader
from server.engine.operations.sync import Syncer
from server.engine.operations.tallying import Tallier
from server.engine.ports import Ports
from server.engine.sidebar.choices import Choices
from server.engine.sidebar.conversation_reader import ConversationReader
from server.engine.sidebar.record_access import RecordAccess
from server.engine.sidebar.redeciding import Redecider
from server.engine.sidebar.stopping import Stopper
from server.engine.sidebar.take_up import MessageDelivery
from server.engine.sidebar.view import Sidebar
from server.ports.body_reader import BodyReader
from server.ports.delegation import Delegation
from server.ports.mail import MailProvider
from server.ports.witness import Witness
from server.rules.forecast.past_price import UNLIMITED, Pace


@dataclass(frozen=True)
class Rooms:
    """One field for each use case, and the caches that they share. All of them are thread-safe.

    ``comparer`` is None where Google's record of deliveries may not be read.
    """

    workspaces: WorkspaceCache
    addresses: AddressBook
    access: RecordAccess
    sealing: Sealing
    sweeper: Sweeper
    stages: StageChanger
    watches: WatchRenewer
    collector: Collector
    past_collector: PastCollector
    explainer: Explainer
    dry_run: DryRun
    deliverer: Deliverer
    doubles: DoubleRemover
    sidebar: Sidebar
    choices: Choices
    stopper: Stopper
    auditor: Auditor
    days: DayPublisher
    comparer: DeliveryComparer | None
    opener: CopyOpener
    rewrapper: Rewrapper
    doctor: Doctor
    syncer: Syncer
    new_org: NewOrg
    jobs: JobRunner
    quota: GmailQuota


@dataclass(frozen=True)
class _Shared:
    """What several rooms share of the ledger, the conversations and the decision."""

    addresses: AddressBook
    sealing: Sealing
    headers: SealedHeaders
    keys: ConversationKeys
    leases: Leases
    overrides: Overrides
    keeper: ChoiceKeeper
    editor: ActivityEditor
    decider: MailDecider
    explainer: Explainer
    category_explainer: Explainer

    @classmethod
    def of(cls, ports: Ports) -> _Shared:
        sealing = Sealing(ports.sealer, ports.organisation, ports.clock)
        addresses = AddressBook(ports.store, ports.clock)
        overrides = Overrides(ports.crm, ports.store, sealing, addresses.find_owners)
        keys_of_mail = ConversationKeys(ports.hasher)
        owner_label = OwnerLabel(ports.store, keys_of_mail)
        groups = GroupPeopleReader(ports.directory, ports.alarms, ports.clock)
        decider = MailDecider(ports.crm, ports.store, overrides, owner_label, groups, ports.policy)
        generous = replace(ports.policy, not_primary=NotPrimary.CONTACTS)
        generous_decider = MailDecider(ports.crm, ports.store, overrides, owner_label, groups, generous)
        return cls(
            addresses=addresses,
            sealing=sealing,
            headers=SealedHeaders(sealing),
            keys=keys_of_mail,
            leases=Leases(ports.store, ports.clock, ports.holder),
            overrides=overrides,
            keeper=ChoiceKeeper(ports.store, ports.clock),
            editor=ActivityEditor(ports.crm, ports.store, sealing, ports.clock),
            decider=decider,
            explainer=Explainer(ports.store, keys_of_mail, decider, ports.policy),
            category_explainer=Explainer(ports.store, keys_of_mail, generous_decider, generous),
        )


@dataclass(frozen=True)
class _Sync:
    """What brings mail from the provider to Salesforce, whoever asks for it."""

    reading: ReaderTools
    collector: Collector
    past_collector: PastCollector
    deliverer: Deliverer
    looker: SecondLooker

    @classmethod
    def of(cls, ports: Ports, shared: _Shared, body_reader: BodyReader, quota: GmailQuota) -> _Sync:
        background = ports.mail.in_background(Purpose.PAST)
        reading = _make_reader_tools(ports, shared, ports.mail)
        past_reading = _make_reader_tools(ports, shared, background)
        return cls(
            reading=reading,
            collector=Collector(ports.mail, shared.leases, reading, quota.tell),
            past_collector=PastCollector(background, ports.policy, shared.leases, past_reading),
            deliverer=_make_deliverer(ports, shared, background, body_reader, reading.screener),
            looker=SecondLooker(ports.crm, ports.store, shared.sealing, ports.clock),
        )

    def make_syncer(
        self, ports: Ports, sweeper: Sweeper, workspaces: WorkspaceCache, sleep: Callable[[float], None]
    ) -> Syncer:
        readers = (self.collector, self.past_collector)
        return Syncer(
            ports.store, ports.clock, sweeper, workspaces, *readers, self.deliverer, self.looker, sleep,
            make_trouble_reporter(ports),
        )  # fmt: skip


def make_trouble_reporter(ports: Ports) -> TroubleReporter:
    return TroubleReporter(ports.alarms, ports.clock, ports.admission.admin)


def open_rooms(
    ports: Ports, body_reader: BodyReader, *, witness: Witness | None = None, finder: Finder | None = None,
    is_encrypted_at_rest: bool = False, near_private_keys: tuple[str, ...] = (),
    cloud_project: cloud.CloudContext | None = None, delegation: Delegation | None = None,
    sweep_seconds: float = LONGEST_SPREAD, pace: Pace = UNLIMITED, sleep: Callable[[float], None] = time.sleep,
) -> Rooms:  # fmt: skip
    """Compose the rooms. ``finder`` finds in Gmail what ``witness`` reports; ``sweep_seconds`` lie between two sweeps.

    ``pace``: what Gmail allows. ``is_encrypted_at_rest``: the database encrypts too. ``near_private_keys``: in KEYS.
    """
    mail, crm, store, clock = ports.mail, ports.crm, ports.store, ports.clock
    shared = _Shared.of(ports)
    quota = GmailQuota(mail, store, clock, pace, sweep_seconds, 0.0 if ports.watch is None else 1.0)
    sync = _Sync.of(ports, shared, body_reader, quota)
    workspaces = WorkspaceCache(ports.directory, store, clock, ports.admission.internal_domains)
    sweeper = Sweeper(mail, ports.directory, ports.scope, ports.alarms, store, clock, ports.admission, workspaces)
    watches, days = WatchRenewer(ports.watch, ports.alarms, store, clock), DayPublisher(mail, crm, store, clock)
    reader, access = ConversationReader(mail, store, clock, shared.keys), RecordAccess(crm, store, clock)
    auditor = Auditor(mail, ports.alarms, store, clock, sync.collector)
    return Rooms(
        workspaces=workspaces,
        addresses=shared.addresses,
        access=access,
        sealing=shared.sealing,
        sweeper=sweeper,
        stages=StageChanger(ports.directory, store, clock),
        watches=watches,
        collector=sync.collector,
        past_collector=sync.past_collector,
        explainer=shared.explainer,
        dry_run=_make_dry_run(ports, shared),
        deliverer=sync.deliverer,
        doubles=DoubleRemover(crm, store, clock),
        sidebar=Sidebar(mail, store, clock, shared.sealing, shared.explainer, access),
        choices=_make_choices(ports, shared, sync, shared.explainer, reader, access),
        stopper=Stopper(store, clock, reader, shared.keeper, shared.editor, access),
        auditor=auditor,
        days=days,
        comparer=DeliveryComparer(witness, finder, ports.alarms, store) if witness and finder else None,
        rewrapper=Rewrapper(ports.unwrap, ports.wrap, store, clock),
        opener=CopyOpener(ports.unwrap, store, clock, ports.organisation),
        quota=quota,
        doctor=_open_doctor(
            ports, quota, cloud_project, delegation, witness, near_private_keys, is_safe=is_encrypted_at_rest
        ),
        syncer=sync.make_syncer(ports, sweeper, workspaces, sleep),
        new_org=NewOrg(crm, store, clock, shared.leases, sleep),
        jobs=_make_job_runner(ports, sync, workspaces, sweeper, watches, auditor, days, sweep_seconds, quota),
    )


def _make_job_runner(
    ports: Ports, sync: _Sync, workspaces: WorkspaceCache, sweeper: Sweeper, watches: WatchRenewer, auditor: Auditor,
    days: DayPublisher, sweep_seconds: float, quota: GmailQuota,
) -> JobRunner:  # fmt: skip
    tallier = Tallier(ports.store, ports.clock, ports.holder)
    status = StatusReader(ports.store, ports.clock, ports.crm, ports.alarms, tallier, quota)
    return JobRunner(
        ports.store, ports.clock, ports.alarms, workspaces, sweeper, watches, sync.collector, sync.past_collector,
        sync.deliverer, sync.looker, auditor, days, status, make_trouble_reporter(ports),
        min(sweep_seconds, LONGEST_SPREAD), sweep_seconds,
    )  # fmt: skip


def _make_reader_tools(ports: Ports, shared: _Shared, mail: MailProvider) -> ReaderTools:
    namer = CopyNamer(ports.store, ports.hasher)
    screener = Screener(mail, ports.store, ports.clock, ports.policy, shared.keys, shared.headers, namer)
    label = DontLogLabel(mail, ports.store, ports.clock, shared.keys, ports.policy.dont_log_label)
    return ReaderTools(ports.store, ports.clock, screener, label)


def _make_dry_run(ports: Ports, shared: _Shared) -> DryRun:
    counter = CategoryCounter(ports.mail.in_background(), shared.category_explainer)
    return DryRun(ports.store, ports.clock, ports.alarms, shared.headers, shared.decider, counter)


def _make_deliverer(
    ports: Ports, shared: _Shared, background: MailProvider, body_reader: BodyReader, screener: Screener
) -> Deliverer:
    tools = RoundTools(
        ports.crm, ports.store, ports.clock, ports.policy, ports.hasher, ports.alarms, shared.sealing, shared.headers,
        shared.decider, shared.overrides, shared.editor, screener.screen_anew,
    )  # fmt: skip
    return Deliverer(
        ports.crm, ports.alarms, shared.leases, tools,
        filer=_make_filer(ports, shared, ports.mail, body_reader),
        past_filer=_make_filer(ports, shared, background, body_reader),
    )  # fmt: skip


def _make_filer(ports: Ports, shared: _Shared, mail: MailProvider, body_reader: BodyReader) -> MailFiler:
    bodies = BodyFetcher(mail, ports.store)
    tools = PlannerTools(
        ports.crm, ports.store, ports.alarms, ports.policy, shared.sealing, bodies, body_reader, ports.wrap,
        ports.organisation,
    )  # fmt: skip
    return MailFiler(ports.crm, ports.store, ports.clock, tools)


def _make_choices(
    ports: Ports, shared: _Shared, sync: _Sync, explainer: Explainer, reader: ConversationReader, access: RecordAccess
) -> Choices:
    delivery = MessageDelivery(ports.store, ports.clock, sync.reading.screener, sync.reading.label, sync.deliverer)
    redecider = Redecider(ports.store, reader, explainer)
    return Choices(
        ports.crm,
        ports.store,
        reader,
        shared.keeper,
        shared.overrides,
        shared.editor,
        explainer,
        redecider,
        delivery,
        access,
    )


def _open_doctor(
    ports: Ports, quota: GmailQuota, cloud_project: cloud.CloudContext | None, delegation: Delegation | None,
    witness: Witness | None, near_keys: tuple[str, ...], *, is_safe: bool,
) -> Doctor:  # fmt: skip
    """The findings come in this order."""
    keeping = keys.KeysContext(
        is_safe, ports.unwrap is not None, near_keys, ports.store, ports.organisation,
        name_keys(ports.wrap, ports.sealer, ports.hasher),
    )  # fmt: skip
    workspace = google.GoogleContext(
        ports.directory, ports.scope, ports.admission.scope_groups, ports.mail, ports.store, ports.alarms, ports.clock,
        delegation, witness,
    )  # fmt: skip
    return Doctor(
        (
            state.CHECKS.bind(state.StateContext(ports.store, make_trouble_reporter(ports))),
            google.CHECKS.bind(workspace),
            check.CHECKS.bind(quota),
            alarms.CHECKS.bind(alarms.AlarmsContext(ports.alarms, ports.clock)),
            salesforce.CHECKS.bind(salesforce.SalesforceContext(ports.crm, ports.policy, ports.store)),
            org.CHECKS.bind(org.OrgContext(ports.crm, ports.store, ports.policy, ports.directory, ports.scope)),
            push.CHECKS.bind(push.PushContext(ports.store, ports.clock, is_on=ports.watch is not None)),
            keys.CHECKS.bind(keeping),
            *([cloud.CHECKS.bind(cloud_project)] if cloud_project else []),
        ),
        Probe(
            ports.crm, lambda: list_owners(ports.store, ports.directory, ports.scope), ports.clock, ports.organisation
        ).examine,
    )
