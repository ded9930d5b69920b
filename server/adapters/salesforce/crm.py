"""Salesforce behind the Crm port. Each question of the engine is one composite request, whatever its size allows."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from server.adapters.salesforce import coverage
from server.adapters.salesforce import soql as queries
from server.adapters.salesforce.activities.insert import Answer, insert
from server.adapters.salesforce.activities.tasks import full_id, retargeted, task
from server.adapters.salesforce.api_failures import mapped, of_record
from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.matching import records as reading
from server.adapters.salesforce.matching.domain_lists import DomainLists
from server.adapters.salesforce.matching.look_up import Matching, candidates, statements
from server.adapters.salesforce.org import describe as describing
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import (
    Activity,
    Candidates,
    Filed,
    Foreign,
    Found,
    Opportunities,
    Query,
    Record,
    Target,
)
from server.domain.errors import ConfigurationError, InvariantError, NotFoundError, StaleTargetError, TransientError
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.ledger import CoverageRow
from server.ports.crm import FILE_AT_ONCE, FILE_MANY, Allowance, CrmShape

QUERIES_AT_ONCE = 5
"""Of a composite's subrequests at most this many may be queries."""
ACCESS_AT_ONCE = 200
"""Records of one question about a user's access."""
MERGES_FOLLOWED = 5
LEAST_SEARCHED = 2
"""Characters: Salesforce searches for nothing shorter."""
T = TypeVar("T")


