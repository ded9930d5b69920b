"""A dry run: what the waiting rows would become if their mailboxes went live now. No decision is written anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from server.domain.decision import OUTCOME_OF, Outcome, Reason
from server.domain.ledger import ActivityRow, ActivityState, Row
from server.domain.mail import Mail
from server.domain.mailbox import Mailbox, Workspace
from server.engine.decide.category_cost import CategoryCount, CategoryCounter
from server.engine.decide.decisions import ConversationChoices, GatheredMail, MailDecider, gather_mails, is_logged_again
from server.engine.ledger.broken_seals import is_seal_broken, read_again
from server.engine.ledger.rows import is_waiting_in_shard, reason_of_activity
from server.engine.ledger.saving import save_changed_rows
from server.engine.ledger.sealed_headers import SealedHeaders
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.store import Store
from server.rules.schedule.recovery import choose_reaction

MAILS_PER_QUESTION = 200
"""Mails decided with one question to Salesforce; more only where a conversation has more."""


@dataclass
class Preview:
    """``rows`` counts, by outcome and reason, settled rows as they are and waiting ones as they would be.

    ``activities`` is how many would be made in Salesforce, ``from_categories`` of them of mail that Gmail put into a
    category. ``unreadable`` of the rows did not open.
    """

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    activities: int = 0
    from_categories: int = 0
    unreadable: int = 0

    def count(self, reason: Reason, rows: int = 1) -> None:
        self.rows[OUTCOME_OF[reason].value, reason.value] += rows


class DryRun:
    """Thread-safe."""

    def __init__(
        self, store: Store, clock: Clock, alarms: Alarms, headers: SealedHeaders, decider: MailDecider,
        categories: CategoryCounter,
    ) -> None:  # fmt: skip
        self._store = store
        self._clock = clock
        self._alarms = alarms
        self._headers = headers
        self._decider = decider
        self._categories = categories

    def count_categories(self, workspace: Workspace, mailboxes: Sequence[Mailbox]) -> CategoryCount:
        """What Gmail's categories keep out, and how much of it contacts wrote.

        Raises TransientError where Salesforce is away.
        """
        counts = (self._categories.count(workspace, m, self._store.rows(m.mailbox_id)) for m in mailboxes)
        return sum(counts, CategoryCount())

    def preview(self, workspace: Workspace, mailboxes: Sequence[Mailbox]) -> Preview:
        """Decide what waits, and write no decision. Rows that do not open are read from Gmail again by the next sync.

        Raises TransientError where Salesforce is away.
        """
        result = Preview()
        waiting: list[Row] = []
        for mailbox in mailboxes:
            for row in self._store.rows(mailbox.mailbox_id):
                if is_waiting_in_shard(row):
                    waiting.append(row)
                else:
                    result.rows[row.outcome.value, row.reason.value] += 1
        by_id = {mailbox.mailbox_id: mailbox for mailbox in mailboxes}
        mails, broken = gather_mails(
            waiting, lambda row: self._headers.open_copy(workspace, row, by_id[row.mailbox_id])
        )
        result.unreadable = len(broken)
        for _, error in broken:
            result.count(choose_reaction(error, 1, 0.0).reason)
        unsealed = [row for row, error in broken if is_seal_broken(error)]
        save_changed_rows(self._store, read_again(self._alarms, unsealed, self._clock.now()))
        for portion in _cut_between_conversations(list(mails.values())):
            self._count_portion(workspace, portion, result)
        return result

    def _count_portion(self, workspace: Workspace, portion: Sequence[GatheredMail], result: Preview) -> None:
        mails = [gathered.mail for gathered in portion]
        choices = self._store.conversations([mail.conversation for mail in mails if mail.conversation])
        activities = self._store.activities([mail.key for mail in mails])
        undecided: list[Mail] = []
        for gathered in portion:
            activity = activities.get(gathered.mail.key)
            if activity is None or _is_open(gathered.mail, activity, choices):
                undecided.append(gathered.mail)
            else:
                result.count(reason_of_activity(activity), len(gathered.rows))
        decisions = self._decider.decide(workspace, undecided, choices)
        for decided in decisions.decided:
            for copy in decided.mail.copies:
                result.count(decided.reason_in(copy.mailbox_id))
            is_logged = decided.decision.outcome is Outcome.LOGGED
            result.activities += is_logged
            result.from_categories += is_logged and decided.mail.category is not None
        for mail, error in decisions.failed:
            result.count(choose_reaction(error, 1, 0.0).reason, len(mail.copies))


def _is_open(mail: Mail, activity: ActivityRow, choices: ConversationChoices) -> bool:
    """The mail has no activity that its copies would join: it is claimed and no more, or may be logged again."""
    return activity.state is ActivityState.CLAIMED or is_logged_again(mail, activity, choices)


def _cut_between_conversations(mails: Sequence[GatheredMail]) -> Iterator[list[GatheredMail]]:
    """Portions of whole conversations, because the mails of one conversation are decided together."""
    conversations: dict[str, list[GatheredMail]] = {}
    for gathered in mails:
        conversations.setdefault(gathered.mail.conversation or gathered.mail.key, []).append(gathered)
    portion: list[GatheredMail] = []
    for conversation in conversations.values():
        if portion and len(portion) + len(conversation) > MAILS_PER_QUESTION:
            yield portion
            portion = []
        portion += conversation
    if portion:
        yield portion
