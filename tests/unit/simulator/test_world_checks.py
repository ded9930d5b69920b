"""A world that cannot be meant is one sentence; what was clearly meant is taken."""

import copy
import json

import pytest

from simulator.world import WorldError, load

USER = {"email": "ann@north.example", "name": "Ann"}
WORLD = {
    "name": "w",
    "workspace": {"domains": [{"name": "north.example"}], "users": [USER], "groups": [{"email": "g@north.example"}]},
    "salesforce": {"namespace": "T", "Account": [{"Id": "001A00000000001", "T__Email_Only_Sync_Contact_Matches__c": True}]},
}  # fmt: skip


def made(folder, path=(), value=None):
    world = copy.deepcopy(WORLD)
    at = world
    for key in path[:-1]:
        at = at[key]
    if path:
        at[path[-1]] = value
    (folder / "mail").mkdir()
    (folder / "world.json").write_text(json.dumps(world))
    return load(folder)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("workspace", "users", 0, "aliases"), 5, "workspace.users[0].aliases must be a list of texts"),
        (("workspace", "users", 0, "stage"), "on", "stage must be one of"),
        (
            ("salesforce", "Contact"),
            [{"Id": "003A00000000001"}, {"Id": "003A00000000001AAA"}],
            "two records of salesforce.Contact have the Id",
        ),
        (("server",), {"MAILBOXES": ["ann@north.example"]}, "server.MAILBOXES must be a text"),
        (("workspace", "users", 0, "start"), "yesterday", "start must be a day"),
        (("workspace", "domains", 0, "aliases"), 3, "workspace.domains[0].aliases must be a list"),
        (("workspace", "groups", 0, "members"), 7, "workspace.groups[0].members must be a list"),
        (("workspace", "users", 0, "suspended"), True, "everybody in workspace.users is suspended"),
        (("workspace", "users", 0, "start"), "2026-99-01", "start must be a day"),
        (("workspace", "users", 0, "aliases"), "a@north.example", "aliases must be a list of texts"),
        (("workspace", "groups", 0, "aliases"), 7, "workspace.groups[0].aliases must be a list"),
        (("salesforce", "hidden"), 5, "hidden must be a list of pairs"),
        (("salesforce", "read_only"), [["005"]], "read_only must be a list of pairs"),
        (("salesforce", "hidden"), [[1, 2]], "hidden must be a list of pairs"),
        (("salesforce", "integration_user"), 5, "integration_user must be the id of a User"),
        (("salesforce", "integration_user"), "005X", "integration_user must be the id of a User"),
        (("salesforce", "rules"), {}, "salesforce.rules must be a list"),
        (("salesforce", "rules"), [5], "salesforce.rules[0] must have a kind"),
        (("salesforce", "rules"), [{"kind": "validation"}], "salesforce.rules[0] must have a kind"),
        (("salesforce", "rules"), [{"kind": "required", "field": 5}], "salesforce.rules[0] must have a kind"),
        (("salesforce", "rules"), [{"kind": ["trigger"]}], "salesforce.rules[0] must have a kind"),
        (("salesforce", "rules"), [{"kind": "trigger", "when": ["x"]}], "when must map fields to texts"),
        (("salesforce", "rules"), [{"kind": "trigger", "object": "Casino"}], "salesforce.rules[0].object"),
        (("salesforce", "activity_fields"), "no", "activity_fields must be true or false"),
        (
            ("salesforce", "Contact"),
            [{"Id": "003A00000000001", "Email": 5}],
            "salesforce.Contact[0].Email must be a text",
        ),
        (
            ("salesforce", "Account", 0, "LastModifiedDate"),
            "0001-01-01T00:00:00+14:00",
            "LastModifiedDate must be a moment",
        ),
        (("salesforce", "Account"), {}, "salesforce.Account must be a list"),
        (("salesforce", "Account"), None, "salesforce.Account must be a list"),
        (("salesforce", "namespace"), 5, "namespace must be a text"),
        (("salesforce", "Account", 0, "LastModifiedDate"), 1_790_000_000, "LastModifiedDate must be a moment"),
        (("salesforce", "Account", 0, "T__Email_Only_Sync_Contact_Matches__c"), "false", "must be true or false"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(tmp_path, path, value, said):
    with pytest.raises(WorldError) as caught:
        made(tmp_path, path, value)

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-10-01T09:00:00Z", "2026-10-01T09:00:00.000+0000"),
        ("2026-10-01T11:00:00.000+02:00", "2026-10-01T09:00:00.000+0000"),
        ("2026-10-01", "2026-10-01T00:00:00.000+0000"),
        ("2026-10-01T09:00:00.250+0000", "2026-10-01T09:00:00.250+0000"),
        ("0999-10-01", "0999-10-01T00:00:00.000+0000"),
    ],
)
def test_moments_in_other_forms_are_taken(tmp_path, written, kept):
    world = made(tmp_path, ("salesforce", "Account", 0, "LastModifiedDate"), written)

    assert world.org["Account"][0]["LastModifiedDate"] == kept


@pytest.mark.parametrize("switch", ["activity_fields", "shared_activities"])
def test_what_says_how_the_org_is_is_no_record(tmp_path, switch):
    assert made(tmp_path, ("salesforce", switch), False).org[switch] is False


def test_where_nobody_is_an_admin_the_first_who_works_there_is(tmp_path):
    assert [user.is_admin for user in made(tmp_path).users] == [True]


def test_a_world_nested_too_deep_is_one_sentence(tmp_path):
    (tmp_path / "world.json").write_text("[" * 100_000)

    with pytest.raises(WorldError, match="nested too deep"):
        load(tmp_path)


def test_settings_of_the_server_are_texts_whatever_json_they_are(tmp_path):
    world = made(tmp_path, ("server",), {"BACKFILL_MONTHS": 3, "MATCH_LEADS": False, "DISCLOSURE": "subject"})
    assert world.server == {"BACKFILL_MONTHS": "3", "MATCH_LEADS": "no", "DISCLOSURE": "subject"}
