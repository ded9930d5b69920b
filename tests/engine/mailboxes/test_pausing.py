"""The outside world fails in every way it knows; nothing is lost, nothing is logged twice, nobody else waits."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from server.domain.crm import Activity, Filed
from server.domain.decision import Outcome
from server.domain.errors import ReconnectRequiredError
from server.domain.mailbox import DirectoryState
from server.engine.coverage.audit import measure_coverage
from server.engine.deliver.filing import REQUEST_LIVES
from simulator.faults import Fault
from tests.support.scene import MakeScene, Scene, eml, small_world

GMAIL = [
    ("messages.get", kind) for kind in ("500", "503", "429", "rateLimitExceeded", "userRateLimitExceeded", "404")
] + [
    ("batch", "503"), ("batch", "drop_answer"), ("messages.list", "500"), ("messages.list", "drop_answer"),
    ("getProfile", "429"), ("labels.list", "503"), ("messages.get", "429_until:2026-09-21T14:15:00Z"),
]  # fmt: skip
SALESFORCE = [
    (method, kind)
    for method in ("collections.create", "composite")
    for kind in ("503", "500", "timeout", "drop_answer", "401", "REQUEST_LIMIT_EXCEEDED")
] + [("insert", "UNABLE_TO_LOCK_ROW"), ("insert", "ENTITY_IS_DELETED")]  # fmt: skip


def three_mails(scene: Scene) -> None:
    for number in range(3):
        scene.deliver("ann@acme.example", eml(subject=f"Lamp {number}"))
    scene.deliver("ben@acme.example", eml(to="ben@acme.example", subject="Other box"))


@pytest.mark.parametrize(("method", "kind"), GMAIL)
@pytest.mark.parametrize("times", [1, 3])
def test_gmail_fails_and_recovers(scene: Scene, method: str, kind: str, times: int) -> None:
    three_mails(scene)
    scene.universe.faults.plan(Fault("gmail", method, kind, times=times))
    assert scene.sync(patience=7200).is_at_rest
    assert sorted(t["Subject"][-6:] for t in scene.tasks()) == ["Lamp 0", "Lamp 1", "Lamp 2", "er box"]
    assert set(scene.outcomes().values()) == {"contact_match"}


@pytest.mark.parametrize(("method", "kind"), SALESFORCE)
@pytest.mark.parametrize("times", [1, 3])
def test_salesforce_fails_and_recovers(scene: Scene, method: str, kind: str, times: int) -> None:
    three_mails(scene)
    scene.sync(only=frozenset({"cem@acme.example"}))  # describe and login are done
    # A session that ends at once every time is a matter for the admin, not for another try.
    scene.universe.faults.plan(Fault("salesforce", method, kind, times=1 if kind == "401" else times))
    assert scene.sync(patience=7200).is_at_rest
    keys = [t["TrulyActivity__Message_Key__c"] for t in scene.tasks()]
    assert len(keys) == len(set(keys)) == 4
    assert set(scene.outcomes().values()) == {"contact_match"}


def test_a_message_that_gmail_never_gives_ends_as_gone(scene: Scene) -> None:
    three_mails(scene)
    lost = scene.deliver("ann@acme.example", eml(subject="Lost"))
    scene.universe.faults.plan(Fault("gmail", "messages.get", "404", times=-1, record=lost))
    assert scene.sync(patience=7200).is_at_rest
    assert scene.outcomes()[lost] == "gone"
    assert len(scene.tasks()) == 4


def test_one_mailbox_in_trouble_delays_no_other(scene: Scene) -> None:
    three_mails(scene)
    scene.universe.faults.plan(Fault("gmail", "*", "failedPrecondition", times=-1, mailbox="ann@acme.example"))
    result = scene.sync(patience=10)
    assert (result.is_at_rest, result.mailboxes) == (True, 2)
    ann = scene.mailbox("ann@acme.example")
    assert ann.directory_state is DirectoryState.NO_GMAIL
    assert scene.outcomes("ben@acme.example") != {}
    assert len(scene.tasks()) == 1
    scene.universe.faults.clear()
    assert scene.sync(patience=7200).is_at_rest
    assert len(scene.tasks()) == 4


def test_what_salesforce_refuses_is_failed_and_says_why(scene: Scene) -> None:
    three_mails(scene)
    kind = "FIELD_CUSTOM_VALIDATION_EXCEPTION:Region is required."
    scene.universe.faults.plan(Fault("salesforce", "insert", kind, record="From ada@byron.example: Lamp 1"))
    assert scene.sync().is_at_rest
    assert sorted(scene.outcomes().values()) == ["contact_match", "contact_match", "rejected"]
    mailbox = scene.mailbox("ann@acme.example")
    [refused] = [r for r in scene.services.ports.store.rows(mailbox.mailbox_id) if r.outcome is Outcome.FAILED]
    assert refused.cause == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert measure_coverage(scene.services.ports.mail, scene.services.ports.store, scene.clock, mailbox).is_closed
    assert refused.activity_key is not None
    assert scene.services.ports.store.copy(refused.activity_key) is None


def test_a_task_that_somebody_deleted_is_not_inserted_again(scene: Scene) -> None:
    scene.deliver("ann@acme.example", eml())
    scene.universe.faults.plan(Fault("salesforce", "collections.create", "drop_answer"))
    scene.sync(patience=0)
    [task] = scene.tasks()
    scene.universe.org.remove(task["Id"])
    assert scene.sync(patience=7200).is_at_rest
    assert (scene.tasks(), list(scene.outcomes().values())) == ([], ["taken_back"])


def unanswered(scene: Scene, monkeypatch: pytest.MonkeyPatch, kind: str = "timeout") -> Sequence[Activity]:
    """What an insert held that nobody answered, and that Salesforce has not done so far."""
    sent: list[Activity] = []
    crm = scene.services.ports.crm
    file = crm.file

    def watched(activities: Sequence[Activity]) -> Sequence[Filed]:
        sent.extend(activities)
        return file(activities)

    scene.universe.faults.plan(Fault("salesforce", "collections.create", kind))
    with monkeypatch.context() as watching:
        watching.setattr(crm, "file", watched)
        scene.sync(patience=0)
    assert (scene.tasks(), len(sent)) == ([], 1)
    return sent


def test_an_insert_that_is_done_after_all_is_not_done_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a person throws its activity away before anybody looks."""
    scene.deliver("ann@acme.example", eml())
    sent = unanswered(scene, monkeypatch)
    assert not scene.sync(patience=300).is_at_rest
    scene.services.ports.crm.file(sent)  # now Salesforce gets to it
    [task] = scene.tasks()
    scene.universe.org.remove(task["Id"])
    assert scene.sync(patience=7200).is_at_rest
    assert list(scene.outcomes().values()) == ["taken_back"]
    assert len(scene.universe.org.everything("Task")) == 1


