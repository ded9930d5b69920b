"""Whose mailbox is in scope, asked of the Directory: by address, org unit and group, and never older than an hour."""

import threading
import time
from dataclasses import replace

import pytest

from server.adapters.google.scope import Limits, WorkspaceScope
from server.domain.errors import OutOfScopeError, ReconnectRequiredError, TransientError
from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox, Members, Person
from server.ports.patience import limited, shorten
from simulator.faults import Fault
from simulator.google_switches import GoogleSwitches
from simulator.people import People
from simulator.world import User
from tests.support.scene import eml, small_world
from tests.support.threads import at_once

SLEEP = time.sleep
UNITS = {"ann": "/", "ben": "/Sales", "cem": "/Sales/North", "dan": "/Salesforce"}
GROUPS = (
    {"email": "customer-facing@acme.example", "members": ["sales@acme.example"]},
    {"email": "sales@acme.example", "members": ["ben@acme.example", "cem@acme.example"]},
)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """googleapiclient waits between its own attempts."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.fixture
def made(make_scene):
    def make(**settings):
        users = tuple(
            User(
                f"{name}@acme.example",
                is_admin=name == "ann",
                org_unit=unit,
                aliases=("b@acme.example",) * (name == "ben"),
            )
            for name, unit in UNITS.items()
        )
        return make_scene(replace(small_world(), users=users, groups=GROUPS), **settings)

    return make


def mailbox_of(scene, name):
    user = scene.universe.user(f"{name}@acme.example")
    return Mailbox(MailboxId(user.user_id), (user.email, *user.aliases))


def readable(scene):
    out = set()
    for name in UNITS:
        try:
            scene.services.ports.mail.current_cursor(mailbox_of(scene, name))
        except OutOfScopeError:
            continue
        out.add(name)
    return out


def gmail_asked(scene):
    """Tokens for Gmail that were asked for, and calls of it."""
    wanted = [c for c in scene.universe.calls.calls("google_token") if any("gmail" in s for s in c.detail["scopes"])]
    return len(wanted) + len(scene.universe.calls.calls("gmail"))


@pytest.mark.parametrize(
    ("settings", "inside"),
    [
        ({}, {"ann", "ben", "cem", "dan"}),
        ({"MAILBOXES": "ann@acme.example"}, {"ann"}),
        ({"MAILBOXES": "b@acme.example"}, {"ben"}),
        ({"SCOPE_ORG_UNITS": "/sales/"}, {"ben", "cem"}),
        ({"SCOPE_ORG_UNITS": "/Sales/North"}, {"cem"}),
        ({"SCOPE_ORG_UNITS": "/"}, {"ann", "ben", "cem", "dan"}),
        ({"SCOPE_ORG_UNITS": "/None At All"}, set()),
        ({"SCOPE_GROUPS": "sales@acme.example"}, {"ben", "cem"}),
        ({"SCOPE_GROUPS": "customer-facing@acme.example"}, {"ben", "cem"}),
        ({"SCOPE_GROUPS": "nobody@acme.example"}, set()),
        ({"SCOPE_GROUPS": "sales@acme.example", "MAILBOXES": "dan@acme.example"}, {"ben", "cem", "dan"}),
    ],
)
def test_the_mint_and_the_sweep_read_the_same_mailboxes(made, settings, inside):
    scene = made(**settings)

    assert readable(scene) == inside
    scene.sync()
    assert {m.address.partition("@")[0] for m in scene.services.ports.store.mailboxes()} == inside


def test_nothing_is_asked_of_gmail_for_who_is_outside_and_an_alarm_says_so(made, caplog):
    scene = made(SCOPE_ORG_UNITS="/Sales")
    ann = mailbox_of(scene, "ann")

    for ask in (scene.services.ports.mail.current_cursor, scene.services.ports.mail.send_as):
        with pytest.raises(OutOfScopeError) as caught:
            ask(ann)

    assert gmail_asked(scene) == 0
    assert "acme" not in caplog.text + str(caught.value)
    assert [line for line in caplog.messages if "ALARM" in line] == [
        f"ALARM out_of_scope_asked mailbox={ann.mailbox_id}"
    ]
    [alarm] = scene.services.ports.alarms.since(0)
    assert (alarm.code, alarm.mailbox_id, alarm.count) == ("out_of_scope_asked", ann.mailbox_id, 2)


def test_an_address_that_nobody_has_is_refused(made):
    scene = made(SCOPE_ORG_UNITS="/Sales")

    with pytest.raises(OutOfScopeError):
        scene.services.ports.mail.current_cursor(Mailbox(MailboxId("9"), ("zoe@acme.example", "ben@acme.example")))

    assert gmail_asked(scene) == 0


def test_an_address_that_went_to_somebody_outside_is_refused_although_the_mailbox_is_inside(made):
    scene = made(SCOPE_ORG_UNITS="/Sales/North")
    cem = mailbox_of(scene, "cem")
    people = People(scene.universe)
    people.change({"op": "rename", "email": cem.address, "to": "cemal@acme.example", "keep_alias": False})
    people.change({"op": "create", "email": cem.address})

    with pytest.raises(OutOfScopeError):
        scene.services.ports.mail.current_cursor(cem)


@pytest.mark.parametrize(
    ("kind", "expected"), [("503", TransientError), ("429", TransientError), ("domainPolicy", ReconnectRequiredError)]
)
@pytest.mark.parametrize("settings", [{"SCOPE_ORG_UNITS": "/Sales"}, {"SCOPE_GROUPS": "sales@acme.example"}])
def test_a_directory_that_is_away_is_no_permission(made, settings, kind, expected):
    scene = made(**settings)
    scene.universe.faults.plan(Fault("directory", "*", kind, times=-1))

    with pytest.raises(expected):
        scene.services.ports.mail.current_cursor(mailbox_of(scene, "ben"))

    assert gmail_asked(scene) == 0
    assert scene.services.ports.alarms.since(0) == []


def test_an_answer_holds_for_an_hour_and_no_longer(made):
    scene = made(SCOPE_GROUPS="sales@acme.example")
    ben = mailbox_of(scene, "ben")
    scene.services.ports.mail.current_cursor(ben)
    scene.universe.world.groups = (GROUPS[0], {"email": "sales@acme.example", "members": ["cem@acme.example"]})

    asked = len(scene.universe.calls.calls("directory"))
    scene.clock.advance(3599)
    scene.services.ports.mail.current_cursor(ben)
    assert len(scene.universe.calls.calls("directory")) == asked

    scene.clock.advance(1)
    with pytest.raises(OutOfScopeError):
        scene.services.ports.mail.current_cursor(ben)


def test_a_sweep_does_not_make_old_answers_young(made):
    scene = made(SCOPE_GROUPS="sales@acme.example")
    scene.sync()
    scene.universe.world.groups = ()
    scene.clock.advance(3500)
    scene.sync()
    scene.clock.advance(200)

    assert readable(scene) == set()


def test_many_threads_get_one_answer(made):
    scene = made(SCOPE_ORG_UNITS="/Sales")
    ports = scene.services.ports

    def ask(n):
        try:
            return bool(ports.mail.current_cursor(mailbox_of(scene, "ben" if n % 2 else "ann")))
        except OutOfScopeError:
            return False

    assert sum(at_once(ask)) * 2 == len(at_once(ask))


def in_scope(scene):
    return {m.address.partition("@")[0] for m in scene.services.ports.store.mailboxes() if m.is_in_scope}


def let_google_refuse(scene, status, group="sales@acme.example"):
    scene.universe.world.google = GoogleSwitches(unlistable_groups=(f"{group} {status}",))


@pytest.mark.parametrize("status", ["400", "403", "404"])
@pytest.mark.parametrize("is_restarted", [False, True])
def test_what_google_cannot_tell_of_a_group_changes_nothing_and_alarms(made, status, is_restarted, caplog):
    """Ben and Cem stay, also in a new process; Dan, whom somebody has just put into the group, is not admitted."""
    scene = made(SCOPE_GROUPS="sales@acme.example")
    scene.sync()
    assert in_scope(scene) == {"ben", "cem"}
    scene.universe.world.groups = ({"email": "sales@acme.example", "members": ["dan@acme.example"]},)
    let_google_refuse(scene, status)
    scene.clock.advance(3600)
    if is_restarted:
        scene.restart()
    scene.deliver("ben@acme.example", eml(message_id="<held@x>"))
    scene.sync()

    assert in_scope(scene) == {"ben", "cem"}
    assert len(scene.tasks()) == 1
    scene.services.ports.mail.current_cursor(mailbox_of(scene, "cem"))
    with pytest.raises((TransientError, OutOfScopeError)):
        scene.services.ports.mail.current_cursor(mailbox_of(scene, "dan"))
    alarms = {(alarm.code, alarm.about) for alarm in scene.services.ports.alarms.since(0)}
    assert ("scope_group_unlisted", "sales@acme.example") in alarms
    assert "left_scope" not in {code for code, _ in alarms}
    assert "acme" not in caplog.text
    told = scene.flask("doctor").stdout
    assert "does not say who is in sales@acme.example, which SCOPE_GROUPS names" in " ".join(told.split())

    scene.universe.world.google = GoogleSwitches()
    scene.clock.advance(301)
    scene.sync()
    assert in_scope(scene) == {"dan"}


def test_another_groups_word_admits_while_one_is_refused(made):
    scene = made(SCOPE_GROUPS="sales@acme.example,desk@acme.example")
    scene.universe.world.groups = (*GROUPS, {"email": "desk@acme.example", "members": ["dan@acme.example"]})
    let_google_refuse(scene, "403")
    scene.sync()

    assert in_scope(scene) == {"dan"}
    assert readable_now(scene, "dan")
    with pytest.raises(TransientError):
        scene.services.ports.mail.current_cursor(mailbox_of(scene, "ben"))


def readable_now(scene, name):
    return bool(scene.services.ports.mail.current_cursor(mailbox_of(scene, name)))


@pytest.mark.parametrize("people", [3, 300])
def test_a_sweep_lists_each_group_once_however_many_people_there_are(made, people):
    scene = made(SCOPE_GROUPS="sales@acme.example")
    scene.universe.world.users += tuple(User(f"p{n}@acme.example") for n in range(people))
    scene.universe.calls.clear()
    scene.sync()

    methods = [call.method for call in scene.universe.calls.calls("directory")]
    assert methods.count("members.list") == 1
    assert "members.hasMember" not in methods


def test_everybody_is_in_a_group_of_everybody(made):
    scene = made(SCOPE_GROUPS="all@acme.example")
    scene.universe.world.groups = ({"email": "all@acme.example", "members": ["*"]},)

    assert readable(scene) == {"ann", "ben", "cem", "dan"}


class SlowGroups:
    """Lists a group in pages of which each takes a tenth of a second, as every transport lets a card's time end."""

    def __init__(self, is_held=False):
        self.listings = 0
        self.began, self.may_end = threading.Event(), threading.Event()
        if not is_held:
            self.may_end.set()

    def person(self, _key):
        return Person(MailboxId("1"), ("new@acme.example",))

    def members(self, _group):
        self.listings += 1
        self.began.set()
        for _page in range(3):
            shorten(60)
            SLEEP(0.1)
        assert self.may_end.wait(20)
        return Members(ids=frozenset({MailboxId("1")}))


