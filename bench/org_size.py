"""The same mail in an org of a thousand contacts and in one of a million: what is asked and answered, byte by byte."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import TestResponse

from simulator.inprocess import Ask
from simulator.salesforce import ids
from simulator.world import World
from tests.support.scene import DOMAIN_FIELD, Scene, eml, small_world
from tests.support.wire import wrap_requests

SMALL, LARGE = 1_000, 1_000_000
COMPANIES = 200
MESSAGES = 300
STRANGER = 3
"""Each third message is from somebody whom the org does not know, at a company that it does."""
SECOND_EMAIL = "Other_Email__c"
Figure = tuple[float, str, float | None, str]
Exchange = tuple[str, str, bytes, bytes]
"""Method, address, what was asked, what was answered."""


@dataclass(frozen=True)
class Asked:
    """Of one run: all that passed between us and the org but the login, and questions that no index answers."""

    exchanges: tuple[Exchange, ...]
    scans: tuple[Any, ...]
    logged: int


def world() -> World:
    plain = small_world()
    fields = {"external_ids": [f"Contact.{SECOND_EMAIL}"]}
    contacts = [{**contact, SECOND_EMAIL: None} for contact in plain.org["Contact"]]
    return replace(plain, org={**plain.org, **fields, "Contact": contacts})


def people(size: int) -> Iterator[tuple[str, ...]]:
    for number in range(size):
        company = ids.make("001", 10**6 + number % COMPANIES)
        address = f"p{number}@c{number % COMPANIES}.example"
        yield (
            ids.make("003", 10**7 + number), f"P{number}", address, f"private{number}@home.example", company,
            "005A00000000001AAA",
        )  # fmt: skip


def companies(size: int) -> Iterator[tuple[str, ...]]:
    for number in range(max(COMPANIES, size // 5)):
        yield ids.make("001", 10**6 + number), f"C{number}", f"c{number}.example", "005A00000000001AAA"


def asked_of(folder: Path, size: int, messages: int = MESSAGES) -> Asked:
    """One sync, with every setting that asks more of the org but ACCOUNT_WEBSITE and ACCOUNT_DOMAIN_LISTS."""
    scene = Scene(folder, world(), CONTACT_EMAIL_FIELDS=SECOND_EMAIL, OPPORTUNITIES="yes", JOIN_OTHERS="yes")
    org = scene.universe.org
    org.crowd("Contact", ("Id", "Name", "Email", SECOND_EMAIL, "AccountId", "OwnerId"), people(size))
    org.crowd("Account", ("Id", "Name", DOMAIN_FIELD, "OwnerId"), companies(size))
    exchanges = _listen_to_org(scene)
    for number in range(messages):
        who = f"p{number}@c{number % COMPANIES}.example" if number % STRANGER else f"new{number}@c{number % 7}.example"
        scene.deliver(
            "ann@acme.example", eml(sender=who, subject=f"Matter {number}", message_id=f"<{number}@c.example>")
        )
    scene.sync()
    logged = len(scene.tasks())
    scene.close()
    return Asked(tuple(exchanges), tuple(org.scans), logged)


def _listen_to_org(scene: Scene) -> list[Exchange]:
    heard: list[Exchange] = []

    def wrap(ask: Ask) -> Ask:
        def asking(url: str, method: str, headers: Any, body: Any) -> TestResponse:
            response = ask(url, method, headers, body)
            parts = urlsplit(url)
            if parts.path.startswith("/services/data/"):
                sent = body.encode() if isinstance(body, str) else bytes(body or b"")
                heard.append((method, f"{parts.path}?{parts.query}", sent, response.get_data()))
            return response

        return asking

    wrap_requests(scene, wrap)
    return heard


def figures() -> dict[str, Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as one, tempfile.TemporaryDirectory(prefix="bench-") as other:
        small, large = asked_of(Path(one), SMALL), asked_of(Path(other), LARGE)
    if small.logged != MESSAGES or large.logged != MESSAGES or large.scans:
        raise RuntimeError(f"{small.logged}, {large.logged} logged; without an index: {large.scans}")
    differing = sum(a != b for a, b in zip(small.exchanges, large.exchanges, strict=False))
    differing += abs(len(small.exchanges) - len(large.exchanges))
    sent = [sum(len(part) for exchange in run.exchanges for part in exchange[1:]) for run in (small, large)]
    against = f"{MESSAGES} messages, {SMALL:,} contacts against {LARGE:,}; {len(small.exchanges)} calls each"
    return {
        "salesforce_calls_that_differ_with_size": (differing, "calls", 0.0, against),
        "salesforce_bytes_over_small_org": (sent[1] / sent[0], "ratio", 1.0, f"{against}, both ways"),
    }


if __name__ == "__main__":
    for name, figure in figures().items():
        print(name, *figure)  # noqa: T201
