"""Another Salesforce org answers: nothing is written to it until somebody begins its ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.domain.errors import OtherOrgError, TransientError
from server.domain.ids import ActivityKey
from server.domain.ledger import ActivityRow, ActivityState
from server.domain.mailbox import DirectoryState, Stage
from server.engine.mailboxes.lease import Leases
from server.engine.operations import new_org
from simulator.salesforce.switches import OrgSwitches
from tests.support import cards
from tests.support.rep import Rep
from tests.support.scene import PUBLIC_PEM, Scene, eml, small_world

ANN, BEN = "ann@acme.example", "ben@acme.example"
DAY = 86_400.0
WRITES = {"collections.create", "collections.update", "collections.delete", "collections.upsert", "sobjects.post"}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


def switch_org(scene: Scene, org: dict[str, Any] | None = None, **settings: str) -> str:
    """Put another org behind the same address; a refreshed sandbox keeps its name. Returns the org's id before."""
    bound = scene.universe.org.id
    switches = scene.universe.org.switches
    scene.universe.org.__init__(small_world(org).org, scene.clock)  # type: ignore[misc]  # the universe keeps the object
    scene.universe.org.switches = switches
    scene.universe.org.register({"consumer_key": "key", "public_key": PUBLIC_PEM, "username": "sync@acme.example"})
    scene.universe.calls.clear()
    if settings:
        scene.restart(**settings)
    return bound


def list_writes(scene: Scene) -> list[str]:
    """A call under a session that ended with its org is refused with 401."""
    calls = scene.universe.calls.calls("salesforce")
    return [call.method for call in calls if call.method in WRITES and call.status != 401]


def read_card(scene: Scene, message: str) -> str:
    return " ".join(cards.texts(Rep(scene, ANN, message).card))


def count_logins(scene: Scene) -> int:
    return len(scene.universe.calls.calls("salesforce_token"))


def begin_anew(scene: Scene) -> str:
    done = scene.flask("org", "--begin-anew", "--yes")
    assert done.code == 0, done.output
    return " ".join(done.output.split())


@pytest.mark.parametrize("settings", [{}, {"SALESFORCE_DOMAIN": "acme-production.my"}], ids=["refreshed", "restarted"])
@pytest.mark.parametrize("switches", [OrgSwitches(), OrgSwitches(opaque_tokens=True)], ids=["named", "opaque"])
def test_the_other_org_receives_no_write_and_everybody_says_so(
    scene: Scene, settings: dict[str, str], switches: OrgSwitches
) -> None:
    first = scene.deliver(ANN, eml())
    scene.sync()
    scene.universe.org.switches = switches
    bound = switch_org(scene, **settings)
    other = scene.universe.org.id
    second = scene.deliver(ANN, eml(subject="Later"))

    synced = " ".join(scene.flask("sync").output.split())
    examined = " ".join(scene.flask("doctor").output.split())
    status = " ".join(scene.flask("status").output.split())
    card = read_card(scene, first)
    waiting = read_card(scene, second)

    told = f"The Salesforce org is {other}, but this state belongs to {bound}."
    assert told in synced
    assert f"LOOK Salesforce: {told}" in examined
    assert told in status
    for shown in (card, waiting):
        assert f"Logging is paused Your company's Salesforce has changed: this log is org {bound}'s." in shown
    assert [alarm.code for alarm in scene.services.ports.alarms.since(0.0)] == ["other_org"]
    assert list_writes(scene) == []
    assert scene.tasks() == []
    assert scene.outcomes()[second] == "ready"


def test_a_pass_ends_without_an_error_and_names_the_org(scene: Scene) -> None:
    scene.deliver(ANN, eml())
    scene.sync()
    bound = switch_org(scene, SALESFORCE_DOMAIN="acme-production.my")
    scene.clock.advance(8 * DAY)  # by then a second look for other tools' activities is due too
    later = scene.deliver(ANN, eml(subject="Later"))

    result = scene.sync()

    assert result.other_org
    assert result.other_org.bound == bound
    assert not result.is_at_rest
    assert scene.outcomes()[later] == "ready"
    assert list_writes(scene) == []


def test_jobs_read_gmail_and_write_nothing(scene: Scene) -> None:
    scene.deliver(ANN, eml())
    scene.sync()
    switch_org(scene)
    later = scene.deliver(ANN, eml(subject="Later"))
    rooms = scene.services.rooms

    rooms.collector.collect(rooms.workspaces.current(), scene.mailbox().mailbox_id)
    for _ in range(5):
        with pytest.raises(OtherOrgError):
            rooms.deliverer.deliver_next(rooms.workspaces.current())

    assert scene.outcomes()[later] == "ready"
    assert list_writes(scene) == []
    assert count_logins(scene) == 1, "each try would cost one of the org's logins"


def test_buttons_change_nothing_in_the_other_org(scene: Scene) -> None:
    opened = scene.deliver(ANN, eml())
    scene.sync()
    rep = Rep(scene, ANN, opened).click("Stop logging")
    switch_org(scene)

    rep.click("Delete and stop")

    assert "Logging is paused" in " ".join(cards.texts(rep.card))
    assert list_writes(scene) == []


