"""One person's trouble is that person's, in every step; where all fail alike, a setting is at fault, and it is said."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from addon.codes import Refusal
from addon.texts import REFUSALS
from server.commands.running import ExitCode
from server.domain.alarm import AlarmCode
from server.domain.errors import TransientError
from server.domain.mailbox import Mailbox
from server.domain.trouble import PersonStep, TroubleCode
from server.engine.mailboxes.status_text import FAULT_SENTENCES, FOR_ALL, describe_status, describe_trouble
from simulator.faults import Fault
from simulator.world import User
from tests.support.cards import card_of, texts
from tests.support.pushing import Pushing
from tests.support.rep import OPEN
from tests.support.scene import START, MakeScene, Scene, eml, small_world
from tests.support.troubles import CODES, give_trouble

ANN, BEN, CEM = "ann@acme.example", "ben@acme.example", "cem@acme.example"
HOUR, DAY = 3600.0, 86_400.0
SERVED = [kind for kind in CODES if kind != "no_gmail"]
"""Kinds that the Directory does not know of."""


def tell(scene: Scene, email: str = BEN) -> str:
    return describe_status(scene.mailbox(email), scene.clock.now())


def find_alarms(scene: Scene) -> list[str]:
    return [alarm.code for alarm in scene.services.ports.alarms.since(0)]


def count_asked(scene: Scene, email: str, *methods: str) -> int:
    return sum(call.mailbox == email and call.method in methods for call in scene.universe.calls.calls("gmail"))


def subjects(scene: Scene) -> list[str]:
    return sorted(task["Subject"].rpartition(" ")[2] for task in scene.tasks())


@pytest.mark.parametrize("kind", CODES)
def test_a_newcomer_in_trouble_is_admitted_with_the_cause_and_holds_nobody_up(scene: Scene, kind: str) -> None:
    give_trouble(scene, kind, BEN)
    for email in (ANN, BEN, CEM):
        scene.deliver(email, eml(to=email, subject=email.partition("@")[0]))
    scene.sync(patience=0)
    assert subjects(scene) == ["ann", "cem"]
    assert describe_trouble(CODES[kind]) in tell(scene)
    give_trouble(scene, "", BEN)
    scene.clock.advance(HOUR + 1)
    scene.sync(patience=0)
    assert subjects(scene) == ["ann", "ben", "cem"]


@pytest.mark.parametrize("kind", SERVED)
def test_the_jobs_of_a_service_go_on_with_the_others_and_start_again(scene: Scene, kind: str) -> None:
    """Sweep, watch, collect and audit, as the queue runs them."""
    pushing = Pushing(scene)
    pushing.begin()
    pushing.work(20)
    give_trouble(scene, kind, BEN)
    scene.clock.advance(DAY + 1)
    for email in (ANN, BEN, CEM):
        scene.deliver(email, eml(to=email, subject=email.partition("@")[0]))
    for job in ("sweep", "watch"):
        pushing.run(job)
    pushing.work(60)
    for email in (ANN, BEN, CEM):
        with suppress(TransientError):  # a busy mailbox: its own job is tried again
            pushing.run("audit", scene.mailbox(email).mailbox_id)
    pushing.work(60)
    scene.clock.advance(300)
    pushing.run("sweep")
    pushing.work(60)

    assert {"ann", "cem"} <= set(subjects(scene))
    assert "ben" not in subjects(scene)
    now = scene.clock.now()
    for email in (ANN, CEM):
        mailbox = scene.mailbox(email)
        assert mailbox.watched_at is not None
        assert now - mailbox.watched_at < HOUR
        assert mailbox.last_audit_at is not None
        assert mailbox.troubles == ()
    assert describe_trouble(CODES[kind]) in tell(scene)
    if CODES[kind] is not TroubleCode.CONFLICT:
        assert AlarmCode.MAILBOX_REFUSED in find_alarms(scene)
    assert AlarmCode.GOOGLE_SETTING not in find_alarms(scene)

    give_trouble(scene, "", BEN)
    scene.clock.advance(HOUR + 1)
    pushing.run("sweep")
    pushing.work(60)
    assert "ben" in subjects(scene)


@pytest.mark.parametrize("kind", SERVED)
def test_the_body_of_a_troubled_copy_waits_and_a_colleagues_copy_is_taken(scene: Scene, kind: str) -> None:
    scene.sync()
    scene.deliver(ANN, eml(to=f"{BEN}, {ANN}", subject="both"))
    for email in (BEN, CEM):
        scene.deliver(email, eml(to=f"{BEN}, {ANN}", subject="both") if email == BEN else eml(to=CEM, subject="cem"))
    scene.deliver(BEN, eml(to=BEN, subject="ben"))
    rooms, workspace = scene.services.rooms, scene.services.workspaces.current()
    for email in (ANN, BEN, CEM):
        rooms.collector.collect(workspace, scene.mailbox(email).mailbox_id)
    give_trouble(scene, kind, BEN)
    scene.restart()
    scene.services.rooms.deliverer.deliver_next(scene.services.workspaces.current())
    assert {"both", "cem"} <= set(subjects(scene))
    assert "ben" not in subjects(scene)
    [waiting] = [reason for reason in scene.outcomes(BEN).values() if reason != "contact_match"]
    assert waiting == "retrying"
    give_trouble(scene, "", BEN)
    scene.clock.advance(HOUR + 1)
    scene.sync()
    assert "ben" in subjects(scene)


@pytest.mark.parametrize("kind", SERVED)
def test_witness_and_coverage_compare_the_others_and_say_who_is_left(make_scene: MakeScene, kind: str) -> None:
    scene = make_scene(REPORTS_WITNESS="yes")
    for number in range(3):
        for email in (ANN, BEN):
            scene.deliver(email, eml(to=email, subject=str(number), message_id=f"<{number}.{email}>"))
    scene.sync()
    give_trouble(scene, kind, BEN)
    scene.universe.calls.clear()
    comparer = scene.services.rooms.comparer
    assert comparer is not None
    found = comparer.compare_with_deliveries(START - 20 * DAY, scene.clock.now())
    assert (found.deliveries, found.unread, found.is_whole) == (6, 3, True)
    if kind != "conflict":
        assert found.refused == {scene.mailbox(BEN).mailbox_id: CODES[kind]}
        assert count_asked(scene, BEN, "messages.list") <= 2  # a 401 is tried with one more token
    result = scene.flask("coverage")
    assert result.code != 0
    assert ANN in result.stdout
    assert describe_trouble(CODES[kind]) in " ".join(result.stdout.split())


@pytest.mark.parametrize("kind", SERVED)
def test_the_card_of_a_troubled_person_says_so_and_a_colleagues_is_as_ever(scene: Scene, kind: str) -> None:
    scene.sync()
    mine, bens = scene.deliver(ANN, eml(subject="ann")), scene.deliver(BEN, eml(to=BEN, subject="ben"))
    give_trouble(scene, kind, BEN)
    scene.restart()
    title, text = REFUSALS[Refusal.AWAY]
    assert {title, text} <= set(texts(card_of(scene.ask(OPEN, BEN, bens))))
    anns = texts(card_of(scene.ask(OPEN, ANN, mine)))
    assert title not in anns
    assert any("Ada Byron" in line for line in anns)


def test_addresses_alone_that_are_refused_stop_no_reading(scene: Scene) -> None:
    scene.sync()
    scene.universe.faults.plan(Fault("gmail", "sendAs.list", "domainPolicy", times=-1, mailbox=BEN))
    scene.clock.advance(HOUR + 1)
    scene.deliver(BEN, eml(to=BEN, subject="ben"))
    scene.sync()
    assert subjects(scene) == ["ben"]
    assert "The addresses that this person sends from cannot be read now." in tell(scene)


def test_where_all_are_refused_alike_sync_and_doctor_name_a_setting(scene: Scene) -> None:
    scene.sync()
    give_trouble(scene, "domain_policy", ANN, BEN, CEM)
    scene.clock.advance(HOUR + 1)
    result = scene.flask("sync", "--patience", "0")
    assert result.code == 7
    assert FOR_ALL in result.stderr.replace("\n", " ")
    [finding] = [f for f in scene.services.rooms.doctor.examine() if f.what == "Mailboxes"]
    assert FOR_ALL in finding.text
    assert find_alarms(scene) == [AlarmCode.GOOGLE_SETTING]

    give_trouble(scene, "", ANN, BEN, CEM)
    scene.clock.advance(HOUR + 1)
    assert scene.flask("sync", "--patience", "0").code == 0


def test_where_the_admin_is_read_a_refusal_of_the_others_is_theirs(scene: Scene) -> None:
    scene.sync()
    give_trouble(scene, "domain_policy", BEN, CEM)
    scene.clock.advance(HOUR + 1)
    result = scene.flask("sync", "--patience", "0")
    assert FOR_ALL not in result.stderr.replace("\n", " ")
    assert find_alarms(scene) == [AlarmCode.MAILBOX_REFUSED] * 2


def find_mailboxes(scene: Scene) -> str:
    """What doctor says of them where something is wrong."""
    return " ".join(f.text for f in scene.services.rooms.doctor.examine() if f.what == "Mailboxes" and not f.is_good)


@pytest.mark.parametrize("is_gone", [False, True])
def test_gmail_off_for_everybody_is_a_setting_and_told(scene: Scene, *, is_gone: bool) -> None:
    """Also where one of them is no user any more, which says nothing of the settings."""
    scene.sync()
    scene.deliver(ANN, eml(subject="ann"))
    if is_gone:
        give_trouble(scene, "invalid_grant", CEM)
    give_trouble(scene, "no_gmail", *((ANN, BEN) if is_gone else (ANN, BEN, CEM)))
    for _ in range(3):
        scene.clock.advance(HOUR + 100)
        result = scene.flask("sync", "--patience", "0")
        assert result.code == 7
    assert FAULT_SENTENCES[TroubleCode.NO_GMAIL] in result.stderr.replace("\n", " ")
    assert FAULT_SENTENCES[TroubleCode.NO_GMAIL] in find_mailboxes(scene)
    assert find_alarms(scene) == [AlarmCode.GOOGLE_SETTING]

    give_trouble(scene, "", ANN, BEN, CEM)
    scene.clock.advance(HOUR + 100)
    assert scene.flask("sync", "--patience", "0").code == 0
    scene.clock.advance(300)
    scene.sync(patience=0)  # asks for the addresses of whom the last one has read
    assert (subjects(scene), find_mailboxes(scene)) == (["ann"], "")


def test_a_service_tells_of_gmail_off_for_everybody(scene: Scene) -> None:
    pushing = Pushing(scene)
    pushing.begin()
    pushing.work(20)
    give_trouble(scene, "no_gmail", ANN, BEN, CEM)
    for _ in range(2):
        scene.clock.advance(HOUR + 100)
        pushing.run("sweep")
        pushing.work(60)
    assert AlarmCode.GOOGLE_SETTING in find_alarms(scene)


def test_who_loses_gmail_is_told_and_who_never_had_it_is_not(scene: Scene) -> None:
    give_trouble(scene, "no_gmail", CEM)
    scene.sync(patience=0)
    give_trouble(scene, "no_gmail", BEN, CEM)
    for _ in range(2):
        scene.clock.advance(HOUR + 100)
        scene.sync(patience=0)
    assert find_alarms(scene) == [AlarmCode.MAILBOX_REFUSED]
    assert BEN in find_mailboxes(scene)
    assert CEM not in find_mailboxes(scene)


def test_one_who_is_no_user_any_more_hides_no_policy_against_all_others(scene: Scene) -> None:
    scene.sync()
    give_trouble(scene, "invalid_grant", BEN)
    give_trouble(scene, "domain_policy", ANN, CEM)
    scene.clock.advance(HOUR + 100)
    assert scene.flask("sync", "--patience", "0").code == 7
    assert find_alarms(scene) == [AlarmCode.GOOGLE_SETTING]


def test_a_mailbox_that_is_busy_for_hours_is_told(scene: Scene) -> None:
    scene.sync()
    give_trouble(scene, "conflict", BEN)
    for _ in range(5):
        scene.clock.advance(HOUR + 100)
        scene.sync(patience=0)
    assert find_alarms(scene) == [AlarmCode.MAILBOX_REFUSED]
    assert describe_trouble(TroubleCode.CONFLICT) in find_mailboxes(scene)


def test_a_newcomer_whose_trouble_is_over_says_so_before_its_past_is_read(scene: Scene) -> None:
    give_trouble(scene, "suspended", BEN)
    scene.sync(patience=0)
    give_trouble(scene, "", BEN)
    scene.clock.advance(HOUR + 1)
    scene.services.rooms.collector.collect(scene.services.workspaces.current(), scene.mailbox(BEN).mailbox_id)
    ben = scene.mailbox(BEN)
    assert (ben.trouble(PersonStep.READ), ben.last_error, ben.failures) == (None, None, 0)


def test_a_directory_that_refuses_one_question_is_no_end_of_our_credentials(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sync()
    directory: Any = scene.services.ports.directory
    people = directory.people
    monkeypatch.setattr(directory, "people", lambda: [p for p in people() if p.address != BEN])
    give_trouble(scene, "directory_refused", BEN)
    scene.sync(patience=0)
    trouble = scene.mailbox(BEN).trouble(PersonStep.DIRECTORY)
    assert trouble is not None
    assert trouble.code == TroubleCode.DIRECTORY_REFUSED
    assert "credentials" not in tell(scene)
    assert describe_trouble(TroubleCode.DIRECTORY_REFUSED) in tell(scene)
    assert find_alarms(scene) == []  # the next sweep asks once more
    scene.sync(patience=0)
    assert find_alarms(scene) == [AlarmCode.MAILBOX_REFUSED]


def test_60_of_many_who_stand_first_starve_nobody(make_scene: MakeScene) -> None:
    """More than any count of failures in a row that a sweep might bear."""
    people = [f"p{number:02}@acme.example" for number in range(64)]
    world = small_world()
    scene = make_scene(replace(world, users=(world.users[0], *(User(email) for email in people))))
    give_trouble(scene, "suspended", *people[:60])
    mailboxes: list[Mailbox] = scene.services.rooms.sweeper.sweep()
    assert len(mailboxes) == 65
    assert sum(count_asked(scene, email, "sendAs.list") for email in people[60:]) == 4


def test_a_sync_says_that_a_mailbox_could_not_be_read_and_not_that_messages_wait(scene: Scene) -> None:
    give_trouble(scene, "domain_policy", BEN)
    scene.deliver(ANN, eml())

    told = scene.flask("sync", "--patience", "0")

    text = " ".join(told.output.split())
    assert "1 mailbox could not be read completely. Run sync again later" in text
    assert "Some messages wait" not in text
    assert "All emails accounted for" not in text
    assert told.code == ExitCode.NOT_AT_REST
    give_trouble(scene, "", BEN)
    scene.clock.advance(HOUR + 1)
    told = scene.flask("sync")
    assert "All emails accounted for" in told.output
    assert told.code == 0
