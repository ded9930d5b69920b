"""The Store port over a ``Documents`` backend, put together from one repository for each kind of state."""

from __future__ import annotations

from server.adapters.store.access_ledger import AccessDocuments
from server.adapters.store.activities import ActivityDocuments
from server.adapters.store.conversations import ConversationDocuments
from server.adapters.store.families import FamilyDocuments
from server.adapters.store.mailboxes import LeaseDocuments, MailboxDocuments
from server.adapters.store.rows import RowDocuments
from server.adapters.store.sealed.copies import CopyDocuments
from server.adapters.store.sealed.identity import IdentityDocuments
from server.adapters.store.sealed.second_looks import SecondLookDocuments
from server.adapters.store.sealed.work_deks import WorkDekDocuments
from server.adapters.store.tallies import QuotaDocuments, TallyDocuments


class DocumentStore(
    LeaseDocuments,
    MailboxDocuments,
    RowDocuments,
    ActivityDocuments,
    FamilyDocuments,
    CopyDocuments,
    ConversationDocuments,
    AccessDocuments,
    WorkDekDocuments,
    IdentityDocuments,
    SecondLookDocuments,
    TallyDocuments,
    QuotaDocuments,
):
    """Implements ``server.ports.store.Store``. Thread-safe if the backend is."""

    def writes(self) -> dict[str, int]:
        return dict(self._documents.writes)
