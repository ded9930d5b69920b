"""Whose an address is: from memory, for there may be tens of thousands of mailboxes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from server.domain.ids import MailboxId
from server.domain.mailbox import DirectoryState, Stage
from server.engine.mailboxes import address_book
from server.engine.mailboxes.address_book import AddressBook
from server.engine.sidebar.view import find_mailbox_of_caller
from tests.support.scene import Scene, eml

ANN, BEN, OTHER = "ann@acme.example", "ben@acme.example", "other@acme.example"


@pytest.fixture
def book(scene: Scene) -> AddressBook:
    scene.services.rooms.sweeper.sweep()
    return scene.services.rooms.addresses


def move_address(scene: Scene, source: str, target: str, address: str) -> None:
    """The target has the address from now on, and the source another one."""
    store = scene.services.ports.store
    given, taking = scene.mailbox(source), scene.mailbox(target)
    store.save_mailbox(given.mailbox_id, lambda _m: replace(given, addresses=(OTHER,)))
    store.save_mailbox(taking.mailbox_id, lambda _m: replace(taking, addresses=(*taking.addresses, address)))


def owners(book: AddressBook, *addresses: str) -> list[MailboxId]:
    return [mailbox.mailbox_id for mailbox in book.find_owners(addresses)]


def test_an_address_that_moved_belongs_to_its_new_owner_at_once(scene: Scene, book: AddressBook) -> None:
    ann, ben = scene.mailbox(ANN).mailbox_id, scene.mailbox(BEN).mailbox_id
    assert owners(book, ANN) == [ann]

    move_address(scene, ANN, BEN, ANN)

    assert owners(book, ANN) == [ben]
    assert owners(book, OTHER) == [ann]


def test_an_address_that_is_new_is_known_within_a_minute(scene: Scene, book: AddressBook) -> None:
    assert owners(book, OTHER) == []
    ann = scene.mailbox(ANN)
    changed = replace(ann, addresses=(*ann.addresses, OTHER))
    scene.services.ports.store.save_mailbox(ann.mailbox_id, lambda _m: changed)

    assert owners(book, OTHER) == []
    scene.clock.advance(address_book.UNKNOWN_ADDRESS_FRESH)
    assert owners(book, OTHER) == [ann.mailbox_id]


def test_a_mailbox_that_is_off_has_its_address_and_no_pushes(scene: Scene, book: AddressBook) -> None:
    scene.set_stage(ANN, Stage.OFF)
    assert owners(book, ANN) == [scene.mailbox(ANN).mailbox_id]
    assert book.mailboxes_of(ANN) == ()


def test_cards_of_people_without_a_mailbox_do_not_read_all_mailboxes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path, MAILBOXES=ANN)
    scene.services.rooms.sweeper.sweep()
    message = scene.deliver(BEN, eml(to=BEN))
    store, reads = scene.services.ports.store, []
    read_all = store.mailboxes
    monkeypatch.setattr(store, "mailboxes", lambda: reads.append(1) or read_all())

    cards = [str(scene.ask("/addon/open", BEN, message)) for _ in range(5)]

    assert len(set(cards)) == 1
    assert len(reads) == 1


def test_somebody_whose_id_is_another_is_found_by_an_address_that_is_not_of_a_deleted_person(
    scene: Scene, book: AddressBook
) -> None:
    """Both have it: the deleted one had it before."""
    store, ann = scene.services.ports.store, scene.mailbox(ANN)
    gone = replace(ann, mailbox_id=MailboxId("0"), directory_state=DirectoryState.DELETED)
    store.save_mailbox(gone.mailbox_id, lambda _m: gone)

    found = find_mailbox_of_caller(store, book.find_owners, "unknown", ANN)

    assert found is not None
    assert found.mailbox_id == ann.mailbox_id


def test_a_colleagues_choice_is_applied_without_reading_all_mailboxes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = "<root@mail.example>"
    both = eml(to=f"{ANN}, {BEN}", message_id=root)
    first = scene.deliver(ANN, both)
    scene.deliver(BEN, both)
    scene.sync()
    rooms, ports, workspace = scene.services.rooms, scene.services.ports, scene.services.workspaces.current()
    ann, ben = scene.mailbox(ANN), scene.mailbox(BEN)
    rooms.access.readable = lambda _mailbox, records: {r.record_id for r in records}
    account = ports.crm.record("001A00000000002IAA").record_id
    rooms.choices.move(workspace, ann, ports.mail.identify(ann, first, first), account)
    scene.deliver(BEN, eml(to=BEN, subject="Re: Lamps", References=root))
    rooms.collector.collect(workspace, ben.mailbox_id)
    scene.clock.advance(10)
    rooms.addresses.find_owners([ANN])
    monkeypatch.setattr(ports.store, "mailboxes", lambda: pytest.fail("all mailboxes were read"))

    assert rooms.deliverer.deliver_next(workspace).logged == 1
    assert scene.tasks()[-1]["WhatId"] == account