class SalesforceCrm:
    """Implements ``server.ports.crm.Crm``. Thread-safe."""

    def __init__(self, client: OrgClient, matching: Matching | None = None) -> None:
        self._client = client
        self._matching = matching or Matching()
        self._lists = DomainLists(self._all_lists) if self._matching.domain_lists else None
        self._lock = threading.Lock()
        self._shape: OrgShape | None = None

    def shape(self) -> CrmShape:
        return self._org().public

    def look_up(self, query: Query) -> Candidates:
        return self._with_shape(lambda org: self._looked_up(query, org))

    def _looked_up(self, query: Query, org: OrgShape) -> Candidates:
        asked = list(statements(query, org, self._matching))
        rows: dict[str, list[Any]] = defaultdict(list)
        for start in range(0, len(asked), QUERIES_AT_ONCE):
            part = asked[start : start + QUERIES_AT_ONCE]
            for (kind, _), found in zip(part, self._queries([soql for _, soql in part]), strict=True):
                rows[kind] += found
        if self._lists is not None and org.domain is not None:
            rows["accounts"] += self._lists.rows(query.domains)
        return candidates(rows, query, org)

    def readable(self, user_id: SalesforceId, record_ids: Sequence[SalesforceId]) -> frozenset[SalesforceId]:
        wanted = list(dict.fromkeys(record_ids))
        parts = [wanted[i : i + ACCESS_AT_ONCE] for i in range(0, len(wanted), ACCESS_AT_ONCE)]
        asked = [queries.access(user_id, part) for part in parts]
        rows = [
            row
            for start in range(0, len(asked), QUERIES_AT_ONCE)
            for found in self._queries(asked[start : start + QUERIES_AT_ONCE])
            for row in found
        ]
        return frozenset(SalesforceId(row["RecordId"]) for row in rows if row["HasReadAccess"])

    def file(self, activities: Sequence[Activity]) -> Sequence[Filed]:
        if len(activities) > FILE_MANY:
            raise InvariantError("Too many activities for one call.")
        return self._with_shape(lambda org: self._filed(activities, org)) if activities else []

    def _filed(self, activities: Sequence[Activity], org: OrgShape) -> list[Filed]:
        answers = insert(self._client, [task(activity, org) for activity in activities], org.optional)
        field = org.task.get("key")
        filed = [_filed(activity.key, answer, field) for activity, answer in zip(activities, answers, strict=True)]
        if any(isinstance(each.error, ConfigurationError) for each in filed):
            with self._lock:
                self._shape = None  # an admin changed the fields: the next call describes them
        return filed

    def allowance(self) -> Allowance | None:
        usage = self._client.usage
        known = usage.allowance
        if known and known.is_spent and not usage.is_fresh:
            # Nothing else asks while all work stands still, so somebody has to.
            daily = self._client.call("limits").get("DailyApiRequests") or {}
            if "Max" in daily and "Remaining" in daily:
                usage.set(int(daily["Max"]) - int(daily["Remaining"]), int(daily["Max"]))
        return usage.allowance

    def retarget(self, targets: Sequence[Target], *, together: bool = False) -> Sequence[Exception | None]:
        org = self._org()
        out: list[Exception | None] = []
        for start in range(0, len(targets), FILE_AT_ONCE):
            records = [retargeted(target, org) for target in targets[start : start + FILE_AT_ONCE]]
            body = {"allOrNone": together, "records": records}
            out += _saved(self._client.call("composite/sobjects", method="PATCH", json=body), len(records))
        return out

    def remove(self, activity_ids: Sequence[SalesforceId]) -> Sequence[Exception | None]:
        out: list[Exception | None] = []
        for start in range(0, len(activity_ids), FILE_AT_ONCE):
            part = activity_ids[start : start + FILE_AT_ONCE]
            params = {"ids": ",".join(part), "allOrNone": "false"}
            answers = _saved(self._client.call("composite/sobjects", method="DELETE", params=params), len(part))
            out += [None if isinstance(answer, StaleTargetError) else answer for answer in answers]
        return out

    def search(self, text: str) -> Sequence[Record]:
        if len(text.strip()) < LEAST_SEARCHED:
            return []
        answer = self._client.call("parameterizedSearch", method="POST", json=queries.search(text))
        return [reading.found(row) for row in answer.get("searchRecords", ())]

    def record(self, record_id: SalesforceId) -> Record:
        wanted: SalesforceId | None = record_id
        persons = self._org().has_person_accounts
        for _ in range(MERGES_FOLLOWED):
            soql = queries.by_id(wanted, person_accounts=persons) if wanted else None
            rows = self._queries([soql], deleted=True)[0] if soql else []
            row = rows[0] if rows else {}
            if row and not row.get("IsDeleted") and not row.get("IsConverted"):
                return reading.found(row)
            wanted = row.get("MasterRecordId") or row.get("ConvertedContactId")
        raise NotFoundError("Salesforce has no such contact, lead or account.")

    def opportunities(self, contacts: Sequence[SalesforceId], accounts: Sequence[SalesforceId]) -> Opportunities:
        asked = [("contact", queries.opportunities_by_role(part)) for part in queries.chunks(contacts)]
        asked += [("account", queries.opportunities_of(part)) for part in queries.chunks(accounts)]
        found: dict[str, dict[SalesforceId, set[SalesforceId]]] = {"contact": {}, "account": {}}
        for start in range(0, len(asked), QUERIES_AT_ONCE):
            part = asked[start : start + QUERIES_AT_ONCE]
            for (kind, _), rows in zip(part, self._queries([soql for _, soql in part]), strict=True):
                for row in rows:
                    owner, deal = (
                        row.get("ContactId") or row.get("AccountId"),
                        row.get("OpportunityId") or row.get("Id"),
                    )
                    found[kind].setdefault(SalesforceId(owner), set()).add(SalesforceId(deal))
        by_contact, by_account = ({i: frozenset(s) for i, s in found[kind].items()} for kind in ("contact", "account"))
        return Opportunities(by_contact, by_account)

    def foreign_activities(self, message_ids: Sequence[str]) -> Mapping[str, Foreign]:
        asked = [queries.email_messages(part) for part in queries.chunks(message_ids, 2, 2)]
        found: dict[str, Foreign] = {}
        for start in range(0, len(asked), QUERIES_AT_ONCE):
            for rows in self._queries(asked[start : start + QUERIES_AT_ONCE]):
                for row in sorted((r for r in rows if r.get("ActivityId")), key=lambda r: str(r["ActivityId"])):
                    identifier = str(row["MessageIdentifier"]).strip().removeprefix("<").removesuffix(">")
                    other = Foreign(SalesforceId(row["ActivityId"]), str(row.get("FromAddress") or "").lower())
                    found.setdefault(identifier, other)
        return found

    def takes_days(self) -> bool:
        return coverage.is_there(self._client, self._org())

    def publish(self, rows: Sequence[CoverageRow]) -> Sequence[Exception | None]:
        return coverage.publish(self._client, rows, self._org()) if rows else []

    def find_by_key(self, keys: Sequence[ActivityKey]) -> Mapping[ActivityKey, Found]:
        field = self._org().task.get("key")
        if field is None:
            raise ConfigurationError(
                "The org has no Message_Key__c field on Activity, so nothing can be looked up by key."
            )
        found: dict[ActivityKey, Found] = {}
        for start in range(0, len(keys), FILE_AT_ONCE):
            soql = queries.tasks_by_key(field, list(keys[start : start + FILE_AT_ONCE]))
            for row in self._queries([soql], deleted=True)[0]:
                item = _found(row, field)
                known = found.get(item.key)
                if known is None or known.is_deleted:
                    found[item.key] = item
        return found

    def _org(self) -> OrgShape:
        with self._lock:
            if self._shape is None:
                self._shape = self._describe()
            return self._shape

    def _with_shape(self, ask: Callable[[OrgShape], T]) -> T:
        """An admin may rename or hide a field at any time: the org is described again before that is anybody's problem.

        What names a field that is not there is refused before anything is done.
        """
        org = self._org()
        try:
            return ask(org)
        except ConfigurationError:
            fresh = self._describe()
            if fresh == org:
                raise
            with self._lock:
                self._shape = fresh
            return ask(fresh)

    def _describe(self) -> OrgShape:
        answers = self._composite(describing.asked(self._client.base, self._matching))
        shape = describing.understood(answers, self._matching)
        asked = describing.asked_of_users(shape, self._matching)
        starts = range(0, len(asked), QUERIES_AT_ONCE)
        found = (rows for start in starts for rows in self._queries(asked[start : start + QUERIES_AT_ONCE]))
        return describing.with_users(shape, self._matching, [row for rows in found for row in rows])

    def _all_lists(self) -> list[Any]:
        org = self._org()
        return self._queries([queries.domain_lists(org)])[0] if org.domain else []

    def _queries(self, soql: list[str], *, deleted: bool = False) -> list[list[Any]]:
        """A long query would not fit a URI of its own, so even a single one goes through composite."""
        verb = "queryAll" if deleted else "query"
        answers = self._composite([f"{self._client.base}/{verb}?q={quote(q)}" for q in soql])
        return [self._all_pages(answer) for answer in answers]

    def _all_pages(self, answer: Any) -> list[Any]:
        rows = list(answer["records"])
        while not answer["done"]:
            path = str(answer["nextRecordsUrl"]).removeprefix(f"{self._client.base}/")
            answer = self._client.call(path)
            rows += answer["records"]
        return rows

    def _composite(self, urls: list[str]) -> list[Any]:
        parts = [{"method": "GET", "url": url, "referenceId": f"r{i}"} for i, url in enumerate(urls)]
        answer = self._client.call("composite", method="POST", json={"allOrNone": False, "compositeRequest": parts})
        bodies = []
        for part in answer["compositeResponse"]:
            if int(part["httpStatusCode"]) != 200:
                failure = mapped(int(part["httpStatusCode"]), part["body"])
                raise failure if not _is_session(failure) else TransientError("The session ended within a request.")
            bodies.append(part["body"])
        return bodies


