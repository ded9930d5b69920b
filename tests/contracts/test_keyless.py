"""Delegation without a key: this machine's own identity signs as GOOGLE_DELEGATE, through IAM."""

import json

import pytest

from server.domain.errors import ConfigurationError, MailboxUnavailableError, ReconnectRequiredError, TransientError
from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox
from simulator.demo.stage import google_account
from simulator.faults import Fault
from simulator.google_switches import GoogleSwitches
from simulator.people import People
from tests.support.scene import PRIVATE_PEM, PUBLIC_PEM, eml

ANN = "ann@acme.example"
DELEGATE = "delegate@simulated.iam.gserviceaccount.com"
OWN = "truly@simulated.iam.gserviceaccount.com"
"""The machine's identity. A key file stands in for the metadata server of Google's machines."""


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.fixture
def keyless(make_scene, tmp_path, monkeypatch):
    (tmp_path / "own.json").write_text(google_account(PRIVATE_PEM))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "own.json"))
    scene = make_scene(GOOGLE_SERVICE_ACCOUNT_FILE="", GOOGLE_DELEGATE=DELEGATE)
    scene.universe.identity.register(OWN, PUBLIC_PEM)
    return scene


def mailbox_of(scene, address):
    user = scene.universe.user(address)
    return Mailbox(MailboxId(user.user_id), (user.email, *user.aliases))


def asked(scene, service):
    return [(c.mailbox, c.method) for c in scene.universe.calls.calls(service)]


def test_a_whole_pass_runs_without_any_key_of_the_delegate(keyless):
    keyless.deliver(ANN, eml())

    assert keyless.sync().is_at_rest
    assert len(keyless.tasks()) == 1


def test_each_token_costs_a_signature_and_the_own_identity_is_asked_once(keyless):
    mail = keyless.services.ports.mail
    for address in (ANN, "ben@acme.example", "cem@acme.example"):
        mail.current_cursor(mailbox_of(keyless, address))
        mail.current_cursor(mailbox_of(keyless, address))

    assert len(asked(keyless, "iam")) == 3
    assert [subject for subject, _ in asked(keyless, "google_token")] == [
        OWN, ANN, "ben@acme.example", "cem@acme.example",
    ]  # fmt: skip


def test_a_revoked_token_is_signed_for_anew(keyless):
    mail, ann = keyless.services.ports.mail, mailbox_of(keyless, ANN)
    mail.current_cursor(ann)
    keyless.universe.identity.end_sessions(ANN)

    assert mail.current_cursor(ann)
    assert len(asked(keyless, "iam")) == 2


def test_an_identity_that_may_not_sign_is_told_the_role_it_needs(keyless):
    keyless.universe.identity.signers[DELEGATE] = frozenset({"other@simulated.iam.gserviceaccount.com"})

    with pytest.raises(ReconnectRequiredError, match="Service Account Token Creator") as caught:
        keyless.services.ports.mail.current_cursor(mailbox_of(keyless, ANN))

    assert "GOOGLE_DELEGATE" in str(caught.value)
    assert "simulated" not in str(caught.value)


def test_an_account_that_may_not_exist_and_a_role_that_lacks_are_one_sentence(keyless):
    keyless.universe.identity.signers[DELEGATE] = frozenset()
    with pytest.raises(
        ReconnectRequiredError, match="no service account of the name in GOOGLE_DELEGATE, or this service"
    ):
        keyless.services.ports.mail.current_cursor(mailbox_of(keyless, ANN))


def test_the_signing_api_that_is_off_is_named(keyless):
    keyless.universe.world.google = GoogleSwitches(apis_off=("iamcredentials.googleapis.com",))
    with pytest.raises(ReconnectRequiredError, match="IAM Service Account Credentials API is not enabled"):
        keyless.services.ports.mail.current_cursor(mailbox_of(keyless, ANN))


@pytest.mark.parametrize(
    ("kind", "expected", "words"),
    [
        ("503", TransientError, "did not answer"),
        ("429", TransientError, "did not answer"),
        ("404", ReconnectRequiredError, "no service account of the name in GOOGLE_DELEGATE"),
        ("authError", ReconnectRequiredError, "own identity"),
    ],
)
def test_iam_in_trouble(keyless, kind, expected, words):
    keyless.universe.faults.plan(Fault("iam", "signJwt", kind, times=-1))

    with pytest.raises(expected, match=words):
        keyless.services.ports.mail.current_cursor(mailbox_of(keyless, ANN))


def test_missing_delegation_names_the_account_setting_and_the_scopes_to_authorise(keyless):
    keyless.universe.identity.delegated[DELEGATE] = frozenset()

    with pytest.raises(ReconnectRequiredError) as caught:
        keyless.services.ports.mail.current_cursor(mailbox_of(keyless, ANN))

    text = str(caught.value)
    assert "Domain-wide delegation" in text
    assert "GOOGLE_DELEGATE" in text
    assert "https://www.googleapis.com/auth/gmail.readonly" in text
    assert "acme" not in text


def test_with_a_key_file_missing_delegation_names_the_client_id(scene):
    account = scene.folder / "account.json"
    account.write_text(json.dumps({**json.loads(account.read_text()), "client_id": "113579"}))
    scene.universe.identity.delegated[OWN] = frozenset({"https://www.googleapis.com/auth/gmail.readonly"})
    scene.restart()

    with pytest.raises(ReconnectRequiredError, match=r"client id 113579 for .*admin.directory.user.readonly"):
        scene.services.ports.directory.people()
    assert scene.services.ports.mail.current_cursor(mailbox_of(scene, ANN))


def test_a_suspended_user_is_that_mailbox_s_trouble_alone(keyless):
    ben = mailbox_of(keyless, "ben@acme.example")
    People(keyless.universe).change({"op": "suspend", "email": ben.address})

    with pytest.raises(MailboxUnavailableError):
        keyless.services.ports.mail.current_cursor(ben)
    assert keyless.services.ports.mail.current_cursor(mailbox_of(keyless, ANN))


def test_a_machine_without_an_identity_is_a_setting_to_correct(make_scene, tmp_path, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    scene = make_scene(GOOGLE_SERVICE_ACCOUNT_FILE="", GOOGLE_DELEGATE=DELEGATE)

    with pytest.raises(ConfigurationError, match="no Google identity of its own"):
        scene.services.ports.directory.people()
