"""Google's partial responses: ``fields=a,b(c,d/e)``."""

from __future__ import annotations

import re
from typing import Any

Mask = dict[str, "Mask"]
"""An empty mask takes everything below it."""


def parse(text: str) -> Mask:
    """Raises ValueError for a mask that Google would refuse."""
    tokens = re.findall(r"[A-Za-z0-9_*-]+|[(),/]", text)
    if "".join(tokens) != text.replace(" ", ""):
        raise ValueError(text)
    mask, rest = _list(tokens)
    if rest:
        raise ValueError(text)
    return mask


def apply(mask: Mask, value: Any) -> Any:
    """What of ``value`` the mask lets through; a list is masked item by item."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [apply(mask, item) for item in value]
    if isinstance(value, dict):
        return {name: apply(below, value[name]) for name, below in mask.items() if name in value}
    return value


def _list(tokens: list[str]) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        name, below, tokens = _item(tokens)
        mask.setdefault(name, {}).update(below)
        if not tokens or tokens[0] != ",":
            return mask, tokens
        tokens = tokens[1:]


def _item(tokens: list[str]) -> tuple[str, Mask, list[str]]:
    if not tokens or tokens[0] in "(),/":
        raise ValueError("name")
    name, tokens = tokens[0], tokens[1:]
    if tokens and tokens[0] == "/":
        inner, below, tokens = _item(tokens[1:])
        return name, {inner: below}, tokens
    if tokens and tokens[0] == "(":
        below, tokens = _list(tokens[1:])
        if not tokens or tokens[0] != ")":
            raise ValueError("bracket")
        return name, below, tokens[1:]
    return name, {}, tokens
