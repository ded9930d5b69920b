"""GoogleDirectory, through Google's own client library, against the simulated Workspace."""

from dataclasses import replace

import pytest

from server.adapters.google import directory as google_directory
from server.domain.errors import ReconnectRequiredError, ThrottledError, TransientError, TrulyError
from server.domain.mailbox import Members
from simulator.faults import Fault
from simulator.google_switches import GoogleSwitches
from simulator.people import People
from simulator.world import User
from tests.support.scene import small_world
from tests.support.wire import listen, replace_answers


@pytest.fixture
def directory(scene):
    return scene.services.ports.directory


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """googleapiclient and google-auth wait between their own attempts."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.fixture
def made(make_scene):
    """Makes scenes of other worlds."""

    def make(*, settings=None, **world):
        return make_scene(replace(small_world(), **world), **(settings or {}))

    return make


def asked(scene, method):
    return sum(call.method == method for call in scene.universe.calls.calls("directory"))


def test_people_come_with_all_their_addresses_the_primary_one_first(directory):
    people = {person.address: person for person in directory.people()}

    assert list(people) == ["ann@acme.example", "ben@acme.example", "cem@acme.example"]
    assert people["ben@acme.example"].addresses == ("ben@acme.example", "b@acme.example")
    assert people["ann@acme.example"].is_admin
    assert not people["ben@acme.example"].is_admin
    assert people["ann@acme.example"].name == "Ann"
    assert all(person.has_mailbox and not person.is_suspended for person in people.values())
    assert len({person.mailbox_id for person in people.values()}) == 3


def test_six_hundred_people_come_in_two_pages_and_none_twice(made):
    names = [f"a.very.long.first.name.{n:03d}@acme.example" for n in range(599)]
    scene = made(users=(User("ann@acme.example", "Ann", is_admin=True), *(User(name) for name in names)))

    people = scene.services.ports.directory.people()

    assert sorted(person.address for person in people) == sorted([*names, "ann@acme.example"])
    assert len({person.mailbox_id for person in people}) == 600
    assert all(person.mailbox_id.isdigit() and len(person.mailbox_id) == 21 for person in people)
    assert asked(scene, "users.list") == 2


def test_suspended_people_are_listed_as_such(made):
    scene = made(users=(User("ann@acme.example", is_admin=True), User("dan@acme.example", is_suspended=True)))

    people = {person.address: person.is_suspended for person in scene.services.ports.directory.people()}

    assert people == {"ann@acme.example": False, "dan@acme.example": True}


def test_a_person_has_org_unit_archive_guest_and_set_up_told(made):
    scene = made(
        users=(
            User("ann@acme.example", is_admin=True, org_unit="/Sales/North"),
            User("dan@acme.example", is_archived=True),
            User("eve@acme.example", is_set_up=False),
            User("fay@acme.example", has_licence=False),
            User("guest@partner.example", is_guest=True),
        )
    )

    people = {person.address.partition("@")[0]: person for person in scene.services.ports.directory.people()}

    assert people["ann"].org_unit == "/Sales/North"
    assert {name: (person.state.value, person.is_guest) for name, person in people.items()} == {
        "ann": ("active", False),
        "dan": ("archived", False),
        "eve": ("not_set_up", False),
        "fay": ("not_set_up", False),
        "guest": ("active", True),
    }


def test_an_alias_of_the_domain_is_an_address_of_everybody_in_it(made):
    scene = made(domains=({"name": "acme.example", "primary": True, "aliases": ["acme.test"]},))

    assert scene.services.ports.directory.people()[1].addresses == (
        "ben@acme.example", "b@acme.example", "ben@acme.test",
    )  # fmt: skip


@pytest.mark.parametrize("key", ["id", "ben@acme.example", "b@acme.example"])
def test_one_person_is_found_by_id_and_by_any_address(scene, directory, key):
    ben = scene.universe.user("ben@acme.example")

    found = directory.person(ben.user_id if key == "id" else key)

    assert found == directory.people()[1]


def test_a_renamed_person_is_found_by_id(scene, directory):
    ben = scene.universe.user("ben@acme.example")
    People(scene.universe).change({"op": "rename", "email": ben.email, "to": "benno@acme.example"})

    assert directory.person(ben.user_id).addresses == ("benno@acme.example", "b@acme.example", "ben@acme.example")


def test_who_was_deleted_and_who_never_was_are_nobody(scene, directory):
    ben = scene.universe.user("ben@acme.example")
    People(scene.universe).change({"op": "delete", "email": ben.email})

    assert directory.person(ben.user_id) is None
    assert directory.person("zoe@acme.example") is None


def members_of(directory, group):
    return {person.address for person in directory.people() if directory.members(group).include(person)}


@pytest.mark.parametrize("is_hard", [False, True])
def test_membership_is_direct_or_through_groups_in_the_group(made, is_hard):
    """Of whatever domain: the hard Google looks into no group of another domain."""
    scene = made(
        domains=({"name": "acme.example", "primary": True}, {"name": "lamps.example"}),
        users=(*small_world().users, User("lu@lamps.example"), User("max@lamps.example")),
        groups=(
            {"email": "all@acme.example", "aliases": ["everyone@acme.example"],
             "members": ["sales@acme.example", "team@lamps.example"]},
            {"email": "sales@acme.example", "members": ["b@acme.example", "lu@lamps.example", "all@acme.example"]},
            {"email": "team@lamps.example", "members": ["max@lamps.example", "all@acme.example"]},
        ),
        google=GoogleSwitches(derived_in_one_domain=is_hard),
    )  # fmt: skip
    directory = scene.services.ports.directory

    everybody = {"ben@acme.example", "lu@lamps.example", "max@lamps.example"}
    assert members_of(directory, "all@acme.example") == everybody
    assert members_of(directory, "everyone@acme.example") == everybody
    assert members_of(directory, "sales@acme.example") == everybody
    assert members_of(directory, "none@acme.example") == set()


def test_members_are_listed_by_id_and_address_whoever_they_are(made):
    scene = made(
        groups=(
            {"email": "all@acme.example", "aliases": ["everyone@acme.example"], "members": ["SALES@acme.example"]},
            {"email": "sales@acme.example", "members": ["b@acme.example", "guest@partner.example"]},
            {"email": "staff@acme.example", "members": ["*"]},
        ),
    )
    directory = scene.services.ports.directory
    ben = scene.universe.user("ben@acme.example")

    in_sales = frozenset({"ben@acme.example", "guest@partner.example"})
    assert directory.members("everyone@acme.example") == Members(
        in_sales | {"sales@acme.example"}, ids=frozenset({ben.user_id})
    )
    assert directory.members("sales@acme.example") == Members(in_sales, ids=frozenset({ben.user_id}))
    assert directory.members("staff@acme.example") == Members(is_everybody=True)
    assert directory.members("none@acme.example") == Members()


@pytest.mark.parametrize("status", ["400", "403", "404"])
def test_a_group_that_google_names_and_does_not_list_is_not_empty(made, status):
    group = {"email": "sales@acme.example", "members": ["ben@acme.example"]}
    scene = made(groups=(group,), google=GoogleSwitches(unlistable_groups=(f"sales@acme.example {status}",)))

    with pytest.raises(TrulyError) as caught:
        scene.services.ports.directory.members("sales@acme.example")
    assert "acme" not in str(caught.value)


@pytest.mark.parametrize("is_named", [False, True])
def test_a_group_of_another_company_is_a_member_that_holds_nobody_of_ours(made, is_named):
    """Google refuses to list it. Whatever its type, the group that it is in is listed."""
    scene = made(
        groups=(
            {"email": "sales@acme.example", "members": ["ben@acme.example", "partners@other.example"]},
            {"email": "partners@other.example", "members": ["pat@other.example"]},
        ),
        google=GoogleSwitches(foreign_groups_named=is_named),
    )
    directory = scene.services.ports.directory

    assert members_of(directory, "sales@acme.example") == {"ben@acme.example"}
    assert "partners@other.example" in directory.members("sales@acme.example").addresses
    assert "partners@other.example" not in directory.groups()


def nested(made, **world):
    """All > EMEA of another domain > team 7 of the first one, on a Google that looks into no other domain."""
    return made(
        domains=({"name": "acme.example", "primary": True}, {"name": "lamps.example"}),
        users=(*small_world().users, User("lu@lamps.example")),
        groups=(
            {"email": "all@acme.example", "members": ["ben@acme.example", "emea@lamps.example"]},
            {"email": "emea@lamps.example", "members": ["team7@acme.example", "lu@lamps.example"]},
            {"email": "team7@acme.example", "members": ["cem@acme.example"]},
        ),
        google=GoogleSwitches(derived_in_one_domain=True, **world),
    )


def test_a_group_of_the_first_domain_within_one_of_another_is_looked_into(made):
    directory = nested(made).services.ports.directory

    assert members_of(directory, "all@acme.example") == {"ben@acme.example", "lu@lamps.example", "cem@acme.example"}


@pytest.mark.parametrize("status", ["400", "403", "404"])
@pytest.mark.parametrize("group", ["emea@lamps.example", "team7@acme.example"])
def test_a_group_within_that_google_does_not_list_makes_the_whole_unknown(made, group, status):
    directory = nested(made, unlistable_groups=(f"{group} {status}",)).services.ports.directory

    with pytest.raises(TrulyError):
        directory.members("all@acme.example")


def test_more_groups_within_than_are_looked_into_make_the_whole_unknown(made, monkeypatch):
    monkeypatch.setattr(google_directory, "MOST_GROUPS", 2)
    directory = nested(made).services.ports.directory

    assert directory.members("emea@lamps.example").ids
    with pytest.raises(TrulyError, match="more groups"):
        directory.members("all@acme.example")


def test_more_pages_than_are_read_are_not_a_whole_listing_however_short_they_are(made, monkeypatch):
    monkeypatch.setattr(google_directory, "PAGE_SIZE", 300)  # of which Google gives 200 at most
    group = {"email": "sales@acme.example", "members": [f"rep{number:03d}@acme.example" for number in range(401)]}
    directory = made(groups=(group,)).services.ports.directory

    monkeypatch.setattr(google_directory, "MOST_PAGES", 3)
    assert len(directory.members("sales@acme.example").addresses) == 401
    monkeypatch.setattr(google_directory, "MOST_PAGES", 2)
    with pytest.raises(TrulyError, match="more members"):
        directory.members("sales@acme.example")


def test_four_hundred_members_come_in_three_pages(made):
    names = [f"rep{number:03d}@acme.example" for number in range(401)]
    scene = made(groups=({"email": "sales@acme.example", "members": names},))

    assert scene.services.ports.directory.members("sales@acme.example").addresses == set(names)
    assert asked(scene, "members.list") == 3


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("503", TransientError),
        ("drop_answer", TransientError),
        ("429", ThrottledError),
        ("domainPolicy", ReconnectRequiredError),
    ],
)
def test_a_question_about_one_person_fails_as_a_listing_does(scene, directory, kind, expected):
    for method in ("users.get", "members.list"):
        scene.universe.faults.plan(Fault("directory", method, kind, times=-1))

    for ask in (lambda: directory.person("1"), lambda: directory.members("sales@acme.example")):
        with pytest.raises(expected):
            ask()


def test_domains_are_the_verified_ones_with_their_aliases_as_a_labels(made):
    scene = made(
        domains=(
            {"name": "Acme.Example", "primary": True, "aliases": ["acme.test", "münchen.example"]},
            {"name": "lamps.example"},
            {"name": "pending.example", "verified": False, "aliases": ["also.pending.example"]},
        )
    )

    assert scene.services.ports.directory.domains() == {
        "acme.example", "acme.test", "xn--mnchen-3ya.example", "lamps.example",
    }  # fmt: skip


def test_groups_come_with_their_aliases_in_pages(made):
    groups = [{"email": f"Team{n}@acme.example", "members": []} for n in range(450)]
    scene = made(groups=({"email": "sales@acme.example", "aliases": ["Deals@acme.example"]}, *groups))

    found = scene.services.ports.directory.groups()

    assert found == {"sales@acme.example", "deals@acme.example", *(f"team{n}@acme.example" for n in range(450))}
    assert asked(scene, "groups.list") == 3


def test_a_workspace_without_groups_has_none(made):
    assert made(groups=()).services.ports.directory.groups() == frozenset()


@pytest.mark.parametrize(
    "admin", ["ben@acme.example", "nobody@acme.example", "dan@acme.example"], ids=["no admin", "unknown", "suspended"]
)
@pytest.mark.parametrize("method", ["people", "domains", "groups"])
def test_a_subject_who_is_no_admin_must_be_replaced(made, admin, method):
    users = (*small_world().users, User("dan@acme.example", is_admin=True, is_suspended=True))
    scene = made(users=users, settings={"GOOGLE_ADMIN": admin})

    with pytest.raises(ReconnectRequiredError) as caught:
        getattr(scene.services.ports.directory, method)()

    assert admin not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("500", TransientError),
        ("503", TransientError),
        ("drop_answer", TransientError),
        ("429", ThrottledError),
        ("rateLimitExceeded", ThrottledError),
        ("domainPolicy", ReconnectRequiredError),
        ("failedPrecondition", ReconnectRequiredError),
        ("404", ReconnectRequiredError),
        ("authError", ReconnectRequiredError),
    ],
)
@pytest.mark.parametrize(("method", "name"), [("people", "users"), ("domains", "domains"), ("groups", "groups")])
def test_every_failure_is_one_of_two_kinds_and_names_nobody(scene, directory, method, name, kind, expected):
    scene.universe.faults.plan(Fault("directory", f"{name}.list", kind, times=-1))

    with pytest.raises(expected) as caught:
        getattr(directory, method)()

    assert type(caught.value) is expected
    assert "acme" not in repr(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("kind", ["503", "rateLimitExceeded"])
def test_a_short_trouble_is_outlasted(scene, directory, kind):
    scene.universe.faults.plan(Fault("directory", "users.list", kind, times=2))

    assert len(directory.people()) == 3


def test_a_listing_is_whole_or_it_raises(made):
    scene = made(users=(*small_world().users, *(User(f"p{n}@acme.example") for n in range(600))))
    pages = 0

    def fail_on_the_second(url, answer):
        nonlocal pages
        pages += "/users" in url
        if pages > 1:
            answer.status_code = 500

    listen(scene, fail_on_the_second)

    with pytest.raises(TransientError):
        scene.services.ports.directory.people()


def test_an_answer_that_is_not_json_is_transient(scene, directory):
    directory.domains()
    replace_answers(scene, b"<html>Sign in</html>")

    with pytest.raises(TransientError):
        directory.domains()


def test_a_revoked_token_is_refreshed_once(scene, directory):
    directory.people()
    scene.universe.identity.revoke_all()

    assert len(directory.people()) == 3
    assert len(scene.universe.calls.calls("google_token")) == 2
