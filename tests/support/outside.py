"""What acceptance scripts from outside of this project import: names and signatures that stay while the rooms change.

A script calls these functions with ``scene.services.ports``. A change of a function underneath adapts its wrapper here.
``tests/unit/test_outside.py`` holds the names and the signatures. Some scripts put rules of their own into the
simulated org: what they replace there stays too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from server.adapters.body_reader.in_process import InProcessBodyReader
from server.domain.access import AccessEntry
from server.domain.decision import Screening
from server.domain.ids import ActivityKey, MailboxId
from server.domain.ledger import Coverage
from server.domain.mail import People
from server.domain.mail_body import MailBody
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Headers, Message
from server.domain.policy import Policy
from server.engine.collect import collect as collecting
from server.engine.copies import erasing, opening
from server.engine.coverage import audit as auditing
from server.engine.ledger import refusals
from server.engine.mailboxes import stages
from server.engine.operations.doctor.registry import Finding
from server.engine.ports import Ports
from server.engine.rooms import Rooms, open_rooms
from server.engine.sidebar import button_tokens
from server.rules.body import html_text as html_reader
from server.rules.body import message_text, quoting
from server.rules.decision import screen as screening
from server.rules.headers import header_text, identity_key, people
from server.vault.access_chain import ChainCheck
from server.web import app
from tests.support.rep import Rep

__all__ = [
    "Rep",
    "Signer",
    "activity_key",
    "audit",
    "collect",
    "coverage",
    "create_app",
    "decode_words",
    "erase",
    "examine",
    "html_text",
    "open_sealed",
    "own_text",
    "people_of",
    "read_body",
    "replay",
    "screen",
    "set_start",
    "verify_access",
]


def _open_rooms(ports: Ports, *, is_encrypted_at_rest: bool = False) -> Rooms:
    reader = InProcessBodyReader(message_text.read_body)
    return open_rooms(ports, reader, is_encrypted_at_rest=is_encrypted_at_rest)


def examine(ports: Ports, *, is_encrypted_at_rest: bool) -> Iterator[Finding]:
    """Checks the set-up as ``flask doctor`` does; each finding has ``what``, ``is_good`` and ``text``."""
    return _open_rooms(ports, is_encrypted_at_rest=is_encrypted_at_rest).doctor.examine()


def replay(ports: Ports, mailbox: Mailbox, code: str | None = None, limit: int | None = None) -> int:
    """Makes refused messages wait for another try; returns how many. ``code`` names Salesforce's refusal."""
    return refusals.replay_refused(ports.store, ports.clock, mailbox, code, limit)


def set_start(ports: Ports, mailbox: Mailbox, start: int) -> None:
    """Logs the mailbox from ``start`` on (epoch milliseconds)."""
    stages.set_start(ports.mail, ports.store, ports.clock, mailbox, start)


def coverage(ports: Ports, mailbox: Mailbox, *, by_day: bool = False) -> Coverage:
    """Compares Gmail's list of the mailbox with the ledger's rows."""
    return auditing.measure_coverage(ports.mail, ports.store, ports.clock, mailbox, by_day=by_day)


def audit(
    ports: Ports, workspace: Workspace, mailbox: Mailbox, late_after: float = auditing.LATE_AFTER
) -> auditing.Audit:
    """Runs the nightly check of one mailbox. ``late_after`` is in seconds."""
    return _open_rooms(ports).auditor.audit(workspace, mailbox, late_after)


def collect(
    ports: Ports, workspace: Workspace, mailbox_id: MailboxId, on_progress: Callable[[int], None] = lambda _count: None
) -> collecting.Collected:
    """Brings one mailbox's ledger up to now. ``on_progress`` takes the number of messages read since its last call."""
    return _open_rooms(ports).collector.collect(workspace, mailbox_id, on_progress)


def erase(ports: Ports, key: ActivityKey) -> int:
    """Erases the sealed copy and what the ledger says of the mail; returns the number of rows."""
    return erasing.erase_mail(ports.store, ports.clock, key)


def open_sealed(ports: Ports, key: ActivityKey, actor: str, reason: str) -> bytes:
    """Opens a sealed copy, after an entry in the access ledger, and returns the raw mail."""
    return _open_rooms(ports).opener.open_copy(key, actor, reason)


def verify_access(ports: Ports) -> tuple[list[AccessEntry], ChainCheck]:
    """Reads the whole access ledger and says whether its chain of hashes holds."""
    return opening.verify_access(ports.store)


def read_body(raw: bytes) -> MailBody:
    """Reads text and attachment names of a raw mail."""
    return message_text.read_body(raw)


def html_text(html: str) -> str:
    """Turns HTML into text."""
    return html_reader.html_text(html)


def own_text(text: str, subject: str = "") -> str:
    """Cuts quoted mail and the signature off a text."""
    return quoting.own_text(text, subject)


def people_of(headers: Headers, workspace: Workspace) -> People:
    """Names the people on a mail, and who wrote it."""
    return people.people_of(headers, workspace)


def screen(
    message: Message, workspace: Workspace, policy: Policy, situation: screening.Situation
) -> tuple[Screening, People]:
    """Decides by labels, people and author alone whether a copy is customer mail."""
    return screening.screen(message, workspace, policy, situation)


def decode_words(value: str) -> str:
    """Decodes the encoded words (RFC 2047) of a header."""
    return header_text.decode_words(value)


def activity_key(headers: Headers, author: str | None, internal_date_ms: int, recipients: Iterable[str]) -> ActivityKey:
    """Computes the key of the one activity for a mail."""
    return identity_key.activity_key(headers, author, internal_date_ms, recipients)


class Signer:
    """Signs and reads what a button of the sidebar asks for."""

    def __init__(self, ports: Ports) -> None:
        self._signer = button_tokens.Signer(ports.hasher, ports.clock)

    def sign(self, order: button_tokens.Order, subject: str) -> str:
        """``subject`` is the Google id of the person who may click."""
        return self._signer.sign(order, subject)

    def read(self, token: str, subject: str) -> button_tokens.Order:
        """Raises UntrustedCallerError, StaleTokenError."""
        return self._signer.read(token, subject)


def create_app(source: Mapping[str, str]) -> app.TrulyApp:
    """Makes the Flask application; ``source`` stands for the environment."""
    return app.create_app(source)
