"""One round over some waiting rows: they become activities, each real mail once.

Gather the mails, ask Salesforce once, decide, claim, fetch bodies, seal, insert in one call, close. A crash between any
two of these leaves waiting rows and perhaps a claim; the next delivery finds the claim and looks by key first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.domain.crm import Candidates, CrmUser, Query, Record
from server.domain.decision import Decision, Evidence, Outcome, Reason
from server.domain.errors import ConfigurationError, ConflictError, StaleTargetError, TransientError
from server.domain.ids import ActivityKey, KeyedHash, MailboxId
from server.domain.ledger import ActivityRow, ActivityState, Conversation, Row
from server.domain.mail import Copy, Mail
from server.domain.mailbox import Mailbox, Workspace
from server.engine.collect.screening import open_copy
from server.engine.conversations.carry_out import Follower, revived
from server.engine.conversations.overrides import follow_chosen, override_for
from server.engine.deliver.activities import Filing
from server.engine.deliver.filing import file_mails
from server.engine.ledger.closing import is_owners
from server.engine.ledger.retrying import after_failure
from server.engine.ledger.rows import delay_row, hold_row, keep_out_row, log_row, skip_row
from server.engine.ports import Ports
from server.rules.decision.decide import decide, list_explaining_domains
from server.rules.decision.match import build_query
from server.rules.decision.owner import find_owner

Words = Mapping[KeyedHash, Conversation]
BY_WORD = (Evidence("conversation"),)
EXPLAINABLE = frozenset({Reason.NO_MATCH, Reason.CONTACTS_ONLY_ACCOUNT})
"""What a later change in Salesforce may alter."""


@dataclass
class Delivered:
    """What one round did. ``settled`` counts rows that reached an outcome; ``read`` all rows looked at."""

    read: int = 0
    settled: int = 0
    logged: int = 0
    error: str | None = None


@dataclass
class _Batch:
    mails: dict[ActivityKey, Mail] = field(default_factory=dict)
    rows: dict[ActivityKey, list[Row]] = field(default_factory=dict)
    changed: list[Row] = field(default_factory=list)


class Delivery:
    """One round over some rows."""

    def __init__(self, ports: Ports, workspace: Workspace, mailboxes: dict[MailboxId, Mailbox]) -> None:
        self._ports = ports
        self._workspace = workspace
        self._mailboxes = mailboxes
        self._done = Delivered()

    def run(self, rows: list[Row]) -> Delivered:
        self._done.read = len(rows)
        batch = self._gather(rows)
        self._save(batch.changed)
        words = self._ports.store.conversations([m.conversation for m in batch.mails.values() if m.conversation])
        known = self._ports.store.activities(list(batch.mails))
        for key, activity in list(known.items()):
            if self._is_wanted_again(batch.mails[key], activity, words):
                self._ports.store.save_activities([revived(activity, self._ports.clock.now())], [])
                known |= self._ports.store.activities([key])
            elif activity.state is not ActivityState.CLAIMED:
                self._join(batch.rows.pop(key), activity)
                del batch.mails[key]
        try:
            decided = self._decide(list(batch.mails.values()), batch.rows, words)
        except TransientError as error:
            # Salesforce is away: everything waits, and says for what.
            self._retry([row for rows in batch.rows.values() for row in rows], error)
            self._done.error = type(error).__name__
            return self._done
        doubtful = {key: activity for key, activity in known.items() if key in batch.mails}
        self._settle(batch, decided, doubtful, words)
        return self._done

    def _gather(self, rows: list[Row]) -> _Batch:
        batch = _Batch()
        copies: dict[ActivityKey, list[Copy]] = {}
        for row in rows:
            mailbox = self._mailboxes.get(row.mailbox_id)
            if mailbox is None or not mailbox.delivers or row.activity_key is None:
                batch.changed.append(_parked(row, mailbox, self._ports.clock.now()))
                continue
            if (until := self._held_until(row.activity_key)) is not None:
                batch.changed.append(delay_row(row, until))
                continue
            try:
                copy = open_copy(self._ports, self._workspace, row, mailbox)
            except Exception as error:  # noqa: BLE001  # one bad row must not stop the others
                batch.changed.append(after_failure(self._ports, row, error))
                continue
            copies.setdefault(row.activity_key, []).append(copy)
            batch.rows.setdefault(row.activity_key, []).append(row)
        for key, found in copies.items():
            batch.mails[key] = Mail(key, batch.rows[key][0].conversation, tuple(found))
        return batch

    def _held_until(self, key: ActivityKey) -> float | None:
        """One held copy holds the mail."""
        if not self._ports.policy.publish_delay:
            return None
        now = self._ports.clock.now()
        times = [row.due for row in self._ports.store.copies_of(key) if row.reason is Reason.HELD and row.due]
        return max((due for due in times if now < due), default=None)

    def _is_wanted_again(self, mail: Mail, activity: ActivityRow, words: Words) -> bool:
        """A rep alone had it and stopped it; now a colleague has it too, who did not."""
        if activity.state is not ActivityState.REMOVED or activity.reason is not Reason.KEPT_OUT:
            return False
        return len(_kept_out(mail, words)) < len({copy.mailbox_id for copy in mail.copies})

    def _without_kept(self, mail: Mail, rows: list[Row], words: Words) -> tuple[Mail, list[Row]]:
        """A copy whose rep stopped the conversation a moment ago, while others still want the mail."""
        kept = _kept_out(mail, words)
        if not kept:
            return mail, rows
        now = self._ports.clock.now()
        out = [row for row in rows if row.mailbox_id in kept]
        self._save([keep_out_row(row, now, BY_WORD) for row in out])
        left = tuple(copy for copy in mail.copies if copy.mailbox_id not in kept)
        return replace(mail, copies=left), [row for row in rows if row.mailbox_id not in kept]

    def _decide(
        self, mails: Sequence[Mail], rows: Mapping[ActivityKey, list[Row]], words: Words
    ) -> list[tuple[Mail, Decision, CrmUser | None]]:
        if not mails:
            return []
        policy = self._ports.policy
        asked = Query()
        for mail in mails:
            asked = asked | build_query(mail, self._workspace, policy)
        candidates: Candidates = self._ports.crm.look_up(asked)
        decided = []
        for mail in mails:
            try:
                decided.append(self._decision(mail, candidates, words))
            except Exception as error:  # noqa: BLE001  # one bad mail must not stop the others
                self._retry(rows[mail.key], error)
        return decided

    def _decision(self, mail: Mail, candidates: Candidates, words: Words) -> tuple[Mail, Decision, CrmUser | None]:
        owner = find_owner(mail, self._workspace, candidates)
        owner_id = owner.user_id if owner else None
        kept, word = _kept_out(mail, words), _word_of(mail, words)
        stopped = word.kept_out_by if word else ()
        if len(kept) == len({copy.mailbox_id for copy in mail.copies}) or is_owners(self._ports, stopped, owner_id):
            return mail, Decision(Reason.KEPT_OUT, evidence=BY_WORD), owner
        override = override_for(self._ports, self._workspace, word, mail)
        return mail, decide(mail, owner_id, candidates, self._workspace, self._ports.policy, override), owner

    def _settle(
        self,
        batch: _Batch,
        decided: list[tuple[Mail, Decision, CrmUser | None]],
        doubtful: dict[ActivityKey, ActivityRow],
        words: Words,
    ) -> None:
        wanted: list[Filing] = []
        for mail, decision, owner in decided:
            rows = batch.rows[mail.key]
            claimed = doubtful.get(mail.key)
            if decision.outcome is Outcome.SKIPPED and claimed is None:
                self._skip(mail, decision, rows)
                continue
            # One that is claimed may stand in Salesforce already: then all its copies share what is found there.
            kept_mail, kept_rows = (mail, rows) if claimed else self._without_kept(mail, rows, words)
            wanted.append(Filing(kept_mail, decision, owner, tuple(kept_rows), claimed))
        if not wanted:
            return
        try:
            result = file_mails(self._ports, self._workspace, self._mailboxes, wanted)
        except (TransientError, ConfigurationError, ConflictError) as error:
            self._retry([row for filing in wanted for row in filing.rows], error)
            self._done.error = type(error).__name__
            return
        self._follow_words(wanted, words)
        for filing in result.unwanted:
            self._skip(filing.mail, filing.decision, list(filing.rows))
            self._ports.store.drop_copies([filing.mail.key])
        for filing, failure in result.failed:
            self._retry(filing.rows, failure, alone=True)
            if isinstance(failure, StaleTargetError) and filing.decision.reason is Reason.THREAD_OVERRIDE:
                follow_chosen(self._ports, _word_of(filing.mail, words))
        self._done.logged += result.logged
        self._done.settled += result.settled

    def _follow_words(self, filings: Sequence[Filing], before: Words) -> None:
        """A record that somebody chose while the mail was on its way: it goes there after all."""
        keys = [filing.mail.conversation for filing in filings if filing.mail.conversation]
        now = self._ports.store.conversations(keys)
        moved = [f for f in filings if _word_of(f.mail, now) != _word_of(f.mail, before)]
        if not moved:
            return
        known = self._ports.store.activities([filing.mail.key for filing in moved])
        wanted: list[tuple[ActivityRow, Record, Reason]] = []
        for filing in moved:
            activity = known.get(filing.mail.key)
            override = override_for(self._ports, self._workspace, _word_of(filing.mail, now), filing.mail)
            if activity and activity.state is ActivityState.LOGGED and override and override.record:
                wanted.append((activity, override.record, Reason.THREAD_OVERRIDE))
        Follower(self._ports).retarget(wanted)

    def _join(self, rows: list[Row], activity: ActivityRow) -> None:
        """A copy of a mail that is logged already, or was taken back: the same fate, without another activity."""
        now = self._ports.clock.now()
        self._save([log_row(row, activity, now) for row in rows])

    def _skip(self, mail: Mail, decision: Decision, rows: Iterable[Row]) -> None:
        """Keyed hashes stay, so that a Contact created next month finds the rows that it explains."""
        now = self._ports.clock.now()
        if decision.reason not in EXPLAINABLE:
            self._save([skip_row(row, decision.reason, now, evidence=decision.evidence) for row in rows])
            return
        hasher = self._ports.hasher
        hashes = [hasher.hash("address", person.address) for person in mail.externals]
        domains = list_explaining_domains(mail, self._workspace, self._ports.policy)
        hashes += [hasher.hash("domain", domain) for domain in domains]
        kept = tuple(KeyedHash(h) for h in hashes)
        self._save([skip_row(row, decision.reason, now, hashes=kept) for row in rows])

    def _retry(self, rows: Iterable[Row], error: Exception, *, alone: bool = False) -> None:
        """``alone``: the failure of one mail, whose next try is its own. A whole round's rows come together again."""
        after = [after_failure(self._ports, row, error, alone=alone) for row in rows]
        self._save(after)
        self._forget_copies({row.activity_key for row in after if row.outcome is not Outcome.WAITING})

    def _forget_copies(self, keys: Iterable[ActivityKey | None]) -> None:
        """Only customer mail that stands in Salesforce is kept: an earlier try may have sealed this one."""
        given_up = [key for key in keys if key]
        known = self._ports.store.activities(given_up) if given_up else {}
        self._ports.store.drop_copies([key for key, a in known.items() if a.state is ActivityState.CLAIMED])

    def _save(self, rows: list[Row]) -> None:
        """A row that changed meanwhile (a label moved, the message went) is read again in the next round."""
        if not rows:
            return
        try:
            self._ports.store.change_rows(rows)
        except ConflictError:
            for row in rows:
                self._save_alone(row)
        self._done.settled += sum(row.outcome is not Outcome.WAITING for row in rows)

    def _save_alone(self, row: Row) -> None:
        try:
            self._ports.store.change_rows([row])
        except ConflictError:
            return


def _word_of(mail: Mail, words: Words) -> Conversation | None:
    return words.get(mail.conversation) if mail.conversation else None


def _kept_out(mail: Mail, words: Words) -> set[MailboxId]:
    """The mailboxes of its copies whose reps stopped the conversation."""
    word = words.get(mail.conversation) if mail.conversation else None
    return {copy.mailbox_id for copy in mail.copies} & word.kept_out_by if word else set()


def _parked(row: Row, mailbox: Mailbox | None, now: float) -> Row:
    """Due, but its mailbox does not deliver (any more): it waits for a person, and is in nobody's way."""
    cause = mailbox.hold_cause if mailbox else "no_mailbox"
    return hold_row(row, cause, now)
