"""The operator's commands, each in a process of its own, forked from one that has read the program already.

A command that starts anew spends seconds on that alone, where several tests share a machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.cli import main as flask_main

ROOT = Path(__file__).parent.parent.parent


class CommandError(Exception):
    """The command failed: what it wrote to standard error."""


@dataclass
class Commands:
    """Starts its process with the first command. Not thread-safe."""

    _process: subprocess.Popen[str] | None = None

    def run(self, env: Mapping[str, str], *arguments: str) -> str:
        """What the command prints. Raises CommandError."""
        process = self._start()
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"env": dict(env), "arguments": arguments}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        if answer["code"]:
            raise CommandError(answer["error"])
        return str(answer["output"])

    def stop(self) -> None:
        if self._process and self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.wait(60)
            self._process.stdout.close()

    def _start(self) -> subprocess.Popen[str]:
        if self._process is None:
            command = [sys.executable, "-m", "tests.support.commands"]
            self._process = subprocess.Popen(
                command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )  # fmt: skip
        return self._process


def _serve() -> None:
    """One command a line; nothing of ours is open when it forks but the lines themselves."""
    for name in ("server.main", "google.cloud.firestore", "google.cloud.kms", "google.cloud.tasks_v2"):
        __import__(name)
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as error:
            child = os.fork()
            if child == 0:
                _become(asked, output.fileno(), error.fileno())
            _, status = os.waitpid(child, 0)
            output.seek(0)
            error.seek(0)
            code = os.waitstatus_to_exitcode(status)
            answer = {"code": code, "output": output.read(), "error": error.read()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _become(asked: Mapping[str, Any], output: int, error: int) -> None:
    """``python -m flask --app server.main`` with these arguments and this environment, to its end."""
    code = 1
    try:
        os.dup2(output, 1)
        os.dup2(error, 2)
        os.environ.clear()
        os.environ.update(asked["env"])
        sys.argv = ["flask", "--app", "server.main", *asked["arguments"]]
        flask_main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
