"""What the operator chooses: make's variables over deploy/settings.env. All problems are reported together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.gcloud import ChoiceError, DeployError
from server.domain.errors import ConfigurationError
from server.rules.forecast import deployment
from server.settings import Settings

LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
REGION = re.compile(r"[a-z]+-[a-z]+\d+")
DATABASE_LOCATION = re.compile(r"[a-z]+-[a-z]+\d+|nam\d+|eur\d+")
RETENTION = re.compile(r"([1-9]\d{0,2})([dw])")
LONGEST_RETENTION = 98
"""Days. Google keeps no backup of Firestore for longer than 14 weeks."""
MEMBER = re.compile(r"(user|group):[^\s,;]+@[^\s,;]+")
DEPLOYMENT_ONLY = {
    "PROJECT": "", "REGION": "", "FIRESTORE_LOCATION": "", "KEY_PROTECTION": deployment.KEY_PROTECTION,
    "BACKUP_RETENTION": f"{deployment.BACKUP_DAYS}d",
    "SIDEBAR_INSTANCES": str(deployment.SIDEBAR_INSTANCES), "WORKER_INSTANCES": str(deployment.WORKER_INSTANCES),
    "SALESFORCE_KEY": "", "SALESFORCE_SECRET": "",
    "COPY_OPENERS": "", "OPERATORS": "",
}  # fmt: skip
"""What only the deployment reads, with the defaults. Everything else is a setting of the service (docs/settings.md)."""
GIVEN_BY_DEPLOYMENT = (
    "STATE", "KEYS", "HASH_KEYS", "QUEUE", "WORKER_URL", "PUBLIC_URL", "TASKS_SERVICE_ACCOUNT", "PUBSUB_TOPIC",
    "PUSH_SERVICE_ACCOUNT", "ADDON_SERVICE_ACCOUNT", "ADDON_CLIENT_ID", "ROLE", "ENVIRONMENT", "SIMULATOR_URL",
    "SIMULATOR_GRPC", "SIMULATOR_IDENTITY", "GAE_ENV", "MAY_OPEN_COPIES", "GOOGLE_SERVICE_ACCOUNT_FILE",
    "SALESFORCE_PRIVATE_KEY_FILE", "SALESFORCE_CONSUMER_SECRET",
)  # fmt: skip
"""Settings that follow from the project, and that nobody may set by hand."""
MOST_INSTANCES = {
    "SIDEBAR_INSTANCES": (deployment.MOST_SIDEBARS, "all instances share the Gmail quota of the project"),
    "WORKER_INSTANCES": (deployment.MOST_WORKERS, "App Engine runs no more of one version"),
}
SALESFORCE = {
    "SALESFORCE_KEY": ("SALESFORCE_PRIVATE_KEY_FILE", "truly-salesforce-key"),
    "SALESFORCE_SECRET": ("SALESFORCE_CONSUMER_SECRET", "truly-salesforce-secret"),
}
"""By what the operator names: the setting of the service, and the secret. Each kind has a secret of its own."""
WHICH_FILE = "Name one file: SALESFORCE_KEY (the PEM file) or SALESFORCE_SECRET (the client secret)."


@dataclass(frozen=True)
class SalesforceSecret:
    """What proves to Salesforce who we are. ``content`` is never shown, not even by ``repr``."""

    setting: str
    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Choices:
    """``service`` are the settings of the service that the operator chose. ``openers`` are members who open copies.

    ``operators`` are members who run the service's commands, as the worker's account.

    ``salesforce`` was read from the one file that is named, of two kinds.
    """

    project: str
    region: str
    firestore_location: str
    key_protection: str
    backup_retention: str
    sidebar_instances: str
    worker_instances: str
    salesforce: SalesforceSecret
    openers: tuple[str, ...]
    operators: tuple[str, ...]
    service: Mapping[str, str]

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Choices:
        """Raises ChoiceError with one sentence a problem."""
        own = DEPLOYMENT_ONLY | {name: value for name, value in given.items() if name in DEPLOYMENT_ONLY and value}
        service = {name: value for name, value in given.items() if name not in DEPLOYMENT_ONLY and value}
        problems = [*_find_problems(own), *(f"{n} follows from the project: remove it." for n in _taken(service))]
        # Where no file can be used, the kind that was meant: the service asks for other settings beside each.
        named = next((name for name in SALESFORCE if own[name]), "SALESFORCE_SECRET")
        salesforce = SalesforceSecret(*SALESFORCE[named], b"")
        try:
            salesforce = read_salesforce(own)
        except DeployError as error:
            problems.append(str(error))
        choices = cls(
            project=own["PROJECT"],
            region=own["REGION"],
            firestore_location=own["FIRESTORE_LOCATION"] or own["REGION"],
            key_protection=own["KEY_PROTECTION"],
            backup_retention=own["BACKUP_RETENTION"],
            sidebar_instances=own["SIDEBAR_INSTANCES"],
            worker_instances=own["WORKER_INSTANCES"],
            salesforce=salesforce,
            openers=tuple(own["COPY_OPENERS"].split()),
            operators=tuple(own["OPERATORS"].split()),
            service=service,
        )
        problems += choices.find_problems_of_service()
        if problems:
            raise ChoiceError("\n".join(problems))
        return choices

    def account(self, name: str) -> str:
        return f"{name}@{self.project}.iam.gserviceaccount.com"

    @property
    def delegate(self) -> str:
        """Who may read the domain's mail: an account of this project, unless another is chosen."""
        return self.service.get("GOOGLE_DELEGATE") or self.account("truly-delegate")

    @property
    def has_push(self) -> bool:
        """Gmail publishes only to a topic in the project of the delegate, and ours lies in this one."""
        return self.delegate.endswith(
            (f"@{self.project}.iam.gserviceaccount.com", f"{self.project}@appspot.gserviceaccount.com")
        )

    @property
    def notes(self) -> list[str]:
        """What the operator should know before the steps run, a sentence each; none of it stops them."""
        notes = []
        if not self.operators:
            notes.append(
                "OPERATORS is empty, so nobody may act as truly-worker, and nobody can run the commands of the service,"
                " `flask doctor` first of all. Name who runs them (docs/deploy.md)."
            )
        if not self.has_push:
            notes.append(
                "GOOGLE_DELEGATE is an account of another project, and Gmail publishes only to a topic of that one. So"
                " no push is set up: new mail is found by polling, each POLL_SECONDS (docs/push.md)."
            )
        return notes

    @property
    def app_region(self) -> str:
        """App Engine names its two oldest regions without a number."""
        return {"us-central1": "us-central", "europe-west1": "europe-west"}.get(self.region, self.region)

    def environment(self, host: str, secrets: Mapping[str, str], addon: Mapping[str, str]) -> dict[str, str]:
        """The settings of both services but ``ROLE``.

        ``host`` is App Engine's name for the default service, ``secrets`` the versions by setting, ``addon`` what
        Google says of the add-on's caller.
        """
        return {
            "STATE": f"firestore:{self.project}",
            "KEYS": f"kms:projects/{self.project}/locations/{self.region}/keyRings/truly",
            "QUEUE": f"tasks:projects/{self.project}/locations/{self.region}",
            "PUBLIC_URL": f"https://{host}",
            "WORKER_URL": f"https://worker-dot-{host}",
            "TASKS_SERVICE_ACCOUNT": self.account("truly-tasks"),
            **(self._name_push() if self.has_push else {}),
            **secrets,
            **addon,
            "GOOGLE_DELEGATE": self.delegate,
            **{name: value for name, value in self.service.items() if name != "GOOGLE_DELEGATE"},
        }

    def _name_push(self) -> dict[str, str]:
        return {
            "PUBSUB_TOPIC": f"projects/{self.project}/topics/truly-mail",
            "PUSH_SERVICE_ACCOUNT": self.account("truly-push"),
        }

    def find_problems_of_service(self) -> list[str]:
        """What the service itself would say of the settings that the operator chose, before anything is made.

        What follows from the project is right as soon as the project is, so a project of ours stands in for it.
        """
        secret = "secret:projects/some-project/secrets/s/versions/1"  # noqa: S105  # a name
        service = {name: value for name, value in self.service.items() if name not in GIVEN_BY_DEPLOYMENT}
        sample = replace(self, project="some-project", region="europe-west3", service=service)
        read = _NotedSettings(
            sample.environment("host.example", {"HASH_KEYS": secret, self.salesforce.setting: secret}, {})
        )
        problems = []
        try:
            Settings.of(read)
        except ConfigurationError as error:
            problems = [_name_as_chosen(problem) for problem in error.problems]
        unread = sorted(set(service) - read.names)
        return problems + [f"{name} is no setting of the service or of the deployment." for name in unread]


