"""What the service imports is pinned, and the lock has the same pins with all that they need."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.support.sources import parse_source

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
NOT_IMPORTED = {"tzdata"}
"""The zones that ``zoneinfo`` reads."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name: str) -> dict[str, str]:
    return {canonical(package): version for package, version in PIN.findall((ROOT / name).read_text())}


def imported(source: str) -> Iterator[str]:
    """Dotted names, the most that each line says: ``from google.cloud import firestore`` is ``google.cloud.firestore``."""
    for node in ast.walk(parse_source(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.fixture(scope="module")
def packages() -> dict[str, str]:
    """The distribution of every module that is installed here."""
    found = {}
    for distribution in distributions():
        for file in distribution.files or ():
            if file.suffix in (".py", ".so", ".pyi"):
                parts = [*file.parts[:-1], file.name.partition(".")[0]]
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = canonical(distribution.name)
    return found


def owner(name: str, packages: dict[str, str]) -> str:
    parts = name.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((packages[prefix] for prefix in prefixes if prefix in packages), f"nobody has {name}")


def third_party(packages: dict[str, str]) -> dict[str, str]:
    """Distributions that the service imports, each with one module that does."""
    ours = {"addon", "server", "simulator", "lists"} | set(sys.stdlib_module_names)
    return {
        owner(name, packages): str(path.relative_to(ROOT))
        for top in ("addon", "server")
        for path in (ROOT / top).rglob("*.py")
        for name in imported(path.read_text())
        if name.partition(".")[0] not in ours
    }


def test_every_runtime_import_is_pinned(packages):
    assert third_party(packages).keys() - pins("requirements.txt").keys() == set()


def test_every_pin_is_imported(packages):
    assert pins("requirements.txt").keys() - third_party(packages).keys() == NOT_IMPORTED


def test_a_missing_pin_is_seen(packages):
    assert owner("google.auth.transport.requests", packages) == "google-auth"
    assert owner("google.cloud.firestore", packages) == "google-cloud-firestore"
    assert owner("jwt.PyJWT", packages) == "pyjwt"
    assert owner("no_such_module.at_all", packages).startswith("nobody")


def test_the_lock_has_every_pin_with_the_same_version():
    locked = pins("requirements.lock")
    assert {name: locked.get(name) for name in pins("requirements.txt")} == pins("requirements.txt"), "Run: make lock"


def test_the_lock_has_hashes_for_all_and_names_no_place():
    text = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins("requirements.lock")) > 40
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"https?:|file:|--index|--find-links|/home|/tmp", text)


def test_no_package_is_pinned_twice():
    names = [
        canonical(name)
        for file in ("requirements.txt", "requirements-dev.txt")
        for name, _ in PIN.findall((ROOT / file).read_text())
    ]
    assert len(names) == len(set(names))
