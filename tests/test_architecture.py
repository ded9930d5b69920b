"""Imports run one way. The rules here are the design's; the second half breaks each one and sees it caught."""

from __future__ import annotations

import ast
import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.sources import parse_source

ROOT = Path(__file__).parent.parent
VALUES = ("server.domain",)
ALLOWED: dict[str, tuple[str, ...]] = {
    "addon": ("addon",),
    "server/domain": VALUES,
    "server/logs": ("server.logs", *VALUES),
    "server/ports": ("server.ports", *VALUES),
    "server/rules": ("server.rules", *VALUES),
    "server/vault": ("server.vault", "server.ports", *VALUES),
    "server/engine": ("server.engine", "server.rules", "server.vault", "server.ports", "server.logs", *VALUES),
    "server/adapters": ("server.adapters", "server.ports", "server.logs", *VALUES),
    "server/web": (
        "server.web", "server.engine", "server.ports", "server.logs", "server.bootstrap", "server.settings", "server.cli", "server.runner.worker", "addon", *VALUES,
    ),
    "server/commands": (
        "server.commands", "server.engine", "server.rules", "server.bootstrap", "server.settings", "server.web", "addon", *VALUES,
    ),
    "server/composition": (
        "server.composition", "server.adapters", "server.settings", "server.setting_forms", "server.ports", *VALUES,
    ),
    "simulator": ("simulator",),
}  # fmt: skip
"""Which of our own packages the modules of a folder may import."""
OURS = ("addon", "server", "simulator", "bench", "tests")
PURE = ("server/domain", "server/rules", "server/vault", "addon")
IMPURE = frozenset({"time", "socket", "subprocess", "requests", "httplib2", "sqlite3", "flask", "google", "random"})
SEES_ADAPTERS = ("server/adapters/", "server/bootstrap.py", "server/composition/")
READS_ENVIRONMENT = frozenset({"server/main.py", "server/logs/gunicorn_logger.py"})


def imports(source: str) -> Iterator[str]:
    for node in ast.walk(parse_source(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported_modules(source: str, names: Collection[str]) -> set[str]:
    """The modules among ``names`` that a source imports anywhere in it, for type checking too."""
    targets = set()
    for node in ast.walk(parse_source(source)):
        if isinstance(node, ast.Import):
            targets |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            targets |= {s if s in names else node.module for s in submodules}
    return targets & set(names)


def modules_in_circles(sources: Mapping[str, str]) -> list[str]:
    """The modules that import themselves by way of others. ``sources`` are texts by path."""
    names = {module_name(path): source for path, source in sources.items()}
    imports_of = {name: imported_modules(source, names) for name, source in names.items()}

    def reaches_itself(start: str) -> bool:
        seen: set[str] = set()
        front = set(imports_of[start])
        while front and start not in front:
            seen |= front
            front = set().union(*(imports_of[name] for name in front)) - seen
        return start in front

    return sorted(name for name in names if reaches_itself(name))


def violations(path: str, source: str) -> list[str]:
    found = [f"{path} imports {name}" for name in imports(source) if _is_wrong(path, name)]
    if path.startswith(("server/", "addon/")) and path not in READS_ENVIRONMENT:
        found += [f"{path} reads the environment" for text in ("os.environ", "os.getenv") if text in source]
    if path.startswith("server/domain/"):
        found += [f"{path} imports {n}" for n in imports(source) if n.partition(".")[0] not in _standard()]
    return found


def _is_wrong(path: str, name: str) -> bool:
    top = name.partition(".")[0]
    if top == "simulator" and not path.startswith(("simulator/", "bench/", "tests/")):
        return True
    if name.startswith("server.adapters") and not path.startswith(SEES_ADAPTERS):
        return True
    folder = next((f for f in ALLOWED if path.startswith(f"{f}/")), None)
    if folder is None:
        return False
    if folder in PURE and top in IMPURE:
        return True
    return top in OURS and not any(name == a or name.startswith(f"{a}.") for a in ALLOWED[folder])


def _standard() -> frozenset[str]:
    names = ("server", "__future__", "collections", "dataclasses", "datetime", "enum", "hashlib", "functools", "typing")
    return frozenset((*names, "zoneinfo"))


def modules() -> list[str]:
    return [str(p.relative_to(ROOT)) for top in ("addon", "server", "simulator") for p in (ROOT / top).rglob("*.py")]


def test_imports_run_one_way() -> None:
    assert len(modules()) > 80
    assert [v for path in modules() for v in violations(path, (ROOT / path).read_text())] == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("server/rules/x.py", "from server.ports.store import Store"),
        ("server/rules/x.py", "import time"),
        ("server/domain/x.py", "import requests"),
        ("server/domain/x.py", "from server.rules.decision.match import rank"),
        ("server/engine/x.py", "from server.adapters.gmail.mail import GmailMail"),
        ("server/engine/x.py", "from server.web.app import create_app"),
        ("server/web/x.py", "import server.adapters.sqlite.documents"),
        ("server/vault/x.py", "from server.engine.copies.opening import open_sealed"),
        ("server/ports/x.py", "from server.vault.envelope import Place"),
        ("server/adapters/x.py", "from server.engine.operations.sync import sync"),
        ("server/adapters/x.py", "from server.rules.decision.match import rank"),
        ("server/worker.py", "from server.adapters.sqlite.queue import SqliteQueue"),
        ("server/settings.py", "import simulator.app"),
        ("addon/x.py", "from server.domain.crm import Record"),
        ("addon/x.py", "import socket"),
        ("simulator/x.py", "from server.rules.decision.match import rank"),
        ("server/engine/x.py", "import os\nos.environ['X']"),
    ],
)
def test_a_violation_is_caught(path: str, line: str) -> None:
    assert violations(path, line)


