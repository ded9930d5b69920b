"""Cloud Pub/Sub: topics, push subscriptions, and deliveries that are repeated until somebody says 2xx.

What is due is delivered by ``pump``: by a thread where the simulator is a process of its own, by the test otherwise.
"""

from __future__ import annotations

import base64
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.calls import Call, CallLog
from simulator.clock import Clock
from simulator.faults import Faults
from simulator.identity import Identity

GMAIL = "gmail-api-push@system.gserviceaccount.com"
ACKED = frozenset({102, 200, 201, 202, 204})
FIRST_WAIT = 10.0
LONGEST_WAIT = 600.0
"""Seconds between the attempts for one message."""
RETENTION = 7 * 86_400.0
"""Seconds for which a message is kept."""
HELD = 30.0
"""Seconds after which a message that was to be overtaken comes all the same."""


@dataclass(frozen=True)
class Subscription:
    """``audience`` stands in the token, ``endpoint`` is where it is posted: on loopback the two differ."""

    name: str
    topic: str
    endpoint: str
    audience: str
    account: str


@dataclass(frozen=True)
class Post:
    """One HTTP request, as Pub/Sub makes it."""

    url: str
    authorization: str
    body: bytes


Poster = Callable[[Post], int]
"""Posts, and returns the status; 0 where nobody answered."""


@dataclass
class Delivery:
    """Times are mail time, in epoch seconds. ``order`` settles what is due at the same moment."""

    due_at: float
    order: int
    subscription: Subscription
    body: bytes
    about: str
    published_at: float
    attempts: int = 0
    is_held: bool = False


@dataclass
class PubSub:
    """Thread-safe. ``topics`` maps a topic's full name to the accounts that may publish to it.

    Planned failures (service ``pubsub``, method ``publish``, narrowed by mailbox): ``drop``, ``duplicate``,
    ``delay:SECONDS``, and ``reorder``, by which the next message overtakes this one.
    """

    clock: Clock
    identity: Identity
    calls: CallLog
    faults: Faults
    topics: dict[str, frozenset[str]] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    _waiting: list[Delivery] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def create_topic(self, name: str, publishers: Iterable[str] = (GMAIL,)) -> None:
        """Also changes who may publish to one that is there."""
        with self._lock:
            self.topics[name] = frozenset(publishers)

    def subscribe(self, topic: str, endpoint: str, account: str, audience: str = "", name: str = "push") -> None:
        """Raises KeyError for a topic that is not there."""
        with self._lock:
            if topic not in self.topics:
                raise KeyError(topic)
            full = f"{topic.partition('/topics/')[0]}/subscriptions/{name}"
            self.subscriptions[full] = Subscription(full, topic, endpoint, audience or endpoint, account)

    def publish(self, topic: str, news: dict[str, Any], about: str) -> None:
        """``about`` is the mailbox, for planned failures."""
        with self._lock:
            for subscription in [s for s in self.subscriptions.values() if s.topic == topic]:
                self._accept(subscription, news, about, self.faults.take("pubsub", "publish", mailbox=about) or "")

    def pump(self, post: Poster, run: Callable[..., Iterable[None]] = map) -> int:
        """Deliver what is due now, the longest due first; returns how many attempts were made."""
        with self._lock:
            now = self.clock.now()
            due = sorted((d for d in self._waiting if d.due_at <= now), key=lambda d: (d.due_at, d.order))
            self._waiting = [d for d in self._waiting if d.due_at > now]
        for _ in run(lambda delivery: self._attempt(delivery, post), due):
            pass
        return len(due)

    def next_at(self) -> float | None:
        """When the next delivery is due (mail time)."""
        with self._lock:
            return min((d.due_at for d in self._waiting), default=None)

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {
                "topics": {name: sorted(accounts) for name, accounts in self.topics.items()},
                "subscriptions": [asdict(s) for s in self.subscriptions.values()],
                "waiting": len(self._waiting),
            }

    def _accept(self, subscription: Subscription, news: dict[str, Any], about: str, fault: str) -> None:
        if fault == "drop":
            return
        now, number = self.clock.now(), next(self._numbers)
        delay = float(fault.partition(":")[2]) if fault.startswith("delay:") else 0.0
        body = _envelope(subscription.name, news, number, now)
        delivery = Delivery(now + delay, number, subscription, body, about, now)
        overtaken = [d for d in self._waiting if d.is_held and d.subscription is subscription]
        if fault == "reorder":
            delivery.due_at, delivery.is_held = now + HELD, True
        self._waiting.append(delivery)
        if fault == "duplicate":
            self._waiting.append(Delivery(now + delay, next(self._numbers), subscription, body, about, now))
        for held in overtaken:
            held.due_at, held.order, held.is_held = delivery.due_at, next(self._numbers), False

    def _attempt(self, delivery: Delivery, post: Poster) -> None:
        subscription = delivery.subscription
        status = post(Post(subscription.endpoint, self.authorization(subscription), delivery.body))
        self.calls.record(Call("pubsub", "push", 0, status, delivery.about))
        now = self.clock.now()
        if status in ACKED or now - delivery.published_at > RETENTION:
            return
        delivery.attempts += 1
        delivery.due_at = now + min(FIRST_WAIT * 2 ** (delivery.attempts - 1), LONGEST_WAIT)
        with self._lock:
            self._waiting.append(delivery)

    def authorization(self, subscription: Subscription) -> str:
        """The header with the token. Tokens live in this machine's time, whatever the mail's time is."""
        now = int(time.time())
        claims = {
            "aud": subscription.audience,
            "azp": "1",
            "sub": "1",
            "email": subscription.account,
            "iat": now,
            "exp": now + 3600,
        }
        return f"Bearer {self.identity.id_token(claims)}"


def _envelope(subscription: str, news: dict[str, Any], number: int, now: float) -> bytes:
    """Both spellings of two fields, as Pub/Sub sends them."""
    published = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    message = {
        "data": base64.b64encode(json.dumps(news).encode()).decode(),
        "messageId": str(10**15 + number),
        "message_id": str(10**15 + number),
        "publishTime": published,
        "publish_time": published,
    }
    return json.dumps({"message": message, "subscription": subscription}).encode()
