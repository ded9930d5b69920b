"""The doctor's live probe: one activity inserted, found, moved and deleted; nothing is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.domain.crm import Filed
from server.domain.errors import OtherOrgError, RejectedError, TransientError
from server.engine.operations.doctor.registry import Finding
from simulator.faults import Fault
from simulator.salesforce.switches import OrgSwitches
from tests.support.scene import MakeScene, Scene, small_world

AUTOMATION = {
    "ApexTrigger": [
        {"Id": "01qA00000000001", "Name": "TaskTrigger", "NamespacePrefix": "dlrs", "TableEnumOrId": "Task", "Status": "Active"},
        {"Id": "01qA00000000002", "Name": "Old", "TableEnumOrId": "Task", "Status": "Inactive"},
        {"Id": "01qA00000000003", "Name": "Other", "TableEnumOrId": "Case", "Status": "Active"},
    ],
    "FlowDefinitionView": [
        {"Id": "300A00000000001", "Label": "Ping", "IsActive": True, "TriggerType": "RecordAfterSave", "TriggerObjectOrEventLabel": "Task"},
        {"Id": "300A00000000002", "Label": "Pong", "IsActive": True, "TriggerType": "RecordAfterSave", "TriggerObjectOrEventLabel": "Case"},
    ],
}  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path, small_world(AUTOMATION))
    scene.sync()
    yield scene
    scene.close()


def probe(scene: Scene) -> dict[str, Finding]:
    return {finding.what.removeprefix("Probe: "): finding for finding in scene.services.rooms.doctor.probe()}


def all_tasks(scene: Scene) -> list[dict[str, Any]]:
    return scene.universe.org.everything("Task")


def test_an_org_that_is_set_up_passes_and_keeps_nothing(scene: Scene) -> None:
    scene.universe.org.is_journalled = True

    done = scene.flask("doctor", "--probe")

    output = " ".join(done.output.split())
    for step in ("insert", "find", "owner", "move", "delete"):
        assert f"ok Probe: {step}:" in output
    assert (
        "Active triggers on Task: dlrs__TaskTrigger. Active flows on Task: Ping. Their conditions decide whether they ran."
        in output
    )
    assert scene.tasks() == []
    (task,) = all_tasks(scene)
    assert task["OwnerId"][:15] == "005A00000000001"
    assert task["WhoId"][:15] == "003A00000000001"
    assert task["TrulyActivity__Backfilled__c"] is False, "flows that act on new mail act on the probe"
    assert "It was moved to a contact." in output
    assert "It was deleted." in output
    entries = [(entry.what, entry.kind) for entry in scene.universe.org.journal]
    assert entries == [("insert", "Task"), ("update", "Task"), ("delete", "Task")]


def test_before_the_first_sync_the_owner_is_somebody_in_scope(make_scene: MakeScene) -> None:
    scene = make_scene()
    assert scene.services.ports.store.mailboxes() == []

    found = probe(scene)

    assert found["owner"].is_good
    assert all_tasks(scene)[0]["OwnerId"][:15] == "005A00000000001"


def test_where_nobody_is_known_it_says_to_run_sync(make_scene: MakeScene) -> None:
    finding = probe(make_scene(MAILBOXES="nobody@acme.example"))["owner"]

    assert not finding.is_good
    assert "No mailbox is known yet" in finding.text
    assert "Run sync, then run the probe again." in finding.text


def test_where_no_mailbox_has_a_user_it_says_so(make_scene: MakeScene) -> None:
    finding = probe(make_scene(small_world({"User": []})))["owner"]

    assert not finding.is_good
    assert finding.text.startswith("None of the mailboxes has a Salesforce User")


def test_without_a_contact_nothing_is_called_moved(make_scene: MakeScene) -> None:
    finding = probe(make_scene(small_world({"Contact": []})))["move"]

    assert finding.is_good
    assert "sees no contact, so it was not moved" in finding.text


def test_without_the_option_nothing_is_written(scene: Scene) -> None:
    scene.flask("doctor")

    assert all_tasks(scene) == []


def test_probes_follow_each_other(scene: Scene) -> None:
    for _ in range(3):
        assert all(finding.is_good for finding in probe(scene).values())

    assert scene.tasks() == []


def test_a_refused_insert_says_why_and_what_to_do(make_scene: MakeScene) -> None:
    rules = [{"kind": "validation", "object": "Task", "message": "Region is required."}]
    scene = make_scene(small_world({"rules": rules}))
    scene.sync()

    found = probe(scene)

    assert "Region is required" in found["insert"].text
    assert "permission set" in found["insert"].text
    assert set(found) == {"insert", "automation"}
    assert all_tasks(scene) == []


@pytest.mark.parametrize("method", ["retarget", "find_by_key"])
def test_what_was_made_is_deleted_after_a_failure(scene: Scene, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    crm = scene.services.ports.crm
    original = getattr(crm, method)
    calls = [0]

    def fail(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if method == "find_by_key" and calls[0] == 1:
            return original(*args, **kwargs)  # before anything is made
        raise TransientError("Salesforce cannot be reached.")

    monkeypatch.setattr(crm, method, fail)

    found = probe(scene)

    assert not found["move" if method == "retarget" else "find"].is_good
    assert found["delete"].is_good
    assert scene.tasks() == []
    assert len(all_tasks(scene)) == 1


def test_an_org_without_our_key_field_says_so_and_keeps_nothing(make_scene: MakeScene) -> None:
    scene = make_scene(small_world({"activity_fields": False}))

    found = probe(scene)

    assert "must see our key field" in found["find"].text
    assert found["delete"].is_good
    assert scene.tasks() == []


def test_a_bug_in_the_middle_leaves_nothing_either(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_args: Any, **_kwargs: Any) -> Any:
        raise KeyError("bug")

    monkeypatch.setattr(scene.services.ports.crm, "retarget", break_down)

    with pytest.raises(KeyError):
        probe(scene)

    assert scene.tasks() == []


def test_a_lost_answer_to_the_insert_leaves_nothing(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("salesforce", "collections.create", "drop_answer", 1))

    found = probe(scene)

    assert not found["insert"].is_good
    assert scene.tasks() == []
    assert len(all_tasks(scene)) == 1


def test_what_may_not_be_deleted_is_named(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = RejectedError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    with monkeypatch.context() as patched:
        patched.setattr(scene.services.ports.crm, "remove", lambda _ids: [refusal])
        finding = probe(scene)["delete"]

    (task,) = scene.tasks()
    assert not finding.is_good
    assert f"Delete the Task {task['Id']} by hand" in finding.text
    assert "Modify All Data" in finding.text
    assert probe(scene)["delete"].is_good, "the next probe deletes what the last one left"
    assert scene.tasks() == []


def test_an_owner_who_was_not_taken_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the org refuses the owner, an activity is saved for the integration user, and no mail waits for it."""
    crm = scene.services.ports.crm
    original = crm.file

    def file(activities: Any) -> list[Filed]:
        scene.universe.org.rules.clear()
        answers = list(original(activities))
        scene.universe.org.change("Task", {"Id": answers[0].activity_id, "OwnerId": "005A00000000002"})
        return answers

    monkeypatch.setattr(crm, "file", file)

    assert "another owner" in probe(scene)["owner"].text


def test_automation_that_may_not_be_read_is_said(scene: Scene) -> None:
    scene.universe.org.switches = OrgSwitches(unreadable=("ApexTrigger", "FlowDefinitionView"))

    text = probe(scene)["automation"].text

    assert text == (
        "The integration user may not read which triggers there are."
        " The integration user may not read which flows there are."
    )


def test_another_org_is_not_probed(scene: Scene) -> None:
    store = scene.services.ports.store

    store.save_identity(lambda i: replace(i, salesforce_org="00D000000000999AAA"))  # type: ignore[type-var]
    scene.restart()

    with pytest.raises(OtherOrgError):
        probe(scene)

    assert all_tasks(scene) == []
