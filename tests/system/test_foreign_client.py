"""Lieer, a Gmail client of other people's making, syncs mailboxes from the simulator as it would from Google.

Nothing of it is changed or replaced: Debian's package, its own libraries, TLS to Google's host names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from tests.support.demo import WORLD
from tests.support.foreign import Lieer, World, running, tags_of
from tests.support.scene import eml

pytestmark = [pytest.mark.slow, pytest.mark.lieer]
RITA = "rita@northlight.example"
PEOPLE = (RITA, "ben@northlight.example", "ines@northlight.example")
RITAS = {"Label_1": "Don't log", "Label_2": "lamps/large"}
"""Her own labels; the second is made in a test."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(WORLD, tmp_path) as made:
        yield made


def same(world: World, client: Lieer, mailbox: str, delivered: Mapping[str, bytes] | None = None) -> int:
    """The client holds the simulator's messages, byte by byte and label by label; returns how many.

    It leaves chats out, writes lines as Unix does, and gives no tags to what has no header and so is no message.
    ``delivered`` are those that are no files of the world.
    """
    listed = {i: m for i, m in world.listed(mailbox).items() if "CHAT" not in m["label_ids"]}
    raw = {
        i: (delivered or {}).get(i) or (WORLD / "mail" / mailbox / m["source"]).read_bytes() for i, m in listed.items()
    }
    assert client.messages() == {i: data.replace(b"\r\n", b"\n") for i, data in raw.items()}
    assert client.tags() == {i: tags_of(m["label_ids"], RITAS) for i, m in listed.items() if has_header(raw[i])}
    return len(listed)


def has_header(raw: bytes) -> bool:
    return b":" in raw.partition(b"\n")[0]


def many(world: World, number: int) -> dict[str, bytes]:
    """So many more messages for Rita, in both kinds of line ends and with every byte there is."""
    found = {}
    for n in range(number):
        raw = eml(to=RITA, subject=f"Offer {n}", message_id=f"<{n}@offers.example>", text="Ärger\n" * n)
        raw = raw.replace(b"\n", b"\r\n") if n % 2 else raw + bytes(range(256))
        found[world.deliver(RITA, raw)] = raw
    return found


def test_a_full_pull_brings_every_message_of_three_people(world: World) -> None:
    counts = []
    for mailbox in PEOPLE:
        client = Lieer(world, mailbox)
        assert "full synchronization" in client.pull()
        counts.append(same(world, client, mailbox))
    assert counts == [34, 26, 8]
    spam, trash, drafts = (
        [i for i, m in world.listed(RITA).items() if label in m["label_ids"]] for label in ("SPAM", "TRASH", "DRAFT")
    )
    assert all((spam, trash, drafts))
    asked = {call["method"] for call in world.get("calls?service=google_discovery")}
    assert asked == {"/discovery/v1/apis/gmail/v1/rest"}
    assert {call["status"] for call in world.get("calls?service=gmail")} == {200, 404}  # it tries history from 0 first


def test_a_full_pull_goes_through_pages_and_batches(world: World) -> None:
    client, delivered = Lieer(world, RITA), many(world, 170)
    client.pull()
    assert same(world, client, RITA, delivered) == 204
    counts = world.counts()
    assert (counts["messages.list"], counts["batch"]) == (4, 5)  # one for the cursor, three pages of 100; batches of 50
    assert counts["messages.get"] == 205


def test_a_partial_pull_brings_what_changed_and_no_more(world: World) -> None:
    client = Lieer(world, RITA)
    client.pull()
    world.counts()
    inbox = [i for i, m in world.listed(RITA).items() if "INBOX" in m["label_ids"]]
    archived, starred, junk, binned, gone = inbox[:5]
    delivered = many(world, 3)
    world.mail(RITA, "relabel", id=archived, remove=["INBOX"])
    world.mail(RITA, "relabel", id=starred, add=["STARRED", "UNREAD", "lamps/large"])
    world.mail(RITA, "relabel", id=junk, add=["SPAM"], remove=["INBOX"])
    world.mail(RITA, "relabel", id=binned, add=["TRASH"], remove=["INBOX"])
    world.mail(RITA, "relabel", id=next(iter(delivered)), remove=["UNREAD"])
    world.mail(RITA, "delete", id=gone)

    assert "partial synchronization" in client.pull()

    assert same(world, client, RITA, delivered) == 36
    assert gone not in client.messages()
    assert client.tags()[archived] == set()
    assert client.tags()[starred] == {"inbox", "flagged", "unread", "lamps/large"}
    counts = world.counts()
    assert "messages.list" not in counts
    assert counts["messages.get"] == 3

    assert "everything is up-to-date" in client.pull()


def test_a_partial_pull_goes_through_pages_with_and_without_history(world: World) -> None:
    client = Lieer(world, RITA)
    client.pull()
    delivered = many(world, 130)
    world.post("faults", {"service": "gmail", "method": "history.list", "kind": "empty_page", "times": 2})
    world.counts()
    assert "partial synchronization" in client.pull()
    assert same(world, client, RITA, delivered) == 164
    assert world.counts()["history.list"] == 4  # for the cursor; an empty page; two pages of 100


def test_an_expired_history_makes_a_full_pull_and_then_partial_ones_again(world: World) -> None:
    client = Lieer(world, RITA)
    client.pull()
    early, *_, late = client.messages()
    world.mail(RITA, "delete", id=early)
    world.mail(RITA, "relabel", id=late, add=["STARRED"])
    world.mail(RITA, "expire_history")
    delivered = many(world, 2)

    assert "historyId is too old, full sync required" in client.pull()
    assert same(world, client, RITA, delivered) == 35

    world.mail(RITA, "delete", id=late)
    said = client.pull()
    assert "partial synchronization" in said
    assert "full sync" not in said
    assert same(world, client, RITA, delivered) == 34


def test_the_client_slows_down_when_it_is_told_to(world: World) -> None:
    client = Lieer(world, RITA)
    world.post("faults", {"service": "gmail", "method": "messages.get", "kind": "rateLimitExceeded", "times": 1})
    client.pull()  # the first is for the cursor
    world.mail(RITA, "expire_history")
    assert same(world, client, RITA) == 34


def test_a_consent_that_was_taken_back_ends_the_sync_and_loses_nothing(world: World) -> None:
    client = Lieer(world, RITA)
    client.pull()
    revoked = requests.post(
        "https://oauth2.googleapis.com/revoke",
        {"token": client.consent},
        proxies={"https": world.proxy},
        verify=str(world.ca),
        timeout=20,
    )
    assert revoked.status_code == 200
    world.post("tokens/revoke", {})
    ended = client.tried("pull")
    assert ended.returncode != 0
    assert "invalid_grant: Token has been expired or revoked." in ended.stderr
    assert same(world, client, RITA) == 34
