"""How a setting is read: one sentence for each value that cannot be used, and all of them together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from server.domain.mailbox import Stage
from server.domain.policy import LeadOrder
from server.rules.headers.domains import find_registrable_domain, is_public_mail_domain, normalise_listed_name

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True)
class Form:
    pattern: str
    words: str


NAME = Form(r"[A-Za-z0-9._-]{1,64}", "a name of letters, digits, dots and dashes")
ADDRESS = Form(r"[^@\s]+@[^@\s]+", "an address such as ann@acme.com")
DOMAIN = Form(r"@?(\*?\.)?[^@\s!\"#$%&'()*+,/:;<=>?\[\\\]^`{|}~]+", "a domain such as acme.com")
DOTTED = r"@?(\*?\.)?[^@\s!\"#$%&'()*+,/:;<=>?\[\\\]^`{|}~]+\.[^@\s!\"#$%&'()*+,/:;<=>?\[\\\]^`{|}~]+"
BLOCKED = Form(rf"{ADDRESS.pattern}|{DOTTED}", "an address or a domain, such as ann@acme.com or acme.com")
STATE = Form(r"sqlite:.+|firestore:[a-z0-9-]+(/[a-z0-9()-]+)?", "sqlite:FILE or firestore:PROJECT")
MY_DOMAIN = Form(
    r"[a-z0-9-]+(\.[a-z]+)?\.my",  # between the two stands the kind: sandbox, develop, scratch, trailblaze, demo …
    "My Domain, such as acme.my, acme--uat.sandbox.my or acme-dev-ed.develop.my (Setup, My Domain, without"
    " .salesforce.com)",
)
VERSION = Form(r"[0-9]{2,3}\.0", "a version such as 67.0")
TOPIC = Form(r"projects/[^/\s]+/topics/[^/\s]+", "a topic's full name, projects/PROJECT/topics/TOPIC")
ALLOWANCE = "a number of quota units a minute, at least 200, or 0 for not paced"
DAY_ALLOWANCE = "a number of quota units a day, at least 1000, or 0 for no budget"
PERCENT = "a percentage, 1 to 100"
KEYS = Form(
    r"kms:projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+|(?!kms:).+",
    "a folder, or kms:projects/PROJECT/locations/LOCATION/keyRings/RING",
)
QUEUE = Form(r"local|tasks:projects/[^/\s]+/locations/[^/\s]+", "local, or tasks:projects/PROJECT/locations/LOCATION")
SECRET = Form(
    r"secret:projects/[^/\s]+/secrets/[^/\s]+/versions/[1-9][0-9]*",
    "secret:projects/PROJECT/secrets/SECRET/versions/NUMBER, with the number of one version",
)
LISTENER = Form(r"(127\.0\.0\.1|localhost|\[::1\]):[0-9]{1,5}", "an address on this machine, 127.0.0.1:PORT")
_HOST = r"\w[\w.-]*(:[0-9]{1,5})?"
CONTACT = Form(
    rf"(?!https?://){ADDRESS.pattern}|https://{_HOST}([/?#]\S*)?",
    "an address such as help@acme.com, or a page's https:// address",
)
URL = Form(r"https://[a-z0-9.-]+(:[0-9]+)?", "https://host, without a path")


class SecretVersion(str):
    """The full resource name of one version in Secret Manager, whose number is pinned."""

    __slots__ = ()


class SettingsReader:
    """Reads settings by name and collects a sentence for each problem."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self.source = source
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None, form: Form | None = None) -> str:
        value = self.source.get(name, "").strip()
        if not value:
            if default is None:
                self.problems.append(f"{name} is not set.")
            return default or ""
        if form and not re.fullmatch(form.pattern, value):
            self.problems.append(f"{name} must be {form.words}.")
        return value

    def my_domain(self, name: str) -> str:
        """An org's own domain, also where somebody copied the whole address from Setup or the browser."""
        value = self.text(name).lower()
        domain = value.removeprefix("https://").rstrip("/").removesuffix(".salesforce.com")
        if value and not re.fullmatch(MY_DOMAIN.pattern, domain):
            self.problems.append(f"{name} must be {MY_DOMAIN.words}.")
        return domain

    def choice(self, name: str, default: D, parse: Callable[[str], T], form: str) -> D | T:
        value = self.source.get(name, "").strip().lower()
        if not value:
            return default
        try:
            return parse(value)
        except (ValueError, KeyError):
            self.problems.append(f"{name} must be {form}.")
            return default

    def allowance(self, name: str, default: int) -> int:
        """Units a minute; 0 is without limit."""
        return self.choice(name, default, allowance, ALLOWANCE)

    def path(self, name: str) -> Path | None:
        """The value is never repeated: it may be the key itself, pasted where its file's name belongs."""
        value = self.source.get(name, "").strip()
        if value and not _is_file(value):
            self.problems.append(f"{name} names a file that is not there.")
        return Path(value) if value else None

    def path_or_secret(self, name: str) -> Path | SecretVersion | None:
        return self.secret(name) if self._names_secret(name) else self.path(name)

    def text_or_secret(self, name: str) -> str | SecretVersion:
        return (self.secret(name) if self._names_secret(name) else None) or self.text(name, "")

    def secret(self, name: str) -> SecretVersion | None:
        value = self.text(name, "", SECRET)
        return SecretVersion(value.removeprefix("secret:")) if value else None

    def _names_secret(self, name: str) -> bool:
        return self.source.get(name, "").strip().startswith("secret:")

    def words(self, name: str, form: Form | None = None) -> frozenset[str]:
        """A value that cannot be used is told by its place, and never repeated: it may be somebody's name."""
        values = [value.lower() for value in self._split(name)]
        wrong = [place for place, value in enumerate(values, 1) if form and not re.fullmatch(form.pattern, value)]
        if form and wrong:
            self.problems.append(f"{name} must hold only what looks like {form.words}. Value {wrong[0]} does not.")
        return frozenset(values)

    def domains(self, name: str, *, may_be_public: bool) -> frozenset[str]:
        """Domains that somebody owns. ``may_be_public``: also those at which everybody can have an address."""
        values = self.words(name, DOMAIN)
        for place, value in enumerate(self._split(name), 1):
            if not re.fullmatch(DOMAIN.pattern, value):
                continue
            domain = normalise_listed_name(value.lower())
            if find_registrable_domain(domain) is None:
                self.problems.append(f"{name}: value {place} is no domain that anybody owns.")
            elif not may_be_public and is_public_mail_domain(domain):
                self.problems.append(f"{name}: at value {place}, {domain}, everybody can have an address.")
        return values

    def names(self, name: str) -> tuple[str, ...]:
        """API names of fields, in the order given."""
        names = self._split(name)
        if not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,79}", field) for field in names):
            self.problems.append(f"{name} must be API names of fields, such as Other_Email__c.")
        return tuple(dict.fromkeys(names))

    def values(self, name: str) -> tuple[tuple[str, str], ...]:
        """Fields and their values, with a comma or a line end between two: a value may have spaces."""
        lines = [line.strip() for line in re.split(r"[,\n]", self.source.get(name, "")) if line.strip()]
        pairs = [re.fullmatch(r"([A-Za-z][A-Za-z0-9_]{0,79})\s*=\s*(.+)", line) for line in lines]
        if not all(pairs):
            self.problems.append(f"{name} must be like Business_Unit__c=North, Priority=Low, with commas between them.")
        return tuple((pair.group(1), pair.group(2)) for pair in pairs if pair)

    def table(self, name: str) -> dict[str, str]:
        """Addresses and the ids of their Users."""
        line = re.compile(rf"({ADDRESS.pattern})=(005[A-Za-z0-9]{{12}}(?:[A-Z0-5]{{3}})?)")
        pairs = [line.fullmatch(value) for value in self._split(name)]
        if not all(pairs):
            self.problems.append(f"{name} must be like ann@acme.com=0055g000001AbCd, with commas between them.")
        return {pair.group(1).lower(): pair.group(2) for pair in pairs if pair}

    def paths(self, name: str) -> frozenset[str]:
        """Org units: their names may have spaces in them, and case does not count."""
        paths = {path.strip().lower() for path in re.split(r"[,;\n]", self.source.get(name, ""))} - {""}
        if not all(path.startswith("/") for path in paths):
            self.problems.append(f"{name} must be paths of org units such as /Sales, with commas between them.")
        return frozenset(path.rstrip("/") or "/" for path in paths)

    def _split(self, name: str) -> list[str]:
        return [value for value in re.split(r"[,;\s]+", self.source.get(name, "")) if value]


