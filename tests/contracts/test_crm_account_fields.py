"""An org with several of our account fields: found by any domain field, kept out by any box, from email to Salesforce."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import pytest

from simulator.salesforce.ids import to_18
from tests.contracts.test_crm import ANN_ID
from tests.support.scene import BOX_FIELD, DOMAIN_FIELD, eml, small_world

ANN = "ann@acme.example"
DOMAINS = (DOMAIN_FIELD, "Email_Domain__c", "truly_emailDomain__c")
BOXES = (BOX_FIELD, "Email_Only_Sync_Contact_Matches__c", "truly_emailOnlySyncContactMatches__c")
"""Of the package, of its source without a namespace, and of before; in the same order."""
SUBSETS = tuple(chain.from_iterable(combinations(range(3), size) for size in (1, 2, 3)))


def make_org(present: tuple[int, ...], values: dict[str, Any]) -> dict[str, Any]:
    """Only the package has fields that no record shows, so another account shows the others."""
    shown = {DOMAINS[i]: "other.example" for i in present} | {BOXES[i]: False for i in present}
    accounts = [
        {"Id": "001A00000000001", "Name": "Byron", "OwnerId": ANN_ID, **values},
        {"Id": "001A00000000002", "Name": "Other", "OwnerId": ANN_ID, **shown},
    ]
    org = {"Account": accounts, "Contact": [], "Lead": [], "namespace": "TrulyActivity" if 0 in present else None}
    return {**org, "external_ids": [f"Account.{name}" for name in DOMAINS]}


@pytest.mark.parametrize("present", SUBSETS)
@pytest.mark.parametrize("lists", ["no", "yes"])
def test_an_account_is_found_by_any_domain_field_and_kept_out_by_any_box(
    make_scene, present: tuple[int, ...], lists: str
) -> None:
    for filled in present:
        for ticked in ((), *(subset for subset in SUBSETS if set(subset) <= set(present))):
            typed = "x.example; @Byron.example" if lists == "yes" else "@Byron.example"
            values = {DOMAINS[filled]: typed, **{BOXES[i]: i in ticked for i in present}}
            scene = make_scene(small_world(make_org(present, values)), ACCOUNT_DOMAIN_LISTS=lists)
            scene.deliver(ANN, eml(sender="bob@byron.example"))
            scene.sync()

            logged = [task["WhatId"] for task in scene.tasks()]
            assert logged == ([] if ticked else [to_18("001A00000000001")]), (filled, ticked)
            reason = "contacts_only_account" if ticked else "account_domain_match"
            assert list(scene.outcomes().values()) == [reason], (filled, ticked)


@pytest.mark.parametrize("present", SUBSETS)
def test_doctor_names_fields_that_mean_the_same(make_scene, present: tuple[int, ...]) -> None:
    scene = make_scene(small_world(make_org(present, {})))

    output = " ".join(scene.flask("doctor").output.split())

    for names in (DOMAINS, BOXES):
        listed = " and ".join(f"Account.{names[i]}" for i in present)
        assert (f"The org has {listed}, which mean the same" in output) == (len(present) > 1)


def test_installing_the_package_keeps_the_boxes_of_before(make_scene) -> None:
    """An org that worked with the older fields: its boxes hold on, and its domains are found."""
    values = {DOMAINS[2]: "byron.example", BOXES[2]: True}
    org = make_org((2,), values)
    scene = make_scene(small_world(org))
    scene.deliver(ANN, eml(sender="bob@byron.example"))
    scene.sync()
    assert list(scene.outcomes().values()) == ["contacts_only_account"]

    after = make_scene(small_world({**org, "namespace": "TrulyActivity"}))
    after.deliver(ANN, eml(sender="bob@byron.example"))
    after.sync()

    assert after.tasks() == []
    assert list(after.outcomes().values()) == ["contacts_only_account"]