def test_the_ledger_of_the_new_org_begins(scene: Scene) -> None:
    known = scene.deliver(ANN, eml())
    stranger = scene.deliver(ANN, eml(sender="new@nova.example", subject="Hi"))
    inside = scene.deliver(ANN, eml(sender=BEN, subject="Us"))
    scene.sync()
    assert scene.outcomes()[stranger] == "no_match"
    key = scene.services.ports.store.existing_rows(scene.mailbox().mailbox_id, [known])[known].activity_key  # type: ignore[list-item,index]
    assert key
    copy = scene.services.ports.store.copy(key)
    contacts = [
        {"Id": "003B00000000001", "LastName": "Nova", "Email": "new@nova.example", "OwnerId": "005A00000000001"},
        {"Id": "003B00000000002", "LastName": "Byron", "Email": "ada@byron.example", "OwnerId": "005A00000000001"},
    ]
    switch_org(scene, {"Contact": contacts, "Account": []}, SALESFORCE_DOMAIN="acme-production.my")

    shown = scene.flask("org")
    assert shown.code == 11
    preview = " ".join(scene.flask("org", "--begin-anew", "--preview").output.split())
    assert "logged, to be looked up again: 1 copy of an email" in preview
    assert "without a record in Salesforce, to be looked up again: 1 copy of an email" in preview
    assert "Stop every process that still uses the old settings." in preview
    asked = scene.flask("org", "--begin-anew")
    assert asked.code != 0, "nobody said yes"
    assert f"Log again in {scene.universe.org.id}" in " ".join(asked.output.split())
    assert list_writes(scene) == []
    assert scene.outcomes()[known] == "contact_match"
    output = begin_anew(scene)
    assert scene.universe.org.id in output
    assert scene.outcomes()[known] == "retrying"
    assert scene.services.ports.store.copy(key) == copy
    scene.sync()

    assert scene.outcomes() == {known: "contact_match", stranger: "contact_match", inside: "internal_only"}
    assert sorted(task["WhoId"][:15] for task in scene.tasks()) == ["003B00000000001", "003B00000000002"]
    assert scene.services.ports.store.copy(key)
    assert "Logged in Salesforce" in read_card(scene, known)
    assert "LOOK  Salesforce:" not in scene.flask("doctor").output
    assert "Nothing to do." in scene.flask("org").output


def test_mail_that_the_new_org_does_not_know_is_not_logged_any_more(scene: Scene) -> None:
    known = scene.deliver(ANN, eml())
    scene.sync()
    switch_org(scene, {"Contact": [], "Account": [], "Lead": []})

    begin_anew(scene)
    scene.sync()

    assert scene.outcomes() == {known: "no_match"}
    assert scene.tasks() == []


def test_the_start_counts_for_what_is_decided_again(scene: Scene) -> None:
    old = scene.deliver(ANN, eml())
    scene.sync()
    start = scene.clock.now_ms() + 1
    store = scene.services.ports.store
    store.save_mailbox(scene.mailbox().mailbox_id, lambda m: replace(m or scene.mailbox(), start=start))
    switch_org(scene)

    begin_anew(scene)
    scene.sync()

    assert scene.outcomes() == {old: "before_start"}
    assert scene.tasks() == []


def test_what_a_rep_stopped_or_deleted_stays_out_of_the_new_org(scene: Scene) -> None:
    opened = scene.deliver(ANN, eml())
    scene.sync()
    Rep(scene, ANN, opened).click("Stop logging").click("Delete and stop")
    before = scene.outcomes()
    switch_org(scene)

    begin_anew(scene)
    scene.sync()

    assert scene.outcomes() == before
    assert scene.tasks() == []


def test_what_a_copied_org_holds_already_is_not_doubled(scene: Scene) -> None:
    """A full copy of production has our activities too, under the same keys."""
    known = scene.deliver(ANN, eml())
    scene.sync()
    copied = scene.tasks()
    switch_org(scene, {"Task": copied})
    assert len(scene.tasks()) == 1

    begin_anew(scene)
    scene.sync()

    assert scene.outcomes() == {known: "contact_match"}
    assert [task["Id"] for task in scene.tasks()] == [copied[0]["Id"]]


