"""The lists in ``lists/``, each read once, on first use: the longest has tens of thousands of lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

LISTS = Path(__file__).resolve().parents[3] / "lists"
EXCEPTION = "!"
"""Before a company's domain below a listed one."""
ANY_PARENT = ".*"
"""Behind a label that makes a relay of each host that begins with it (``guest.*``)."""


def read_list(name: str) -> Iterator[str]:
    """The entries of ``lists/<name>.txt``: no comments, no empty lines."""
    for line in (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


@cache
def relay_entries() -> frozenset[str]:
    """Domains of relays, and labels with their mark."""
    return frozenset(read_list("relays"))


@cache
def public_mail_entries() -> frozenset[str]:
    """Domains, and exceptions and labels with their marks."""
    return frozenset(read_list("public_mail"))
