"""A scene with Gmail's push switched on: what is due is delivered when the test says so."""

from __future__ import annotations

from typing import Any

from server.domain.mailbox import Mailbox
from server.engine.mailboxes.stages import find_mailbox
from server.ports.queue import Job
from server.runner.worker import Worker
from server.web.app import create_app
from simulator.pubsub import Post
from tests.support.scene import Scene

TOPIC = "projects/simulated/topics/gmail"
URL = "https://truly.example/push"
ACCOUNT = "pubsub@simulated.iam.gserviceaccount.com"


class Pushing:
    """``statuses`` are the service's answers to pushes so far. While ``is_away`` no push reaches it. ``worker`` does what they put into the queue."""

    def __init__(self, scene: Scene, **settings: str) -> None:
        self.scene = scene
        scene.universe.pubsub.create_topic(TOPIC)
        scene.universe.pubsub.subscribe(TOPIC, URL, ACCOUNT)
        scene.restart(PUBSUB_TOPIC=TOPIC, PUSH_SERVICE_ACCOUNT=ACCOUNT, **settings)
        self.serve()
        self.worker = Worker(scene.services)
        self.statuses: list[int] = []
        self.is_away = False

    def serve(self) -> None:
        """Starts the web application on the services that the scene has now."""
        self.client = create_app(self.scene.source, self.scene.services).test_client()

    def begin(self) -> None:
        """Everything is synced and watched, and what the watches said at once is done."""
        self.scene.sync()
        self.run("watch")
        self.pump()
        self.work()

    def run(self, kind: str, subject: str = "") -> None:
        services = self.scene.services
        services.rooms.jobs.run(Job(kind, subject), services.queue)

    def post(self, body: Any, authorization: str | None = None) -> int:
        headers = {"Authorization": self.authorization() if authorization is None else authorization}
        return self.client.post("/push", data=body, headers=headers if headers["Authorization"] else {}).status_code

    def authorization(self) -> str:
        pubsub = self.scene.universe.pubsub
        return pubsub.authorization(next(iter(pubsub.subscriptions.values())))

    def pump(self) -> int:
        return self.scene.universe.pubsub.pump(self._deliver)

    def pump_all(self, limit: int = 100) -> None:
        """Time passes until nothing is to be delivered any more."""
        while (due := self.scene.universe.pubsub.next_at()) is not None and limit:
            self.scene.clock.advance(max(due - self.scene.clock.now(), 0))
            self.pump()
            limit -= 1

    def jobs(self) -> list[Job]:
        """What is in the queue, taken out of it."""
        queue = self.scene.services.local_queue
        assert queue is not None
        taken = []
        while task := queue.take(self.scene.clock.now() + 60):
            queue.finish(task, self.scene.clock.now())
            taken.append(task.job)
        return taken

    def work(self, seconds: int = 60) -> None:
        """The queue's work as it falls due, and the pushes as well."""
        for _ in range(seconds):
            self.scene.clock.advance(1)
            self.pump()
            while self.worker.work_once():
                pass

    def mailbox(self, address: str) -> Mailbox:
        return find_mailbox(self.scene.services.ports.store, address)

    def _deliver(self, post: Post) -> int:
        assert post.url == URL
        if self.is_away:
            return 503
        self.statuses.append(self.post(post.body, post.authorization))
        return self.statuses[-1]
