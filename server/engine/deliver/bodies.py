"""The bodies of mails that are to be logged, mailbox by mailbox, a few mailboxes side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from server.domain.decision import Outcome
from server.domain.errors import NotFoundError, TransientError, TrulyError
from server.domain.ids import ActivityKey, MailboxId, MessageId, ThreadId
from server.domain.mail import Copy, Mail
from server.domain.mailbox import Mailbox
from server.ports.mail import MailProvider
from server.ports.store import Store

MAILBOXES_SIDE_BY_SIDE = 4
WHOLE_FROM = 3
"""Messages of one conversation from which on reading it whole is cheaper."""
Threads = Mapping[ThreadId, Sequence[MessageId]]
Bodies = Mapping[MessageId, bytes | Exception]


@dataclass(frozen=True)
class FetchedBody:
    """``raw`` is the whole message of ``copy``."""

    copy: Copy
    raw: bytes


class BodyFetcher:
    """Thread-safe."""

    def __init__(self, mail: MailProvider, store: Store) -> None:
        self._mail = mail
        self._store = store

    def fetch_bodies(
        self, mailboxes: Mapping[MailboxId, Mailbox], mails: Sequence[Mail]
    ) -> dict[ActivityKey, FetchedBody | Exception]:
        """The canonical copy's body; where the provider lost that one, another copy's.

        A failure is a value, the last copy's.
        """
        results: dict[ActivityKey, FetchedBody | Exception] = {}
        remaining = {mail.key: _order_copies(mail) for mail in mails}
        while remaining:
            bodies = self.fetch_copies(mailboxes, [copies[0] for copies in remaining.values()])
            for key, (copy, *rest) in list(remaining.items()):
                body = bodies[copy.mailbox_id, copy.message_id]
                if isinstance(body, bytes) or not rest:
                    results[key] = FetchedBody(copy, body) if isinstance(body, bytes) else body
                    del remaining[key]
                else:
                    remaining[key] = rest
        return results

    def fetch_copies(
        self, mailboxes: Mapping[MailboxId, Mailbox], copies: Iterable[Copy]
    ) -> dict[tuple[MailboxId, MessageId], bytes | Exception]:
        """The bodies of these very copies, by mailbox and message. A failure is a value."""
        by_mailbox: dict[MailboxId, dict[ThreadId, list[MessageId]]] = {}
        for copy in copies:
            by_mailbox.setdefault(copy.mailbox_id, {}).setdefault(copy.thread_id, []).append(copy.message_id)

        def fetch_from(mailbox_id: MailboxId) -> Bodies:
            try:
                return self._fetch_from_mailbox(mailboxes[mailbox_id], by_mailbox[mailbox_id])
            except Exception as error:  # noqa: BLE001  # one mailbox's trouble is its messages' trouble only
                return {i: error for ids in by_mailbox[mailbox_id].values() for i in ids}

        if len(by_mailbox) == 1:
            answers = [fetch_from(mailbox_id) for mailbox_id in by_mailbox]
        else:
            with ThreadPoolExecutor(MAILBOXES_SIDE_BY_SIDE) as pool:
                # Each thread gets the trail of the job, on which the calls are counted.
                running = [pool.submit(copy_context().run, fetch_from, mailbox_id) for mailbox_id in by_mailbox]
                answers = [fetch.result() for fetch in running]
        return {
            (mailbox_id, i): bodies.get(i) or NotFoundError("Gmail did not answer for a message.")
            for mailbox_id, bodies in zip(by_mailbox, answers, strict=True)
            for ids in by_mailbox[mailbox_id].values()
            for i in ids
        }

    def _fetch_from_mailbox(self, mailbox: Mailbox, threads: Threads) -> Bodies:
        long_threads = {thread_id: ids for thread_id, ids in threads.items() if len(ids) >= WHOLE_FROM}
        whole = self._select_whole_threads(mailbox, long_threads)
        bodies: dict[MessageId, bytes | Exception] = {}
        try:
            for thread_id in whole:
                bodies |= self._mail.conversation_bodies(mailbox, thread_id, threads[thread_id])
            if single := [i for thread_id, ids in threads.items() if thread_id not in whole for i in ids]:
                bodies |= self._mail.bodies(mailbox, single)
        except TransientError as error:
            # What was read has cost quota: it is kept, and only the rest is tried again.
            return {**{i: error for ids in threads.values() for i in ids}, **bodies}
        return bodies

    def _select_whole_threads(self, mailbox: Mailbox, threads: Threads) -> set[ThreadId]:
        """The conversations that hold nothing but mail that is to be logged.

        The ledger says what was there when it was read, and the history what came since: a body of anything else must
        not even be asked for. Where that cannot be known, each message is asked for alone.
        """
        quiet = {thread_id for thread_id, ids in threads.items() if self._is_all_logged(mailbox, thread_id, ids)}
        if not quiet or mailbox.cursor is None:
            return set()
        try:
            events = self._mail.history(mailbox, mailbox.cursor).events
        except TrulyError:
            return set()
        return quiet - {event.ref.thread_id for event in events}

    def _is_all_logged(self, mailbox: Mailbox, thread_id: ThreadId, ids: Sequence[MessageId]) -> bool:
        rows = self._store.thread(mailbox.mailbox_id, thread_id)
        return all(row.message_id in ids or row.outcome in (Outcome.LOGGED, Outcome.GONE) for row in rows)


def _order_copies(mail: Mail) -> list[Copy]:
    canonical = mail.canonical
    return [canonical, *(copy for copy in mail.copies if copy is not canonical)]