def test_a_move_that_was_killed_writes_nothing_and_goes_on(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    mails = [scene.deliver(ANN, eml(subject=f"Mail {n}")) for n in range(5)]
    scene.sync()
    switch_org(scene)
    monkeypatch.setattr(new_org, "ROWS_PER_PORTION", 2)
    left = [2]

    def die(_count: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    mover = scene.services.rooms.new_org
    with pytest.raises(KeyboardInterrupt):
        mover.begin(mover.preview(), die)
    scene.restart()

    stopped = scene.flask("sync")
    assert stopped.code == 3
    assert "is being begun" in " ".join(stopped.output.split())
    assert list_writes(scene) == []
    assert "cut short" in begin_anew(scene)
    scene.sync()

    assert scene.outcomes() == dict.fromkeys(mails, "contact_match")
    assert len(scene.tasks()) == len(mails)


def test_a_process_with_the_old_settings_writes_no_more(tmp_path: Path) -> None:
    """Its session with the org before lives on, and the state is not that org's any more."""
    scene = Scene(tmp_path)
    scene.deliver(ANN, eml())
    scene.sync()
    store = scene.services.ports.store
    store.save_identity(lambda i: replace(i, salesforce_org="00D000000000999AAA"))  # type: ignore[type-var]
    scene.deliver(ANN, eml(subject="Later"))

    assert scene.flask("sync").code == 3
    assert len(scene.tasks()) == 1
    scene.close()


def test_a_delivery_that_runs_is_waited_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.deliver(ANN, eml())
    scene.sync()
    switch_org(scene)
    monkeypatch.setattr(new_org, "LONGEST_WAIT", 20.0)
    ports = scene.services.ports
    delivery = Leases(ports.store, ports.clock, ports.holder).lease("shard/3")
    assert delivery.take()
    delivery.renew(1_000.0)
    mover = scene.services.rooms.new_org

    with pytest.raises(TransientError, match="still running"):
        mover.begin(mover.preview())

    delivery.release()
    assert mover.begin(mover.preview()) == 1


def test_a_claim_of_the_org_before_is_no_doubt_in_the_new_one(tmp_path: Path) -> None:
    """An org without our key field: there a claim in doubt would end as refused."""
    scene = Scene(tmp_path, small_world({"activity_fields": False}))
    message = scene.deliver(ANN, eml())
    scene.sync()
    row = scene.services.ports.store.existing_rows(scene.mailbox().mailbox_id, [message])[message]  # type: ignore[list-item,index]
    assert row.activity_key
    _leave_claim(scene, row.activity_key)
    switch_org(scene, {"activity_fields": False})

    begin_anew(scene)
    scene.sync()

    assert scene.outcomes() == {message: "contact_match"}
    assert len(scene.tasks()) == 1
    scene.close()


def _leave_claim(scene: Scene, key: ActivityKey) -> None:
    store = scene.services.ports.store
    activity: ActivityRow = store.activities([key])[key]
    store.save_activities([replace(activity, state=ActivityState.CLAIMED, activity_id=None)], [])


def test_the_right_org_is_welcome_again(scene: Scene) -> None:
    known = scene.deliver(ANN, eml())
    scene.sync()
    bound = switch_org(scene)
    assert scene.flask("sync").code == 3
    records = {"Organization": [{"Id": bound, "Name": "Acme"}]}
    switch_org(scene, records)
    scene.restart()
    later = scene.deliver(ANN, eml(subject="Later"))

    assert scene.flask("sync").code == 0
    assert scene.outcomes() == {known: "contact_match", later: "contact_match"}
    assert "LOOK  Salesforce:" not in scene.flask("doctor").output


@pytest.mark.parametrize("has_new_org", [False, True])
def test_a_colleagues_copy_of_what_its_owner_stopped_waits_in_the_new_org(scene: Scene, has_new_org: bool) -> None:
    """Only the sidebar asks who a rep is in Salesforce, and it asked in the org before."""
    first = scene.deliver(ANN, eml(to=ANN, message_id="<root@x>", Cc=BEN))
    scene.sync()
    Rep(scene, ANN, first).click("Stop logging").click("Delete and stop")
    if has_new_org:
        switch_org(scene)
        begin_anew(scene)
        scene.restart()
    scene.deliver(BEN, eml(to=ANN, message_id="<2@x>", subject="Re: Lamps", Cc=BEN, References="<root@x>"))
    scene.sync()
    assert scene.tasks() == []
    assert set(scene.outcomes(BEN).values()) == {"kept_out"}


def test_mail_of_a_mailbox_that_is_off_waits_and_is_counted_apart(scene: Scene) -> None:
    message = scene.deliver(BEN, eml(to=BEN))
    scene.sync()
    scene.set_stage(BEN, Stage.OFF)
    switch_org(scene)
    preview = " ".join(scene.flask("org", "--begin-anew", "--preview").output.split())
    assert "logged, to be looked up again: 0 copies" in preview
    assert "in mailboxes that are not read now, waiting until they are: 1 copy of an email" in preview
    assert "0 copies of emails will be read again" in begin_anew(scene)
    scene.sync()
    assert scene.tasks() == []

    scene.set_stage(BEN, Stage.LIVE)
    scene.sync()

    assert scene.outcomes(BEN) == {message: "contact_match"}
    assert len(scene.tasks()) == 1


def test_mail_of_a_deleted_person_does_not_wait_for_ever(scene: Scene) -> None:
    message = scene.deliver(BEN, eml(to=BEN))
    scene.sync()
    scene.services.ports.store.save_mailbox(
        scene.mailbox(BEN).mailbox_id,
        lambda m: replace(m, directory_state=DirectoryState.DELETED),  # type: ignore[type-var]
    )
    switch_org(scene)
    preview = " ".join(scene.flask("org", "--begin-anew", "--preview").output.split())
    assert "in mailboxes of deleted people, which nobody can read again: 1 copy of an email" in preview
    begin_anew(scene)
    assert scene.outcomes(BEN) == {message: "gone"}
