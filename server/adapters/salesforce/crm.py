"""Salesforce behind the Crm port. The engine's questions go out in as few composite requests as the limits allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from more_itertools import chunked

from server.adapters.salesforce import coverage, soql
from server.adapters.salesforce.activities.bulk_size import BulkSize
from server.adapters.salesforce.activities.insert import insert_records
from server.adapters.salesforce.activities.results import read_changes, read_insert, read_task
from server.adapters.salesforce.activities.tasks import make_retargeting, make_task
from server.adapters.salesforce.activities.writer import CollectionWriter, Operation
from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.composite import CompositeReader
from server.adapters.salesforce.matching import records
from server.adapters.salesforce.matching.choices import MatchingChoices
from server.adapters.salesforce.matching.domain_lists import DomainLists
from server.adapters.salesforce.matching.look_up import list_statements, read_candidates
from server.adapters.salesforce.matching.related import find_foreign_activities, find_opportunities
from server.adapters.salesforce.org.current import CurrentOrg
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import Activity, Candidates, Filed, Foreign, Found, Opportunities, Query, Record, Target
from server.domain.errors import ConfigurationError, InvariantError, NotFoundError, StaleTargetError
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.ledger import CoverageRow
from server.ports.crm import ACTIVITIES_PER_CALL, ACTIVITIES_PER_COLLECTION, Allowance, CrmShape

RECORDS_PER_ACCESS_QUERY = 200
"""UserRecordAccess takes no more record ids in one query."""
MERGES_FOLLOWED = 5
LEAST_SEARCHED = 2
"""Characters: Salesforce searches for nothing shorter."""


class SalesforceCrm:
    """Implements ``server.ports.crm.Crm``. Thread-safe."""

    def __init__(self, client: OrgClient, choices: MatchingChoices | None = None) -> None:
        self._client = client
        self._choices = choices or MatchingChoices()
        self._reader = CompositeReader(client)
        self._writer = CollectionWriter(client, BulkSize())
        self._org = CurrentOrg(self._reader, self._choices)
        self._lists = DomainLists(self._read_domain_lists) if self._choices.domain_lists else None

    def shape(self) -> CrmShape:
        return self._org.shape.public

    def allowance(self, *, ask: bool = False) -> Allowance | None:
        usage = self._client.usage
        allowance = usage.allowance
        # No other call renews the figure while background work is paused, so it would stay paused for ever.
        is_stuck = allowance is not None and allowance.is_spent and not usage.is_fresh
        if is_stuck or (ask and allowance is None):
            daily = self._client.call("limits").get("DailyApiRequests") or {}
            if "Max" in daily and "Remaining" in daily:
                usage.set(int(daily["Max"]) - int(daily["Remaining"]), int(daily["Max"]))
        return usage.allowance

    def look_up(self, query: Query) -> Candidates:
        return self._org.with_shape(lambda org: self._find_candidates(query, org))

    def readable(self, user_id: SalesforceId, record_ids: Sequence[SalesforceId]) -> frozenset[SalesforceId]:
        portions = chunked(dict.fromkeys(record_ids), RECORDS_PER_ACCESS_QUERY)
        statements = [soql.access(user_id, portion) for portion in portions]
        rows = (row for rows in self._reader.query(statements) for row in rows)
        return frozenset(SalesforceId(row["RecordId"]) for row in rows if row["HasReadAccess"])

    def search(self, text: str) -> Sequence[Record]:
        if len(text.strip()) < LEAST_SEARCHED:
            return []
        answer = self._client.call("parameterizedSearch", method="POST", json=soql.search(text))
        return [records.read_named(row) for row in answer.get("searchRecords", ())]

    def record(self, record_id: SalesforceId) -> Record:
        current_id: SalesforceId | None = record_id
        person_accounts = self._org.shape.has_person_accounts
        for _ in range(MERGES_FOLLOWED):
            statement = soql.by_id(current_id, person_accounts=person_accounts) if current_id else None
            rows = next(self._reader.query([statement], with_deleted=True)) if statement else []
            row = rows[0] if rows else {}
            if row and not row.get("IsDeleted") and not row.get("IsConverted"):
                return records.read_named(row)
            current_id = row.get("MasterRecordId") or row.get("ConvertedContactId")
        raise NotFoundError("Salesforce has no such contact, lead or account.")

    def opportunities(self, contacts: Sequence[SalesforceId], accounts: Sequence[SalesforceId]) -> Opportunities:
        return find_opportunities(self._reader, contacts, accounts)

    def foreign_activities(self, message_ids: Sequence[str]) -> Mapping[str, Foreign]:
        return find_foreign_activities(self._reader, message_ids)

    def find_by_key(self, keys: Sequence[ActivityKey]) -> Mapping[ActivityKey, Found]:
        key_field = self._org.shape.task.get("key")
        if key_field is None:
            raise ConfigurationError(
                "The org has no Message_Key__c field on Activity, so nothing can be looked up by key."
            )
        tasks: dict[ActivityKey, Found] = {}
        for portion in chunked(keys, ACTIVITIES_PER_COLLECTION):
            statement = soql.tasks_by_key(key_field, portion)
            for row in next(self._reader.query([statement], with_deleted=True)):
                task = read_task(row, key_field)
                if task.key not in tasks or tasks[task.key].is_deleted:
                    tasks[task.key] = task
        return tasks

    def file(self, activities: Sequence[Activity]) -> Sequence[Filed]:
        if len(activities) > ACTIVITIES_PER_CALL:
            raise InvariantError("Too many activities for one call.")
        return self._org.with_shape(lambda org: self._insert(activities, org)) if activities else []

    def retarget(self, targets: Sequence[Target], *, together: bool = False) -> Sequence[Exception | None]:
        org = self._org.shape
        changes = [make_retargeting(target, org) for target in targets]
        if together:
            return read_changes(self._writer.change_together(changes))
        return read_changes(self._writer.write(Operation.CHANGE, changes))

    def remove(self, activity_ids: Sequence[SalesforceId]) -> Sequence[Exception | None]:
        results = read_changes(self._writer.write(Operation.DELETE, activity_ids))
        # What is gone already is removed.
        return [None if isinstance(failure, StaleTargetError) else failure for failure in results]

    def takes_days(self) -> bool:
        return coverage.has_object(self._client, self._org.shape)

    def publish(self, rows: Sequence[CoverageRow]) -> Sequence[Exception | None]:
        return coverage.publish(self._client, rows, self._org.shape) if rows else []

    def _find_candidates(self, query: Query, org: OrgShape) -> Candidates:
        statements = list(list_statements(query, org, self._choices))
        rows: dict[str, list[Any]] = defaultdict(list)
        rows_of_statements = self._reader.query([statement for _, statement in statements])
        for (kind, _), rows_of_statement in zip(statements, rows_of_statements, strict=True):
            rows[kind] += rows_of_statement
        if self._lists is not None and org.domain is not None:
            rows["accounts"] += self._lists.rows(query.domains)
        return read_candidates(rows, query, org)

    def _insert(self, activities: Sequence[Activity], org: OrgShape) -> list[Filed]:
        tasks = [make_task(activity, org) for activity in activities]
        answers = insert_records(self._writer, tasks, org.optional)
        key_field = org.task.get("key")
        results = [read_insert(a.key, answer, key_field) for a, answer in zip(activities, answers, strict=True)]
        if any(isinstance(result.error, ConfigurationError) for result in results):
            self._org.forget()  # an admin changed the fields
        return results

    def _read_domain_lists(self) -> list[Any]:
        org = self._org.shape
        return next(self._reader.query([soql.domain_lists(org)])) if org.domain else []
