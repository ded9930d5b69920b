"""What reaches the services: Gmail's pushes through Pub/Sub, and the queues of Cloud Tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deploy.gcloud import Command
from deploy.steps import Site, grant, last_part
from server.rules.forecast.deployment import LANES

RUNNING = "RUNNING"
TOPIC, SUBSCRIPTION = "truly-mail", "truly-mail-push"
GMAIL = "serviceAccount:gmail-api-push@system.gserviceaccount.com"
RETRIES = {"maxAttempts": "-1", "minBackoff": "5s", "maxBackoff": "600s", "maxDoublings": "6"}
BACKOFF = ("--max-attempts=-1", "--min-backoff=5s", "--max-backoff=600s", "--max-doublings=6")
"""No end of attempts: a task that is given up would be mail that nobody looks for before the next sweep."""


def create_topic(site: Site) -> Iterator[Command]:
    if not site.choices.has_push:
        return
    if TOPIC not in map(last_part, site.ask_list("pubsub", "topics", "list")):
        yield Command(("pubsub", "topics", "create", TOPIC))
    yield from grant(
        site,
        ("pubsub", "topics", "get-iam-policy", TOPIC),
        ("pubsub", "topics", "add-iam-policy-binding", TOPIC),
        [("roles/pubsub.publisher", GMAIL)],
    )


def create_subscription(site: Site) -> Iterator[Command]:
    """Where somebody changed by hand where pushes go, or by whose token, it is set right: they would all be refused."""
    if not site.choices.has_push:
        return
    endpoint, account = f"https://{site.host()}/push", site.choices.account("truly-push")
    push = (
        f"--push-endpoint={endpoint}",
        f"--push-auth-service-account={account}",
        f"--push-auth-token-audience={endpoint}",
    )
    wanted = {"pushEndpoint": endpoint, "oidcToken": {"serviceAccountEmail": account, "audience": endpoint}}
    known = {last_part(entry): entry for entry in site.ask_list("pubsub", "subscriptions", "list")}
    if SUBSCRIPTION not in known:
        yield Command(
            ("pubsub", "subscriptions", "create", SUBSCRIPTION, f"--topic={TOPIC}", *push, "--ack-deadline=10",
             "--min-retry-delay=10s", "--max-retry-delay=600s", "--expiration-period=never")
        )  # fmt: skip
    elif not wanted.items() <= known[SUBSCRIPTION].get("pushConfig", {}).items():
        yield Command(("pubsub", "subscriptions", "update", SUBSCRIPTION, *push))


def create_queues(site: Site) -> Iterator[Command]:
    """By gcloud, and never by a queue.yaml: there a used name stays blocked for nine days, and here for one.

    What somebody changed by hand is set right, and a queue that is paused runs again.
    """
    location = f"--location={site.choices.region}"
    known = {last_part(queue): queue for queue in site.ask_list("tasks", "queues", "list", location)}
    instances = int(site.choices.worker_instances)
    for name, lane in LANES.items():
        per_second, at_a_time = lane.count_dispatches(instances), lane.count_at_a_time(instances)
        limits = (f"--max-dispatches-per-second={per_second}", f"--max-concurrent-dispatches={at_a_time}", *BACKOFF)
        if name not in known:
            yield Command(("tasks", "queues", "create", name, location, *limits))
            continue
        rates = {"maxDispatchesPerSecond": str(per_second), "maxConcurrentDispatches": str(at_a_time)}
        if not (_holds(known[name], "rateLimits", rates) and _holds(known[name], "retryConfig", RETRIES)):
            yield Command(("tasks", "queues", "update", name, location, *limits))
        if known[name].get("state", RUNNING) != RUNNING:
            yield Command(("tasks", "queues", "resume", name, location))


def _holds(queue: dict[str, Any], part: str, wanted: dict[str, str]) -> bool:
    """Google leaves out what is 0, and may write a duration as 5s or 5.000s."""
    there = queue.get(part, {})
    return all(_number(str(there.get(name, 0))) == _number(text) for name, text in wanted.items())


def _number(text: str) -> float:
    return float(text.removesuffix("s"))
