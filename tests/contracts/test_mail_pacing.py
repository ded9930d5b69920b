"""Within the quota: never above it, nearly all of it, live work first, and one mailbox's trouble is its own."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace

import pytest

from server.adapters.gmail.pacing.pacer import Pacer
from server.domain.errors import ThrottledError
from server.domain.history import MessageRef
from server.domain.message import Message
from server.domain.quota import Purpose
from simulator.clock import Clock
from simulator.google_switches import GoogleSwitches
from tests.contracts.test_mail import ANN, HOUR_LATER, NAMES, fail, mailbox_of
from tests.support.scene import eml
from tests.support.threads import at_once
from tests.support.wire import listen

BEN = "ben@acme.example"


@pytest.fixture
def paced(make_scene):
    """Gmail allows 6,000 units a minute, and we know it. Waiting moves the world's clock."""
    scene = make_scene(GMAIL_UNITS_PER_MINUTE="6000", GMAIL_PROJECT_UNITS_PER_MINUTE="1200000")
    scene.universe.quota.set({"units_per_minute": 6_000, "in_flight": 5})
    return scene


def delivered(scene, count, mailbox=ANN):
    ids = [scene.deliver(mailbox, eml(subject=str(n))) for n in range(count)]
    return [MessageRef(i, i) for i in ids]


def refused(scene):
    return [c for c in scene.universe.calls.calls("gmail") if c.status in (403, 429)]


def test_a_large_mailbox_is_read_within_the_quota_and_without_one_refusal(paced):
    ann, refs = mailbox_of(paced, ANN), delivered(paced, 700)
    began = paced.clock.now()

    found = paced.services.ports.mail.headers(ann, refs, NAMES)

    assert all(isinstance(message, Message) for message in found.values())
    assert refused(paced) == []
    assert paced.clock.now() - began == pytest.approx((700 * 20 - 240) / 95.5, rel=0.02)


def test_the_quotas_refusal_has_gmails_shape_of_today_and_slows_this_mailbox_alone(scene):
    mail, ann, ben = scene.services.ports.mail, mailbox_of(scene, ANN), mailbox_of(scene, BEN)
    scene.universe.quota.set({"units_per_minute": 100})
    refs = delivered(scene, 10)
    answers = []
    listen(scene, lambda _url, answer: answers.append(answer.get_data(as_text=True)))

    found = mail.headers(ann, refs, NAMES)

    assert [type(found[r.message_id]) for r in refs] == [Message] * 5 + [ThrottledError] * 5
    error = json.loads(answers[-1].split("\r\n\r\n")[-1].split("\r\n--")[0])["error"]
    assert error["code"] == 403
    assert error["status"] == "PERMISSION_DENIED"
    assert (error["errors"][0]["domain"], error["errors"][0]["reason"]) == ("usageLimits", "rateLimitExceeded")
    assert error["message"].startswith(
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'"
    )
    assert mail.current_cursor(ben)


def test_the_quota_is_the_persons_that_the_call_names(scene):
    scene.universe.quota.set({"units_per_minute": 2})
    mail, ann = scene.services.ports.mail, mailbox_of(scene, ANN)
    assert mail.current_cursor(ann)
    assert mail.current_cursor(ann)
    with pytest.raises(ThrottledError):
        mail.current_cursor(ann)
    scene.clock.advance(60)
    assert mail.current_cursor(ann)


@pytest.mark.parametrize("is_hard", [False, True])
def test_without_an_api_key_the_person_is_charged_whomever_the_call_names(scene, is_hard):
    """We pace by mailbox, so either answer of Google's is within its quota."""
    scene.universe.world = replace(scene.universe.world, google=GoogleSwitches(charges_principal=is_hard))
    scene.universe.quota.set({"units_per_minute": 2})
    ann, ben = mailbox_of(scene, ANN), mailbox_of(scene, BEN)
    mail = scene.services.ports.mail
    # One call for Ann that names somebody else, as a client with a quotaUser of its own would.
    assert mail.current_cursor(replace(ann, mailbox_id="another"))
    assert mail.current_cursor(ann)
    if is_hard:
        with pytest.raises(ThrottledError):
            mail.current_cursor(replace(ann, mailbox_id="a third"))
    else:
        assert mail.current_cursor(replace(ann, mailbox_id="a third"))
    assert mail.current_cursor(ben)