MOST_LINES = {"module": 340, "class": 180, "function": 50}
"""A thing that is longer is two ideas. The median of the modules shows whether the limit was taken for an aim."""
MEDIAN_MODULE = 120
MOST_MODULES = 12
"""In one folder of the engine, of the rules, of one adapter, of the routes or of the commands."""
CLASSES_STAY_SMALL = ("addon/", "server/")
FOLDERS_STAY_SMALL = ("server/engine", "server/rules", "server/adapters", "server/web", "server/commands")


def too_long(path: str, source: str) -> list[str]:
    sizes = [("module", path, source.count("\n"))]
    for node in ast.walk(parse_source(source)):
        if isinstance(node, ast.ClassDef) and path.startswith(CLASSES_STAY_SMALL):
            sizes.append(("class", f"{path}:{node.name}", (node.end_lineno or 0) - node.lineno))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            sizes.append(("function", f"{path}:{node.name}", (node.end_lineno or 0) - node.lineno))
    return [f"{kind} {name} has {lines} lines" for kind, name, lines in sizes if lines > MOST_LINES[kind]]


def too_full(paths: Iterable[str]) -> list[str]:
    folders = Counter(str(Path(path).parent) for path in paths if Path(path).name != "__init__.py")
    return [
        f"{folder} has {count} modules"
        for folder, count in folders.items()
        if count > MOST_MODULES and any(Path(folder).is_relative_to(top) for top in FOLDERS_STAY_SMALL)
    ]


def test_modules_classes_and_functions_stay_small() -> None:
    sources = {path: (ROOT / path).read_text() for path in modules()}
    assert [fault for path, source in sources.items() for fault in too_long(path, source)] == []
    assert statistics.median(source.count("\n") for source in sources.values() if source) < MEDIAN_MODULE


def test_folders_stay_small() -> None:
    assert too_full(modules()) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("server/x.py", "x = 1\n" * 341),
        ("server/x.py", "class Big:\n" + "    x = 1\n" * 181),
        ("addon/x.py", "def big():\n" + "    x = 1\n" * 51),
        ("simulator/x.py", "async def big():\n" + "    x = 1\n" * 51),
    ],
)
def test_what_is_too_long_is_seen(path: str, source: str) -> None:
    assert len(too_long(path, source)) == 1


@pytest.mark.parametrize("folder", ["server/engine/x", "server/rules", "server/adapters/gmail", "server/web"])
def test_a_folder_that_is_too_full_is_seen(folder: str) -> None:
    names = [f"{folder}/m{number}.py" for number in range(12)]
    assert too_full([*names, f"{folder}/__init__.py"]) == []
    assert too_full([*names, f"{folder}/one_more.py"]) == [f"{folder} has 13 modules"]


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert modules_in_circles({path: (ROOT / path).read_text() for path in modules()}) == []


