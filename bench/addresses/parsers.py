"""The parsers that are compared. Each takes a header value and gives the addresses in it."""

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
"""The addresses, or None if the parser raised."""
Parser = Callable[[list[str]], list[Answer]]

HERE = Path(__file__).parent
VENV = Path("build") / "bench-parsers"
NEEDED = ("flanker==0.9.11", "email-validator==2.4.0")


def _answer_each(parse: Callable[[str], list[str]]) -> Parser:
    def parse_all(texts: list[str]) -> list[Answer]:
        answers: list[Answer] = []
        for text in texts:
            try:
                answers.append(parse(text))
            except Exception:  # noqa: BLE001  # that it raises is what we measure
                answers.append(None)
        return answers

    return parse_all


def _parse_with_ours(text: str) -> list[str]:
    return [person.address for person in parse_addresses(text, Header.TO)]


def _parse_with_getaddresses(text: str) -> list[str]:
    return [address for _, address in getaddresses([text]) if address]


def _parse_with_policy(text: str) -> list[str]:
    header = policy.default.header_factory("To", text)
    if not isinstance(header, headerregistry.AddressHeader):
        raise TypeError(type(header))
    return [address.addr_spec for address in header.addresses if address.addr_spec]


def _run_elsewhere(python: Path, name: str) -> Parser:
    """In an environment of its own, so that the bench's libraries pin none of the project's."""

    def parse_all(texts: list[str]) -> list[Answer]:
        texts_json = json.dumps(texts).encode()
        command = [str(python.absolute()), str(HERE / "others.py"), name]
        process = subprocess.run(command, input=texts_json, capture_output=True, check=True)  # noqa: S603  # our own file
        answers: list[Answer] = json.loads(process.stdout.splitlines()[-1])
        return answers

    return parse_all


def list_parsers(*, with_others: bool) -> dict[str, Parser]:
    """Ours and the standard library's two; flanker and email-validator if they can be installed."""
    parsers = {
        "ours": _answer_each(_parse_with_ours),
        "getaddresses": _answer_each(_parse_with_getaddresses),
        "policy.default": _answer_each(_parse_with_policy),
    }
    python = _install_others() if with_others else None
    if python is not None:
        parsers |= {name: _run_elsewhere(python, name) for name in ("flanker", "email-validator")}
    return parsers


def _install_others() -> Path | None:
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
