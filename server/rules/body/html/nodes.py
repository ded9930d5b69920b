"""Nodes of a parsed mail."""

from __future__ import annotations

from typing import Any


def read_attribute(node: Any, name: str) -> str:
    return node.attrs.get(name) or ""


def is_element(node: Any, tag: str, prefix: str) -> bool:
    return node is not None and node.tag == prefix + tag
