"""How much of Gmail's allowance a backfill uses, in virtual time: waiting moves the clock and nothing else does."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench import world
from server.bootstrap import Services, build, create_keys
from server.domain.history import MessageRef
from server.domain.ids import MailboxId, MessageId, ThreadId
from server.domain.mailbox import Mailbox
from server.domain.quota import Purpose
from server.settings import Settings
from simulator.app import Simulator
from simulator.clock import Clock
from simulator.demo.stage import SYNC_ACCOUNT, google_account
from simulator.inprocess import InProcessTransport
from simulator.mailfiles import MailFile
from simulator.universe import Universe
from simulator.world import User, World

ALLOWANCE = 6_000
MESSAGES = 1_500
AT_ONCE = 50
LIVE_EVERY = 5
"""So many reads of the background to one live call: a card that is opened, a push that is followed."""
MINUTE = 60.0


@dataclass
class Usage:
    """``minutes`` holds the units of each full minute but the first, whose burst would flatter."""

    clock: Clock
    universe: Universe
    minutes: list[int] = field(default_factory=list)
    _next: float = 0.0
    _units: int = 0

    def start(self) -> None:
        self._next = self.clock.now() + MINUTE

    def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        if self._next and self.clock.now() >= self._next:
            units = self.universe.calls.summary()["gmail"]["units"]
            self.minutes.append(units - self._units)
            self._next += MINUTE
            self._units = units

    @property
    def refusals(self) -> int:
        return sum(call.status in (403, 429) for call in self.universe.calls.calls("gmail"))

    @property
    def share(self) -> float:
        between = self.minutes[1:]
        return sum(between) / (ALLOWANCE * len(between))


def measured(messages: int = MESSAGES) -> Usage:
    """A mailbox's headers in the background under 6,000 units a minute, with live calls in between."""
    clock = Clock(1_790_000_000.0, frozen=True)
    universe = Universe.of(_world(), clock)
    universe.quota.set({"units_per_minute": ALLOWANCE, "in_flight": 5})
    usage = Usage(clock, universe)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        services = _services(Path(folder), universe, usage)
        _read(services, universe, usage, messages)
        services.close()
    return usage


def figure() -> tuple[float, str, float | None, str]:
    """Value, unit, aim and what it is measured against. Raises RuntimeError where Gmail refused a call."""
    usage = measured()
    if usage.refusals:
        raise RuntimeError(f"Gmail refused {usage.refusals} calls of a backfill that was to be paced.")
    minutes = len(usage.minutes) - 1
    against = f"{ALLOWANCE} units a minute over {minutes} minutes of virtual time, no refusal, live calls in between"
    return usage.share, "ratio", 0.95, against


def _read(services: Services, universe: Universe, usage: Usage, messages: int) -> None:
    box = universe.mailboxes[world.ME]
    raw = b"From: a@customer.example\r\nTo: rep@bench.example\r\nSubject: lamp\r\n\r\nHello."
    ids = [MessageId(box.add(MailFile(str(n), raw), universe.clock.now_ms()).message_id) for n in range(messages)]
    refs = [MessageRef(i, ThreadId(i)) for i in ids]
    user = universe.user(world.ME)
    assert user is not None
    mailbox = Mailbox(MailboxId(user.user_id), (world.ME,))
    live, background = services.ports.mail, services.ports.mail.in_background(Purpose.PAST)
    usage.start()
    for number, start in enumerate(range(0, messages, AT_ONCE)):
        background.headers(mailbox, refs[start : start + AT_ONCE], ["From", "To", "Subject"])
        if number % LIVE_EVERY == 0:
            live.history(mailbox, live.current_cursor(mailbox))
            live.thread(mailbox, refs[start].thread_id, ["From"])


def _world() -> World:
    return World(
        name="quota", customer="C0bench", domains=({"name": "bench.example", "primary": True, "aliases": []},),
        users=(User(world.ME, "Rep", is_admin=True),), groups=(), mail={},
        org={"namespace": None, "User": [], "Account": [], "Contact": [], "Lead": [], "Opportunity": []},
    )  # fmt: skip


def _services(folder: Path, universe: Universe, usage: Usage) -> Services:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    universe.identity.register(SYNC_ACCOUNT, public.decode())
    (folder / "account.json").write_text(google_account(pem))
    (folder / "keys").mkdir()
    create_keys(folder / "keys")
    settings = Settings.of(
        {
            "ORGANISATION": "bench",
            "STATE": f"sqlite:{folder / 'state.sqlite3'}",
            "KEYS": str(folder / "keys"),
            "GOOGLE_ADMIN": world.ME,
            "GOOGLE_SERVICE_ACCOUNT_FILE": str(folder / "account.json"),
            "SALESFORCE_DOMAIN": "bench.my",
            "SALESFORCE_CONSUMER_KEY": "key",
            "SALESFORCE_CONSUMER_SECRET": "unused",
            "GMAIL_UNITS_PER_MINUTE": str(ALLOWANCE),
        }
    )
    transport = InProcessTransport(Simulator(universe))
    return build(settings, transport=transport, clock=universe.clock, sleep=usage.sleep)
