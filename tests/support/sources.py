"""The project's own source text, read as a syntax tree."""

from __future__ import annotations

import ast
import gc


def parse_source(source: str) -> ast.Module:
    """Parse with the garbage collector off.

    CPython 3.11 counts the depth of a tree in one place for all threads. A finalizer that runs in the middle (of a
    socket that an earlier test left, say) may let another thread format a traceback, which parses too, and then this
    parse ends with "SystemError: AST constructor recursion depth mismatch".
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if was_on:
            gc.enable()
