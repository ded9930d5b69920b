"""Claimed mails become activities: their bodies read, copies sealed, and what Salesforce gets of each worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from server.domain.crm import Activity, CrmUser, Direction, Opportunities
from server.domain.decision import Decision
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, SalesforceId
from server.domain.ledger import ActivityRow, Row, SealedMail
from server.domain.mail import Mail
from server.domain.mailbox import Mailbox, Workspace
from server.engine.deliver.bodies import fetch_bodies
from server.engine.ledger.snapshots import seal_snapshot, snapshot_of
from server.engine.ports import Ports
from server.ports.crm import FILE_AT_ONCE
from server.rules.body.message_text import read_body
from server.rules.decision.activity import plan_activity
from server.rules.decision.opportunity import choose_opportunity, list_opportunity_holders
from server.rules.decision.response_time import measure_response_minutes
from server.vault.envelope import Place, seal_copy

BYTES_AT_ONCE = 64 * 1024 * 1024
"""Of raw messages, by Gmail's own estimate."""


@dataclass(frozen=True)
class Filing:
    """A mail on its way. ``claimed`` is an older claim on it, left by a try whose end nobody knows."""

    mail: Mail
    decision: Decision
    owner: CrmUser | None
    rows: tuple[Row, ...]
    claimed: ActivityRow | None = None

    @property
    def owner_id(self) -> SalesforceId | None:
        return self.owner.user_id if self.owner else None


Planned = tuple[Filing, Activity]
Moments = dict[KeyedHash, list[tuple[int, bool]]]
"""Of a conversation: when each mail was sent, and whether it came from outside."""


class Planner:
    """Of one round. ``failed`` collects what came to nothing, each with why."""

    def __init__(self, ports: Ports, workspace: Workspace, mailboxes: Mapping[MailboxId, Mailbox]) -> None:
        self._ports = ports
        self._workspace = workspace
        self._mailboxes = mailboxes
        self._opportunities = Opportunities()
        self.failed: list[tuple[Filing, Exception]] = []

    def learn_opportunities(self, filings: Sequence[Filing]) -> None:
        """One question for all of a round, where an admin wants it."""
        if self._ports.policy.opportunities:
            chosen = [f.decision.chosen for f in filings if f.decision.chosen]
            self._opportunities = self._ports.crm.opportunities(*list_opportunity_holders(chosen))

    def snapshot(self, filing: Filing) -> bytes:
        """What a card shows of it, sealed."""
        plain = snapshot_of(filing.mail, filing.decision)
        return seal_snapshot(self._ports, filing.mail.key, replace(plain, opportunity_id=self._opportunity(filing)))

    def _opportunity(self, filing: Filing) -> SalesforceId | None:
        return choose_opportunity(filing.decision.chosen, self._opportunities) if filing.decision.chosen else None

    def prepare(self, claimed: Sequence[Filing]) -> list[Planned]:
        """Read, sealed and planned: what stays in memory of each is the text that Salesforce gets."""
        planned: list[Planned] = []
        copies: list[SealedMail] = []
        for filing, raw in self._with_bodies(claimed):
            try:
                activity = self._planned(filing, raw)
            except Exception as error:  # noqa: BLE001  # one bad mail must not stop the others
                self.failed.append((filing, error))
                continue
            planned.append((filing, activity))
            copies.append(self._sealed(filing.mail.key, raw))
        self._ports.store.keep_copies(copies)
        return planned

    def timed(self, planned: list[Planned]) -> list[Planned]:
        """Answers of ours, with how long the customer waited: the other mails are in this round, or logged before."""
        here: Moments = {}
        for filing, activity in planned:
            if filing.mail.conversation:
                moment = (activity.sent_at, activity.direction is Direction.INBOUND)
                here.setdefault(filing.mail.conversation, []).append(moment)
        logged: Moments = {}
        return [(filing, self._with_wait(filing, activity, here, logged)) for filing, activity in planned]

    def _with_wait(self, filing: Filing, activity: Activity, here: Moments, logged: Moments) -> Activity:
        conversation = filing.mail.conversation
        is_answer = bool(filing.mail.canonical.headers.first("In-Reply-To"))
        if conversation is None or activity.direction is Direction.INBOUND or not is_answer:
            return activity
        if conversation not in logged:
            known = self._ports.store.activities_of(conversation)
            logged[conversation] = [(each.sent_at, each.is_inbound) for each in known if each.sent_at]
        minutes = measure_response_minutes(activity.sent_at, logged[conversation] + here[conversation])
        return replace(activity, response_minutes=minutes)

    def _with_bodies(self, filings: Sequence[Filing]) -> list[tuple[Filing, bytes]]:
        answers = fetch_bodies(self._ports, self._mailboxes, [f.mail for f in filings])
        found: list[tuple[Filing, bytes]] = []
        for filing in filings:
            answer = answers[filing.mail.key]
            if isinstance(answer, bytes):
                found.append((filing, answer))
            else:
                self.failed.append((filing, answer))
        return found

    def _planned(self, filing: Filing, raw: bytes) -> Activity:
        assert filing.claimed is not None
        body = read_body(raw)
        planned = plan_activity(filing.mail, filing.decision, filing.owner, body, self._workspace, self._ports.policy)
        planned = replace(planned, what_id=self._opportunity(filing) or planned.what_id)
        is_past = all(row.is_from_the_past for row in filing.rows)
        return replace(planned, key=filing.claimed.crm_key, is_backfilled=is_past)

    def _sealed(self, key: ActivityKey, raw: bytes) -> SealedMail:
        sealed = seal_copy(raw, Place(self._ports.organisation, "copies", key, "copy"), self._ports.wrap)
        return SealedMail(key, sealed.dek_id, sealed.ciphertext, sealed.wrapped_dek, sealed.key_name)


def portions(filings: Sequence[Filing]) -> Iterator[list[Filing]]:
    """Bodies held in memory at once stay bounded, however large the attachments.

    A mailbox's conversation stays together where it fits: read whole it costs less than message by message.
    """
    part: list[Filing] = []
    size = 0
    for _, group in groupby(sorted(filings, key=_conversation_of), key=_conversation_of):
        conversation = list(group)
        if part and len(part) + len(conversation) > FILE_AT_ONCE:
            yield part
            part, size = [], 0
        for filing in conversation:
            weight = filing.mail.canonical.size
            if part and (len(part) == FILE_AT_ONCE or size + weight > BYTES_AT_ONCE):
                yield part
                part, size = [], 0
            part.append(filing)
            size += weight
    if part:
        yield part


def _conversation_of(filing: Filing) -> tuple[str, str]:
    copy = filing.mail.canonical
    return copy.mailbox_id, copy.thread_id
