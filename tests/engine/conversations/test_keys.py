"""A conversation that goes by several keys goes by one of them, however they were joined."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from server.domain.ids import KeyedHash
from server.engine.conversations.keys import read_choices
from tests.support.scene import Scene

A, B, C, D = map(KeyedHash, ("v1:a", "v1:b", "v1:c", "v1:d"))


def join(scene: Scene, *chain: KeyedHash) -> None:
    for key, following in pairwise(chain):
        scene.services.ports.store.save_conversation(key, lambda c, to=following: replace(c, same_as=to))


@pytest.mark.parametrize(
    ("chain", "end"), [((A, B), B), ((A, B, C), C), ((A, B, C, D), D), ((B, C, B), B), ((A, B, C, B), B), ((A, A), A)]
)
def test_a_key_is_followed_to_the_end(scene: Scene, chain: tuple[KeyedHash, ...], end: KeyedHash) -> None:
    join(scene, *chain)
    store = scene.services.ports.store
    store.save_conversation(end, lambda c: replace(c, kept_out_by=frozenset({"m1"})))

    for key in chain:
        found, choices = read_choices(store, {"mail": key})
        assert found == {"mail": end}
        assert choices[end].kept_out_by == {"m1"}
