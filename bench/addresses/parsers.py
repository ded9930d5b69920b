"""The parsers that are held side by side: a header value in, the addresses in it out. What they raise is their own."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Callable
from email import headerregistry, policy
from email.utils import getaddresses
from pathlib import Path

from server.domain.message import Header
from server.rules.headers.addresses import parse_addresses

Answer = list[str] | None
"""None where the parser raised."""
Parser = Callable[[list[str]], list[Answer]]

HERE = Path(__file__).parent
VENV = Path("build") / "bench-parsers"
NEEDED = ("flanker==0.9.11", "email-validator==2.4.0")


def _each(one: Callable[[str], list[str]]) -> Parser:
    def answers(texts: list[str]) -> list[Answer]:
        found: list[Answer] = []
        for text in texts:
            try:
                found.append(one(text))
            except Exception:  # noqa: BLE001  # that it raises is what we measure
                found.append(None)
        return found

    return answers


def _ours(text: str) -> list[str]:
    return [person.address for person in parse_addresses(text, Header.TO)]


def _getaddresses(text: str) -> list[str]:
    return [address for _, address in getaddresses([text]) if address]


def _policy(text: str) -> list[str]:
    header = policy.default.header_factory("To", text)
    assert isinstance(header, headerregistry.AddressHeader)
    return [each.addr_spec for each in header.addresses if each.addr_spec]


def _elsewhere(python: Path, name: str) -> Parser:
    """In an environment of its own, so that what only the bench needs pins nothing of ours."""

    def answers(texts: list[str]) -> list[Answer]:
        asked = json.dumps(texts).encode()
        command = [str(python.absolute()), str(HERE / "others.py"), name]
        done = subprocess.run(command, input=asked, capture_output=True, check=True)  # noqa: S603  # our own file
        found: list[Answer] = json.loads(done.stdout.splitlines()[-1])
        return found

    return answers


def parsers(*, with_others: bool) -> dict[str, Parser]:
    """Ours and the standard library's two; flanker and email-validator where they can be installed."""
    found = {"ours": _each(_ours), "getaddresses": _each(_getaddresses), "policy.default": _each(_policy)}
    python = _installed() if with_others else None
    if python is not None:
        found |= {name: _elsewhere(python, name) for name in ("flanker", "email-validator")}
    return found


def _installed() -> Path | None:
    python = VENV / "bin" / "python"
    ready = VENV / ".installed"
    if ready.is_file():
        return python
    try:
        venv.create(VENV, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *NEEDED], check=True, capture_output=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        sys.stderr.write("flanker and email-validator could not be installed: measured without them.\n")
        return None
    ready.touch()
    return python
