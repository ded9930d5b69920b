"""One frozen Settings from a mapping. Every problem is reported at once, and nothing else reads the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from server.domain.errors import ConfigurationError
from server.domain.mailbox import Stage
from server.domain.policy import Disclosure

T = TypeVar("T")
D = TypeVar("D")


class Environment(StrEnum):
    PRODUCTION = "production"
    SIMULATOR = "simulator"


@dataclass(frozen=True)
class Settings:
    """All of it has a default but what names your Google Workspace and your Salesforce org.

    ``backfill_months`` is None for "everything". Secrets are files; only Salesforce's client secret may be a value.
    """

    environment: Environment
    organisation: str
    state: str
    keys: Path
    google_admin: str
    google_service_account_file: Path | None
    google_delegate: str
    google_customer: str
    salesforce_domain: str
    salesforce_consumer_key: str
    salesforce_username: str
    salesforce_private_key_file: Path | None
    salesforce_consumer_secret: str
    salesforce_api_version: str
    simulator_url: str
    public_url: str
    pubsub_topic: str
    push_service_account: str
    is_on_app_engine: bool
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
    blocked: frozenset[str]
    match_leads: bool
    publish_delay_seconds: int
    disclosure: Disclosure
    dont_log_label: str
    may_open_copies: bool
    gmail_units_per_minute: int
    gmail_project_units_per_minute: int
    poll_seconds: int
    workers: int

    @classmethod
    def of(cls, source: Mapping[str, str]) -> Settings:
        """Raises ConfigurationError with one sentence a problem, all of them."""
        read = _Reader(source)
        environment = read.choice("ENVIRONMENT", Environment.PRODUCTION, Environment, "production or simulator")
        settings = cls(
            environment=environment,
            organisation=read.text("ORGANISATION", form=_NAME),
            state=read.text("STATE", "sqlite:truly.sqlite3", _STATE),
            keys=Path(read.text("KEYS", "keys")),
            google_admin=read.text("GOOGLE_ADMIN", form=_ADDRESS),
            google_service_account_file=read.path("GOOGLE_SERVICE_ACCOUNT_FILE"),
            google_delegate=read.text("GOOGLE_DELEGATE", "", _ADDRESS),
            google_customer=read.text("GOOGLE_CUSTOMER", "my_customer"),
            salesforce_domain=read.text("SALESFORCE_DOMAIN", form=_MY_DOMAIN),
            salesforce_consumer_key=read.text("SALESFORCE_CONSUMER_KEY"),
            salesforce_username=read.text("SALESFORCE_USERNAME", ""),
            salesforce_private_key_file=read.path("SALESFORCE_PRIVATE_KEY_FILE"),
            salesforce_consumer_secret=read.text("SALESFORCE_CONSUMER_SECRET", ""),
            salesforce_api_version=read.text("SALESFORCE_API_VERSION", "67.0", _VERSION),
            simulator_url=read.text("SIMULATOR_URL", ""),
            public_url=read.text("PUBLIC_URL", "https://truly.example", _URL),
            pubsub_topic=read.text("PUBSUB_TOPIC", "", _TOPIC),
            push_service_account=read.text("PUSH_SERVICE_ACCOUNT", "", _ADDRESS),
            is_on_app_engine=source.get("GAE_ENV", "") == "standard",  # App Engine sets it itself
            addon_service_account=read.text("ADDON_SERVICE_ACCOUNT", "", _ADDRESS),
            addon_client_id=read.text("ADDON_CLIENT_ID", ""),
            new_mailbox_stage=read.choice("NEW_MAILBOX_STAGE", Stage.DRY_RUN, _new_stage, "off, dry_run or live"),
            backfill_months=read.choice("BACKFILL_MONTHS", 12, _months, "a number of months, or all"),
            mailboxes=read.words("MAILBOXES"),
            scope_org_units=read.paths("SCOPE_ORG_UNITS"),
            scope_groups=read.words("SCOPE_GROUPS", _ADDRESS),
            reports_witness=read.choice("REPORTS_WITNESS", False, _yes_or_no, "yes or no"),
            internal_domains=read.words("INTERNAL_DOMAINS"),
            public_mail_domains=read.words("PUBLIC_MAIL_DOMAINS"),
            blocked=read.words("BLOCKED"),
            match_leads=read.choice("MATCH_LEADS", True, _yes_or_no, "yes or no"),
            publish_delay_seconds=read.choice("PUBLISH_DELAY_SECONDS", 0, _count, "a number of seconds"),
            disclosure=read.choice("DISCLOSURE", Disclosure.TEXT, Disclosure, "text, subject or headers"),
            dont_log_label=read.text("DONT_LOG_LABEL", "Don't log"),
            may_open_copies=read.choice("MAY_OPEN_COPIES", False, _yes_or_no, "yes or no"),
            gmail_units_per_minute=read.choice("GMAIL_UNITS_PER_MINUTE", 6_000, _allowance, _ALLOWANCE),
            gmail_project_units_per_minute=read.choice(
                "GMAIL_PROJECT_UNITS_PER_MINUTE", 1_200_000, _allowance, _ALLOWANCE
            ),
            poll_seconds=read.choice("POLL_SECONDS", 300, _count, "a number of seconds"),
            workers=read.choice("WORKERS", 4, _count, "a number of threads"),
        )
        problems = read.problems + _contradictions(settings)
        if problems:
            raise ConfigurationError(*problems)
        return settings


@dataclass(frozen=True)
class _Form:
    pattern: str
    words: str


_NAME = _Form(r"[A-Za-z0-9._-]{1,64}", "a name of letters, digits, dots and dashes")
_ADDRESS = _Form(r"[^@\s]+@[^@\s]+", "an address such as ann@acme.com")
_STATE = _Form(r"sqlite:.+|firestore:[a-z0-9-]+(/[a-z0-9()-]+)?", "sqlite:FILE or firestore:PROJECT")
_MY_DOMAIN = _Form(r"[a-z0-9-]+(--[a-z0-9]+\.sandbox)?\.my", "My Domain without .salesforce.com, such as acme.my")
_VERSION = _Form(r"[0-9]{2,3}\.0", "a version such as 67.0")
_TOPIC = _Form(r"projects/[^/\s]+/topics/[^/\s]+", "a topic's full name, projects/PROJECT/topics/TOPIC")
_ALLOWANCE = "a number of quota units a minute, at least 200, or 0 for not paced"
_URL = _Form(r"https://[a-z0-9.-]+(:[0-9]+)?", "https://host, without a path")


class _Reader:
    def __init__(self, source: Mapping[str, str]) -> None:
        self.source = source
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None, form: _Form | None = None) -> str:
        value = self.source.get(name, "").strip()
        if not value:
            if default is None:
                self.problems.append(f"{name} is not set.")
            return default or ""
        if form and not re.fullmatch(form.pattern, value):
            self.problems.append(f"{name} must be {form.words}.")
        return value

    def choice(self, name: str, default: D, parse: Callable[[str], T], form: str) -> D | T:
        value = self.source.get(name, "").strip().lower()
        if not value:
            return default
        try:
            return parse(value)
        except (ValueError, KeyError):
            self.problems.append(f"{name} must be {form}.")
            return default

    def path(self, name: str) -> Path | None:
        value = self.source.get(name, "").strip()
        if value and not Path(value).is_file():
            self.problems.append(f"{name} names a file that is not there: {value}")
        return Path(value) if value else None

    def words(self, name: str, form: _Form | None = None) -> frozenset[str]:
        found = frozenset(word.lower() for word in re.split(r"[,;\s]+", self.source.get(name, "")) if word)
        if form and not all(re.fullmatch(form.pattern, word) for word in found):
            self.problems.append(f"{name} must hold only what looks like {form.words}.")
        return found

    def paths(self, name: str) -> frozenset[str]:
        """Org units: their names may have spaces in them, and case does not count."""
        parts = (part.strip().lower() for part in re.split(r"[,;\n]", self.source.get(name, "")))
        found = frozenset(part for part in parts if part)
        if not all(path.startswith("/") for path in found):
            self.problems.append(f"{name} must be paths of org units such as /Sales, with commas between them.")
        return frozenset(path.rstrip("/") or "/" for path in found)


def _months(value: str) -> int | None:
    """A thousand years are enough."""
    months = None if value == "all" else _count(value)
    if months is not None and months > 12_000:
        raise ValueError(value)
    return months


def _count(value: str) -> int:
    """Up to a billion: seconds, months and threads that nobody means."""
    number = int(value) if len(value) < 12 else -1
    if not 0 <= number <= 1_000_000_000:
        raise ValueError(value)
    return number


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _new_stage(value: str) -> Stage:
    if value == Stage.DRAINING:
        raise ValueError(value)
    return Stage(value)


def _allowance(value: str) -> int:
    """Below 200 a minute, the dearest call alone could break it."""
    number = _count(value)
    if 0 < number < 200:
        raise ValueError(value)
    return number


def _yes_or_no(value: str) -> bool:
    return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}[value]


def _contradictions(settings: Settings) -> list[str]:
    problems = []
    simulated = settings.environment is Environment.SIMULATOR
    if settings.simulator_url and not simulated:
        problems.append("SIMULATOR_URL is set, but ENVIRONMENT is production: remove one of the two.")
    if simulated and _host(settings.simulator_url) not in ("127.0.0.1", "localhost", "::1"):
        problems.append("ENVIRONMENT is simulator, so SIMULATOR_URL must be an address on this machine.")
    if not settings.google_service_account_file and not settings.google_delegate:
        problems.append("Set GOOGLE_DELEGATE (keyless, preferred) or GOOGLE_SERVICE_ACCOUNT_FILE.")
    if not settings.salesforce_consumer_secret and not settings.salesforce_private_key_file:
        problems.append("Set SALESFORCE_PRIVATE_KEY_FILE with SALESFORCE_USERNAME, or SALESFORCE_CONSUMER_SECRET.")
    if settings.salesforce_private_key_file and not settings.salesforce_username:
        problems.append("SALESFORCE_PRIVATE_KEY_FILE needs SALESFORCE_USERNAME.")
    if settings.pubsub_topic and not settings.push_service_account:
        problems.append("PUBSUB_TOPIC needs PUSH_SERVICE_ACCOUNT: without it nobody who pushes is trusted.")
    if settings.workers == 0:
        problems.append("WORKERS must be at least 1.")
    return problems
