"""One frozen Settings from a mapping. Every problem is reported at once, and nothing else reads the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from server import setting_forms as forms
from server.domain.errors import ConfigurationError
from server.domain.mailbox import Stage
from server.domain.policy import Disclosure, LeadOrder, NotPrimary
from server.logs.configure import LogFormat


class Environment(StrEnum):
    PRODUCTION = "production"
    SIMULATOR = "simulator"


NOWHERE = "https://truly.example"
"""What stands for PUBLIC_URL where nobody set it."""


@dataclass(frozen=True)
class SalesforceSettings:
    """The org, who we are there, and where records are looked for.

    ``background_share`` (0 to 1) is how much of its daily calls work that nobody waits for may use, ``storage_share``
    how full its data storage may be for older mail. ``users`` maps a mailbox address to a User's id, ``task_fields``
    are Task fields with the value that each activity gets.
    """

    domain: str
    consumer_key: str
    username: str
    private_key: Path | forms.SecretVersion | None
    consumer_secret: str | forms.SecretVersion
    api_version: str
    background_share: float
    storage_share: float
    contact_email_fields: tuple[str, ...]
    lead_email_fields: tuple[str, ...]
    users: Mapping[str, str]
    websites: bool
    domain_lists: bool
    task_fields: tuple[tuple[str, str], ...]
    header_block: bool

    @classmethod
    def read(cls, read: forms.SettingsReader) -> SalesforceSettings:
        return cls(
            domain=read.my_domain("SALESFORCE_DOMAIN"),
            consumer_key=read.text("SALESFORCE_CONSUMER_KEY"),
            username=read.text("SALESFORCE_USERNAME", ""),
            private_key=read.path_or_secret("SALESFORCE_PRIVATE_KEY_FILE"),
            consumer_secret=read.text_or_secret("SALESFORCE_CONSUMER_SECRET"),
            api_version=read.text("SALESFORCE_API_VERSION", "67.0", forms.VERSION),
            background_share=read.choice("SALESFORCE_BACKGROUND_PERCENT", 0.8, forms.share, forms.PERCENT),
            storage_share=read.choice("SALESFORCE_STORAGE_PERCENT", 0.8, forms.share, forms.PERCENT),
            contact_email_fields=read.names("CONTACT_EMAIL_FIELDS"),
            lead_email_fields=read.names("LEAD_EMAIL_FIELDS"),
            users=read.table("SALESFORCE_USERS"),
            websites=read.choice("ACCOUNT_WEBSITE", False, forms.yes_or_no, "yes or no"),
            domain_lists=read.choice("ACCOUNT_DOMAIN_LISTS", False, forms.yes_or_no, "yes or no"),
            task_fields=read.values("TASK_FIELDS"),
            header_block=read.choice("HEADER_BLOCK", True, forms.yes_or_no, "yes or no"),
        )


class Role(StrEnum):
    """Which requests a process answers: those of people and of pushes, those of jobs and of cron, or all."""

    ALL = "all"
    SIDEBAR = "sidebar"
    WORKER = "worker"


@dataclass(frozen=True)
class CloudSettings:
    """What Google Cloud does for us; all of it empty on one machine.

    ``key_ring`` and ``queue_location`` are full resource names. ``worker_url`` is the service that tasks are sent to,
    and ``tasks_service_account`` whose identity they carry. ``simulator_grpc`` is where a simulated Google Cloud
    listens, and ``simulator_identity`` the account as which this process calls it.
    """

    role: Role
    key_ring: str
    hash_keys: forms.SecretVersion | None
    queue_location: str
    worker_url: str
    tasks_service_account: str
    cron_service_account: str
    is_on_app_engine: bool
    log_format: LogFormat
    simulator_grpc: str
    simulator_identity: str

    @classmethod
    def read(cls, read: forms.SettingsReader) -> CloudSettings:
        keys = read.text("KEYS", "keys", forms.KEYS)
        queue = read.text("QUEUE", "local", forms.QUEUE)
        return cls(
            role=read.choice("ROLE", Role.ALL, Role, "all, sidebar or worker"),
            key_ring=keys.removeprefix("kms:") if keys.startswith("kms:") else "",
            hash_keys=read.secret("HASH_KEYS"),
            queue_location=queue.removeprefix("tasks:") if queue.startswith("tasks:") else "",
            worker_url=read.text("WORKER_URL", "", forms.URL),
            tasks_service_account=read.text("TASKS_SERVICE_ACCOUNT", "", forms.ADDRESS),
            cron_service_account=read.text("CRON_SERVICE_ACCOUNT", "", forms.ADDRESS),
            is_on_app_engine=read.source.get("GAE_ENV", "") == "standard",  # App Engine sets it itself
            log_format=read.choice("LOG_FORMAT", LogFormat.TEXT, LogFormat, "text or json"),
            simulator_grpc=read.text("SIMULATOR_GRPC", "", forms.LISTENER),
            simulator_identity=read.text("SIMULATOR_IDENTITY", "", forms.ADDRESS),
        )


@dataclass(frozen=True)
class QuotaSettings:
    """Gmail's quota: units a minute of one mailbox and of the project, and the project's a day. 0 is without limit.

    ``backfills_at_a_time`` mailboxes' older mail is read at a time, by all processes; it serves forecasts alone.
    """

    per_mailbox: int
    per_project: int
    per_day: int
    backfills_at_a_time: int

    @classmethod
    def read(cls, read: forms.SettingsReader) -> QuotaSettings:
        return cls(
            per_mailbox=read.allowance("GMAIL_UNITS_PER_MINUTE", 6_000),
            per_project=read.allowance("GMAIL_PROJECT_UNITS_PER_MINUTE", 1_200_000),
            per_day=read.choice("GMAIL_UNITS_PER_DAY", 80_000_000, forms.units_a_day, forms.DAY_ALLOWANCE),
            backfills_at_a_time=read.choice("BACKFILLS_AT_A_TIME", 0, forms.count, "a number of mailboxes"),
        )


@dataclass(frozen=True)
class Settings:
    """All of it has a default but what names your Google Workspace and your Salesforce org.

    ``keys`` is the folder of the key files, None where Cloud KMS has the keys (``cloud.key_ring``).
    ``backfill_months`` is None for "everything". Secrets are files; only Salesforce's client secret may be a value.
    """

    environment: Environment
    organisation: str
    state: str
    keys: Path | None
    google_admin: str
    google_service_account_file: Path | None
    google_delegate: str
    google_customer: str
    salesforce: SalesforceSettings
    cloud: CloudSettings
    simulator_url: str
    public_url: str
    pubsub_topic: str
    push_service_account: str
    addon_service_account: str
    addon_client_id: str
    new_mailbox_stage: Stage
    backfill_months: int | None
    mailboxes: frozenset[str]
    scope_org_units: frozenset[str]
    scope_groups: frozenset[str]
    reports_witness: bool
    internal_domains: frozenset[str]
    public_mail_domains: frozenset[str]
    company_domains: frozenset[str]
    blocked: frozenset[str]
    match_leads: LeadOrder
    join_others: bool
    opportunities: bool
    relate_other_accounts: bool
    override_contacts_only: bool
    owner_of_record: bool
    relate_bcc: bool
    publish_delay_seconds: int
    disclosure: Disclosure
    help_contact: str
    dont_log_label: str
    not_primary: NotPrimary
    may_open_copies: bool
    quota: QuotaSettings
    poll_seconds: int
    workers: int

    @property
    def backfills(self) -> int:
        """Mailboxes whose older mail is read at a time."""
        return self.quota.backfills_at_a_time or self.workers

    @property
    def backfill_processes(self) -> int:
        """In the cloud each instance reads one mailbox's older mail; on one machine one process has all threads."""
        return self.backfills if self.cloud.queue_location else 1

    @classmethod
    def of(cls, source: Mapping[str, str]) -> Settings:
        """Raises ConfigurationError with one sentence a problem, all of them."""
        read = forms.SettingsReader(source)
        settings = cls._read(read)
        problems = read.problems + _find_old_names(source) + _contradictions(settings)
        if problems:
            raise ConfigurationError(*problems)
        return settings

    @classmethod
    def list_defaults(cls) -> Settings:
        """As it stands where nothing is set; what must be set is empty."""
        return cls._read(forms.SettingsReader({}))

    @classmethod
    def _read(cls, read: forms.SettingsReader) -> Settings:
        return cls(
            environment=read.choice("ENVIRONMENT", Environment.PRODUCTION, Environment, "production or simulator"),
            organisation=read.text("ORGANISATION", form=forms.NAME),
            state=read.text("STATE", "sqlite:truly.sqlite3", forms.STATE),
            keys=forms.folder(read.text("KEYS", "keys")),
            google_admin=read.text("GOOGLE_ADMIN", form=forms.ADDRESS),
            google_service_account_file=read.path("GOOGLE_SERVICE_ACCOUNT_FILE"),
            google_delegate=read.text("GOOGLE_DELEGATE", "", forms.ADDRESS),
            google_customer=read.text("GOOGLE_CUSTOMER", "my_customer"),
            salesforce=SalesforceSettings.read(read),
            cloud=CloudSettings.read(read),
            simulator_url=read.text("SIMULATOR_URL", ""),
            public_url=read.text("PUBLIC_URL", NOWHERE, forms.URL),
            pubsub_topic=read.text("PUBSUB_TOPIC", "", forms.TOPIC),
            push_service_account=read.text("PUSH_SERVICE_ACCOUNT", "", forms.ADDRESS),
            addon_service_account=read.text("ADDON_SERVICE_ACCOUNT", "", forms.ADDRESS),
            addon_client_id=read.text("ADDON_CLIENT_ID", ""),
            new_mailbox_stage=read.choice("NEW_MAILBOX_STAGE", Stage.DRY_RUN, forms.new_stage, "off, dry_run or live"),
            backfill_months=read.choice("BACKFILL_MONTHS", 12, forms.months, "a number of months, or all"),
            mailboxes=read.words("MAILBOXES", forms.ADDRESS),
            scope_org_units=read.paths("SCOPE_ORG_UNITS"),
            scope_groups=read.words("SCOPE_GROUPS", forms.ADDRESS),
            reports_witness=read.choice("REPORTS_WITNESS", False, forms.yes_or_no, "yes or no"),
            internal_domains=read.domains("INTERNAL_DOMAINS", may_be_public=False),
            public_mail_domains=read.domains("PUBLIC_MAIL_DOMAINS", may_be_public=True),
            company_domains=read.domains("COMPANY_DOMAINS", may_be_public=True),
            blocked=read.words("BLOCKED", forms.BLOCKED),
            match_leads=read.choice("MATCH_LEADS", LeadOrder.BEFORE, forms.lead_order, "yes, after or no"),
            join_others=read.choice("JOIN_OTHERS", False, forms.yes_or_no, "yes or no"),
            override_contacts_only=read.choice("OVERRIDE_CONTACTS_ONLY", False, forms.yes_or_no, "yes or no"),
            relate_bcc=read.choice("RELATE_BCC", False, forms.yes_or_no, "yes or no"),
            owner_of_record=read.choice("OWNER_OF_RECORD", False, forms.yes_or_no, "yes or no"),
            opportunities=read.choice("OPPORTUNITIES", False, forms.yes_or_no, "yes or no"),
            relate_other_accounts=read.choice("RELATE_OTHER_ACCOUNTS", True, forms.yes_or_no, "yes or no"),
            publish_delay_seconds=read.choice("PUBLISH_DELAY_SECONDS", 0, forms.count, "a number of seconds"),
            disclosure=read.choice("DISCLOSURE", Disclosure.TEXT, Disclosure, "text, subject or headers"),
            help_contact=read.text("HELP_CONTACT", "", forms.CONTACT),
            dont_log_label=read.text("DONT_LOG_LABEL", "Don't log"),
            not_primary=read.choice("NOT_PRIMARY", NotPrimary.SKIP, NotPrimary, "skip or contacts"),
            may_open_copies=read.choice("MAY_OPEN_COPIES", False, forms.yes_or_no, "yes or no"),
            quota=QuotaSettings.read(read),
            poll_seconds=read.choice("POLL_SECONDS", 300, forms.count, "a number of seconds"),
            workers=read.choice("WORKERS", 4, forms.count, "a number of threads"),
        )


