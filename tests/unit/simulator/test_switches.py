"""Each switch makes the simulated org as hard as real ones are."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.salesforce.switches import OrgSwitches
from simulator.world_checks import WorldError, org


def test_automation_that_bears_few_tasks_refuses_every_record_of_a_larger_transaction() -> None:
    switches = OrgSwitches.of({"automation_bears": 25})
    assert switches.refuse_transaction(25) is None
    refusal = switches.refuse_transaction(26)
    assert refusal is not None
    assert refusal.code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert "Too many SOQL queries: 101" in refusal.message


@pytest.mark.parametrize(
    "section",
    [
        [],
        {"automation_bear": 25},
        {"automation_bears": 0},
        {"automation_bears": True},
        {"login_refused": 1},
        {"generic_audience": "yes"},
    ],
)
def test_a_wrong_switch_is_a_sentence(section: Any) -> None:
    with pytest.raises(WorldError, match=r"salesforce\.switches"):
        org({"switches": section})
