"""Salesforce's command line: one call, its JSON, and what an answer means in a sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MINUTES = 60
"""How long Salesforce may take over one deployment: it queues behind the org's own."""
LONGEST = 4_000.0
"""Seconds after which a call is given up, whatever the command line does."""
NO_SF = (
    "Salesforce's command line, sf, is not here. Install it (npm install --global @salesforce/cli, with Node 20 or "
    "newer), log in (sf org login web --alias NAME; a sandbox: --instance-url https://test.salesforce.com), and run "
    "this again."
)
ASSIGNED = "Duplicate PermissionSetAssignment"
UNFINISHED = frozenset({"InProgress", "Pending", "Canceling"})
QUIET = {"SF_DISABLE_TELEMETRY": "true", "SF_AUTOUPDATE_DISABLE": "true", "SF_JSON_TO_STDOUT": "true"}


class InstallError(Exception):
    """A sentence for the admin. Nothing more is done."""


@dataclass(frozen=True)
class Answer:
    """``result`` is sf's own. ``problems`` are Salesforce's sentences, none where it is done."""

    result: Any
    problems: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        return not self.problems


class Sf:
    """Runs sf for one org in the folder of the Salesforce project."""

    def __init__(self, org: str, project: Path) -> None:
        program = shutil.which("sf")
        if program is None:
            raise InstallError(NO_SF)
        self._program = program
        self._org = org
        self._project = project

    def run(self, *arguments: str) -> Answer:
        """The answer, with problems where sf says so or breaks down. Raises InstallError where sf does not start."""
        command = [self._program, *arguments, "--target-org", self._org, "--json"]
        try:
            done = subprocess.run(  # noqa: S603  # our own words, no shell
                command,
                cwd=self._project,
                env={**os.environ, **QUIET},
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=LONGEST,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Answer(None, (f"sf did not answer within {LONGEST / 60:.0f} minutes. Run this again.",))
        except OSError as error:
            raise InstallError(f"sf does not start ({error.strerror}). {NO_SF}") from error
        return read_answer(done.returncode, done.stdout, done.stderr)

    def query(self, statement: str) -> list[dict[str, Any]]:
        """The records. Raises InstallError with what sf says."""
        answer = self.run("data", "query", "--query", statement)
        if not answer.is_done:
            raise InstallError(" ".join(answer.problems))
        return list((answer.result or {}).get("records", []))

    def deploy(self, folders: Sequence[str], *options: str) -> Answer:
        """What an org with source tracking holds of ours is replaced, as in every other org."""
        sources = (word for folder in folders for word in ("--source-dir", folder))
        return self.run("project", "deploy", "start", *sources, "--wait", str(MINUTES), "--ignore-conflicts", *options)

    def run_apex(self, name: str) -> Answer:
        return self.run("apex", "run", "--file", f"apex/{name}.apex")


def read_answer(code: int, stdout: str, stderr: str) -> Answer:
    said = _read_json(stdout) or _read_json(stderr)
    if said is None and code == 0:
        return Answer({})
    if said is None:
        last = " ".join((stderr or stdout).split())[-300:]
        return Answer(None, (f"sf broke down with code {code}: {last or 'it said nothing'}",))
    result = said.get("result")
    details = result if isinstance(result, dict) else {}
    is_done = code == 0 and not said.get("status") and details.get("success") is not False
    if (is_done and details.get("status") not in UNFINISHED) or _is_assigned_already(details):
        return Answer(result)
    problems = tuple(dict.fromkeys(_list_problems(details)))
    return Answer(result, problems or (str(said.get("message") or f"sf ended with code {code}"),))


def _read_json(text: str) -> dict[str, Any] | None:
    """The object within the text: warnings may stand before it."""
    try:
        said = json.loads(text[text.index("{") :])
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _is_assigned_already(result: dict[str, Any]) -> bool:
    failures = _listed(result.get("failures"))
    return bool(failures) and all(ASSIGNED in str(each.get("message")) for each in failures)


def _list_problems(result: dict[str, Any]) -> Iterator[str]:
    """Of a deployment, of anonymous Apex and of an assignment, which sf tells in three ways."""
    details = result.get("details") or {}
    for each in _listed(details.get("componentFailures")):
        line = f", line {each['lineNumber']}" if each.get("lineNumber") else ""
        yield f"{each.get('componentType') or 'File'} {each.get('fullName')}{line}: {each.get('problem')}"
    tests = details.get("runTestResult") or {}
    for each in _listed(tests.get("failures")):
        yield f"Test {each.get('name')}.{each.get('methodName')}: {each.get('message')}"
    for each in _listed(tests.get("codeCoverageWarnings")):
        yield f"Coverage{' of ' + each['name'] if each.get('name') else ''}: {each.get('message')}"
    if result.get("success") is False and (result.get("compileProblem") or result.get("exceptionMessage")):
        yield f"Apex: {result.get('compileProblem') or result.get('exceptionMessage')}"
    for each in _listed(result.get("failures")):
        if ASSIGNED not in str(each.get("message")):
            yield f"{each.get('name')}: {each.get('message')}"
    if result.get("status") in UNFINISHED:
        yield "Salesforce is still at it. Once Setup, Deployment Status, shows that it is done, run this again."


def _listed(value: Any) -> list[dict[str, Any]]:
    """One thing comes as itself, and several as a list."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