@pytest.mark.parametrize(
    "back",
    [
        "import server.web.planted",
        "from server.web.planted import Desk",
        "from server.web import planted",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from server.web.planted import Desk",
        "def late():\n    from server.web.planted import Desk",
    ],
)
def test_a_circle_is_caught(back: str) -> None:
    sources = {
        "server/web/planted.py": "from server.web.middle import act",
        "server/web/middle.py": "from server.web import last",
        "server/web/last.py": back,
        "server/web/user.py": "from server.web.planted import Desk",
        "server/web/__init__.py": "",
    }

    assert modules_in_circles(sources) == ["server.web.last", "server.web.middle", "server.web.planted"]
    assert modules_in_circles({**sources, "server/web/last.py": ""}) == []


ROOMS: dict[str, dict[str, tuple[str, ...]]] = {
    "server/engine": {
        "ledger": (),
        "mailboxes": ("ledger",),
        "ports": ("mailboxes",),
        "copies": ("ledger",),
        "conversations": ("ledger",),
        "decide": ("conversations", "ledger"),
        "collect": ("conversations", "ledger", "mailboxes"),
        "deliver": ("conversations", "decide", "ledger", "mailboxes"),
        "coverage": ("collect", "ledger", "mailboxes"),
        "sidebar": ("collect", "conversations", "decide", "deliver", "ledger"),
        "operations": ("collect", "coverage", "deliver", "ledger", "mailboxes"),
    },
    "server/rules": {
        "headers": (),
        "schedule": (),
        "forecast": ("schedule",),
        "authorship": ("headers",),
        "body": ("headers",),
        "decision": ("authorship", "body", "headers"),
    },
}
"""Which other rooms a room may import. Only ``rooms`` composes them, so it may import every room and no room it."""
COMPOSES = "server/engine/rooms.py"
ROWS = "server/engine/ledger/rows.py"


def wrong_ways(path: str, source: str) -> list[str]:
    """The imports of a module that leave its room by a door that is not there."""
    house = next((house for house in ROOMS if path.startswith(f"{house}/")), None)
    if house is None or path == COMPOSES:
        return []
    room = path.removeprefix(f"{house}/").split("/")[0].removesuffix(".py")
    prefix = house.replace("/", ".") + "."
    entered = {name.removeprefix(prefix).split(".")[0] for name in imports(source) if name.startswith(prefix)}
    allowed = {room, *ROOMS[house].get(room, ())}
    return [f"{path} enters {other}" for other in sorted(entered - allowed)]


def test_rooms_are_entered_by_their_doors() -> None:
    sources = {path: (ROOT / path).read_text() for path in modules()}
    assert [fault for path, source in sources.items() for fault in wrong_ways(path, source)] == []
    rooms = {path.split("/")[2] for path in sources if path.startswith(tuple(ROOMS)) and path.count("/") == 3}
    assert rooms == {room for house in ROOMS.values() for room in house} - {"ports"}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("server/engine/ledger/x.py", "from server.engine.deliver.round import DeliveryRound"),
        ("server/engine/decide/x.py", "from server.engine.collect.screening import Screener"),
        ("server/engine/collect/x.py", "from server.engine.ports import Ports"),
        ("server/engine/sidebar/x.py", "import server.engine.rooms"),
        ("server/engine/new/x.py", "from server.engine.ledger.rows import hold_row"),
        ("server/rules/headers/x.py", "from server.rules.decision.screen import screen"),
    ],
)
def test_a_wrong_way_between_rooms_is_caught(path: str, line: str) -> None:
    assert wrong_ways(path, line)


def changes_of_rows(source: str) -> list[int]:
    """The lines that make a row of the ledger, or set one of its fields by ``replace``."""
    calls = [node for node in ast.walk(parse_source(source)) if isinstance(node, ast.Call)]
    made = [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "Row"]
    replaced = [
        c.lineno
        for c in calls
        if isinstance(c.func, ast.Name) and c.func.id == "replace" and c.args and ast.unparse(c.args[0]) == "row"
    ]
    return made + replaced


def test_one_module_changes_rows() -> None:
    engine = [path for path in modules() if path.startswith("server/engine/") and path != ROWS]
    assert {path: lines for path in engine if (lines := changes_of_rows((ROOT / path).read_text()))} == {}
    assert changes_of_rows((ROOT / ROWS).read_text())


@pytest.mark.parametrize("line", ["row = Row(mailbox_id, message_id, thread_id, reason)", "replace(row, cause=None)"])
def test_a_change_of_a_row_elsewhere_is_caught(line: str) -> None:
    assert changes_of_rows(line) == [1]
