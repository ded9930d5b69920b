"""Which opportunity an activity is linked to, if the policy says so: never a guess between two."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.crm import Opportunities, Record, RecordKind
from server.domain.ids import SalesforceId


def list_opportunity_holders(chosen: Sequence[Record]) -> tuple[list[SalesforceId], list[SalesforceId]]:
    """The contacts and the accounts whose open opportunities are looked up."""
    contacts = {r.record_id for r in chosen if r.kind is RecordKind.CONTACT}
    accounts = {account for r in chosen if r.kind is not RecordKind.LEAD and (account := _account_of(r))}
    return sorted(contacts), sorted(accounts)


def choose_opportunity(chosen: Record, opportunities: Opportunities) -> SalesforceId | None:
    """The one open opportunity on which the contact has a role; without any, the account's only open one.

    None if there are several, because nothing says which of them an email is about. A Lead takes no second record.
    """
    if chosen.kind is RecordKind.LEAD:
        return None
    with_role = opportunities.by_contact.get(chosen.record_id, frozenset())
    of_account = opportunities.by_account.get(_account_of(chosen) or SalesforceId(""), frozenset())
    decisive = with_role or of_account
    return next(iter(decisive)) if len(decisive) == 1 else None


def _account_of(record: Record) -> SalesforceId | None:
    return record.record_id if record.kind is RecordKind.ACCOUNT else record.account_id
