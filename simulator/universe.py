"""Everything the outside world knows, in one value that its services share."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.answers import refuse_api
from simulator.calls import CallLog
from simulator.clock import Clock
from simulator.faults import Faults
from simulator.gmail.mailbox import Mailbox
from simulator.gmail.quota import Quota
from simulator.gmail.watches import Watches
from simulator.identity import Identity
from simulator.mailfiles import MailFile
from simulator.pubsub import PubSub
from simulator.salesforce.org import Org
from simulator.silence import Silence
from simulator.world import User, World


@dataclass
class Universe:
    """``mailboxes`` holds those of users with mail or without. ``latency`` (seconds) comes before every answer.

    ``reports_lag`` (seconds) is how late the Reports API knows of a delivery.
    """

    world: World
    clock: Clock
    identity: Identity
    org: Org
    calls: CallLog = field(default_factory=CallLog)
    faults: Faults = field(default_factory=Faults)
    quota: Quota = field(default_factory=Quota)
    silence: Silence = field(default_factory=Silence)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    latency: float = 0.0
    reports_lag: float = 0.0

    def __post_init__(self) -> None:
        self.pubsub = PubSub(self.clock, self.identity, self.calls, self.faults)
        self.watches = Watches(self.clock, self.pubsub)

    @classmethod
    def of(cls, world: World, clock: Clock | None = None) -> Universe:
        clock = clock or Clock()
        universe = cls(world, clock, Identity(world, clock), Org.of(world.org, clock))
        for user in world.users:
            mailbox = Mailbox(user.email, (user.email, *user.aliases), user.language)
            for mail in world.mail.get(user.email, ()):
                mailbox.add(mail, clock.now_ms(), is_new=False)
            mailbox.on_change = universe.watches.announce_change
            universe.mailboxes[user.email] = mailbox
        return universe

    def check_api(self, service: str) -> None:
        """Raises Failure where the world's project has not enabled the API."""
        if service in self.world.google.apis_off:
            raise refuse_api(service)

    def user(self, address: str) -> User | None:
        return self.world.user(address)

    def mailbox(self, address: str) -> Mailbox | None:
        """None for who is nobody, or has no Gmail."""
        user = self.user(address)
        return self.mailboxes.get(user.email) if user and user.has_gmail else None

    def deliver(self, message: bytes, sender: str, recipients: list[str], source: str) -> None:
        """Mail sent through the API arrives in the mailboxes of this Workspace that it names."""
        groups = {str(g["email"]).lower(): g.get("members", ()) for g in self.world.groups}
        everyone = [m for r in recipients for m in groups.get(r.lower(), [r])]
        for address in dict.fromkeys(a.lower() for a in everyone):
            mailbox = self.mailbox(address)
            if mailbox and mailbox.address != sender:
                mailbox.add(MailFile(source, message), self.clock.now_ms(), {"INBOX", "UNREAD"})
