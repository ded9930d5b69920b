"""Mailboxes, and leases: which worker does a piece of work alone, and until when."""

from __future__ import annotations

from collections.abc import Callable, Collection

from server.adapters.documents import Create, Delete, Document, Documents, Replace
from server.adapters.store import codec
from server.adapters.store.repository import Repository
from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox


class MailboxDocuments(Repository):
    """Implements ``server.ports.store.MailboxStore``."""

    def mailboxes(self) -> list[Mailbox]:
        mailboxes = (codec.to_mailbox(d.key, d.data) for d in self._documents.query("mailboxes"))
        return sorted(mailboxes, key=lambda mailbox: mailbox.address)

    def mailbox(self, mailbox_id: MailboxId) -> Mailbox | None:
        return _read_mailbox(self._documents.get("mailboxes", mailbox_id))

    def find_mailboxes(self, ids: Collection[MailboxId]) -> dict[MailboxId, Mailbox]:
        documents = self._documents.get_many("mailboxes", list(ids)).values()
        return {MailboxId(d.key): codec.to_mailbox(d.key, d.data) for d in documents}

    def save_mailbox(self, mailbox_id: MailboxId, change: Callable[[Mailbox | None], Mailbox]) -> Mailbox:
        return self._change_document(
            "mailboxes", mailbox_id, _read_mailbox, change, codec.from_mailbox, codec.MAILBOX_FIELDS
        )


class LeaseDocuments(Repository):
    """Implements ``server.ports.store.LeaseStore``.

    ``is_dead`` tells whether the process behind a lease is certainly gone; by default only time ends a lease.
    """

    def __init__(self, documents: Documents, is_dead: Callable[[str], bool] = lambda _holder: False) -> None:
        super().__init__(documents)
        self._is_dead = is_dead

    def lease(self, name: str, holder: str, now: float, seconds: float) -> bool:
        document = self._documents.get("leases", name)
        data = {"holder": holder, "until": now + seconds}
        if document is None:
            return self._try_commit([Create("leases", name, data)])
        current_holder = str(document.data["holder"])
        if current_holder != holder and document.data["until"] > now and not self._is_dead(current_holder):
            return False
        return self._try_commit([Replace("leases", name, data, document.version)])

    def renew_lease(self, name: str, holder: str, until: float) -> bool:
        document = self._documents.get("leases", name)
        if document is None or document.data["holder"] != holder:
            return False
        return self._try_commit([Replace("leases", name, {"holder": holder, "until": until}, document.version)])

    def release(self, name: str, holder: str) -> None:
        document = self._documents.get("leases", name)
        # Somebody else may have taken an expired lease over.
        if document and document.data["holder"] == holder:
            self._try_commit([Delete("leases", name, document.version)])


def _read_mailbox(document: Document | None) -> Mailbox | None:
    return codec.to_mailbox(document.key, document.data) if document else None