def _is_file(value: str) -> bool:
    try:
        return Path(value).is_file()
    except OSError:  # longer than a name can be, or in a folder that is closed to us
        return False


def months(value: str) -> int | None:
    """A number up to a thousand years, or None for ``all``."""
    number = None if value == "all" else count(value)
    if number is not None and number > 12_000:
        raise ValueError(value)
    return number


def share(value: str) -> float:
    number = count(value.removesuffix("%").strip())
    if not 1 <= number <= 100:
        raise ValueError(value)
    return number / 100


def count(value: str) -> int:
    """A whole number from 0 to a billion."""
    number = int(value) if len(value) < 12 else -1
    if not 0 <= number <= 1_000_000_000:
        raise ValueError(value)
    return number


def new_stage(value: str) -> Stage:
    if value == Stage.DRAINING:
        raise ValueError(value)
    return Stage(value)


def allowance(value: str) -> int:
    """0, or 200 and more: with fewer units a minute the dearest call alone could break the allowance."""
    number = count(value)
    if 0 < number < 200:
        raise ValueError(value)
    return number


def units_a_day(value: str) -> int:
    """0, or 1,000 and more: a process takes a hundredth of a day at most, and no call costs more than 100."""
    number = count(value)
    if 0 < number < 1_000:
        raise ValueError(value)
    return number


def yes_or_no(value: str) -> bool:
    return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}[value]


def lead_order(value: str) -> LeadOrder:
    if value in ("before", "after"):
        return LeadOrder(value)
    return LeadOrder.BEFORE if yes_or_no(value) else LeadOrder.NO


def folder(keys: str) -> Path | None:
    """The folder of key files; None where KEYS names Cloud KMS."""
    return None if keys.startswith("kms:") else Path(keys)
