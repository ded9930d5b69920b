"""Logging in: Salesforce's own reason for a refusal, the second audience, and which org it is."""

from __future__ import annotations

import pytest

from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.crm import SalesforceCrm
from server.adapters.salesforce.login import Login, read_org_id
from server.domain.errors import ConfigurationError, ReconnectRequiredError, TransientError
from simulator.salesforce.sessions import REFUSALS
from simulator.salesforce.switches import OrgSwitches
from tests.support.scene import PRIVATE_PEM, PUBLIC_PEM
from tests.support.wire import replace_answers

LOGIN = {"domain": "acme.my", "consumer_key": "key", "version": "67.0"}
TO_DO = {
    "user hasn't approved this consumer": "by a permission set",
    "audience is invalid": "SALESFORCE_DOMAIN",
    "invalid assertion": "certificate",
    "expired authorization code": "clock",
    "ip restricted": "IP restrictions",
    "ip restricted or invalid login hours": "hours",
    "no client credentials user enabled": "Run As",
    "request not supported on this domain": "not login or test",
    "user is inactive": "Activate or unfreeze",
    "organization is inactive": "ask its admin",
    "client identifier invalid": "SALESFORCE_CONSUMER_KEY",
    "invalid client credentials": "SALESFORCE_CONSUMER_SECRET",
    "External client app is not installed in this org": "install the external client app",
    "grant type not supported": "Enable this login",
}


def enter(scene, met=None, **login):
    proof = {"username": "sync@acme.example", "private_key": PRIVATE_PEM}
    on_login = met.append if met is not None else lambda _org: None
    return SalesforceCrm(OrgClient(Login(**{**LOGIN, **proof, **login}), scene.transport, on_login=on_login))


def logins(scene):
    return len(scene.universe.calls.calls("salesforce_token"))


def requests(scene):
    return len(scene.universe.calls.calls("salesforce"))


@pytest.mark.parametrize("phrase", sorted(set(REFUSALS) - {"login rate exceeded"}))
def test_a_refusal_is_said_in_salesforces_words_with_what_to_do(scene, phrase):
    scene.universe.org.switches = OrgSwitches(login_refused=phrase)

    with pytest.raises(ReconnectRequiredError) as caught:
        enter(scene).shape()

    assert f": {phrase})" in str(caught.value)
    assert TO_DO[phrase] in str(caught.value)


def test_too_many_logins_are_tried_again_later(scene):
    scene.universe.org.switches = OrgSwitches(login_refused="login rate exceeded")

    with pytest.raises(TransientError):
        enter(scene).shape()


@pytest.mark.parametrize(
    ("phrase", "shown"),
    [
        ("the moon is in the wrong house", True),
        ("sync@acme.example may not", False),
        ("key 3MVG9abc is unknown", False),
        ("see https://login", False),
    ],
)
def test_a_description_that_nobody_knows_is_shown_only_in_plain_letters(scene, phrase, shown):
    scene.universe.org.switches = OrgSwitches(login_refused=phrase)

    with pytest.raises(ReconnectRequiredError) as caught:
        enter(scene).shape()

    assert (phrase in str(caught.value)) is shown
    assert "(invalid_grant" in str(caught.value)
    assert "login history" in str(caught.value)


def test_a_wrong_user_is_told_by_doctor(scene):
    scene.restart(SALESFORCE_USERNAME="somebody.else@acme.example")

    output = " ".join(scene.flask("doctor").output.split())

    assert (
        "LOOK Salesforce: Salesforce refused to log us in (invalid_grant: user hasn't approved this consumer)" in output
    )


@pytest.mark.parametrize(
    ("domain", "audience"),
    [
        ("acme.my", "login"),
        ("acme--uat.sandbox.my", "test"),
        ("acme--uat", "test"),
        ("dream.scratch.my", "test"),
        ("acme-dev-ed.develop.my", "login"),
        ("acme-demo.trailblaze.my", "login"),
        ("test", "test"),
        ("login", "login"),
    ],
)
def test_the_general_audience_is_that_of_the_domains_kind(domain, audience):
    assert Login(**{**LOGIN, "domain": domain}).audiences[-1] == f"https://{audience}.salesforce.com"


@pytest.mark.parametrize("domain", ["acme.my", "acme--uat.sandbox.my"])
def test_an_org_that_takes_the_general_audience_alone_is_entered_and_remembered(scene, domain):
    scene.universe.org.switches = OrgSwitches(generic_audience=True)
    crm = enter(scene, domain=domain)

    assert crm.shape()
    assert logins(scene) == 2
    scene.universe.org.end_sessions()
    assert crm.find_by_key([]) == {}
    crm.takes_days()
    assert logins(scene) == 3


def test_a_refusal_of_both_audiences_names_the_cause_that_is_none_of_them(scene):
    scene.universe.org.switches = OrgSwitches(generic_audience=True)
    scene.universe.org.register({"consumer_key": "key", "public_key": PUBLIC_PEM, "username": "other@acme.example"})

    with pytest.raises(ReconnectRequiredError, match="approved"):
        enter(scene).shape()

    assert logins(scene) == 2


def test_the_logins_answer_names_the_org(scene):
    met = []

    enter(scene, met).shape()

    assert met == [scene.universe.org.id]


def test_an_org_that_its_login_does_not_name_is_asked_before_anything_else(scene):
    scene.universe.org.switches = OrgSwitches(opaque_tokens=True)
    asked = []

    def meet(org):
        asked.append((org, requests(scene)))

    login = Login(**LOGIN, username="sync@acme.example", private_key=PRIVATE_PEM)
    SalesforceCrm(OrgClient(login, scene.transport, on_login=meet)).shape()

    assert asked == [(scene.universe.org.id, 1)]


def test_an_org_that_nobody_names_is_not_written_to(scene):
    scene.universe.org.switches = OrgSwitches(opaque_tokens=True)
    del scene.universe.org.schema["Organization"]

    with pytest.raises(ConfigurationError, match="which org this is"):
        enter(scene).shape()

    assert requests(scene) == 1


@pytest.mark.parametrize(
    ("identity_url", "token", "org"),
    [
        ("https://login.salesforce.com/id/00D000000000062EAA/005000000000001AAA", "x", "00D000000000062EAA"),
        ("https://test.salesforce.com/id/00D000000000062/005000000000001", "x", "00D000000000062"),
        (None, "00D000000000062!AQ4AQ", "00D000000000062"),
        (None, "eyJ0bmsiOiJjb3JlL3Byb2QifQ.e30.c2ln", ""),
        ("nonsense", "abc!def", ""),
    ],
)
def test_the_org_is_read_from_the_answer_first(identity_url, token, org):
    assert read_org_id(identity_url, token) == org


@pytest.mark.parametrize("page", [b'{"access_token": "a"}', b'{"access_token": "a", "instance_url": "acme"}'])
def test_an_answer_without_an_address_is_not_understood(scene, page):
    replace_answers(scene, page, only="/oauth2/token")

    with pytest.raises(ReconnectRequiredError):
        enter(scene).shape()
