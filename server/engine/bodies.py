"""The bodies of mails that are to be logged, mailbox by mailbox, a few mailboxes side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from server.domain.errors import NotFoundError
from server.domain.ids import ActivityKey, GmailMessageId, MailboxId
from server.domain.mail import Copy
from server.domain.mail import Mail as RealMail
from server.domain.mailbox import Mailbox
from server.ports.mail import Mail

MAILBOXES_AT_ONCE = 4


def fetch_bodies(
    mail: Mail, mailboxes: Mapping[MailboxId, Mailbox], wanted: Sequence[RealMail]
) -> dict[ActivityKey, bytes | Exception]:
    """The canonical copy's body; where Gmail lost that one, another copy's. A failure is a value, the last copy's."""
    found: dict[ActivityKey, bytes | Exception] = {}
    remaining = {m.key: _by_preference(m) for m in wanted}
    while remaining:
        answers = _fetch(mail, mailboxes, [copies[0] for copies in remaining.values()])
        for key, (copy, *others) in list(remaining.items()):
            answer = answers[copy.mailbox_id, copy.gmail_message_id]
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
    mail: Mail, mailboxes: Mapping[MailboxId, Mailbox], copies: Iterable[Copy]
) -> dict[tuple[MailboxId, GmailMessageId], bytes | Exception]:
    wanted: dict[MailboxId, list[GmailMessageId]] = {}
    for copy in copies:
        wanted.setdefault(copy.mailbox_id, []).append(copy.gmail_message_id)

    def one(mailbox_id: MailboxId) -> Mapping[GmailMessageId, bytes | Exception]:
        try:
            return mail.bodies(mailboxes[mailbox_id], wanted[mailbox_id])
        except Exception as error:  # noqa: BLE001  # one mailbox's trouble is its messages' trouble only
            return dict.fromkeys(wanted[mailbox_id], error)

    if len(wanted) == 1:
        answers = [one(mailbox_id) for mailbox_id in wanted]
    else:
        with ThreadPoolExecutor(MAILBOXES_AT_ONCE) as pool:
            answers = list(pool.map(one, wanted))
    return {
        (mailbox_id, i): answer.get(i) or NotFoundError("Gmail did not answer for a message.")
        for mailbox_id, answer in zip(wanted, answers, strict=True)
        for i in wanted[mailbox_id]
    }