@pytest.fixture
def scope_over(scene):
    def make(directory):
        limits = Limits(groups=frozenset({"sales@acme.example"}))
        return WorkspaceScope(limits, directory, scene.clock, scene.services.ports.alarms, lambda _mailbox: None)

    return make


def test_a_cards_end_while_a_group_is_listed_says_nothing_of_the_group(scene, scope_over):
    directory = SlowGroups()
    scope = scope_over(directory)

    with limited(time.monotonic() + 0.15):
        assert scope.check_address("new@acme.example").is_in_scope

    assert scope.check_address("new@acme.example").is_in_scope
    assert directory.listings == 1
    assert scene.services.ports.alarms.since(0) == []


def test_a_card_waits_for_another_threads_listing_no_longer_than_its_time(scope_over):
    directory = SlowGroups(is_held=True)
    scope = scope_over(directory)
    other = threading.Thread(target=scope.check_address, args=("new@acme.example",))
    other.start()
    assert directory.began.wait(20)
    threading.Timer(3, directory.may_end.set).start()

    begun = time.monotonic()
    with limited(begun + 0.1), pytest.raises(TransientError):
        scope.check_address("new@acme.example")
    assert time.monotonic() - begun < 2

    directory.may_end.set()
    other.join(20)
    assert scope.check_address("new@acme.example").is_in_scope
