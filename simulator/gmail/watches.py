"""users.watch: who is told of which mailbox, within Gmail's limits."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any

from simulator.answers import Failure
from simulator.clock import Clock
from simulator.gmail.mailbox import Mailbox
from simulator.pubsub import GMAIL, PubSub

LIFETIME = 7 * 86_400.0
"""Seconds, of mail time."""
PACE = 1.0
"""Seconds between two notifications of one user; what comes sooner is dropped, and nobody is told."""


@dataclass
class Watch:
    """``told_at`` is when the last notification went out (epoch seconds)."""

    topic: str
    expires_at: float
    label_ids: frozenset[str]
    is_excluding: bool
    told_at: float = 0.0

    def wants(self, label_ids: frozenset[str]) -> bool:
        if not self.label_ids:
            return True
        return self.is_excluding != bool(self.label_ids & label_ids)


class Watches:
    """One for each mailbox and Google Cloud project. Thread-safe."""

    def __init__(self, clock: Clock, pubsub: PubSub) -> None:
        self._clock = clock
        self._pubsub = pubsub
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], Watch] = {}

    def start(self, box: Mailbox, project: str, wanted: dict[str, Any]) -> dict[str, str]:
        """Begin or renew; one notification goes out at once. Raises Failure."""
        topic, now = str(wanted.get("topicName", "")), self._clock.now()
        with box.lock:
            history_id = box.history_id
        with self._lock:
            self._check(box, project, topic, now)
            made = Watch(
                topic,
                now + LIFETIME,
                frozenset(wanted.get("labelIds") or ()),
                str(wanted.get("labelFilterBehavior", "include")).lower() == "exclude",
            )
            self._kept[box.address, project] = made
            self._tell(made, box.address, history_id, now)
        return {"historyId": str(history_id), "expiration": str(int(made.expires_at * 1000))}

    def stop(self, box: Mailbox, project: str) -> None:
        with self._lock:
            self._kept.pop((box.address, project), None)

    def announce_change(self, address: str, history_id: int, label_ids: frozenset[str]) -> None:
        """Something happened to a message that has, or had, these labels."""
        now = self._clock.now()
        with self._lock:
            for (watched, _), watch in self._kept.items():
                is_alive = watched == address and watch.expires_at > now
                if is_alive and watch.wants(label_ids) and now - watch.told_at >= PACE:
                    self._tell(watch, address, history_id, now)

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {"mailbox": address, "project": project, "topic": watch.topic, "expires_at": watch.expires_at}
                for (address, project), watch in self._kept.items()
            ]

    def _check(self, box: Mailbox, project: str, topic: str, now: float) -> None:
        if not re.fullmatch(rf"projects/{re.escape(project)}/topics/[^/]+", topic):
            text = f"Invalid topicName does not match projects/{project}/topics/*"
            raise Failure(400, "invalidArgument", text, "INVALID_ARGUMENT")
        before = self._kept.get((box.address, project))
        if before and before.expires_at > now and before.topic != topic:
            text = "Only one user push notification client allowed per developer (call /stop then try again)"
            raise Failure(400, "invalidArgument", text, "INVALID_ARGUMENT")
        publishers = self._pubsub.topics.get(topic)
        failed = f"Error sending test message to Cloud PubSub {topic} :"
        if publishers is None:
            text = f"{failed} Resource not found (resource={topic.rpartition('/')[2]})."
            raise Failure(404, "notFound", text, "NOT_FOUND")
        if GMAIL not in publishers:
            text = f"{failed} User not authorized to perform this action."
            raise Failure(403, "forbidden", text, "PERMISSION_DENIED")

    def _tell(self, watch: Watch, address: str, history_id: int, now: float) -> None:
        watch.told_at = now
        self._pubsub.publish(watch.topic, {"emailAddress": address, "historyId": history_id}, address)
