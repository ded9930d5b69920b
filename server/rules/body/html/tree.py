"""The tree of a parsed mail, read without recursion, which would end at a thousand levels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

MOST_NODES = 400_000


def read_attribute(node: Any, name: str) -> str:
    return node.attrs.get(name) or ""


def is_element(node: Any, tag: str, prefix: str) -> bool:
    return node is not None and node.tag == prefix + tag


def walk_tree(root: Any, is_silent: Callable[[Any, str], bool], prefix: str) -> Iterator[tuple[Any, str, bool]]:
    """Nodes in their order with their tag, each element twice: ``False`` at its beginning, ``True`` at its end."""
    # A tag is asked for once a node: each time the library makes a new string of it.
    above: list[tuple[Any, str]] = []
    node = root.first_child
    for _ in range(MOST_NODES):
        while node is None:
            if not above:
                return
            node, tag = above.pop()
            yield node, tag, True
            node = node.next
        tag = node.tag.removeprefix(prefix)
        if tag == "-text":
            yield node, tag, False
            node = node.next
        elif is_silent(node, tag):
            node = node.next
        else:
            yield node, tag, False
            child = node.first_child
            if child is None:
                yield node, tag, True
                node = node.next
            else:
                above.append((node, tag))
                node = child
