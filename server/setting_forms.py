"""How a setting is read: one sentence for each value that is none, and all of them together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from server.domain.mailbox import Stage

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True)
class Form:
    pattern: str
    words: str


NAME = Form(r"[A-Za-z0-9._-]{1,64}", "a name of letters, digits, dots and dashes")
ADDRESS = Form(r"[^@\s]+@[^@\s]+", "an address such as ann@acme.com")
DOMAIN = Form(r"@?(\*?\.)?[^@\s!\"#$%&'()*+,/:;<=>?\[\\\]^`{|}~]+", "a domain such as acme.com")
BLOCKED = Form(rf"{ADDRESS.pattern}|{DOMAIN.pattern}", "an address or a domain, such as ann@acme.com or acme.com")
STATE = Form(r"sqlite:.+|firestore:[a-z0-9-]+(/[a-z0-9()-]+)?", "sqlite:FILE or firestore:PROJECT")
MY_DOMAIN = Form(r"[a-z0-9-]+(--[a-z0-9]+\.sandbox)?\.my", "My Domain without .salesforce.com, such as acme.my")
VERSION = Form(r"[0-9]{2,3}\.0", "a version such as 67.0")
TOPIC = Form(r"projects/[^/\s]+/topics/[^/\s]+", "a topic's full name, projects/PROJECT/topics/TOPIC")
ALLOWANCE = "a number of quota units a minute, at least 200, or 0 for not paced"
PERCENT = "a percentage, 1 to 100"
URL = Form(r"https://[a-z0-9.-]+(:[0-9]+)?", "https://host, without a path")


class SettingsReader:
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

    def words(self, name: str, form: Form | None = None) -> frozenset[str]:
        found = frozenset(word.lower() for word in re.split(r"[,;\s]+", self.source.get(name, "")) if word)
        if form and not all(re.fullmatch(form.pattern, word) for word in found):
            self.problems.append(f"{name} must hold only what looks like {form.words}.")
        return found

    def names(self, name: str) -> tuple[str, ...]:
        """API names of fields, in the order given."""
        found = tuple(word for word in re.split(r"[,;\s]+", self.source.get(name, "")) if word)
        if not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,79}", word) for word in found):
            self.problems.append(f"{name} must be API names of fields, such as Other_Email__c.")
        return tuple(dict.fromkeys(found))

    def table(self, name: str) -> dict[str, str]:
        """Addresses and the ids of their Users."""
        words = [word for word in re.split(r"[,;\s]+", self.source.get(name, "")) if word]
        pairs = [re.fullmatch(rf"({ADDRESS.pattern})=(005[A-Za-z0-9]{{12}}(?:[A-Z0-5]{{3}})?)", word) for word in words]
        if not all(pairs):
            self.problems.append(f"{name} must be like ann@acme.com=0055g000001AbCd, with commas between them.")
        return {pair.group(1).lower(): pair.group(2) for pair in pairs if pair}

    def paths(self, name: str) -> frozenset[str]:
        """Org units: their names may have spaces in them, and case does not count."""
        parts = (part.strip().lower() for part in re.split(r"[,;\n]", self.source.get(name, "")))
        found = frozenset(part for part in parts if part)
        if not all(path.startswith("/") for path in found):
            self.problems.append(f"{name} must be paths of org units such as /Sales, with commas between them.")
        return frozenset(path.rstrip("/") or "/" for path in found)


def months(value: str) -> int | None:
    """A thousand years are enough."""
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
    """Up to a billion: seconds, months and threads that nobody means."""
    number = int(value) if len(value) < 12 else -1
    if not 0 <= number <= 1_000_000_000:
        raise ValueError(value)
    return number


def new_stage(value: str) -> Stage:
    if value == Stage.DRAINING:
        raise ValueError(value)
    return Stage(value)


def allowance(value: str) -> int:
    """Below 200 a minute, the dearest call alone could break it."""
    number = count(value)
    if 0 < number < 200:
        raise ValueError(value)
    return number


def yes_or_no(value: str) -> bool:
    return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}[value]
