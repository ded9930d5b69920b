"""Links, pictures, paths, modules and Salesforce fields that any page names are there; cron.yaml asks what is served."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from server.web.app import create_app
from tests.docs.pages import ROOT, find_links, list_anchors, list_pages, list_pages_of_today, read_page
from tests.support import package

_PATH = re.compile(
    r"(?<![\w/.@:-])((?:server|addon|simulator|bench|tests|salesforce|docs)/[\w./@*-]*[\w/*])(?![\w-]*://)"
)
_MODULE = re.compile(r"python -m ([\w.]+)")
_FIELD = re.compile(r"\b(?:[A-Za-z][A-Za-z0-9]*__)?([A-Za-z][A-Za-z0-9_]*?)__c\b")
OF_A_CUSTOMER = frozenset({"Other_Email__c", "Region__c"})
"""Fields that stand for a customer's own in examples."""
MADE_LATER = ("tests/node/node_modules",)
"""Paths that are there once something was built."""


def find_broken_links(page: str, targets: Iterable[str]) -> list[str]:
    """Relative targets without a file, and anchors without a heading."""
    wrong = []
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        if not path.exists():
            wrong.append(f"{page}: {target} is not there")
        elif anchor and anchor not in list_anchors(path.read_text(encoding="utf-8")):
            wrong.append(f"{page}: {target} has no such heading")
    return wrong


def find_missing_paths(text: str) -> list[str]:
    wrong = []
    for name in _PATH.findall(text):
        path = name.rstrip("/.").removesuffix(":")
        if not (list(ROOT.glob(path)) or path.startswith(MADE_LATER)):
            wrong.append(f"{name} is not there")
    return wrong + [f"{name} is no module" for name in _MODULE.findall(text) if not _is_module(name)]


def _is_module(name: str) -> bool:
    return name == "venv" or importlib.util.find_spec(name) is not None


def list_fields() -> set[str]:
    """Of the package, with its objects, each in the older spelling too."""
    fields = {name for held in package.fields().values() for name in held}
    fields |= {name for name in package.fields() if name.endswith("__c")}
    return fields | {spell_as_before(name) for name in fields}


def spell_as_before(name: str) -> str:
    """``Email_Domain__c`` as ``truly_emailDomain__c``."""
    first, *others = name.removesuffix("__c").split("_")
    return f"truly_{first.lower()}{''.join(others)}__c"


def find_unknown_fields(text: str, fields: set[str]) -> list[str]:
    named = {f"{name}__c" for name in _FIELD.findall(text)}
    return [f"{name} is no field of the package" for name in sorted(named - fields - OF_A_CUSTOMER)]


def compare_cron(text: str, routes: set[str], services: set[str]) -> list[str]:
    """``routes`` are the paths under /cron/ that the app serves; ``services`` those that have a file."""
    urls = set(re.findall(r"^ +url: (\S+)", text, re.MULTILINE))
    wrong = [f"{url} is not served" for url in sorted(urls - routes)]
    wrong += [f"{url} is asked by nobody" for url in sorted(routes - urls)]
    targets = set(re.findall(r"^ +target: (\S+)", text, re.MULTILINE))
    return wrong + [f"{name} is no service" for name in sorted(targets - services)]


def list_cron_routes() -> set[str]:
    """The paths under /cron/, with what a converter allows spelt out."""
    paths = set()
    for rule in create_app({}).url_map.iter_rules():
        if (path := str(rule)).startswith("/cron/"):
            head, choices, tail = re.fullmatch(r"(.*)<any\((.*)\):\w+>(.*)", path).groups()
            paths |= {f"{head}{choice.strip()}{tail}" for choice in choices.split(",")}
    return paths


def list_services() -> set[str]:
    """App Engine's services, each by the file that describes it; app.yaml without a name is "default"."""
    names = set()
    for path in ROOT.glob("*.yaml"):
        text = path.read_text()
        if "runtime:" in text:
            names.add(next(iter(re.findall(r"^service: (\S+)", text, re.MULTILINE)), "default"))
    return names


@pytest.mark.parametrize("page", list_pages())
def test_each_link_leads_somewhere(page):
    assert find_broken_links(page, find_links(read_page(page))) == []


@pytest.mark.parametrize(
    ("page", "target", "problem"),
    [
        ("README.md", "docs/setting.md", "docs/setting.md is not there"),
        ("docs/push.md", "docs/google.md", "docs/google.md is not there"),
        ("README.md", "docs/images/log.png", "docs/images/log.png is not there"),
        ("README.md", "docs/salesforce.md#login", "docs/salesforce.md#login has no such heading"),
        ("docs/salesforce.md", "#login", "#login has no such heading"),
    ],
)
def test_a_broken_link_is_caught(page, target, problem):
    assert find_broken_links(page, find_links(f"See [this]({target}).")) == [f"{page}: {problem}"]


@pytest.mark.parametrize("page", list_pages_of_today())
def test_each_path_is_there(page):
    assert find_missing_paths(read_page(page)) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("It is in `server/rules/authorship.py`.", "server/rules/authorship.py is not there"),
        ("Look at addon/card.py.", "addon/card.py is not there"),
        ("`tests/contract` holds it", "tests/contract is not there"),
        ("`python -m bench.adresses`", "bench.adresses is no module"),
    ],
)
def test_a_missing_path_is_caught(text, problem):
    assert find_missing_paths(text) == [problem]


@pytest.mark.parametrize("page", list_pages())
def test_each_field_is_the_packages(page):
    assert find_unknown_fields(read_page(page), list_fields()) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("`Message_Keys__c`", "Message_Keys__c is no field of the package"),
        ("`TrulyActivity__Email_Domains__c`", "Email_Domains__c is no field of the package"),
        ("truly_emailDomains__c", "truly_emailDomains__c is no field of the package"),
    ],
)
def test_an_unknown_field_is_caught(text, problem):
    assert find_unknown_fields(text, list_fields()) == [problem]


def test_a_known_field_is_known_under_each_name():
    text = "`Email_Domain__c`, `TrulyActivity__Email_Domain__c`, `truly_emailDomain__c`, `Sync_Coverage__c`"
    assert find_unknown_fields(text, list_fields()) == []


def test_cron_asks_for_what_is_served_by_a_service_that_has_a_file():
    assert list_services() == {"default", "worker"}
    assert compare_cron((ROOT / "cron.yaml").read_text(), list_cron_routes(), list_services()) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("/cron/audit", "/cron/audits", "/cron/audits is not served"),
        ("/cron/audit", "/cron/audits", "/cron/audit is asked by nobody"),
        (
            "    target: worker\n    schedule: every day",
            "    target: workers\n    schedule: every day",
            "workers is no service",
        ),
    ],
)
def test_a_wrong_line_of_cron_is_caught(old, new, problem):
    text = Path(ROOT / "cron.yaml").read_text().replace(old, new)
    assert problem in compare_cron(text, list_cron_routes(), list_services())
