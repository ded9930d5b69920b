"""SalesforceCrm where the integration user lacks a right on fields of Task, from the start or from one day on."""

import pytest

from server.domain.crm import Target
from server.domain.errors import RejectedError, RightsError
from simulator.salesforce.switches import OrgSwitches
from tests.contracts.test_crm import ADA_ID, BYRON_ID, KEY_FIELD, activity, calls, key

DIRECTION = "TrulyActivity__Direction__c"
NEEDED = ["ActivityDate", "Description", "WhatId", "WhoId", KEY_FIELD]
SPARED = ["Type", "TaskSubtype", "TaskWhoIds", DIRECTION]


@pytest.fixture
def crm(scene):
    return scene.services.ports.crm


def switch(scene, **switches):
    scene.universe.org.switches = OrgSwitches(**switches)


def take_away(scene, name, how):
    switch(scene, **{how: (f"Task.{name}",)})


HOW = pytest.mark.parametrize("how", ["read_only_fields", "unreadable"])


@HOW
@pytest.mark.parametrize("name", SPARED)
@pytest.mark.parametrize("is_known", [True, False], ids=["in the middle", "from the start"])
def test_a_field_that_a_mail_can_spare_is_spared(scene, crm, name, how, is_known):
    if is_known:
        crm.file([activity(0)])
    take_away(scene, name, how)

    [answer] = crm.file([activity(1, what_id=BYRON_ID, related_ids=(ADA_ID,))])

    assert answer.activity_id
    task = scene.universe.org.record(answer.activity_id)[1]
    assert task.get(name) in (None, "", [ADA_ID])  # who a Task is on is one of its people
    assert (task["WhoId"], task["WhatId"], task[KEY_FIELD]) == (ADA_ID, BYRON_ID, key(1))


@HOW
@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("is_known", [True, False], ids=["in the middle", "from the start"])
def test_a_field_that_every_mail_needs_is_the_settings_fault(scene, crm, name, how, is_known):
    if is_known:
        crm.file([activity(0)])
    take_away(scene, name, how)

    for _ in range(2):
        try:
            found = [answer.error for answer in crm.file([activity(n, what_id=BYRON_ID) for n in (1, 2)])]
        except RightsError as error:
            found = [error]
        assert not any(isinstance(error, RejectedError) for error in found)
        assert all(found)
    assert isinstance(found[0], RightsError)
    assert len(scene.tasks()) == is_known

    switch(scene)
    assert all(answer.activity_id for answer in crm.file([activity(n) for n in (1, 2)]))


@HOW
def test_the_doctor_names_the_field_and_what_to_do(scene, how):
    take_away(scene, "ActivityDate", how)

    findings = list(scene.services.rooms.doctor.examine())

    [sentence] = [f.text for f in findings if "ActivityDate" in f.text]
    assert sentence == (
        "The integration user may not write Task.ActivityDate, so no email can be logged. Assign the permission set"
        " Email Sync Integration to the user, or give it edit access to the field."
    )


def test_the_doctor_names_a_field_that_is_spared(scene):
    take_away(scene, DIRECTION, "read_only_fields")

    findings = list(scene.services.rooms.doctor.examine())

    assert f"The integration user may not write Task.{DIRECTION}: emails are logged without it." in str(findings)


def test_a_right_that_was_lost_costs_one_second_try_and_not_one_each_time(scene, crm):
    crm.file([activity(0)])
    take_away(scene, DIRECTION, "read_only_fields")
    crm.file([activity(1)])
    crm.file([activity(2)])
    before = len(calls(scene, "collections.create"))

    crm.file([activity(3)])

    assert len(calls(scene, "collections.create")) == before + 1


def test_a_key_that_is_hidden_is_not_an_org_without_keys(scene, crm):
    take_away(scene, KEY_FIELD, "unreadable")
    with pytest.raises(RightsError):
        crm.find_by_key([key(1)])


def test_a_move_needs_the_right_to_change_both_links(scene, crm):
    [answer] = crm.file([activity()])
    take_away(scene, "WhatId", "read_only_fields")

    try:
        [error] = crm.retarget([Target(answer.activity_id, ADA_ID, BYRON_ID, "x")])
    except RightsError as failure:
        error = failure

    assert not isinstance(error, RejectedError)
    assert scene.tasks()[0]["WhatId"] is None


@pytest.mark.parametrize("text", ["日本語のメール " * 40, "é" * 250, "😀" * 120, "plain" * 60])
def test_a_text_of_which_salesforce_counts_bytes_is_cut_until_it_fits(scene, crm, text):
    switch(scene, byte_fields=("Task.Subject",))

    [answer] = crm.file([activity(subject=text)])

    assert answer.activity_id
    [task] = scene.tasks()
    assert 100 < len(task["Subject"].encode()) <= 255
    assert text.startswith(task["Subject"].rstrip("…"))


def test_a_description_of_bytes_keeps_nearly_all_that_fits(scene, crm):
    switch(scene, byte_fields=("Task.Description",))

    [answer] = crm.file([activity(body="語" * 30_000)])

    assert answer.activity_id
    assert len(scene.tasks()[0]["Description"].encode()) > 31_900
