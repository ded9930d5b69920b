"""Where no index shows an email field the search is the only question: its refusal is not "nobody has the address"."""

from __future__ import annotations

import pytest

from server.domain.crm import Query
from simulator.faults import Fault
from simulator.salesforce.switches import OrgSwitches
from tests.support.rep import Rep
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
REFUSED = "400:UNSUPPORTED_SEARCH"


@pytest.fixture(autouse=True)
def unindexed(scene: Scene) -> None:
    scene.universe.org.switches = OrgSwitches(unfilterable=("Contact.Email",))
    scene.restart()


def test_mail_is_logged_by_the_search_that_was_refused_once(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("salesforce", "search", REFUSED))
    for number in range(2):
        scene.deliver(ANN, eml(message_id=f"<{number}@x>", subject=str(number)))
    scene.sync(patience=7_200)
    assert set(scene.outcomes().values()) == {"contact_match"}
    assert len(scene.tasks()) == 2


def test_mail_whose_search_stays_refused_is_told_as_refused(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("salesforce", "search", REFUSED, times=-1))
    message = scene.deliver(ANN, eml())
    scene.sync(patience=7_200)
    assert scene.outcomes() == {message: "rejected"}
    assert "Salesforce refused this email" in Rep(scene, ANN, message).read
    assert scene.tasks() == []


def test_addresses_beyond_ascii_fit_into_the_url(scene: Scene) -> None:
    """Each of their letters takes nine bytes there, and Salesforce answers 414 to more than 16 KB."""
    addresses = [f"{number}{'字' * 40}@byron.example" for number in range(60)]
    scene.universe.org.insert("Contact", {"LastName": "Zhu", "Email": addresses[0]})
    candidates = scene.services.ports.crm.look_up(Query(addresses=frozenset(addresses)))
    assert list(candidates.contacts) == [addresses[0]]
