"""People are renamed, leave, return, and have no Gmail: their mailboxes follow, and no mail is lost or logged twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.domain.ids import MailboxId
from server.domain.mailbox import DirectoryState, Mailbox, Stage
from server.engine.mailboxes.stages import set_stage
from server.engine.mailboxes.status_text import describe_status
from simulator.faults import Fault
from simulator.people import People
from simulator.world import User
from tests.support.scene import START, MakeScene, Scene, eml, small_world

ANN, BEN, CEM = "ann@acme.example", "ben@acme.example", "cem@acme.example"
HOUR, DAY = 3600.0, 86_400.0
LEAVE = [("suspend", "unsuspend", "suspended"), ("archive", "unarchive", "archived"), ("delete", "undelete", "deleted")]


def admin(scene: Scene, op: str, email: str = BEN, **more: Any) -> None:
    People(scene.universe).change({"op": op, "email": email, **more})


def box(scene: Scene, address: str = BEN) -> Mailbox:
    """By the id that never changes."""
    known = (*scene.universe.world.users, *scene.universe.world.deleted)
    user = next(u for u in known if address in (u.email, u.born))
    found = scene.services.ports.store.mailbox(MailboxId(user.user_id))
    assert found is not None
    return found


def said(scene: Scene, address: str = BEN) -> str:
    return describe_status(box(scene, address), scene.clock.now())


def test_a_rename_keeps_the_row_the_cursor_and_the_ledger(scene: Scene) -> None:
    scene.deliver(BEN, eml(to=BEN, subject="Before"))
    scene.sync()
    before = box(scene)
    admin(scene, "rename", to="benno@acme.example")
    scene.deliver("benno@acme.example", eml(to="benno@acme.example", subject="After"))
    scene.sync()
    after = box(scene)
    assert after.mailbox_id == before.mailbox_id
    assert after.addresses == ("benno@acme.example", "b@acme.example", BEN)
    assert len(scene.services.ports.store.mailboxes()) == 3
    assert sorted(t["Subject"][-6:] for t in scene.tasks()) == [" After", "Before"]
    assert sum(c.method == "messages.list" for c in scene.universe.calls.calls("gmail")) == 3  # no second listing


def test_the_old_address_stays_internal_when_nobody_has_it_any_more(scene: Scene) -> None:
    scene.sync()
    admin(scene, "rename", to="benno@acme.example", keep_alias=False)
    scene.clock.advance(HOUR)
    scene.sync()
    assert BEN not in box(scene).addresses
    assert scene.services.workspaces.current().is_internal(BEN)
    message = scene.deliver(ANN, eml(sender=BEN))
    scene.sync()
    assert scene.outcomes()[message] == "internal_only"


def test_an_address_that_went_to_a_newcomer_belongs_to_the_newcomer(scene: Scene) -> None:
    scene.sync()
    admin(scene, "rename", to="benno@acme.example", keep_alias=False)
    admin(scene, "create", name="Another Ben")
    scene.sync()
    newcomer = next(m for m in scene.services.ports.store.mailboxes() if m.address == BEN)
    renamed = next(m for m in scene.services.ports.store.mailboxes() if m.address == "benno@acme.example")
    assert BEN not in renamed.addresses
    assert newcomer.mailbox_id != renamed.mailbox_id
    assert scene.services.workspaces.current().addresses_of(BEN) == (BEN,)


def test_an_alias_comes_and_goes(scene: Scene) -> None:
    scene.sync()
    admin(scene, "alias", alias="benjamin@acme.example")
    scene.sync()
    assert "benjamin@acme.example" in box(scene).addresses
    admin(scene, "unalias", alias="benjamin@acme.example")
    scene.universe.mailboxes[BEN].send_as = (BEN, "ben@brand.example")
    scene.clock.advance(HOUR)
    scene.sync()
    assert box(scene).addresses == (BEN, "b@acme.example", "ben@brand.example")
    assert scene.services.workspaces.current().is_internal("ben@brand.example")


def test_gmail_is_asked_for_send_as_addresses_once_an_hour(scene: Scene) -> None:
    for _ in range(3):
        scene.sync()
        scene.clock.advance(60)
    assert sum(c.method == "sendAs.list" for c in scene.universe.calls.calls("gmail")) == 3


def test_where_a_sweep_has_time_for_a_few_the_next_ones_come_to_all(scene: Scene) -> None:
    scene.sync()
    sweeper: Any = scene.services.rooms.sweeper
    asked: list[str] = []
    send_as = sweeper.mail.send_as

    def take_a_minute(mailbox: Mailbox) -> Any:
        asked.append(mailbox.address)
        scene.clock.advance(60)
        return send_as(mailbox)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeper.mail, "send_as", take_a_minute)
        for _ in range(3):
            scene.clock.advance(HOUR)
            sweeper.sweep(patience=90)
    assert asked == [ANN, BEN, CEM, ANN, BEN, ANN]


@pytest.mark.parametrize(("leaves", "returns", "state"), LEAVE)
def test_who_leaves_drains_and_who_returns_goes_on(scene: Scene, leaves: str, returns: str, state: str) -> None:
    scene.deliver(BEN, eml(to=BEN, subject="Before"))
    scene.sync()
    cursor = box(scene).cursor
    admin(scene, leaves)
    scene.deliver(BEN, eml(to=BEN, subject="Meanwhile"))
    scene.clock.advance(HOUR)
    result = scene.sync()
    left = box(scene)
    assert (left.stage, left.directory_state.value, left.cursor) == (Stage.DRAINING, state, cursor)
    assert (result.mailboxes, result.troubled, result.is_at_rest) == (2, {}, True)
    assert "Complete to 2026-09-21 14:13 UTC." in said(scene)
    admin(scene, returns)
    scene.sync()
    assert (box(scene).stage, box(scene).directory_state) == (Stage.LIVE, DirectoryState.ACTIVE)
    assert len(scene.tasks()) == 2


def test_who_returns_after_the_history_expired_is_listed_again_and_nothing_is_logged_twice(scene: Scene) -> None:
    scene.deliver(BEN, eml(to=BEN, subject="Before"))
    scene.sync()
    admin(scene, "suspend")
    scene.sync()
    scene.deliver(BEN, eml(to=BEN, subject="Meanwhile"))
    scene.universe.mailboxes[BEN].expire_history()
    admin(scene, "unsuspend")
    scene.sync()
    assert len(scene.tasks()) == 2


@pytest.mark.parametrize("stage", [Stage.OFF, Stage.DRAINING, Stage.DRY_RUN])
def test_an_admins_own_stage_is_never_overridden(scene: Scene, stage: Stage) -> None:
    scene.sync()
    set_stage(scene.services.ports.store, scene.clock, box(scene), stage)
    for op in ("suspend", "unsuspend"):
        admin(scene, op)
        scene.sync()
        assert box(scene).stage is stage
    admin(scene, "suspend")
    scene.sync()
    set_stage(scene.services.ports.store, scene.clock, box(scene), stage)
    admin(scene, "unsuspend")
    scene.sync()
    assert box(scene).stage is stage


def test_who_was_suspended_before_ever_being_seen_gets_no_row(make_scene: MakeScene) -> None:
    users = (*small_world().users[:2], User(CEM, is_suspended=True))
    scene = make_scene(replace(small_world(), users=users))
    scene.sync()
    assert [m.address for m in scene.services.ports.store.mailboxes()] == [ANN, BEN]
    admin(scene, "unsuspend", CEM)
    scene.sync()
    assert box(scene, CEM).reads


def test_draining_waits_for_no_delay(scene: Scene) -> None:
    scene.restart(PUBLISH_DELAY_SECONDS="600")
    scene.deliver(BEN, eml(to=BEN, date="Mon, 21 Sep 2026 14:13:20 +0000"))
    scene.sync(patience=0)
    assert scene.tasks() == []
    set_stage(scene.services.ports.store, scene.clock, box(scene), Stage.DRAINING)
    scene.sync(patience=0)
    assert len(scene.tasks()) == 1
    assert scene.clock.now() - START < 600


def test_what_a_draining_mailbox_gets_is_not_read(scene: Scene) -> None:
    scene.sync()
    set_stage(scene.services.ports.store, scene.clock, box(scene), Stage.DRAINING)
    scene.universe.calls.clear()
    scene.deliver(BEN, eml(to=BEN))
    scene.sync()
    assert scene.outcomes(BEN) == {}
    assert not [c for c in scene.universe.calls.calls("gmail") if c.mailbox == BEN]


def test_a_person_missing_from_a_listing_has_not_left(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.sync()
    directory: Any = scene.services.ports.directory
    people = directory.people
    monkeypatch.setattr(directory, "people", lambda: [p for p in people() if p.address != BEN])
    assert scene.sync().mailboxes == 3
    assert box(scene).directory_state is DirectoryState.ACTIVE
    assert scene.universe.calls.summary()["directory"]["users.get"] == 1


def test_a_second_look_that_fails_says_nothing(scene: Scene) -> None:
    scene.sync()
    admin(scene, "delete")
    scene.universe.faults.plan(Fault("directory", "users.get", "domainPolicy"))
    mine = scene.deliver(ANN, eml(subject="Ann's own"))
    scene.sync()
    assert box(scene).stage is Stage.LIVE
    assert scene.outcomes(ANN)[mine] == "contact_match"

    scene.sync()
    assert box(scene).stage is Stage.DRAINING


def test_who_is_refused_to_us_stops_nobody_else_and_is_asked_for_again_in_an_hour(scene: Scene) -> None:
    scene.sync()
    scene.universe.faults.plan(Fault("gmail", "sendAs.list", "domainPolicy", times=-1, mailbox=BEN))
    scene.clock.advance(HOUR + 1)
    mine = scene.deliver(ANN, eml(subject="Ann's own"))
    before = scene.universe.calls.summary()["gmail"]["sendAs.list"]
    for _ in range(3):
        scene.sync()
        scene.clock.advance(60)

    assert scene.outcomes(ANN)[mine] == "contact_match"
    assert scene.universe.calls.summary()["gmail"]["sendAs.list"] == before + 3
    assert box(scene).stage is Stage.LIVE
    assert BEN in box(scene).addresses


def test_where_google_refuses_everybody_sweeps_cost_no_more_than_usual(scene: Scene) -> None:
    scene.sync()
    scene.universe.faults.plan(Fault("gmail", "sendAs.list", "domainPolicy", times=-1))
    scene.clock.advance(HOUR + 1)
    before = scene.universe.calls.summary()["gmail"]["sendAs.list"]
    for _ in range(3):
        assert len(scene.services.rooms.sweeper.sweep()) == 3
        scene.clock.advance(300)
    assert scene.universe.calls.summary()["gmail"]["sendAs.list"] == before + 3


def test_who_is_known_to_be_deleted_is_not_asked_for_again(scene: Scene) -> None:
    scene.sync()
    admin(scene, "delete")
    for _ in range(3):
        scene.sync()
    assert scene.universe.calls.summary()["directory"]["users.get"] == 1


def test_a_new_mailbox_is_tried_for_a_day_until_it_is_set_up(scene: Scene) -> None:
    admin(scene, "unset_mailbox")
    scene.sync()
    assert box(scene).directory_state is DirectoryState.NOT_SET_UP
    assert "not set up for this person yet" in said(scene)
    scene.clock.advance(HOUR)
    admin(scene, "set_up_mailbox")
    scene.deliver(BEN, eml(to=BEN))
    scene.sync()
    assert len(scene.tasks()) == 1
    assert box(scene).directory_state is DirectoryState.ACTIVE


def test_after_a_day_gmail_is_asked_no_more_until_the_directory_says_otherwise(scene: Scene) -> None:
    admin(scene, "unset_mailbox")
    scene.sync()
    scene.clock.advance(DAY + 1)
    scene.sync()
    scene.universe.calls.clear()
    assert scene.sync().mailboxes == 2
    assert box(scene).directory_state is DirectoryState.NO_GMAIL
    asked = scene.universe.calls.calls("gmail") + scene.universe.calls.calls("google_token")
    assert not [call for call in asked if call.mailbox == BEN]
    assert "no licence" in said(scene)
    admin(scene, "set_up_mailbox")
    assert scene.sync().mailboxes == 3


def test_gmail_switched_off_parks_the_mailbox_and_says_so(scene: Scene) -> None:
    scene.sync()
    scene.universe.faults.plan(Fault("gmail", "*", "failedPrecondition", times=-1, mailbox=BEN))
    scene.clock.advance(HOUR)
    assert scene.sync().mailboxes == 2
    assert box(scene).directory_state is DirectoryState.NO_GMAIL
    assert "Gmail is switched off" in said(scene)
    assert "Complete to" in said(scene)
    scene.universe.faults.clear()
    scene.deliver(BEN, eml(to=BEN))
    assert scene.sync().mailboxes == 3
    assert len(scene.tasks()) == 1


def test_gmail_switched_off_between_two_sweeps_parks_it_too(scene: Scene) -> None:
    scene.sync()
    scene.universe.faults.plan(Fault("gmail", "*", "failedPrecondition", times=-1, mailbox=BEN))
    assert scene.sync(patience=0).troubled == {BEN: "GmailOffError"}
    assert "Gmail is switched off" in said(scene)


def test_guests_are_outsiders_without_a_mailbox(make_scene: MakeScene) -> None:
    guest = User("ada@byron.example", "Ada", is_guest=True)
    scene = make_scene(replace(small_world(), users=(*small_world().users, guest)))
    message = scene.deliver(ANN, eml(sender=guest.email))
    scene.sync()
    assert scene.outcomes()[message] == "contact_match"
    assert len(scene.services.ports.store.mailboxes()) == 3


def test_all_own_domains_are_internal(make_scene: MakeScene) -> None:
    world = replace(
        small_world(),
        domains=(
            {"name": "acme.example", "primary": True, "aliases": ["acme.test"]},
            {"name": "lamps.example"},
            {"name": "pending.example", "verified": False},
        ),
        groups=({"email": "sales@acme.example", "aliases": ["deals@brand.example"]},),
    )
    scene = make_scene(world, INTERNAL_DOMAINS="Old-Acme.example, @bücher.example *.brand-two.example")
    workspace = scene.services.workspaces.current()
    ours = (
        "x@acme.example", "x@eu.acme.example", "x@acme.test", "x@lamps.example", "x@old-acme.example",
        "x@mail.old-acme.example", "x@xn--bcher-kva.example", "x@eu.brand-two.example", "deals@brand.example",
    )  # fmt: skip
    assert [a for a in ours if not workspace.is_internal(a)] == []
    others = ("x@pending.example", "x@notacme.example", "x@brand.example", "x@example")
    assert [a for a in others if workspace.is_internal(a)] == []


@pytest.mark.parametrize(
    ("blocked", "sender"),
    [
        ("@whit-legal.example", "a@whit-legal.example"),
        ("*.whit-legal.example", "a@mail.whit-legal.example"),
        (".whit-legal.example", "a@whit-legal.example"),
        ("Bücher.example", "a@xn--bcher-kva.example"),
        ("Anna@Bücher.example", "anna@xn--bcher-kva.example"),
    ],
)
def test_a_blocklist_is_meant_however_it_is_written(make_scene: MakeScene, blocked: str, sender: str) -> None:
    scene = make_scene(small_world(), BLOCKED=blocked)
    hidden = scene.deliver("ann@acme.example", eml(sender))
    seen = scene.deliver("ann@acme.example", eml("b@whit.example"))
    scene.sync()
    assert (scene.outcomes()[hidden], scene.outcomes()[seen]) == ("blocked", "no_match")


def test_so_is_a_public_mail_domain(make_scene: MakeScene) -> None:
    scene = make_scene(small_world(), PUBLIC_MAIL_DOMAINS="@Byron.example")
    mine = scene.deliver("ann@acme.example", eml("somebody@byron.example"))
    scene.sync()
    assert scene.outcomes()[mine] == "no_match"


def test_a_provider_that_is_a_customer_is_a_company(make_scene: MakeScene) -> None:
    scene = make_scene(small_world(), PUBLIC_MAIL_DOMAINS="Byron.example", COMPANY_DOMAINS="@Byron.example")
    mine = scene.deliver("ann@acme.example", eml("somebody@byron.example"))
    scene.sync()
    assert scene.outcomes()[mine] == "account_domain_match"
