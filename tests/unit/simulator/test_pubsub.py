"""The simulated watch and Pub/Sub keep the rules of the real ones."""

import base64
import json

import jwt
import pytest

from simulator.answers import Failure
from simulator.clock import Clock
from simulator.faults import Fault
from simulator.mailfiles import MailFile
from simulator.universe import Universe
from tests.support.scene import START, eml, small_world

ANN, BEN = "ann@acme.example", "ben@acme.example"
TOPIC = "projects/p/topics/t"
WEEK = 7 * 86_400


class World:
    def __init__(self):
        self.clock = Clock(START, frozen=True)
        self.universe = Universe.of(small_world(), self.clock)
        self.pubsub = self.universe.pubsub
        self.box = self.universe.mailboxes[ANN]
        self.pubsub.create_topic(TOPIC)
        self.pubsub.subscribe(TOPIC, "http://127.0.0.1:1/push", "a@p.iam.gserviceaccount.com", "https://x.example/push")
        self.posts = []
        self.status = 204

    def watch(self, project="p", box=None, **wanted):
        return self.universe.watches.start(box or self.box, project, {"topicName": TOPIC, **wanted})

    def arrive(self, *labels, seconds=1.0, box=None):
        self.clock.advance(seconds)
        box = box or self.box
        return box.add(MailFile(f"m{len(box.messages)}", eml()), self.clock.now_ms(), set(labels or ("INBOX",)))

    def pump(self):
        return self.pubsub.pump(lambda post: self.posts.append(post) or self.status)

    def told(self):
        """History ids, in order of delivery."""
        self.pump()
        return [json.loads(base64.b64decode(json.loads(p.body)["message"]["data"]))["historyId"] for p in self.posts]


@pytest.fixture
def world():
    return World()


def test_watching_tells_once_at_once(world):
    answer = world.watch()

    assert world.told() == [int(answer["historyId"])]
    assert int(answer["expiration"]) == world.clock.now_ms() + WEEK * 1000


def test_mail_that_arrives_and_labels_that_move_are_told(world):
    world.watch()
    stored = world.arrive()
    first = world.box.history_id
    world.clock.advance(1)
    world.box.relabel(stored.message_id, {"STARRED"}, set())

    assert world.told()[1:] == [first, world.box.history_id]
    assert world.told()[1:] == [first, world.box.history_id]


def test_mail_sent_through_the_api_tells_its_recipients(world):
    world.watch(box=world.universe.mailboxes[BEN])
    world.clock.advance(1)
    world.universe.deliver(eml(), ANN, [BEN], "x")

    assert len(world.told()) == 2


def test_a_request_is_what_pub_sub_sends(world):
    world.watch()
    world.pump()
    [post] = world.posts
    message = json.loads(post.body)

    assert post.url == "http://127.0.0.1:1/push"
    assert message["subscription"] == "projects/p/subscriptions/push"
    assert message["message"]["messageId"] == message["message"]["message_id"]
    assert json.loads(base64.b64decode(message["message"]["data"]))["emailAddress"] == ANN
    claims = jwt.decode(post.authorization.removeprefix("Bearer "), options={"verify_signature": False})
    assert (claims["aud"], claims["email"]) == ("https://x.example/push", "a@p.iam.gserviceaccount.com")
    assert claims["email_verified"] is True


def test_a_second_notification_within_a_second_is_dropped_silently(world):
    world.watch()
    for _ in range(20):
        world.arrive(seconds=0.1)

    assert len(world.told()) <= 3


def test_a_watch_ends_after_a_week_or_when_it_is_stopped(world):
    world.watch()
    world.arrive(seconds=WEEK - 1)
    world.arrive(seconds=1)
    assert len(world.told()) == 2
    world.watch()
    world.universe.watches.stop(world.box, "p")
    world.arrive()
    assert len(world.told()) == 3


