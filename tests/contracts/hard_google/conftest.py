"""Each scene's Google has all switches at once; for a test that asserts the contrary of some, those are off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.google_switches import GoogleSwitches
from simulator.world import World
from tests.support.scene import MakeScene, Scene, small_world

GAPS = ("gaps_in_threads",)
"""The test counts calls, of which a conversation with gaps needs more, or holds what one call shows of it."""
SEARCH = ("search_lag",)
"""It searches for what arrived just now."""
ORDER = ("disordered_history",)
"""It holds the order in which history came."""
SIGNED = ("signed_ids_need_addon",)
"""It resolves a signed id with the service's own call."""
CONTRARY: dict[str, tuple[tuple[str, ...], ...]] = {
    "test_a_conversation_is_one_call_for_headers_alone": (GAPS,),
    "test_a_list_of_a_span_or_of_labels_holds_what_belongs_to_it": (SEARCH,),
    "test_conversations_and_single_messages_are_asked_for_together": (GAPS,),
    "test_from_three_on_the_whole_conversation_is_cheaper_and_comes_whole": (GAPS,),
    "test_history_pages_from_one_start_and_keeps_the_cursor_of_the_first_page": (ORDER,),
    "test_history_tells_what_was_added_relabelled_and_deleted": (ORDER,),
    "test_ids_of_an_event_are_resolved_and_only_just_sent_mail_costs_a_call": (SIGNED,),
    "test_the_bodies_of_a_conversation_read_as_those_of_its_messages_and_cost_less": (GAPS,),
    "test_what_cannot_be_rebuilt_comes_raw_and_byte_for_byte": (GAPS,),
    "test_what_gmail_leaves_out_of_a_conversation_is_asked_for_alone": (GAPS,),
    "test_what_was_read_is_kept_when_a_later_batch_fails": (GAPS,),
}


@pytest.fixture
def make_scene(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeScene]:
    scenes: list[Scene] = []
    easy = GoogleSwitches()
    names = (name for group in CONTRARY.get(request.function.__name__, ()) for name in group)
    switches = replace(GoogleSwitches.hard(), **{name: getattr(easy, name) for name in names})

    def make(world: World | None = None, **settings: str) -> Scene:
        folder = tmp_path / f"scene{len(scenes)}"
        folder.mkdir()
        world = world or small_world()
        world.google = switches
        scenes.append(Scene(folder, world, **settings))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.close()