def test_a_large_mailbox_is_read_without_one_refusal_where_the_person_is_charged(paced):
    paced.universe.world = replace(paced.universe.world, google=GoogleSwitches.hard())
    ann, refs = mailbox_of(paced, ANN), delivered(paced, 400)

    found = paced.services.ports.mail.headers(ann, refs, NAMES)

    assert all(isinstance(message, Message) for message in found.values())
    assert refused(paced) == []


def test_the_projects_quota_is_everyones(scene):
    scene.universe.quota.set({"project_units_per_minute": 1})
    mail = scene.services.ports.mail
    assert mail.current_cursor(mailbox_of(scene, ANN))
    with pytest.raises(ThrottledError):
        mail.current_cursor(mailbox_of(scene, BEN))


@pytest.mark.parametrize("way", ["alone", "in a batch"])
@pytest.mark.parametrize(
    ("kind", "wait"),
    [(HOUR_LATER, 3_600), ("429_after:120", 120), ("429_after:Mon, 21 Sep 2026 14:15:20 GMT", 120)],
)
def test_a_stated_time_is_kept_by_everyone_and_for_this_mailbox_alone(scene, kind, wait, way):
    mail, ann, [ref] = scene.services.ports.mail, mailbox_of(scene, ANN), delivered(scene, 1)
    mail.current_cursor(ann)
    if way == "alone":
        fail(scene, "getProfile", kind)
        with pytest.raises(ThrottledError) as caught:
            mail.current_cursor(ann)
        assert caught.value.retry_after == wait
    else:
        fail(scene, "messages.get", kind)
        assert mail.headers(ann, [ref], NAMES)[ref.message_id].retry_after == wait
    asked = len(scene.universe.calls.calls("gmail"))
    scene.clock.advance(20)

    everything = [
        lambda: mail.current_cursor(ann),
        lambda: mail.in_background().headers(ann, [ref], NAMES),
        lambda: mail.headers(ann, [MessageRef(str(n), "abc") for n in range(3)], NAMES),
        lambda: mail.bodies(ann, [ref.message_id]),
        lambda: list(mail.in_background().list_messages(ann)),
    ]
    for call in everything:
        with pytest.raises(ThrottledError) as caught:
            call()
        assert caught.value.retry_after == pytest.approx(wait - 20)
    assert len(scene.universe.calls.calls("gmail")) == asked
    assert mail.current_cursor(mailbox_of(scene, BEN))
    scene.clock.advance(wait - 19)
    assert mail.current_cursor(ann)


@pytest.mark.parametrize("kind", ["rateLimitExceeded", "userRateLimitExceeded", "429"])
def test_a_refusal_halves_the_speed_once_and_time_wins_it_back(paced, kind):
    mail, ann, refs = paced.services.ports.mail, mailbox_of(paced, ANN), delivered(paced, 300)

    def seconds(part):
        began = paced.clock.now()
        found = mail.headers(ann, part, NAMES)
        assert all(isinstance(m, Message) for m in found.values())
        return paced.clock.now() - began

    seconds(refs[:20])
    fail(paced, "messages.get", kind, times=5)
    mail.headers(ann, refs[:5], NAMES)
    paced.clock.advance(1)
    slow = seconds(refs[:40])
    paced.clock.advance(200)
    seconds(refs[:20])
    fast = seconds(refs[:40])
    assert fast == pytest.approx(800 / 95.5, rel=0.1)
    assert 1.5 * fast < slow < 2.2 * fast


def test_real_threads_never_have_more_than_five_calls_of_a_mailbox_in_flight(scene):
    mail, ann, refs = scene.services.ports.mail, mailbox_of(scene, ANN), delivered(scene, 12)
    mail.current_cursor(ann)
    mail.current_cursor(mailbox_of(scene, BEN))
    scene.universe.quota.set({"in_flight": 5})
    scene.universe.latency = 0.02

    def work(number):
        if number % 2:
            return all(isinstance(m, Message) for m in mail.headers(ann, refs, NAMES).values())
        return all(mail.current_cursor(ann) for _ in range(5))

    assert all(at_once(work))
    assert refused(scene) == []