def _is_session(failure: Exception) -> bool:
    return type(failure).__name__ == "SessionExpired"


def _saved(answers: Any, count: int) -> list[Exception | None]:
    if not isinstance(answers, list) or len(answers) != count:
        raise InvariantError("Salesforce answered for another number of records than we sent.")
    return [None if answer.get("success") else of_record(answer.get("errors") or []) for answer in answers]


def _filed(key: ActivityKey, answer: Answer, field: str | None) -> Filed:
    if isinstance(answer, Exception):
        return Filed(key, error=answer)
    if answer.get("success"):
        return Filed(key, SalesforceId(answer["id"]))
    errors = answer.get("errors") or []
    for error in errors:
        if error.get("statusCode") == "DUPLICATE_VALUE" and _is_about(field, error):
            known = re.search(r"\b00T[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?\b", str(error.get("message", "")))
            # Without an id in the sentence the caller looks it up by key: it is there.
            return Filed(key, SalesforceId(full_id(known.group())) if known else None)
    return Filed(key, error=of_record(errors))


def _is_about(field: str | None, error: Any) -> bool:
    """Is it our key that is taken, and not a unique field of the customer's? The sentence may be in any language."""
    if field is None:
        return False
    named = [*re.findall(r"\w+__c\b", str(error.get("message", ""))), *(error.get("fields") or ())]
    return not named or field.lower() in (str(name).lower() for name in named)


def _found(row: Any, field: str) -> Found:
    return Found(
        key=ActivityKey(str(row[field])),
        activity_id=SalesforceId(row["Id"]),
        is_deleted=bool(row.get("IsDeleted")),
        who_id=row.get("WhoId"),
        what_id=row.get("WhatId"),
        owner_id=row.get("OwnerId"),
    )
