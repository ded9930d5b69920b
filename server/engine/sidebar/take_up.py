"""Messages that somebody asked for are screened again and delivered at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from server.domain.errors import TrulyError
from server.domain.history import MessageRef
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox, Workspace
from server.engine.collect.screening import Screener
from server.engine.conversations.dont_log_label import DontLogLabel
from server.engine.deliver.turns import Deliverer
from server.engine.ledger.rows import free_row, is_waiting_in_shard
from server.ports.clock import Clock
from server.ports.store import Store

log = logging.getLogger(__name__)


class MessageDelivery:
    """Thread-safe."""

    def __init__(
        self, store: Store, clock: Clock, screener: Screener, label: DontLogLabel, deliverer: Deliverer
    ) -> None:
        self._store = store
        self._clock = clock
        self._screener = screener
        self._label = label
        self._deliverer = deliverer

    def deliver_again(
        self, workspace: Workspace, mailbox: Mailbox, refs: Sequence[MessageRef], rows_of_others: Sequence[Row] = ()
    ) -> None:
        """``rows_of_others`` are copies in other mailboxes that went out together with this mailbox's."""
        self._deliverer.deliver_now(workspace, self.screen_again(workspace, mailbox, refs))
        for row in rows_of_others:
            colleague = self._store.mailbox(row.mailbox_id)
            if colleague is None or not colleague.reads:
                continue  # a mailbox that is off is not read, whoever clicks
            try:
                ready = self.screen_again(workspace, colleague, [MessageRef(row.message_id, row.thread_id)])
                self._deliverer.deliver_now(workspace, ready)
            except TrulyError as error:
                # A colleague's trouble is not this rep's: that copy joins when its mailbox is read again.
                log.warning("a copy in another mailbox could not follow: %s", type(error).__name__)

    def screen_again(self, workspace: Workspace, mailbox: Mailbox, refs: Sequence[MessageRef]) -> list[Row]:
        """The rows as they stand then. A publish delay is over, because somebody asked."""
        if not refs:
            return []
        ids = [ref.message_id for ref in refs]
        previous = self._store.existing_rows(mailbox.mailbox_id, ids)
        labels = self._label.find_labels(mailbox)
        screened = self._screener.screen_messages(workspace, mailbox, refs, labels, previous).rows
        now = self._clock.now()
        rows = [free_row(row, now) if mailbox.delivers and is_waiting_in_shard(row) else row for row in screened]
        self._store.add_rows([row for row in rows if not row.version])
        self._store.change_rows([row for row in rows if row.version])
        return list(self._store.existing_rows(mailbox.mailbox_id, ids).values())
