"""SalesforceCrm: the days of the sync as rows of the package's object, whatever the org calls it."""

import json
from dataclasses import replace

import pytest

from server.adapters.salesforce.org.shape import COVERAGE_FIELDS
from server.domain.decision import Outcome
from server.domain.errors import NotFoundError, RejectedError, TransientError
from server.domain.ids import MailboxId
from server.domain.ledger import CoverageRow, DayCoverage
from simulator.faults import Fault
from tests.support import package
from tests.support.scene import small_world


def day(name="2026-09-13", **more):
    counted = dict.fromkeys(Outcome, 0) | {
        Outcome.LOGGED: 3, Outcome.SKIPPED: 5, Outcome.FAILED: 3, Outcome.WAITING: 1, Outcome.GONE: 1, Outcome.REMOVED: 1,
    }  # fmt: skip
    plain = {"day": name, "gmail": 14, "left": 1, "outcomes": counted, "missing": 1, "causes": (("CODE_A", 2),)}
    return DayCoverage(**{**plain, **more})


def row(name="2026-09-13", mailbox="ann@acme.example", mailbox_id="1", **more):
    return CoverageRow(MailboxId(mailbox_id), mailbox, day(name, **more))


@pytest.fixture
def made(make_scene):
    def make(namespace="TrulyActivity", *, packaged=True):
        world = small_world()
        prefix = f"{namespace}__" if namespace else ""
        org = json.loads(json.dumps(world.org).replace("TrulyActivity__", prefix)) | {"namespace": namespace}
        if packaged:
            org["package"] = str(package.PROJECT)
        return make_scene(replace(world, org=org)), f"{prefix}Sync_Coverage__c", prefix

    return make


def publish(scene, *rows):
    return scene.services.ports.crm.publish(list(rows))


@pytest.mark.parametrize("namespace", ["TrulyActivity", "Other", None])
def test_a_day_is_one_row_however_often_it_is_written(made, namespace):
    scene, kind, prefix = made(namespace)

    assert publish(scene, row()) == [None]
    assert publish(scene, row(mailbox="ann.new@acme.example", gmail=15)) == [None]

    found = scene.universe.org.everything(kind)
    assert len(found) == 1
    assert {name: found[0][prefix + names[0]] for name, names in COVERAGE_FIELDS.items()} == {
        "key": "2026-09-13.1", "mailbox": "ann.new@acme.example", "day": "2026-09-13", "seen": 16, "logged": 3, "skipped": 5,
        "refused": 2, "unreadable": 1, "waiting": 1, "gone": 1, "removed": 1, "causes": "CODE_A 2",
    }  # fmt: skip


def test_the_packages_formula_is_what_the_ledger_misses(made):
    """Seen less all outcomes: the only number that must be 0."""
    scene, kind, prefix = made()
    publish(scene, row(missing=1))
    found = scene.universe.org.everything(kind)[0]
    outcomes = ("Logged__c", "Skipped__c", "Refused__c", "Unreadable__c", "Waiting__c", "Gone__c", "Removed__c")
    assert found[f"{prefix}Seen__c"] - sum(found[prefix + name] for name in outcomes) == 1
    formula = package.text(
        package.parse(
            package.find_file(package.PROJECT, "objects/Sync_Coverage__c/fields/Unaccounted__c.field-meta.xml")
        ),
        "formula",
    )
    assert formula == " - ".join(("Seen__c", *outcomes))


def test_every_field_of_the_object_is_written_or_computed():
    held = package.fields()["Sync_Coverage__c"]
    assert {name for name, field in held.items() if not field.is_formula} == {n[0] for n in COVERAGE_FIELDS.values()}


def test_two_hundred_a_call_and_their_answers_in_order(made):
    scene, kind, _ = made()
    scene.services.ports.crm.shape()
    before = len(scene.universe.calls.calls("salesforce"))
    scene.universe.faults.plan(Fault("salesforce", "upsert", "STRING_TOO_LONG:too long", 1))

    answers = publish(scene, *(row(mailbox_id=str(n)) for n in range(401)))

    assert isinstance(answers[0], RejectedError)
    assert answers[1:] == [None] * 400
    assert len(scene.universe.org.everything(kind)) == 400
    assert len(scene.universe.calls.calls("salesforce")) == before + 4, "the names, and three times the rows"


def test_an_org_without_the_package_says_so(made):
    scene, *_ = made(packaged=False)
    with pytest.raises(NotFoundError, match="Install the package"):
        publish(scene, row())
    assert publish(scene) == []
    assert not scene.services.ports.crm.takes_days()


def test_a_package_that_is_installed_later_is_found(made):
    scene, kind, _ = made()
    org = scene.universe.org
    hidden = org.schema.pop(kind)
    with pytest.raises(NotFoundError):
        publish(scene, row())
    org.schema[kind] = hidden
    assert scene.services.ports.crm.takes_days()
    assert publish(scene, row()) == [None]


def test_what_the_integration_user_may_not_write_is_left_out(made):
    scene, kind, prefix = made()
    del scene.universe.org.schema[kind][f"{prefix}Refusal_Causes__c"]
    assert publish(scene, row()) == [None]
    assert scene.universe.org.everything(kind)[0][f"{prefix}Seen__c"] == 15


def test_a_key_that_is_no_external_id_is_no_key(made):
    scene, kind, prefix = made()
    fields = scene.universe.org.schema[kind]
    fields[f"{prefix}Day_Key__c"] = replace(fields[f"{prefix}Day_Key__c"], is_external_id=False, is_unique=False)
    with pytest.raises(NotFoundError):
        publish(scene, row())


def test_a_long_list_of_causes_is_cut(made):
    scene, kind, prefix = made()
    assert publish(scene, row(causes=tuple((f"FIELD_{n:030}", 1) for n in range(20)))) == [None]
    assert len(scene.universe.org.everything(kind)[0][f"{prefix}Refusal_Causes__c"]) == 255


@pytest.mark.parametrize("fault", ["503", "drop_answer", "timeout"])
def test_a_lost_answer_is_tried_again_and_doubles_nothing(made, fault):
    scene, kind, _ = made()
    scene.universe.faults.plan(Fault("salesforce", "collections.upsert", fault, 2))
    with pytest.raises(TransientError):
        publish(scene, row())
    scene.universe.faults.clear()
    assert publish(scene, row()) == [None]
    assert len(scene.universe.org.everything(kind)) == 1
