"""Situations that other products' users reported: a world each, and the activities that Salesforce must have after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cases import CASES, read_case, read_world, run_case

FOLDERS = {folder.name: folder for folder in sorted((CASES / "worlds").iterdir()) if folder.is_dir()}


@pytest.mark.parametrize("name", FOLDERS)
def test_salesforce_gets_the_activities_that_a_person_expects(name: str, tmp_path: Path) -> None:
    """``tasks`` of case.json: the kind of record that each activity stands on, and its direction.

    ``owners``, where it is there: the User who owns each, or null for the integration user. ``records``: the record.
    """
    case = read_case(FOLDERS[name])
    result = run_case(FOLDERS[name], tmp_path)
    activities = [[str(t["WhoId"] or t["WhatId"])[:3], t["Direction__c"]] for t in result.tasks.values()]
    assert activities == case["tasks"]
    if "records" in case:
        assert [str(t["WhoId"] or t["WhatId"])[:15] for t in result.tasks.values()] == case["records"]
    if "owners" in case:
        users = [user["Id"] for user in read_world(FOLDERS[name])["salesforce"]["User"]]
        owners = [str(task["OwnerId"])[:15] for task in result.tasks.values()]
        assert [owner if owner in users else None for owner in owners] == case["owners"]
