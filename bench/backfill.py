"""A sales rep's past in Gmail's quota units, beside the naive way and beside one who knows all but headers."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from simulator.mailfiles import MailFile
from tests.support.scene import START, Scene

MESSAGES = 10_000
SIZES = (((1, 1), 0.4), ((2, 3), 0.3), ((4, 8), 0.2), ((9, 20), 0.1))
"""Messages of a conversation, and the share of conversations that have so many."""
NOT_PRIMARY = ("CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_SOCIAL", "CATEGORY_FORUMS", "SPAM", "TRASH")
GET, CONVERSATION, LIST, AT_ONCE = 20, 40, 5, 500
YEAR = 365
ME = "ann@acme.example"
Figure = tuple[float, str, float | None, str]


@dataclass(frozen=True)
class Thread:
    """``label`` keeps it out of the primary inbox; ``is_customer``: all of it is to be logged."""

    size: int
    label: str | None
    is_customer: bool


def threads(count: int, chance: random.Random) -> Iterator[Thread]:
    """Half of the messages are not primary; of the others half are a customer's."""
    kinds: Counter[str] = Counter()
    while (left := count - kinds.total()) > 0:
        ((low, high),) = chance.choices([size for size, _ in SIZES], [share for _, share in SIZES])
        size = min(chance.randint(low, high), left)
        kind = min(("other", "other", "customer", "stranger"), key=lambda k: (kinds[k] / (2 if k == "other" else 1), k))
        kinds[kind] += size
        label = chance.choice(NOT_PRIMARY) if kind == "other" else None
        yield Thread(size, label, kind == "customer")


def fill(scene: Scene, wanted: list[Thread], chance: random.Random) -> None:
    """Conversations spread over a year, each within days."""
    box = scene.universe.mailboxes[ME]
    number = 0
    for index, thread in enumerate(wanted):
        began = datetime.fromtimestamp(START, UTC) - timedelta(days=chance.uniform(1, YEAR))
        company = "byron.example" if thread.is_customer else f"nowhere{index}.example"
        for position in range(thread.size):
            mail = EmailMessage()
            mail["From"] = f"person{index}@{company}"
            mail["To"] = ME
            mail["Subject"] = f"Matter {index}"
            mail["Date"] = format_datetime(began + timedelta(hours=20 * position))
            mail["Message-ID"] = f"<{number}@{company}>"
            if position:
                mail["References"] = f"<root{index}@{company}>"
            mail.set_content(f"Hello, number {number}.\n")
            labels = {thread.label} if thread.label in ("SPAM", "TRASH") else {"INBOX", *filter(None, [thread.label])}
            box.add(MailFile(f"{number}", mail.as_bytes()), scene.clock.now_ms(), labels, f"{index:x}")
            number += 1


def oracle(wanted: list[Thread]) -> int:
    """The least that headers and bodies cost one who knows every label and conversation, and has to list nothing."""
    units = 0
    for thread in wanted:
        if thread.label is None:
            once = min(GET * thread.size, CONVERSATION)
            units += once * (2 if thread.is_customer else 1)
    return units


def naive(wanted: list[Thread], *, bodies: bool) -> float:
    """List, and get each; with ``bodies``, once more for the body."""
    count = sum(thread.size for thread in wanted)
    return count * GET * (2 if bodies else 1) + -(-count // AT_ONCE) * LIST


def figures(count: int = MESSAGES) -> dict[str, Figure]:
    chance = random.Random(4)
    wanted = list(threads(count, chance))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        scene = Scene(Path(folder))
        fill(scene, wanted, chance)
        scene.sync()
        units = scene.universe.calls.summary()["gmail"]["units"]
        logged = len(scene.tasks())
        scene.close()
    expected = sum(t.size for t in wanted if t.is_customer)
    if logged != expected:
        raise RuntimeError(f"{logged} of {expected} customer messages were logged.")
    per = f"{count} messages, half not primary, half of the rest logged; all of the sync's units"
    return {
        "backfill_units_per_message": (units / count, "units", None, per),
        "gmail_units_over_naive": (units / naive(wanted, bodies=False), "ratio", None, "list and get each, no bodies"),
        "gmail_units_over_naive_bodies": (units / naive(wanted, bodies=True), "ratio", None, "list and get each twice"),
        "gmail_units_over_floor": (
            units / oracle(wanted),
            "ratio",
            1.1,
            "labels and conversations known for nothing",
        ),
    }


if __name__ == "__main__":
    for name, figure in figures().items():
        print(name, *figure)  # noqa: T201
