"""What we ask of an org does not grow with it, and no question of ours reads more than an index gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.org_size import asked_of
from simulator.salesforce.errors import ApiError
from tests.support.scene import MakeScene, eml, small_world

MESSAGES = 30


def test_a_larger_org_is_asked_the_same_and_answers_the_same(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "large").mkdir()
    small = asked_of(tmp_path / "small", 100, MESSAGES)
    large = asked_of(tmp_path / "large", 20_000, MESSAGES)

    assert small.logged == large.logged == MESSAGES
    assert small.exchanges == large.exchanges
    assert len(small.exchanges) > 3
    assert large.scans == ()


def test_without_an_index_a_large_org_does_not_answer(make_scene: MakeScene) -> None:
    """The measure itself: a question that reads all records is seen, and is too slow where there are many."""
    scene = make_scene(small_world(), ACCOUNT_WEBSITE="yes")
    scene.deliver("ann@acme.example", eml(sender="new@byron.example"))
    scene.sync()
    assert [kind for kind, _ in scene.universe.org.scans] == ["Account"]

    scene.universe.org.crowd("Account", ("Id", "Name"), [])
    with pytest.raises(ApiError, match="QUERY_TIMEOUT"):
        scene.universe.org.query("SELECT Id FROM Account WHERE Website = 'x'")
