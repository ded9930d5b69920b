"""The response time of an activity, whatever order and rounds its conversation comes in."""

from __future__ import annotations

import pytest

from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
FIELD = "TrulyActivity__Response_Minutes__c"
ASKED, ANSWERED = "Mon, 14 Sep 2026 09:00:00 +0000", "Mon, 14 Sep 2026 09:45:00 +0000"


def ask(scene: Scene) -> None:
    scene.deliver(ANN, eml(message_id="<q@byron.example>", date=ASKED))


def answer(scene: Scene, **headers: str) -> None:
    raw = eml(
        sender=ANN, to="ada@byron.example", subject="Re: Lamps", date=ANSWERED, message_id="<a@acme.example>", **headers
    )
    scene.deliver(ANN, raw, "SENT")


def minutes(scene: Scene) -> dict[str, float | None]:
    return {task["Subject"].rpartition(": ")[2]: task.get(FIELD) for task in scene.tasks()}


@pytest.mark.parametrize("at_once", [True, False])
def test_an_answer_says_how_long_the_customer_waited(scene: Scene, at_once: bool) -> None:
    ask(scene)
    if not at_once:
        scene.sync()
    answer(scene, In_Reply_To="<q@byron.example>", References="<q@byron.example>")
    scene.sync()

    assert sorted(task.get(FIELD) or 0 for task in scene.tasks()) == [0, 45]


def test_a_mail_that_answers_nothing_has_no_response_time(scene: Scene) -> None:
    ask(scene)
    answer(scene)
    scene.sync()

    assert set(minutes(scene).values()) == {None}