def test_more_than_that_would_be_refused(scene, monkeypatch):
    monkeypatch.setattr("server.adapters.gmail.calls.IN_FLIGHT", 25)
    mail, ann, refs = scene.services.ports.mail, mailbox_of(scene, ANN), delivered(scene, 12)
    scene.universe.quota.set({"in_flight": 5})
    found = mail.headers(ann, refs, NAMES)
    assert sum(isinstance(m, ThrottledError) for m in found.values()) == 7


def count_waiting(pacer):
    return len(pacer._turns._waiting)  # noqa: SLF001  # a call that waits shows nowhere else until its turn comes


class Waiting:
    """A pacer on the real clock, whose calls end when they are told to."""

    def __init__(self):
        self.pacer = Pacer(Clock(), time.sleep, 0, 0)
        self.order = []

    def hold(self, calls, mailbox="a"):
        """Returns what ends the call."""
        has_begun, end = threading.Event(), threading.Event()

        def work():
            with self.pacer.turn(mailbox, 1, calls):
                has_begun.set()
                end.wait(10)

        thread = threading.Thread(target=work)
        thread.start()
        assert has_begun.wait(10)

        def ended():
            end.set()
            thread.join(10)

        return ended

    def queue(self, name, *, purpose=Purpose.LIVE, calls=5):
        def work():
            with self.pacer.turn("a", 1, calls, purpose=purpose):
                self.order.append(name)

        before = count_waiting(self.pacer)
        thread = threading.Thread(target=work)
        thread.start()
        ends = time.monotonic() + 10
        while count_waiting(self.pacer) == before and time.monotonic() < ends:
            time.sleep(0.001)
        return thread


def test_live_calls_go_before_background_calls_that_came_earlier():
    waiting = Waiting()
    end = waiting.hold(5)
    threads = [
        waiting.queue("background 1", purpose=Purpose.PAST),
        waiting.queue("background 2", purpose=Purpose.PAST),
        waiting.queue("live 1"),
        waiting.queue("live 2"),
    ]
    with waiting.pacer.turn("b", 1, 5):
        assert waiting.order == []
    end()
    for thread in threads:
        thread.join(10)
    assert waiting.order == ["live 1", "live 2", "background 1", "background 2"]


def test_a_call_that_waits_too_long_says_when_to_come_back():
    clock = Clock(0.0, frozen=True)
    pacer = Pacer(clock, clock.advance, 200, 0)
    for _ in range(2):
        try:
            with pacer.turn("a", 100):
                pass
        except ThrottledError as error:
            assert error.retry_after == pytest.approx(60.6, abs=0.1)
            assert clock.now() == 0
            break
    else:
        pytest.fail("it waited")
    with pacer.turn("b", 100):
        pass
    clock.advance(61)
    with pacer.turn("a", 100):
        pass


def test_a_call_that_was_to_wait_gives_up_when_its_mailbox_is_told_a_time():
    clock = Clock(0.0, frozen=True)
    pacer = Pacer(clock, lambda seconds: told(seconds), 6_000, 0)  # noqa: PLW0108
    with pacer.turn("a", 100) as tell, pacer.turn("a", 100), pacer.turn("a", 40):

        def told(seconds):
            clock.advance(seconds)
            tell(ThrottledError("later", 30.0))

        with pytest.raises(ThrottledError) as caught, pacer.turn("a", 100):
            pass
    assert caught.value.retry_after == pytest.approx(30.0)


def test_the_background_view_lets_live_calls_of_its_mailbox_go_first(scene):
    mail, ann = scene.services.ports.mail, mailbox_of(scene, ANN)
    mail.current_cursor(ann)
    pacer = mail._calls.pacer  # noqa: SLF001  # one pacer serves the whole process, and nobody else hands it out
    seen = listen(scene)
    threads = [
        threading.Thread(target=lambda: mail.in_background().count_messages(ann)),
        threading.Thread(target=lambda: mail.labels(ann)),
    ]
    with pacer.turn(ann.mailbox_id, 1, 5):
        for count, thread in enumerate(threads, 1):
            thread.start()
            ends = time.monotonic() + 10
            while count_waiting(pacer) < count and time.monotonic() < ends:
                time.sleep(0.001)
        assert seen == []
    for thread in threads:
        thread.join(10)
    assert ["/labels" in url for url, _ in seen] == [True, False]
