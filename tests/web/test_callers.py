"""Forged callers are refused before anything is read or written."""

import base64
import hmac
import io
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from server.web.addon import LONGEST
from server.web.app import create_app
from simulator.addon_host import CLIENT_ID, SERVICE_ACCOUNT
from simulator.faults import Fault
from simulator.identity import KEY_ID
from tests.support.cards import card_of, texts
from tests.support.scene import eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
OPEN = "/addon/open"
URL = f"https://truly.example{OPEN}"
OTHER_KEY = rsa.generate_private_key(65537, 2048)


def claims(**changed):
    now = int(time.time())
    base = {
        "iss": "https://accounts.google.com", "aud": URL, "sub": "1", "email": SERVICE_ACCOUNT, "email_verified": True,
        "iat": now, "exp": now + 3600,
    }  # fmt: skip
    return {k: v for k, v in {**base, **changed}.items() if v is not None}


def signed(scene, **changed):
    return jwt.encode(claims(**changed), scene.universe.identity.signing_key(), "RS256", {"kid": KEY_ID})


def other_key(_scene):
    return jwt.encode(claims(), OTHER_KEY, "RS256", {"kid": KEY_ID})


def unknown_key(scene):
    return jwt.encode(claims(), scene.universe.identity.signing_key(), "RS256", {"kid": "none"})


def no_algorithm(_scene):
    return jwt.encode(claims(), None, "none", {"kid": KEY_ID})


def public_key_as_secret(scene):
    """The old confusion of RS256 with HS256: the certificate is public, so anybody could sign with it."""
    certificate = json.loads(scene.universe.identity.certificates().get_data())[KEY_ID]
    head = jwt.encode(claims(), "x" * 32, "HS256", {"kid": KEY_ID}).rpartition(".")[0]
    mac = hmac.digest(certificate.encode(), head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


SYSTEM = {
    "another key": other_key,
    "an unknown key": unknown_key,
    "alg none": no_algorithm,
    "the certificate as a secret": public_key_as_secret,
    "another issuer": lambda s: signed(s, iss="https://evil.example"),
    "another endpoint": lambda s: signed(s, aud="https://truly.example/addon/act"),
    "another host": lambda s: signed(s, aud="https://evil.example/addon/open"),
    "with a query": lambda s: signed(s, aud=f"{URL}?x=1"),
    "no audience": lambda s: signed(s, aud=None),
    "another project's add-on": lambda s: signed(s, email="service-2@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"),
    "no account": lambda s: signed(s, email=None),
    "unverified": lambda s: signed(s, email_verified=False),
    "unverified in words": lambda s: signed(s, email_verified="true"),
    "expired": lambda s: signed(s, iat=int(time.time()) - 7200, exp=int(time.time()) - 3600),
    "not yet": lambda s: signed(s, iat=int(time.time()) + 3600, exp=int(time.time()) + 7200),
    "a person's token": lambda s: signed(s, aud=CLIENT_ID, email=ANN),
    "cut off": lambda s: signed(s)[:-4],
    "nothing": lambda _s: "",
    "noise": lambda _s: "a.b.c",
    "huge": lambda _s: "a" * 7000,
}


@pytest.fixture
def quiet(scene):
    """A world at rest, with a message that a card would be about; nothing may be asked or written from here on."""
    scene.sync()
    scene.message = scene.deliver(ANN, eml())
    scene.universe.calls.clear()
    scene.before = scene.services.ports.store.writes()
    return scene


def untouched(scene):
    assert scene.universe.calls.summary()["gmail"] == {"units": 0}
    assert scene.universe.calls.summary()["salesforce"] == {"requests": 0}
    assert scene.services.ports.store.writes() == scene.before


@pytest.mark.parametrize("name", SYSTEM)
@pytest.mark.parametrize("path", ["/addon/home", "/addon/help", "/addon/settings", OPEN, "/addon/act"])
def test_a_caller_who_is_not_google_is_refused(quiet, name, path):
    token = SYSTEM[name](quiet)

    for header in (f"Bearer {token}", token, f"Basic {token}") if token else ("", "Bearer", "Bearer "):
        assert quiet.post(path, quiet.addon_host.event(ANN, quiet.message), header) == 401
    untouched(quiet)


USER = {
    "another key": other_key,
    "alg none": no_algorithm,
    "the system's token": signed,
    "another client": lambda s: signed(s, aud="2-other.apps.googleusercontent.com", email=ANN),
    "another issuer": lambda s: signed(s, aud=CLIENT_ID, email=ANN, iss="evil"),
    "expired": lambda s: signed(s, aud=CLIENT_ID, email=ANN, iat=1, exp=2),
    "no address": lambda s: signed(s, aud=CLIENT_ID, email=None),
    "no subject": lambda s: signed(s, aud=CLIENT_ID, email=ANN, sub=None),
    "unverified": lambda s: signed(s, aud=CLIENT_ID, email=ANN, email_verified=False),
    "noise": lambda _s: "a.b.c",
}


@pytest.mark.parametrize("name", USER)
def test_a_person_who_is_not_who_they_say_is_refused(quiet, name):
    event = quiet.addon_host.event(ANN, quiet.message)
    event["authorizationEventObject"]["userIdToken"] = USER[name](quiet)

    assert quiet.post(OPEN, event) == 401
    untouched(quiet)


EMAIL, MESSAGE = "userinfo.email", "gmail.addons.current.message.metadata"


@pytest.mark.parametrize(
    ("path", "declined", "asked"),
    [
        (OPEN, [EMAIL], [EMAIL]), (OPEN, [MESSAGE], [MESSAGE]), (OPEN, [EMAIL, MESSAGE], [EMAIL, MESSAGE]),
        ("/addon/act", [EMAIL, MESSAGE], [EMAIL]),
    ],
)  # fmt: skip
def test_google_is_asked_for_exactly_the_consent_that_lacks(quiet, path, declined, asked):
    event = quiet.addon_host.event(ANN, quiet.message, declined=declined)

    scopes = [f"https://www.googleapis.com/auth/{scope}" for scope in asked]
    assert quiet.post(path, event) == {"requesting_google_scopes": {"scopes": scopes}}
    untouched(quiet)


def test_where_google_does_not_tell_what_was_granted_it_is_asked_for_all(quiet):
    for part, name in (("authorizationEventObject", "userIdToken"), ("gmail", "messageId")):
        event = quiet.addon_host.event(ANN, quiet.message)
        del event["authorizationEventObject"]["authorizedScopes"], event[part][name]

        assert quiet.post(OPEN, event) == {"requesting_google_scopes": {"all_scopes": True}}
    untouched(quiet)


def test_a_scope_that_no_card_needs_is_not_asked_for(quiet):
    event = quiet.addon_host.event(ANN, quiet.message, declined=["script.locale", "gmail.addons.execute"])

    assert "requesting_google_scopes" not in quiet.post(OPEN, event)


def test_an_event_that_names_no_message_is_never_called_deleted(quiet):
    event = quiet.addon_host.event(ANN, quiet.message)
    del event["gmail"]

    read = texts(card_of(quiet.post(OPEN, event)))
    assert "doesn't show us this email yet" in read[1]
    assert "deleted" not in " ".join(read)


class Sent(io.BytesIO):
    """A body that counts how many of its bytes were read."""

    count = 0

    def readinto(self, buffer):
        count = super().readinto(buffer)
        self.count += count
        return count

    def read(self, size=-1):
        data = super().read(size)
        self.count += len(data)
        return data


@pytest.mark.parametrize("path", ["/addon/home", "/addon/help", "/addon/settings", OPEN, "/addon/act"])
@pytest.mark.parametrize("token", ["", "Bearer a.b.c"])
@pytest.mark.parametrize("says_length", [True, False])
def test_of_a_stranger_no_body_is_read(quiet, path, token, says_length):
    body = Sent(b"x" * 2**20)
    length = {"content_length": 2**20} if says_length else {"environ_overrides": {"wsgi.input_terminated": True}}

    answer = (
        create_app(quiet.source, quiet.services)
        .test_client()
        .post(path, input_stream=body, headers={"Authorization": token}, **length)
    )

    assert (answer.status_code, body.count) == (401, 0)
    untouched(quiet)


@pytest.mark.parametrize("says_length", [True, False])
def test_of_google_no_more_is_read_than_an_event_can_have(quiet, says_length):
    body = Sent(json.dumps(quiet.addon_host.event(ANN, quiet.message)).encode() + b" " * 2**20)
    length = (
        {"content_length": body.getbuffer().nbytes}
        if says_length
        else {"environ_overrides": {"wsgi.input_terminated": True}}
    )

    answer = (
        create_app(quiet.source, quiet.services)
        .test_client()
        .post(OPEN, input_stream=body, headers={"Authorization": quiet.addon_host.authorization(URL)}, **length)
    )

    assert answer.status_code == 401
    assert body.count <= LONGEST + 1
    untouched(quiet)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"null", b"1", b'"x"', b"[" * 100_000])