def test_an_insert_that_was_never_done_is_done_when_it_can_no_longer_come(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.deliver("ann@acme.example", eml())
    unanswered(scene, monkeypatch)
    lost_at = scene.clock.now()
    colleagues = scene.deliver("ben@acme.example", eml())  # whose copy does not hurry it either
    scene.sync(patience=REQUEST_LIVES - 10)
    assert scene.tasks() == []
    assert scene.sync(patience=7200).is_at_rest
    assert len(scene.universe.org.everything("Task")) == 1
    assert scene.clock.now() >= lost_at + REQUEST_LIVES
    assert scene.outcomes("ben@acme.example")[colleagues] == "contact_match"


@pytest.mark.parametrize("kind", ["503", "500"])
def test_an_answer_that_says_nothing_is_not_waited_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    scene.deliver("ann@acme.example", eml())
    unanswered(scene, monkeypatch, kind)
    assert scene.sync(patience=10).is_at_rest
    assert len(scene.tasks()) == 1


def test_a_later_copy_joins_the_activity(scene: Scene) -> None:
    raw = eml(to="ann@acme.example, ben@acme.example")
    scene.deliver("ann@acme.example", raw)
    scene.sync()
    late = scene.deliver("ben@acme.example", raw)
    scene.sync()
    assert scene.outcomes("ben@acme.example")[late] == "contact_match"
    assert len(scene.tasks()) == 1


def test_credentials_that_no_longer_hold_are_told_at_once(scene: Scene) -> None:
    scene.universe.identity.accounts.clear()
    with pytest.raises(ReconnectRequiredError, match="key"):
        scene.sync()


def test_an_org_without_our_fields_still_logs_once(make_scene: MakeScene) -> None:
    scene = make_scene(small_world({"namespace": None, "activity_fields": False}))
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    scene.sync()
    assert len(scene.tasks()) == 1
