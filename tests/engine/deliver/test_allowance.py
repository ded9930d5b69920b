"""What background work does of the org's daily calls, and how many it needs."""

from __future__ import annotations

from server.adapters.salesforce.org.usage import FRESH
from server.domain.alarm import AlarmCode
from tests.support.rep import Rep
from tests.support.scene import Scene, eml, tell_share_of_calls

ANN = "ann@acme.example"
LONG_AGO = "Mon, 06 Jul 2026 09:00:00 +0000"


def calls(scene: Scene) -> list[str]:
    return [call.method for call in scene.universe.calls.calls("salesforce")]


def test_mail_waits_while_the_share_is_spent_and_goes_on_by_itself(scene: Scene) -> None:
    scene.deliver(ANN, eml())
    tell_share_of_calls(scene, 0.8)
    scene.universe.calls.clear()

    synced = scene.sync()

    assert (synced.is_spent, synced.is_at_rest, scene.tasks()) == (True, False, [])
    assert calls(scene) == []
    assert list(scene.outcomes().values()) == ["ready"]
    assert [a.code for a in scene.services.ports.alarms.since(0)] == [AlarmCode.SALESFORCE_CALLS]

    scene.clock.advance(FRESH + 1)

    assert scene.sync().is_at_rest
    assert len(scene.tasks()) == 1


def test_a_button_works_while_background_work_stands_still(scene: Scene) -> None:
    message = scene.deliver(ANN, eml(Auto_Submitted="auto-replied"))
    scene.sync()
    tell_share_of_calls(scene, 0.9)

    Rep(scene, ANN, message).click("Log it anyway")

    assert len(scene.tasks()) == 1


def test_a_thousand_out_of_the_past_cost_four_calls_at_most(scene: Scene) -> None:
    for number in range(1_000):
        scene.deliver(ANN, eml(subject=str(number), date=LONG_AGO))
    scene.services.ports.crm.shape()
    scene.universe.calls.clear()

    scene.sync()

    assert len(scene.tasks()) == 1_000
    assert len(calls(scene)) <= 4


def test_a_round_that_gmail_slows_down_files_what_it_has_and_leaves_the_rest_in_line(scene: Scene) -> None:
    """Its leases last five minutes: what is not begun by then is nobody's, and the next round's."""
    for number in range(450):
        scene.deliver(ANN, eml(subject=str(number)))
    ports = scene.services.ports
    original = ports.mail.bodies

    def slow(*args, **kwargs):  # type: ignore[no-untyped-def]
        scene.clock.advance(60.0)
        return original(*args, **kwargs)

    ports.mail.bodies = slow  # type: ignore[method-assign]

    assert scene.sync(patience=3_600).is_at_rest
    assert len(scene.tasks()) == 450
    assert set(scene.outcomes().values()) == {"contact_match"}
