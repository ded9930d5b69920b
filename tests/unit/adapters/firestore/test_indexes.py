"""firestore.indexes.json: every query has its index, and nothing that people wrote has one."""

import ast
import json
from pathlib import Path

from server.adapters.documents import COLLECTIONS, INDEXES
from server.adapters.firestore.indexes import definition
from tests.support.sources import parse_source

ROOT = Path(__file__).parents[4]
HINT = "Run: python -m server.adapters.firestore.indexes > firestore.indexes.json"


def queries():
    """(collection, equalities, then the range or order) of each query in the store's source."""
    trees = [parse_source(path.read_text()) for path in sorted((ROOT / "server/adapters/store").rglob("*.py"))]
    for function in (node for tree in trees for node in ast.walk(tree)):
        if not isinstance(function, ast.FunctionDef):
            continue
        wheres = [
            (node.args[0].value, node.args[1].value)
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Where"
        ]
        orders = [
            k.value.value for node in ast.walk(function) if isinstance(node, ast.Call)
            for k in node.keywords if k.arg == "order_by" and isinstance(k.value, ast.Constant)
        ]  # fmt: skip
        if wheres:
            equal = [name for name, op in wheres if op == "=="]
            ranged = [name for name, op in wheres if op != "=="] + orders
            yield function.name, tuple(dict.fromkeys([*equal, *ranged]))


def test_the_file_is_what_the_code_renders():
    assert json.loads((ROOT / "firestore.indexes.json").read_text()) == definition(), HINT


def test_every_query_has_an_index():
    found = dict(queries())
    held = {fields for indexes in INDEXES.values() for fields in indexes}
    singles = {fields[:1] for fields in held}

    assert len(found) >= 5
    for name, fields in found.items():
        assert fields in held or fields in singles, name


def test_every_index_is_for_a_query():
    assert {fields for indexes in INDEXES.values() for fields in indexes} <= {fields for _, fields in queries()}


def test_all_else_is_switched_off():
    off = {(o["collectionGroup"], o["fieldPath"]) for o in definition()["fieldOverrides"] if not o["indexes"]}

    assert off == {(name, path) for name in COLLECTIONS for path in ("d", "w")}
