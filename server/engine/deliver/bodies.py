"""The bodies of mails that are to be logged, mailbox by mailbox, a few mailboxes side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from server.domain.decision import Outcome
from server.domain.errors import NotFoundError, TrulyError
from server.domain.ids import ActivityKey, MailboxId, MessageId, ThreadId
from server.domain.mail import Copy
from server.domain.mail import Mail as RealMail
from server.domain.mailbox import Mailbox
from server.engine.ports import Ports

MAILBOXES_AT_ONCE = 4
WORTH_IT = 3
"""Messages of one conversation from which on reading it whole is cheaper."""
Threads = Mapping[ThreadId, Sequence[MessageId]]
Answers = Mapping[MessageId, bytes | Exception]


def fetch_bodies(
    ports: Ports, mailboxes: Mapping[MailboxId, Mailbox], wanted: Sequence[RealMail]
) -> dict[ActivityKey, bytes | Exception]:
    """The canonical copy's body; where Gmail lost that one, another copy's. A failure is a value, the last copy's."""
    found: dict[ActivityKey, bytes | Exception] = {}
    remaining = {m.key: _by_preference(m) for m in wanted}
    while remaining:
        answers = _fetch(ports, mailboxes, [copies[0] for copies in remaining.values()])
        for key, (copy, *others) in list(remaining.items()):
            answer = answers[copy.mailbox_id, copy.message_id]
            if isinstance(answer, bytes) or not others:
                found[key] = answer
                del remaining[key]
            else:
                remaining[key] = others
    return found


def _by_preference(mail: RealMail) -> list[Copy]:
    canonical = mail.canonical
    return [canonical, *(copy for copy in mail.copies if copy is not canonical)]


def _fetch(
    ports: Ports, mailboxes: Mapping[MailboxId, Mailbox], copies: Iterable[Copy]
) -> dict[tuple[MailboxId, MessageId], bytes | Exception]:
    wanted: dict[MailboxId, dict[ThreadId, list[MessageId]]] = {}
    for copy in copies:
        wanted.setdefault(copy.mailbox_id, {}).setdefault(copy.thread_id, []).append(copy.message_id)

    def one(mailbox_id: MailboxId) -> Answers:
        try:
            return _of_mailbox(ports, mailboxes[mailbox_id], wanted[mailbox_id])
        except Exception as error:  # noqa: BLE001  # one mailbox's trouble is its messages' trouble only
            return {i: error for ids in wanted[mailbox_id].values() for i in ids}

    if len(wanted) == 1:
        answers = [one(mailbox_id) for mailbox_id in wanted]
    else:
        with ThreadPoolExecutor(MAILBOXES_AT_ONCE) as pool:
            answers = list(pool.map(one, wanted))
    return {
        (mailbox_id, i): answer.get(i) or NotFoundError("Gmail did not answer for a message.")
        for mailbox_id, answer in zip(wanted, answers, strict=True)
        for ids in wanted[mailbox_id].values()
        for i in ids
    }


def _of_mailbox(ports: Ports, mailbox: Mailbox, wanted: Threads) -> Answers:
    whole = _whole(ports, mailbox, {t: ids for t, ids in wanted.items() if len(ids) >= WORTH_IT})
    answers: dict[MessageId, bytes | Exception] = {}
    for thread_id in whole:
        answers |= ports.mail.conversation_bodies(mailbox, thread_id, wanted[thread_id])
    alone = [i for thread_id, ids in wanted.items() if thread_id not in whole for i in ids]
    return {**answers, **ports.mail.bodies(mailbox, alone)} if alone else answers


def _whole(ports: Ports, mailbox: Mailbox, threads: Threads) -> set[ThreadId]:
    """The conversations that hold nothing but mail that is to be logged.

    The ledger says what was there when it was read, and the history what came since: a body of anything else must not
    even be asked for. Where that cannot be known, each message is asked for alone.
    """
    quiet = {thread_id for thread_id, ids in threads.items() if _is_all_logged(ports, mailbox, thread_id, ids)}
    if not quiet or mailbox.cursor is None:
        return set()
    try:
        events = ports.mail.history(mailbox, mailbox.cursor).events
    except TrulyError:
        return set()
    return quiet - {event.ref.thread_id for event in events}


def _is_all_logged(ports: Ports, mailbox: Mailbox, thread_id: ThreadId, ids: Sequence[MessageId]) -> bool:
    rows = ports.store.thread(mailbox.mailbox_id, thread_id)
    return all(row.message_id in ids or row.outcome in (Outcome.LOGGED, Outcome.GONE) for row in rows)
