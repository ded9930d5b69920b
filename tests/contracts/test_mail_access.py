"""Who may read a mailbox: credentials are minted once, refreshed once, and never outside the configured scope."""

import logging
from dataclasses import replace

import pytest

from server.domain.errors import (
    ConfigurationError,
    MailboxRefusedError,
    MailboxUnavailableError,
    ReconnectRequiredError,
    RefusedError,
    TransientError,
)
from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox
from simulator.faults import Fault
from tests.contracts.test_mail import refs
from tests.support.scene import eml

ANN = "ann@acme.example"
NAMES = ["From"]


@pytest.fixture
def mail(scene):
    return scene.services.ports.mail


@pytest.fixture
def ann(scene):
    return mailbox_of(scene, ANN)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """google-auth waits between its own attempts."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def mailbox_of(scene, address):
    user = scene.universe.user(address)
    return Mailbox(MailboxId(user.user_id), (user.email, *user.aliases))


def fail(scene, service, method, kind, times=1):
    scene.universe.faults.plan(Fault(service, method, kind, times))


def tokens(scene):
    return len(scene.universe.calls.calls("google_token"))


def suspend(scene, address):
    users = tuple(replace(u, is_suspended=u.email == address) for u in scene.universe.world.users)
    object.__setattr__(scene.universe.world, "users", users)


def asking(scene, mail, mailbox):
    """The two ways into Gmail: a call alone and a batch."""
    message_id = scene.deliver(ANN, eml())
    return {
        "alone": lambda: mail.current_cursor(mailbox),
        "batch": lambda: mail.headers(mailbox, refs([message_id]), NAMES)[message_id].headers.first("From"),
    }


def test_a_token_serves_many_calls_of_one_mailbox_and_of_no_other(scene, mail, ann):
    for _ in range(5):
        mail.current_cursor(ann)
    assert tokens(scene) == 1

    mail.current_cursor(mailbox_of(scene, "ben@acme.example"))
    assert tokens(scene) == 2
    assert {call.mailbox for call in scene.universe.calls.calls("gmail")} == {ANN, "ben@acme.example"}


@pytest.mark.parametrize("way", ["alone", "batch"])
def test_an_expired_token_is_refreshed_once(scene, mail, ann, way):
    ask = asking(scene, mail, ann)[way]
    ask()
    scene.clock.advance(3_600)

    assert ask()
    assert ask()
    assert tokens(scene) == 2


@pytest.mark.parametrize("way", ["alone", "batch"])
def test_a_revoked_token_is_refreshed_once(scene, mail, ann, way):
    ask = asking(scene, mail, ann)[way]
    ask()
    scene.universe.identity.revoke_all()

    assert ask()
    assert tokens(scene) == 2


def test_a_401_within_a_batch_is_refreshed_over_our_own_transport(scene, mail, ann):
    ids = [scene.deliver(ANN, eml(subject=str(n))) for n in range(3)]
    fail(scene, "gmail", "messages.get", "authError", times=2)

    found = mail.headers(ann, refs(ids), NAMES)

    assert [found[i].headers.first("From") for i in ids] == ["ada@byron.example"] * 3
    assert tokens(scene) == 2


def test_credentials_that_stay_refused_are_tried_once_more_and_no_oftener(scene, mail, ann):
    fail(scene, "gmail", "getProfile", "authError", times=-1)

    with pytest.raises(ReconnectRequiredError):
        mail.current_cursor(ann)

    assert tokens(scene) == 2
    assert scene.universe.calls.summary()["gmail"]["getProfile"] == 2


@pytest.mark.parametrize("way", ["alone", "batch"])
def test_a_suspended_users_mailbox_is_unavailable(scene, mail, ann, way):
    ask = asking(scene, mail, ann)[way]
    suspend(scene, ANN)

    with pytest.raises(MailboxUnavailableError) as caught:
        ask()

    assert ANN not in str(caught.value)


@pytest.mark.parametrize("way", ["alone", "batch"])
def test_a_user_suspended_while_a_token_lives_is_unavailable_too(scene, mail, ann, way):
    ask = asking(scene, mail, ann)[way]
    ask()
    suspend(scene, ANN)
    scene.universe.identity.revoke_all()

    with pytest.raises(MailboxUnavailableError) as caught:
        ask()

    assert ANN not in str(caught.value)


def test_a_person_who_left_is_unavailable_and_hurts_no_other(scene, mail, ann):
    with pytest.raises(MailboxUnavailableError):
        mail.current_cursor(Mailbox(MailboxId("9"), ("gone@acme.example",)))

    assert mail.current_cursor(ann)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("unauthorized_client", MailboxRefusedError),
        ("access_denied", MailboxRefusedError),
        ("invalid_scope", ReconnectRequiredError),
        ("invalid_signature", ReconnectRequiredError),
        ("invalid_grant", MailboxUnavailableError),
        ("503", TransientError),
        ("drop_answer", TransientError),
    ],
)
@pytest.mark.parametrize("has_token", [False, True])
def test_a_refused_token_says_who_must_act(scene, mail, ann, kind, expected, has_token):
    if has_token:
        mail.current_cursor(ann)
        scene.universe.identity.revoke_all()
    fail(scene, "google_token", "token", kind, times=-1)

    with pytest.raises(expected) as caught:
        mail.current_cursor(ann)

    text = repr(caught.value)
    assert not any(secret in text for secret in (ANN, "acme", "simulated.iam", "ya29", "eyJ"))
    assert caught.value.__suppress_context__


def test_one_key_that_google_does_not_know_concerns_the_whole_deployment(scene, mail, ann):
    scene.universe.identity.accounts.clear()

    with pytest.raises(ReconnectRequiredError):
        mail.current_cursor(ann)


def test_a_mailbox_outside_the_scope_gets_no_credentials_and_raises_an_alarm(make_scene, caplog):
    scene = make_scene(MAILBOXES="ben@acme.example")
    mail = scene.services.ports.mail

    with caplog.at_level(logging.ERROR), pytest.raises(RefusedError) as caught:
        mail.current_cursor(mailbox_of(scene, ANN))
    with pytest.raises(RefusedError):
        mail.headers(mailbox_of(scene, ANN), refs(["18c2"]), NAMES)

    asked_for = [scope for call in scene.universe.calls.calls("google_token") for scope in call.detail["scopes"]]
    assert not [scope for scope in asked_for if "gmail" in scope]
    assert scene.universe.calls.calls("gmail") == []
    assert "MAILBOXES" in str(caught.value)
    assert any(record.getMessage().startswith("ALARM") for record in caplog.records)
    assert ANN not in caplog.text + str(caught.value)


def test_a_mailbox_within_the_scope_is_read_by_any_of_its_addresses(make_scene):
    scene = make_scene(MAILBOXES="b@acme.example")

    assert scene.services.ports.mail.current_cursor(mailbox_of(scene, "ben@acme.example"))


@pytest.mark.parametrize("content", ["", "{}", '{"type": "service_account"}', "not json"])
def test_a_file_that_is_no_service_account_is_a_setting_to_correct(scene, content):
    (scene.folder / "account.json").write_text(content)

    with pytest.raises(ConfigurationError, match="GOOGLE_SERVICE_ACCOUNT_FILE"):
        scene.restart()