def _name_as_chosen(problem: str) -> str:
    """With the operator's name for what follows from the file of Salesforce."""
    for chosen, (setting, _secret) in SALESFORCE.items():
        problem = problem.replace(setting, chosen)
    return problem


class _NotedSettings(dict[str, str]):
    """Settings with a note of each name that was read: what the service never reads is a slip of the pen."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(given)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def read_file(path: Path) -> dict[str, str]:
    """Lines ``NAME=value``, the value also in quotes; comments count for nothing. Raises ChoiceError."""
    settings = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not (match := LINE.fullmatch(line.strip())):
            raise ChoiceError(f"{path}, line {number}: not of the form NAME=value.")
        settings[match.group(1)] = _unquote(match.group(2).strip())
    return settings


def _unquote(value: str) -> str:
    """As a shell would read a value in one pair of quotes. Raises ChoiceError for a quote without its other."""
    if value[:1] in ("'", '"'):
        if len(value) < 2 or value[-1] != value[0] or value[0] in value[1:-1]:
            raise ChoiceError("A value that begins with a quote must end with the same quote, and have no other in it.")
        return value[1:-1]
    return value


def read_salesforce(own: Mapping[str, str]) -> SalesforceSecret:
    """The one file that is named. Raises DeployError, which never repeats what was written: it may be the secret."""
    named = [name for name in SALESFORCE if own[name]]
    if len(named) != 1:
        raise DeployError(WHICH_FILE)
    [name] = named
    try:
        content = Path(own[name]).read_bytes().strip()
    except (OSError, ValueError):
        raise DeployError(f"{name} names no file on this machine that can be read.") from None
    is_pem = b"PRIVATE KEY-----" in content
    if name == "SALESFORCE_KEY":
        _check_pem(content)
    if name == "SALESFORCE_SECRET" and (is_pem or len(content.split()) != 1):
        raise DeployError("SALESFORCE_SECRET: the file must hold the client secret alone.")
    setting, secret = SALESFORCE[name]
    return SalesforceSecret(setting, secret, content)


def _check_pem(content: bytes) -> None:
    """The service signs with it as RSA, and there is nobody to type a password. Raises DeployError."""
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError:
        raise DeployError("SALESFORCE_KEY: the private key has a password. Name a file without one.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise DeployError("SALESFORCE_KEY: the file holds no private key in PEM form.") from None
    if not isinstance(key, RSAPrivateKey):
        raise DeployError("SALESFORCE_KEY: the private key must be an RSA key.")


def _taken(service: Mapping[str, str]) -> list[str]:
    return [name for name in GIVEN_BY_DEPLOYMENT if name in service]


def _find_problems(own: Mapping[str, str]) -> list[str]:
    problems = []
    if not own["PROJECT"]:
        problems.append("Say which project: make deploy PROJECT=my-project.")
    elif not PROJECT.fullmatch(own["PROJECT"]):
        problems.append("PROJECT is no id of a project: 6 to 30 small letters, digits and dashes, such as my-project.")
    if not REGION.fullmatch(own["REGION"]):
        problems.append("REGION must name a region, such as europe-west3. It cannot be changed later.")
    if own["FIRESTORE_LOCATION"] and not DATABASE_LOCATION.fullmatch(own["FIRESTORE_LOCATION"]):
        problems.append("FIRESTORE_LOCATION must be a region, or eur3 or nam5. It cannot be changed later.")
    if own["KEY_PROTECTION"] not in ("software", "hsm"):
        problems.append("KEY_PROTECTION must be hsm or software.")
    retention = RETENTION.fullmatch(own["BACKUP_RETENTION"])
    if not retention or int(retention[1]) * (7 if retention[2] == "w" else 1) > LONGEST_RETENTION:
        problems.append("BACKUP_RETENTION must be days or weeks, such as 14d or 8w, and at most 14w.")
    problems += [
        f"{name} must be a number of instances, 1 to {most}: {reason}."
        for name, (most, reason) in MOST_INSTANCES.items()
        if not (re.fullmatch(r"[0-9]{1,6}", own[name]) and 1 <= int(own[name]) <= most)
    ]
    problems += [
        f"{name}: {member} must be user:ADDRESS or group:ADDRESS, with spaces between and no commas."
        for name in ("COPY_OPENERS", "OPERATORS")
        for member in own[name].split()
        if not MEMBER.fullmatch(member)
    ]
    return problems