@pytest.mark.parametrize(
    ("wanted", "labels", "is_told"),
    [
        ({"labelIds": ["INBOX"]}, ("INBOX",), True),
        ({"labelIds": ["INBOX"]}, ("CATEGORY_UPDATES",), False),
        ({"labelIds": ["INBOX"], "labelFilterBehavior": "exclude"}, ("INBOX",), False),
        ({"labelIds": ["SPAM"], "labelFilterBehavior": "exclude"}, ("INBOX",), True),
        ({}, ("CATEGORY_UPDATES",), True),
    ],
)
def test_a_label_filter_is_kept(world, wanted, labels, is_told):
    world.watch(**wanted)
    world.arrive(*labels)

    assert len(world.told()) == 1 + is_told


@pytest.mark.parametrize(
    ("topic", "status", "words"),
    [
        ("t", 400, "Invalid topicName"),
        ("projects/q/topics/t", 400, "Invalid topicName"),
        ("projects/p/topics/none", 404, "Resource not found"),
        ("projects/p/topics/closed", 403, "User not authorized"),
    ],
)
def test_a_topic_must_be_ours_be_there_and_let_gmail_publish(world, topic, status, words):
    world.pubsub.create_topic("projects/p/topics/closed", [])

    with pytest.raises(Failure, match=words) as caught:
        world.universe.watches.start(world.box, "p", {"topicName": topic})
    assert caught.value.status == status


def test_one_watch_for_each_mailbox_and_project(world):
    world.pubsub.create_topic("projects/p/topics/u")
    world.pubsub.create_topic("projects/q/topics/t")
    world.watch()
    world.watch()
    world.universe.watches.start(world.box, "q", {"topicName": "projects/q/topics/t"})
    with pytest.raises(Failure, match="Only one user push notification client allowed per developer"):
        world.universe.watches.start(world.box, "p", {"topicName": "projects/p/topics/u"})
    world.clock.advance(WEEK)
    world.universe.watches.start(world.box, "p", {"topicName": "projects/p/topics/u"})


def plan(world, kind, times=1):
    world.universe.faults.plan(Fault("pubsub", "publish", kind, times, mailbox=ANN))


def ids(world, count):
    found = []
    for _ in range(count):
        world.arrive()
        found.append(world.box.history_id)
    return found


def test_what_is_dropped_never_comes(world):
    world.watch()
    world.told()
    plan(world, "drop")
    _, second = ids(world, 2)

    assert world.told()[1:] == [second]


def test_what_is_duplicated_comes_twice(world):
    world.watch()
    plan(world, "duplicate")
    [only] = ids(world, 1)

    assert world.told()[1:] == [only, only]


def test_what_is_delayed_comes_then(world):
    world.watch()
    plan(world, "delay:90")
    ids(world, 1)

    assert len(world.told()) == 1
    assert world.pubsub.next_at() == world.clock.now() + 90
    world.clock.advance(90)
    assert len(world.told()) == 2


def test_what_is_reordered_comes_after_the_next_or_a_little_later(world):
    world.watch()
    plan(world, "reorder")
    first, second = ids(world, 2)
    assert world.told()[1:] == [second, first]
    plan(world, "reorder")
    ids(world, 1)
    world.clock.advance(30)
    assert len(world.told()) == 4


@pytest.mark.parametrize("status", [0, 301, 401, 404, 429, 500, 503])
def test_whoever_does_not_say_yes_is_asked_again_later_each_time_for_a_week(world, status):
    world.watch()
    world.status = status
    waits = []
    while world.pubsub.next_at() is not None:
        waits.append(world.pubsub.next_at() - world.clock.now())
        world.clock.advance(waits[-1])
        world.pump()

    assert waits[:8] == [0, 10, 20, 40, 80, 160, 320, 600]
    assert WEEK < sum(waits) < WEEK + 1000


@pytest.mark.parametrize("status", [102, 200, 201, 202, 204])
def test_yes_is_enough_once(world, status):
    world.watch()
    world.status = status

    assert world.pump() == 1
    assert world.pubsub.next_at() is None
