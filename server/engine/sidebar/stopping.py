"""A rep stops a conversation: nothing new is logged, and the rep's own activities leave Salesforce."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from server.domain.decision import Outcome, Reason
from server.domain.errors import RejectedError, TransientError, UnseenActivityError
from server.domain.history import MessageRef
from server.domain.ids import ActivityKey
from server.domain.ledger import ActivityRow, Row
from server.domain.mailbox import Mailbox
from server.engine.conversations.carry_out import ActivityEditor
from server.engine.conversations.choice_keeper import ChoiceKeeper, Click, Word
from server.engine.ledger.rows import keep_out_row
from server.engine.sidebar.conversation_reader import ConversationReader
from server.engine.sidebar.record_access import RecordAccess
from server.ports.clock import Clock
from server.ports.store import Store


@dataclass(frozen=True)
class StopPreview:
    """What stopping does: how many activities go, and the names of people whose copies stay in Salesforce.

    ``unnamed`` counts those of them whom no header of the rep's own copies names: they may have had a blind copy.
    """

    removed: int = 0
    stays_with: tuple[str, ...] = ()
    unnamed: int = 0


@dataclass(frozen=True)
class _LoggedCopy:
    """One logged message of the rep's, its activity, and the other mailboxes in which it is logged."""

    row: Row
    activity: ActivityRow
    colleagues: tuple[Row, ...]


class Stopper:
    """Thread-safe."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        reader: ConversationReader,
        keeper: ChoiceKeeper,
        editor: ActivityEditor,
        access: RecordAccess,
    ) -> None:
        self._store = store
        self._clock = clock
        self._reader = reader
        self._keeper = keeper
        self._editor = editor
        self._access = access

    def preview(self, mailbox: Mailbox, ref: MessageRef) -> StopPreview:
        """What ``stop`` would do now. Nothing is changed."""
        copies = self._list_logged_copies(self._reader.list_rows(mailbox, ref))
        staying = {row.mailbox_id for copy in copies if not self._goes(mailbox, copy) for row in copy.colleagues}
        colleagues = self._store.find_mailboxes(staying)
        addresses = self._reader.list_addresses(mailbox, ref) if colleagues else frozenset()
        named = [m for _, m in sorted(colleagues.items()) if not addresses.isdisjoint(m.addresses)]
        removed = {c.activity.key for c in copies if self._goes(mailbox, c) and not c.activity.is_joined}
        return StopPreview(
            len(removed), tuple(m.name or m.address for m in named), unnamed=len(colleagues) - len(named)
        )

    def stop(self, mailbox: Mailbox, ref: MessageRef, click: Click | None = None) -> int:
        """Keep the conversation out of Salesforce for this mailbox; its owner's activities go to the Recycle Bin.

        An activity that Salesforce does not show us stays, and its rows go on saying that it is logged: returns how
        many. Gmail is not asked where the ledger has the message, for a click has little time. Raises another failure
        once the others are done; OverruledError where something newer was said, and TooSlowError where the click is
        given up.
        """
        click = click or self._keeper.accept_click()
        rows = self._reader.list_rows(mailbox, ref)
        # A thread of Gmail's may hold several conversations by their References: the rep means all of it.
        word = Word(self._reader.find_key(mailbox, ref, rows), mailbox.mailbox_id, click, chooses=False)
        for key in {word.key, *(row.conversation for row in rows if row.conversation)}:
            self._keeper.save(
                replace(word, key=key),
                lambda current: replace(current, kept_out_by=current.kept_out_by | {mailbox.mailbox_id}),
            )
        left: dict[ActivityKey | None, Exception] = {}
        # A mailbox may have the same email twice: of one activity.
        going = {copy.activity.key: copy for copy in self._list_logged_copies(rows) if self._goes(mailbox, copy)}
        for copy in going.values():
            self._keeper.require_latest(word)
            by_rep = copy.activity.owner_id != self._access.user_of(mailbox)
            try:
                self._editor.remove(
                    copy.activity, lambda row: _reason_of(mailbox, row), is_revivable=False, by_rep=by_rep
                )
            except (RejectedError, TransientError) as error:
                left[copy.activity.key] = error
        self._keeper.require_latest(word)
        now = self._clock.now()
        remaining = [r for r in self._reader.list_rows(mailbox, ref) if r.outcome in (Outcome.LOGGED, Outcome.WAITING)]
        self._store.change_rows([keep_out_row(row, now) for row in remaining if row.activity_key not in left])
        if failures := [error for error in left.values() if not isinstance(error, UnseenActivityError)]:
            raise failures[0]
        return len(left)

    def _list_logged_copies(self, rows: Sequence[Row]) -> list[_LoggedCopy]:
        logged = [row for row in rows if row.activity_key and (row.outcome is Outcome.LOGGED or row.waits_for_change)]
        activities = self._store.activities([row.activity_key for row in logged if row.activity_key])
        return [
            _LoggedCopy(row, activities[row.activity_key], self._list_colleagues(row))
            for row in logged
            if row.activity_key in activities
        ]

    def _list_colleagues(self, row: Row) -> tuple[Row, ...]:
        assert row.activity_key is not None
        copies = self._store.copies_of(row.activity_key)
        return tuple(c for c in copies if c.mailbox_id != row.mailbox_id and c.is_wanted_in_crm)

    def _goes(self, mailbox: Mailbox, copy: _LoggedCopy) -> bool:
        """The activity goes when its owner keeps it out, or when no other copy is left."""
        owner = copy.activity.owner_id
        return not copy.colleagues or (owner is not None and owner == self._access.user_of(mailbox))


def _reason_of(mailbox: Mailbox, row: Row) -> Reason:
    return Reason.KEPT_OUT if row.mailbox_id == mailbox.mailbox_id else Reason.TAKEN_BACK
