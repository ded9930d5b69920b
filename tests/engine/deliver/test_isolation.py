"""One bad message, record or mailbox is its own trouble and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from server.domain.crm import Candidates, Query
from server.domain.decision import Reason
from server.domain.errors import InvariantError, RejectedError
from server.domain.ledger import Waiting
from server.domain.mailbox import Stage
from server.engine.collect import screening
from server.engine.decide import asking, decisions
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


Asked = Callable[[Query], Candidates]


def refuse_questions(scene: Scene, monkeypatch: pytest.MonkeyPatch, error: Exception, about: str = "") -> list[Query]:
    """Salesforce takes no question that names this address, or none at all; returns what it was asked."""
    asked: list[Query] = []
    look_up: Asked = scene.services.ports.crm.look_up

    def answer(query: Query) -> Candidates:
        asked.append(query)
        if not about or about in query.addresses:
            raise error
        return look_up(query)

    monkeypatch.setattr(scene.services.ports.crm, "look_up", answer)
    return asked


@pytest.mark.parametrize(
    ("error", "code"),
    [(InvariantError("MALFORMED_QUERY"), "LOOK_UP_REFUSED"), (RejectedError("HTTP_400"), "HTTP_400")],
)
@pytest.mark.parametrize("others", [0, 1, 12])
def test_a_mail_that_salesforce_takes_no_question_about_hurts_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, others: int
) -> None:
    for number in range(others):
        scene.deliver("ann@acme.example", eml(subject=str(number)))
    spoiler = scene.deliver("ben@acme.example", eml(sender="spoiler@b.example", to="ben@acme.example"))
    asked = refuse_questions(scene, monkeypatch, error, "spoiler@b.example")

    assert scene.sync().is_at_rest

    assert len(scene.tasks()) == others
    [row] = scene.services.ports.store.failed_rows(scene.mailbox("ben@acme.example").mailbox_id)
    assert (row.message_id, row.reason, row.cause) == (spoiler, Reason.REJECTED, code)
    assert len(asked) <= 12


def test_many_such_mails_cost_a_bounded_number_of_questions_and_all_are_found(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_QUESTIONS", 6)
    scene.sync()
    for number in range(8):
        scene.deliver("ann@acme.example", eml(sender="spoiler@b.example", subject=str(number)))
    scene.deliver("ann@acme.example", eml())
    workspace, rooms = scene.services.workspaces.current(), scene.services.rooms
    rooms.collector.collect(workspace, scene.mailbox().mailbox_id)
    asked = refuse_questions(scene, monkeypatch, InvariantError("MALFORMED_QUERY"), "spoiler@b.example")
    for _ in range(8):
        earlier = len(asked)
        scene.clock.advance(600)
        delivered = rooms.deliverer.deliver_next(workspace)
        assert len(asked) - earlier <= 7
        assert delivered.settled or not delivered.read

    assert sorted(scene.outcomes().values()) == ["contact_match"] + ["rejected"] * 8


def test_no_mail_ends_where_salesforce_takes_no_question_at_all(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.deliver("ann@acme.example", eml())
    refuse_questions(scene, monkeypatch, InvariantError("MALFORMED_QUERY"))
    with pytest.raises(InvariantError):
        scene.sync()
    monkeypatch.undo()
    scene.sync()
    assert len(scene.tasks()) == 1


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
