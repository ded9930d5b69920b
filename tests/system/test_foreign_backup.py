"""Got-Your-Back, a backup of other people's making, saves mailboxes of the simulator as it would save Google's.

Nothing of it is changed or replaced: its script, its libraries, TLS to Google's host names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import WORLD
from tests.support.foreign import World, running
from tests.support.foreign_backup import GotYourBack
from tests.support.scene import eml

pytestmark = [pytest.mark.slow, pytest.mark.gyb]
RITA = "rita@northlight.example"
PEOPLE = (RITA, "ben@northlight.example", "ines@northlight.example")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(WORLD, tmp_path) as made:
        yield made


def list_expected(world: World, mailbox: str) -> dict[str, dict[str, list[str]]]:
    """The client leaves chats out."""
    return {i: m for i, m in world.listed(mailbox).items() if "CHAT" not in m["label_ids"]}


@pytest.mark.parametrize("mailbox", PEOPLE)
def test_a_backup_holds_every_message_byte_for_byte_and_its_labels(world: World, mailbox: str) -> None:
    client, expected = GotYourBack(world, mailbox), list_expected(world, mailbox)

    client.back_up()

    folder = WORLD / "mail" / mailbox
    assert client.messages() == {i: (folder / str(m["source"])).read_bytes() for i, m in expected.items()}
    assert len(expected) > 5
    own = {"Label_1": "Don't log"}
    labels = {i: {own.get(label, label) for label in m["label_ids"]} for i, m in expected.items() if m["label_ids"]}
    assert client.labels() == labels


def test_a_second_backup_brings_what_is_new_and_no_more(world: World) -> None:
    client = GotYourBack(world, RITA)
    client.back_up()
    before = client.messages()
    world.counts()
    raw = eml(to=RITA, subject="Offer", text="Ärger\n").replace(b"\n", b"\r\n") + bytes(range(256))
    new = world.deliver(RITA, raw)

    assert "GYB needs to backup 1 messages" in client.back_up()

    assert client.messages() == {**before, new: raw}
