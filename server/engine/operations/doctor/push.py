"""Does Gmail push?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.engine.operations.doctor.registry import Checks, Finding
from server.ports.clock import Clock
from server.ports.store import Store
from server.rules.schedule.watch_renewal import is_alive


@dataclass(frozen=True)
class PushContext:
    """``is_on``: the settings name a topic for Gmail's pushes."""

    store: Store
    clock: Clock
    is_on: bool


CHECKS = Checks[PushContext]()


@CHECKS.register("Push")
def check_push(context: PushContext) -> Iterator[Finding]:
    if not context.is_on:
        text = "Off: mailboxes are polled. Set PUBSUB_TOPIC to learn of new mail within seconds."
        yield Finding("Push", is_good=True, text=text)
        return
    read_mailboxes = [m for m in context.store.mailboxes() if m.reads]
    watched = sum(is_alive(m, context.clock.now()) for m in read_mailboxes)
    text = f"On: {watched} of {len(read_mailboxes)} mailboxes have an active Gmail watch."
    if watched < len(read_mailboxes):
        text += " The others are polled; run the command watch to see why."
    yield Finding("Push", is_good=watched == len(read_mailboxes), text=text)
