"""One bad message, record or mailbox is its own trouble and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.domain.ledger import Waiting
from server.domain.mailbox import Stage
from server.engine.collect import screening
from server.engine.decide import decisions
from server.engine.deliver import activities
from server.engine.ledger import sealed_headers
from server.engine.mailboxes.stages import set_stage
from simulator.faults import Fault
from tests.support.scene import Scene, eml


def mails(scene: Scene) -> None:
    for name in ("One", "Spoiler", "Two", "Three"):
        scene.deliver("ann@acme.example", eml(subject=name))


def test_a_record_that_is_refused_hurts_no_other(scene: Scene) -> None:
    mails(scene)
    spoiler = "From ada@byron.example: Spoiler"
    scene.universe.faults.plan(
        Fault("salesforce", "insert", "FIELD_CUSTOM_VALIDATION_EXCEPTION:No", -1, record=spoiler)
    )

    assert scene.sync().is_at_rest
    assert sorted(scene.outcomes().values()) == ["contact_match"] * 3 + ["rejected"]
    assert len(scene.tasks()) == 3


@pytest.mark.parametrize(
    ("module", "name"),
    [(activities, "plan_activity"), (decisions, "decide"), (sealed_headers, "people_of"), (screening, "screen")],
)
def test_a_bug_that_one_mail_finds_stops_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    mails(scene)
    original = getattr(module, name)
    calls = iter(range(10**6))

    def buggy(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == 1:
            raise KeyError("a bug")
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, buggy)
    assert scene.sync(patience=60).is_at_rest
    assert len(scene.tasks()) == 4


def test_a_bug_in_reading_a_mailbox_pauses_that_mailbox(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    mails(scene)
    scene.deliver("ben@acme.example", eml(to="ben@acme.example"))
    mail: Any = scene.services.ports.mail
    original = mail.current_cursor
    mail.current_cursor = lambda mailbox: original(mailbox) if mailbox.address != "ann@acme.example" else {}["bug"]
    result = scene.sync(patience=0)
    assert result.troubled == {"ann@acme.example": "KeyError"}
    assert len(scene.tasks()) == 1
    assert "KeyError" in caplog.text


def test_due_rows_of_a_mailbox_that_no_longer_delivers_are_in_nobodys_way(scene: Scene) -> None:
    scene.restart(NEW_MAILBOX_STAGE="dry_run")
    mails(scene)
    scene.sync()
    ports = scene.services.ports
    ann = scene.mailbox("ann@acme.example")
    rows = [replace(r, wait=Waiting(r.wait.shard, 0.0)) for r in ports.store.rows(ann.mailbox_id)]
    ports.store.change_rows(rows)  # as a worker leaves them that read the stage just before it changed
    assert scene.sync().is_at_rest
    assert set(scene.outcomes().values()) == {"held"}
    assert scene.tasks() == []
    set_stage(ports.store, scene.clock, ann, Stage.LIVE)
    scene.sync()
    assert len(scene.tasks()) == 4


def test_a_held_copy_holds_the_mail_until_the_delay_is_over(scene: Scene) -> None:
    scene.restart(PUBLISH_DELAY_SECONDS="600")
    scene.clock.advance(1)
    now = scene.clock.now()
    fresh = eml(date="Mon, 21 Sep 2026 14:13:21 +0000")
    message = scene.deliver("ann@acme.example", fresh)
    scene.deliver("ben@acme.example", fresh)
    scene.sync(patience=0)
    assert (scene.outcomes()[message], scene.tasks()) == ("held", [])
    scene.sync(patience=1200)
    assert len(scene.tasks()) == 1
    assert scene.clock.now() - now >= 600


def test_a_suspended_user_is_left_alone(scene: Scene) -> None:
    users = scene.universe.world.users
    object.__setattr__(scene.universe.world, "users", (*users[:2], replace(users[2], is_suspended=True)))
    scene.deliver("cem@acme.example", eml(to="cem@acme.example"))
    result = scene.sync()
    assert (result.mailboxes, result.troubled, scene.tasks()) == (2, {}, [])