OLD_NAMES = {"SUPPORT_CONTACT": "HELP_CONTACT"}
"""Settings that have another name now: who keeps the old one would lose what it says without a word."""


def _find_old_names(source: Mapping[str, str]) -> list[str]:
    return [f"{old} is now called {new}: rename it." for old, new in OLD_NAMES.items() if source.get(old, "").strip()]


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _contradictions(settings: Settings) -> list[str]:
    problems = []
    simulated = settings.environment is Environment.SIMULATOR
    if settings.simulator_url and not simulated:
        problems.append("SIMULATOR_URL is set, but ENVIRONMENT is production: remove one of the two.")
    if simulated and _host(settings.simulator_url) not in ("127.0.0.1", "localhost", "::1"):
        problems.append("ENVIRONMENT is simulator, so SIMULATOR_URL must be an address on this machine.")
    if not settings.google_service_account_file and not settings.google_delegate:
        problems.append("Set GOOGLE_DELEGATE (keyless, preferred) or GOOGLE_SERVICE_ACCOUNT_FILE.")
    if not settings.salesforce.consumer_secret and not settings.salesforce.private_key:
        problems.append("Set SALESFORCE_PRIVATE_KEY_FILE with SALESFORCE_USERNAME, or SALESFORCE_CONSUMER_SECRET.")
    if settings.salesforce.private_key and not settings.salesforce.username:
        problems.append("SALESFORCE_PRIVATE_KEY_FILE needs SALESFORCE_USERNAME.")
    if settings.pubsub_topic and not settings.push_service_account:
        problems.append("PUBSUB_TOPIC needs PUSH_SERVICE_ACCOUNT: without it nobody who pushes is trusted.")
    if settings.workers == 0:
        problems.append("WORKERS must be at least 1.")
    return problems + _cloud_contradictions(settings)


def _cloud_contradictions(settings: Settings) -> list[str]:
    cloud, problems = settings.cloud, []
    is_firestore = settings.state.startswith("firestore:")
    if cloud.key_ring and cloud.hash_keys is None:
        problems.append("KEYS names Cloud KMS, so HASH_KEYS must name a secret: KMS keeps no hash keys.")
    if cloud.hash_keys and not cloud.key_ring:
        problems.append("HASH_KEYS goes with KEYS=kms:...: in a folder of key files the hash keys are hash.key.")
    if cloud.queue_location and not (cloud.worker_url and cloud.tasks_service_account):
        problems.append("QUEUE names Cloud Tasks, so WORKER_URL and TASKS_SERVICE_ACCOUNT must be set.")
    if cloud.queue_location and not is_firestore:
        problems.append("QUEUE names Cloud Tasks, which calls any instance: STATE must be firestore:PROJECT.")
    if (cloud.simulator_grpc or cloud.simulator_identity) and settings.environment is not Environment.SIMULATOR:
        problems.append("SIMULATOR_GRPC and SIMULATOR_IDENTITY need ENVIRONMENT=simulator.")
    return problems
