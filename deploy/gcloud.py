"""gcloud as a program that is asked and told. What it refuses is said in its own words."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

ABSENT = re.compile(r"NOT_FOUND|not found|does not exist|does not contain an App Engine application", re.IGNORECASE)
"""What gcloud says of a thing that is not there."""
PASSING = re.compile(
    r"UNAVAILABLE|DEADLINE_EXCEEDED|ABORTED|RESOURCE_EXHAUSTED|concurrent policy changes|SERVICE_DISABLED"
    r"|has not been used in project|Cannot find metric that matches"
    r"|is not ready|Service account \S+ does not exist|HTTPError 5\d\d"
)
"""What passes by itself: Google needs minutes until a new account or a switched-on API is known everywhere."""
TRIES = 8
LONGEST_WAIT = 40.0
"""Seconds."""
SHOWN = 600
"""Characters of what gcloud said."""

Run = Callable[[Sequence[str], bytes | None], "Answer"]


class DeployError(Exception):
    """A sentence for the person who deploys."""


class ChoiceError(DeployError):
    """What the operator chose cannot be used; a sentence on a line for each problem. Nothing was asked or made yet."""


@dataclass(frozen=True)
class Answer:
    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Command:
    """One change. ``stdin`` makes what is piped in, so that a secret stands in no argument and no file.

    ``prepare`` writes the files that the command reads, right before it. ``learn`` gets the JSON of what was made.
    """

    args: tuple[str, ...]
    stdin: Callable[[], bytes] | None = None
    prepare: Callable[[], None] | None = None
    learn: Callable[[Any], None] | None = None

    def __str__(self) -> str:
        return shlex.join(("gcloud", *self.args)) + (" < (a secret)" if self.stdin else "")


def run_gcloud(args: Sequence[str], stdin: bytes | None) -> Answer:
    """Raises DeployError where gcloud is not installed."""
    program = shutil.which("gcloud")
    if program is None:
        raise DeployError("gcloud is not installed: https://cloud.google.com/sdk/docs/install")
    done = subprocess.run([program, *args], input=stdin or b"", capture_output=True, check=False)  # noqa: S603
    return Answer(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


class Gcloud:
    """Asks and tells gcloud about one project. What was asked is remembered until something changes."""

    def __init__(self, project: str, run: Run = run_gcloud, sleep: Callable[[float], None] = time.sleep) -> None:
        self._project = project
        self._run = run
        self._sleep = sleep
        self._answers: dict[tuple[str, ...], Any] = {}
        self.is_patient = True
        """Whether what passes by itself is waited for."""

    def forget(self) -> None:
        """Ask anew from now on."""
        self._answers.clear()

    def ask(self, *args: str) -> Any:
        """The JSON of a read, None where the thing is not there. Raises DeployError."""
        if args not in self._answers:
            answer = self._insist([*self._complete(args), "--format=json"], None)
            if answer.code and not ABSENT.search(answer.stderr):
                raise DeployError(_explain(args, answer))
            self._answers[args] = json.loads(answer.stdout or "null") if answer.code == 0 else None
        return self._answers[args]

    def tell(self, command: Command) -> None:
        """Make a change. Raises DeployError."""
        if command.prepare:
            command.prepare()
        form = ["--format=json"] if command.learn else []
        answer = self._insist([*self._complete(command.args), *form], command.stdin() if command.stdin else None)
        self.forget()
        if answer.code:
            raise DeployError(_explain(command.args, answer))
        if command.learn:
            command.learn(json.loads(answer.stdout or "null"))

    def _complete(self, args: Sequence[str]) -> list[str]:
        # What belongs to the organization belongs to no project, and gcloud refuses to be told both.
        whose = [] if any(arg.startswith("--organization=") for arg in args) else [f"--project={self._project}"]
        return [*args, *whose, "--quiet"]

    def _insist(self, args: Sequence[str], stdin: bytes | None) -> Answer:
        answer = self._run(args, stdin)
        for attempt in range(TRIES if self.is_patient else 0):
            if answer.code == 0 or not PASSING.search(answer.stderr):
                break
            self._sleep(min(2.0**attempt, LONGEST_WAIT))
            answer = self._run(args, stdin)
        return answer


def _explain(args: Sequence[str], answer: Answer) -> str:
    said = " ".join(answer.stderr.split())[-SHOWN:] or "nothing"
    return f"gcloud refused: {shlex.join(('gcloud', *args))}\nIt said: {said}"
