"""A conversation as a card reads it, where Gmail leaves out the message that is open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.cards import card_of, texts
from tests.support.scene import eml

ANN = "ann@acme.example"


@pytest.mark.parametrize("opened", [0, 1, 2])
def test_a_card_shows_the_opened_message_though_its_conversation_lacks_it(scene, opened):
    scene.universe.world.google = replace(scene.universe.world.google, gaps_in_threads=True)
    scene.sync()
    days = (14, 15, 16)
    ids = [scene.deliver(ANN, eml(date=f"{day} Sep 2026 09:00:00 +0000"), thread="abc") for day in days]

    card = texts(card_of(scene.ask("/addon/open", ANN, ids[opened])))

    assert "Will be logged in Salesforce" in card
