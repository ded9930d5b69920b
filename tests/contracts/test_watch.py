"""GmailWatch, through Google's own client library, against the simulated Gmail and Pub/Sub."""

import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest

from server.domain.errors import (
    ConfigurationError,
    MailboxUnavailableError,
    ReconnectRequiredError,
    RefusedError,
    ThrottledError,
    TransientError,
)
from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox
from simulator.faults import Fault
from tests.support.pushing import TOPIC, Pushing
from tests.support.scene import eml
from tests.support.wire import listen, replace_answers

ANN, BEN = "ann@acme.example", "ben@acme.example"
WEEK = 7 * 86_400
OTHER = "projects/simulated/topics/other"


@pytest.fixture
def pushing(scene):
    return Pushing(scene)


@pytest.fixture
def watch(pushing):
    return pushing.scene.services.ports.watch


@pytest.fixture
def ann(scene):
    user = scene.universe.user(ANN)
    return Mailbox(MailboxId(user.user_id), (user.email, *user.aliases))


def watches(scene):
    return {w["mailbox"]: w["topic"] for w in scene.universe.watches.as_json()}


def test_a_watch_tells_when_it_ends_and_where_the_mailbox_stands(scene, watch, ann):
    scene.deliver(ANN, eml())

    watched = watch.start(ann)

    assert watched.expires_at == scene.clock.now() + WEEK
    assert watched.position == scene.universe.mailboxes[ANN].history_id
    assert watches(scene) == {ANN: TOPIC}


def test_renewing_moves_the_end(scene, watch, ann):
    first = watch.start(ann)
    scene.clock.advance(86_400)

    assert watch.start(ann).expires_at == first.expires_at + 86_400
    assert scene.universe.calls.summary()["gmail"] == {"units": 200, "watch": 2}


def test_every_call_names_whom_google_shall_charge_and_filters_nothing(scene, watch, ann):
    seen = listen(scene)
    watch.start(ann)
    watch.stop(ann)

    calls = [(url, body) for url, body in seen if "/gmail/" in url]
    assert [urlsplit(url).path.rpartition("/")[2] for url, _ in calls] == ["watch", "stop"]
    for url, _ in calls:
        assert parse_qs(urlsplit(url).query)["quotaUser"] == [hashlib.sha256(ann.mailbox_id.encode()).hexdigest()[:16]]
    assert "label" not in str(calls[0][1])


def test_stopping_stops_and_may_be_asked_twice(scene, watch, ann):
    watch.start(ann)
    watch.stop(ann)
    watch.stop(ann)

    assert watches(scene) == {}


def test_a_watch_for_another_topic_is_stopped_and_replaced(scene, watch, ann):
    scene.universe.pubsub.create_topic(OTHER)
    scene.universe.watches.start(scene.universe.mailboxes[ANN], "simulated", {"topicName": OTHER})

    watch.start(ann)

    assert watches(scene) == {ANN: TOPIC}
    assert [c.method for c in scene.universe.calls.calls("gmail")] == ["watch", "stop", "watch"]


def test_another_project_s_watch_is_none_of_ours(scene, watch, ann):
    scene.universe.pubsub.create_topic("projects/somebody/topics/t")
    box = scene.universe.mailboxes[ANN]
    scene.universe.watches.start(box, "somebody", {"topicName": "projects/somebody/topics/t"})

    watch.start(ann)

    assert len(scene.universe.watches.as_json()) == 2
    assert scene.universe.calls.summary()["gmail"]["watch"] == 1


@pytest.mark.parametrize(
    ("topic", "publishers", "text"),
    [
        ("projects/elsewhere/topics/gmail", ["x"], "project of the service account"),
        ("projects/simulated/topics/missing", None, "not there"),
        ("projects/simulated/topics/closed", [], "gmail-api-push@system.gserviceaccount.com"),
    ],
)
def test_a_topic_that_gmail_cannot_use_is_a_setting_to_correct(scene, pushing, ann, topic, publishers, text):
    if publishers is not None:
        scene.universe.pubsub.create_topic(topic, publishers)
    scene.restart(PUBSUB_TOPIC=topic)

    with pytest.raises(ConfigurationError, match=text) as caught:
        scene.services.ports.watch.start(ann)

    assert ANN not in str(caught.value)
    assert watches(scene) == {}


@pytest.mark.parametrize("method", ["watch", "stop"])
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("rateLimitExceeded", ThrottledError),
        ("429", ThrottledError),
        ("503", TransientError),
        ("drop_answer", TransientError),
        ("failedPrecondition", MailboxUnavailableError),
        ("domainPolicy", ReconnectRequiredError),
    ],
)
def test_every_failure_is_one_of_ours(scene, watch, ann, method, kind, expected):
    scene.universe.faults.plan(Fault("gmail", method, kind, times=-1))

    with pytest.raises(expected) as caught:
        (watch.start if method == "watch" else watch.stop)(ann)

    assert not any(secret in repr(caught.value) for secret in (ANN, "acme", TOPIC, "ya29"))
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"null", b'{"expiration": "soon", "historyId": "1"}', b"<html>"])
def test_an_answer_of_another_form_is_tried_again(scene, watch, ann, answer):
    replace_answers(scene, answer, only="/watch?")
    with pytest.raises(TransientError):
        watch.start(ann)


def test_a_mailbox_outside_the_scope_is_not_watched(scene, ann):
    pushing = Pushing(scene, MAILBOXES=BEN)

    with pytest.raises(RefusedError):
        pushing.scene.services.ports.watch.start(ann)

    assert watches(scene) == {}


def test_without_a_topic_nothing_is_watched(scene):
    assert scene.services.ports.watch is None
