"""docs/settings.md lists the settings that ``Settings`` reads, with their defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from server.domain.errors import ConfigurationError
from server.settings import OLD_NAMES, Settings
from tests.docs.pages import read_page, read_rows

NEEDED = "*needed*"
"""The default cell of a setting without which the service does not start."""
PAGE = "docs/settings.md"
TRIED = (
    "yes", "no", "7", "700", "standard", "/Sales", "acme.com", "ben@acme.example", "https://acme.example",
    "http://127.0.0.1:2", "projects/p/topics/t", "Other_Email__c", "ann@acme.example=0055g000001AbCd", "live", "subject",
    "sidebar", "json", "Priority=Low", "127.0.0.1:2", "secret:projects/p/secrets/s/versions/1", "tasks:projects/p/locations/l",
)  # fmt: skip
"""Values of which each setting takes one."""


class NotedSettings(dict[str, str]):
    """The given settings, with a note of each name that was read."""

    def __init__(self, given: dict[str, str]) -> None:
        super().__init__(given)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


@pytest.fixture
def given(tmp_path) -> dict[str, str]:
    """What no default exists for, and no more."""
    (tmp_path / "key.pem").write_text("a key")
    return {
        "ORGANISATION": "acme",
        "GOOGLE_ADMIN": "ann@acme.example",
        "GOOGLE_DELEGATE": "reader@project.iam.gserviceaccount.com",
        "SALESFORCE_DOMAIN": "acme.my",
        "SALESFORCE_CONSUMER_KEY": "key",
        "SALESFORCE_USERNAME": "sync@acme.example",
        "SALESFORCE_PRIVATE_KEY_FILE": str(tmp_path / "key.pem"),
    }


def compare_settings(rows: list[list[str]], given: dict[str, str]) -> list[str]:
    """What the page says otherwise than the code."""
    noted = NotedSettings(given)
    defaults = Settings.of(noted)
    written = [row[0].strip("`") for row in rows]
    wrong = [f"{name} stands twice" for name in sorted(set(written)) if written.count(name) > 1]
    wrong += [f"{name} is not read" for name in sorted(set(written) - noted.names)]
    wrong += [f"{name} is not on the page" for name in sorted(noted.names - set(written) - OLD_NAMES.keys())]
    for name, default, _meaning in ((row[0].strip("`"), row[1], row[2]) for row in rows):
        wrong += list_default_problems(name, default, given, defaults)
    return wrong


def list_default_problems(name: str, default: str, given: dict[str, str], defaults: Settings) -> Iterator[str]:
    """Setting a documented default by hand must change nothing; an empty one must be no default at all."""
    if is_needed(name, given) != (default == NEEDED):
        yield f"{name} is needed, or it is not: the page says otherwise"
    if default == NEEDED or name in given:
        return
    if default:
        try:
            same = Settings.of({**given, name: default.strip("`")}) == defaults
        except ConfigurationError:
            same = False
        if not same:
            yield f"{name}: {default} is not the default"
    elif has_default(name, given, defaults):
        yield f"{name} has a default, and the page names none"


def is_needed(name: str, given: dict[str, str]) -> bool:
    try:
        Settings.of({key: value for key, value in given.items() if key != name})
    except ConfigurationError as error:
        return f"{name} is not set." in error.problems
    return False


def has_default(name: str, given: dict[str, str], defaults: Settings) -> bool:
    """Whether the code falls back on something. Which value a setting fills is found by trying: it is what changes."""
    simulated = {
        **given,
        "ENVIRONMENT": "simulator",
        "SIMULATOR_URL": "http://127.0.0.1:1",
        "PUSH_SERVICE_ACCOUNT": "a@b",
        "KEYS": "kms:projects/p/locations/l/keyRings/r",
        "HASH_KEYS": "secret:projects/p/secrets/s/versions/2",
        "STATE": "firestore:p",
        "WORKER_URL": "https://worker.example",
        "TASKS_SERVICE_ACCOUNT": "a@b",
    }
    unchanged, flat_defaults = flatten(Settings.of(simulated)), flatten(defaults)
    for value in (*TRIED, given["SALESFORCE_PRIVATE_KEY_FILE"]):
        try:
            filled = flatten(Settings.of({**simulated, name: value}))
        except ConfigurationError:
            continue
        if changed := [key for key in filled if filled[key] != unchanged[key]]:
            return any(flat_defaults[key] for key in changed)
    raise AssertionError(f"No value was found that {name} takes.")


def flatten(settings: Any) -> dict[str, Any]:
    """Every value of the settings by its name, those of nested ones too."""
    values: dict[str, Any] = {}
    for setting in fields(settings):
        value = getattr(settings, setting.name)
        values |= flatten(value) if is_dataclass(value) else {setting.name: value}
    return values


def test_the_page_lists_the_settings_and_their_defaults(given):
    assert compare_settings(read_rows(read_page(PAGE), "setting"), given) == []


@pytest.mark.parametrize(
    ("name", "column", "cell", "problem"),
    [
        ("`WORKERS`", 0, "`WORKER`", "WORKER is not read"),
        ("`WORKERS`", 0, "`WORKER`", "WORKERS is not on the page"),
        ("`WORKERS`", 0, "`STATE`", "STATE stands twice"),
        ("`POLL_SECONDS`", 1, "`200`", "POLL_SECONDS: `200` is not the default"),
        ("`POLL_SECONDS`", 1, "", "POLL_SECONDS has a default, and the page names none"),
        ("`MATCH_LEADS`", 1, "`no`", "MATCH_LEADS: `no` is not the default"),
        ("`MATCH_LEADS`", 1, "`maybe`", "MATCH_LEADS: `maybe` is not the default"),
        ("`BLOCKED`", 1, "`acme.com`", "BLOCKED: `acme.com` is not the default"),
        ("`MATCH_LEADS`", 1, "", "MATCH_LEADS has a default, and the page names none"),
        ("`DONT_LOG_LABEL`", 1, "", "DONT_LOG_LABEL has a default, and the page names none"),
        ("`ORGANISATION`", 1, "", "ORGANISATION is needed, or it is not: the page says otherwise"),
        ("`BLOCKED`", 1, NEEDED, "BLOCKED is needed, or it is not: the page says otherwise"),
    ],
)
def test_a_wrong_line_is_caught(given, name, column, cell, problem):
    rows = read_rows(read_page(PAGE), "setting")
    row = next(row for row in rows if row[0] == name)
    row[column] = cell
    assert problem in compare_settings(rows, given)
