"""Does Gmail push, and do its pushes arrive?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.engine.operations.doctor.registry import Checks, Finding
from server.ports.clock import Clock
from server.ports.store import Store
from server.rules.schedule.push_proof import measure_pushes


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
        yield Finding("Push", is_good=True, text=text, is_note=True)
        return
    read_mailboxes = [m for m in context.store.mailboxes() if m.reads]
    pushes = measure_pushes(read_mailboxes, context.clock.now())
    watched = pushes.watched
    text = f"On: {watched} of {len(read_mailboxes)} mailboxes have an active Gmail watch."
    if watched < len(read_mailboxes):
        text += " The others are polled; run the command watch to see why."
    yield Finding("Push", is_good=watched == len(read_mailboxes), text=text)
    if pushes.is_doubtful:
        text = "Gmail's pushes do not arrive: check the subscription and PUSH_SERVICE_ACCOUNT (docs/push.md)."
        text += f" New mail of {pushes.silent} of {pushes.with_news} mailboxes came without a push, and is polled."
        yield Finding("Pushes heard", is_good=False, text=text)
    elif watched:
        text = f"{pushes.heard} of {watched} watched mailboxes had a push within a day."
        if pushes.unproven:
            text += f" {pushes.unproven} are polled until the next push."
        yield Finding("Pushes heard", is_good=True, text=text)