def test_an_event_that_cannot_be_read_is_refused(quiet, body):
    app = create_app(quiet.source, quiet.services)
    answer = app.test_client().post(OPEN, data=body, headers={"Authorization": quiet.addon_host.authorization(URL)})
    assert answer.get_json() in ({"error": "The caller cannot prove who it is."},
                                 {"requesting_google_scopes": {"all_scopes": True}})  # fmt: skip
    untouched(quiet)


def test_google_s_keys_away_is_not_a_refusal(quiet):
    quiet.restart()
    quiet.before = quiet.services.ports.store.writes()
    quiet.universe.faults.plan(Fault("google_certs", "certs", "503", times=-1))

    assert quiet.post(OPEN, quiet.addon_host.event(ANN, quiet.message)) == 503
    untouched(quiet)


def test_google_s_keys_are_asked_for_once(quiet):
    for _ in range(5):
        quiet.ask(OPEN, ANN, quiet.message)

    assert len(quiet.universe.calls.calls("google_certs")) == 1


def test_without_its_settings_the_add_on_trusts_nobody(quiet):
    for setting in ("ADDON_SERVICE_ACCOUNT", "ADDON_CLIENT_ID"):
        source = dict(quiet.source)
        quiet.restart(**{setting: ""})
        assert quiet.ask(OPEN, ANN, quiet.message) == 401
        quiet.restart(**source)


def test_the_mailbox_is_the_caller_s_whatever_the_event_says(quiet):
    """Ben names Ann's message: in his mailbox there is none."""
    event = quiet.addon_host.event(BEN)
    event["gmail"] = quiet.addon_host.event(ANN, quiet.message)["gmail"]

    assert texts(card_of(quiet.post(OPEN, event)))[1] == "Gmail doesn't have this email any more"
