"""A dry run over rows that do not open, and over conversations for which a rep chose something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.history import MessageRef
from server.domain.ids import MessageId, SalesforceId, ThreadId
from server.domain.mailbox import Stage
from server.engine.decide.dry_run import Preview
from simulator.salesforce.ids import to_18
from tests.support.rep import Rep
from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
LEO = SalesforceId(to_18("00QA00000000001"))
ROOT = "<root@mail.example>"


@pytest.fixture
def dry(scene: Scene) -> Scene:
    """Every mailbox is tried out first."""
    scene.restart(NEW_MAILBOX_STAGE="dry_run")
    return scene


def preview(scene: Scene) -> Preview:
    services = scene.services
    return services.rooms.dry_run.preview(services.workspaces.current(), services.ports.store.mailboxes())


def counted(shown: Preview) -> dict[str, int]:
    return {reason: count for (_, reason), count in shown.rows.items()}


def break_seal(scene: Scene, address: str, message: str) -> None:
    store = scene.services.ports.store
    mailbox_id = scene.mailbox(address).mailbox_id
    row = store.existing_rows(mailbox_id, [MessageId(message)])[MessageId(message)]
    store.change_rows([replace(row, sealed_headers=b"another key sealed this")])


def test_one_row_that_does_not_open_leaves_the_others_counted(dry: Scene) -> None:
    broken = dry.deliver(ANN, eml(subject="One"))
    dry.deliver(ANN, eml(subject="Two"))
    dry.deliver(BEN, eml(to=BEN, sender="who@nova.example"))
    dry.sync()
    break_seal(dry, ANN, broken)

    shown = preview(dry)

    assert counted(shown) == {"retrying": 1, "contact_match": 1, "no_match": 1}
    assert (shown.activities, shown.unreadable) == (1, 1)


def test_the_command_says_how_many_rows_do_not_open(dry: Scene) -> None:
    broken = dry.deliver(ANN, eml())
    dry.sync()
    break_seal(dry, ANN, broken)

    shown = dry.flask("dry-run")

    assert shown.code == 0
    assert "1 waiting messages cannot be opened" in shown.output


def test_a_record_that_a_rep_chose_is_where_later_mail_goes(dry: Scene) -> None:
    deliver_first(dry)
    dry.set_stage(ANN, Stage.LIVE)
    first = next(iter(dry.outcomes(ANN)))
    services = dry.services
    ref = MessageRef(MessageId(first), ThreadId(first))
    services.rooms.choices.move(services.workspaces.current(), dry.mailbox(ANN), ref, LEO)
    dry.set_stage(ANN, Stage.DRY_RUN)
    dry.deliver(
        ANN, eml(sender="who@nova.example", subject="Re: Lamps", References=ROOT, message_id="<2@mail.example>")
    )
    dry.sync()

    assert counted(preview(dry)) == {"thread_override": 2}


def test_a_conversation_that_its_owner_stopped_stays_out_for_a_colleague(dry: Scene) -> None:
    deliver_first(dry)
    ann, rooms = dry.mailbox(ANN), dry.services.rooms
    first = next(iter(dry.outcomes(ANN)))
    rooms.stopper.stop(ann, MessageRef(MessageId(first), ThreadId(first)))
    later = eml(to=f"{ANN}, {BEN}", subject="Re: Lamps", References=ROOT, message_id="<2@mail.example>")
    dry.deliver(BEN, later)
    dry.sync()
    rooms.access.user_of(ann)  # since a rep has opened a card, who the mailbox is in Salesforce is known

    shown = preview(dry)

    assert counted(shown) == {"kept_out": 2}
    assert shown.activities == 0


def test_a_copy_of_mail_that_is_logged_already_joins_it(dry: Scene) -> None:
    dry.sync()
    dry.set_stage(BEN, Stage.LIVE)
    mail = eml(to=f"{ANN}, {BEN}")
    dry.deliver(ANN, mail)
    dry.deliver(BEN, mail)
    dry.sync()

    shown = preview(dry)

    assert counted(shown) == {"contact_match": 2}
    assert (shown.activities, len(dry.tasks())) == (0, 1)


def deliver_first(scene: Scene) -> None:
    scene.deliver(ANN, eml(message_id=ROOT))
    scene.sync()


def test_a_copy_of_mail_that_its_owner_took_back_is_not_logged_again(scene: Scene) -> None:
    both = eml(to=f"{ANN}, {BEN}", message_id=ROOT)
    message = scene.deliver(ANN, both)
    scene.sync()
    Rep(scene, ANN, message).click("Stop logging").click("Delete and stop")
    scene.set_stage(BEN, Stage.DRY_RUN)
    scene.deliver(BEN, both)
    scene.sync()

    shown = preview(scene)

    scene.set_stage(BEN, Stage.LIVE)
    scene.sync()
    assert list(scene.outcomes(BEN).values()) == ["taken_back"]
    assert counted(shown) == {"kept_out": 1, "taken_back": 1}
    assert shown.activities == len(scene.tasks()) == 0
