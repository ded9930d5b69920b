"""Salesforce behind the Crm port. The engine's questions go out in as few composite requests as the limits allow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from more_itertools import chunked

from server.adapters.salesforce import coverage, soql
from server.adapters.salesforce.activities.activity_writer import ActivityWriter
from server.adapters.salesforce.activities.results import read_changes, read_insert, read_removals, read_task
from server.adapters.salesforce.activities.tasks import make_change_of_owner, make_retargeting, make_task
from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.composite import CompositeReader, Question
from server.adapters.salesforce.matching import records
from server.adapters.salesforce.matching.choices import MatchingChoices
from server.adapters.salesforce.matching.look_up import LookUp
from server.adapters.salesforce.matching.related import (
    find_foreign_activities,
    find_foreign_records,
    find_foreign_tasks,
    find_opportunities,
    find_standing_tasks,
)
from server.adapters.salesforce.org.current import CurrentOrg
from server.adapters.salesforce.org.rights import MOVED
from server.adapters.salesforce.org.shape import OrgShape
from server.adapters.salesforce.org.storage import StorageMeter
from server.adapters.salesforce.org.survey import list_automation, survey_org
from server.adapters.salesforce.org.task_values import ActivityChoices
from server.domain.crm import (
    Activity,
    Candidates,
    Filed,
    Foreign,
    ForeignRecords,
    Found,
    Opportunities,
    OrgName,
    Query,
    Record,
    Target,
)
from server.domain.crm_survey import OrgSurvey, Storage, TaskAutomation
from server.domain.errors import ConfigurationError, InvariantError, KeylessError, NotFoundError, OtherOrgError
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

    def __init__(
        self,
        client: OrgClient,
        choices: MatchingChoices | None = None,
        activities: ActivityChoices | None = None,
        *,
        storage_share: float = 1.0,
    ) -> None:
        self._client = self.client = client
        self._choices = choices or MatchingChoices()
        self._reader = CompositeReader(client)
        self._storage = StorageMeter(partial(client.call, "limits"), storage_share, client.usage.now)
        self._org = CurrentOrg(
            self._reader, self._choices, activities or ActivityChoices(), self._storage.note, client.usage.now
        )
        self._writer = ActivityWriter(client, self._org.forget)
        self._look_up = LookUp(client, self._reader, self._choices)
        client.on_new_org = self._forget_org

    def shape(self) -> CrmShape:
        self._client.check_org()
        return self._org.shape.public

    def name_org(self) -> OrgName:
        row = self._client.name_org()
        return OrgName(str(row["Id"]), str(row.get("Name") or ""), is_sandbox=bool(row.get("IsSandbox")))

    @property
    def other_org(self) -> OtherOrgError | None:
        return self._client.other_org

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

    def storage(self, *, ask: bool = False) -> Storage | None:
        return self._storage.read(ask=ask)

    def survey(self) -> OrgSurvey:
        return survey_org(self._client, self._org.shape)

    def list_automation(self) -> TaskAutomation:
        return list_automation(self._client)

    def look_up(self, query: Query) -> Candidates:
        return self._org.with_shape(lambda org: self._look_up.find_candidates(query, org))

    def readable(self, user_id: SalesforceId, record_ids: Sequence[SalesforceId]) -> frozenset[SalesforceId]:
        portions = chunked(dict.fromkeys(record_ids), RECORDS_PER_ACCESS_QUERY)
        questions = [Question("access", tuple(portion), partial(soql.access, user_id)) for portion in portions]
        rows = (row for _, rows in self._reader.ask(questions) for row in rows)
        return frozenset(SalesforceId(row["RecordId"]) for row in rows if row["HasReadAccess"])

    def search(self, text: str) -> Sequence[Record]:
        if len(text.strip()) < LEAST_SEARCHED:
            return []
        body = soql.search(self._org.shape, text)
        answer = self._client.call("parameterizedSearch", method="POST", json=body)
        return [records.read_named(row) for row in answer.get("searchRecords", ())]

    def record(self, record_id: SalesforceId) -> Record:
        current_id: SalesforceId | None = record_id
        org = self._org.shape
        for _ in range(MERGES_FOLLOWED):
            statement = soql.by_id(org, current_id) if current_id else None
            rows = next(self._reader.query([statement], with_deleted=True)) if statement else []
            row = rows[0] if rows else {}
            if row and not row.get("IsDeleted") and not row.get("IsConverted"):
                return records.read_named(row)
            current_id = row.get("MasterRecordId") or row.get("ConvertedContactId")
        raise NotFoundError("Salesforce has no such contact, lead or account.")

    def opportunities(self, contacts: Sequence[SalesforceId], accounts: Sequence[SalesforceId]) -> Opportunities:
        return self._org.with_shape(lambda org: find_opportunities(self._reader, org, contacts, accounts))

    def foreign_activities(self, message_ids: Sequence[str]) -> Mapping[str, Foreign]:
        return find_foreign_activities(self._reader, message_ids)

    def foreign_records(
        self, message_ids: Collection[str], people: Collection[SalesforceId], days: Collection[str]
    ) -> ForeignRecords:
        return find_foreign_records(self._reader, self._org.shape.task.get("key"), message_ids, people, days)

    def foreign_tasks(self, activity_ids: Collection[SalesforceId]) -> ForeignRecords:
        return find_foreign_tasks(self._reader, self._org.shape.task.get("key"), activity_ids)

    def standing_activities(self, activity_ids: Sequence[SalesforceId]) -> Mapping[SalesforceId, bool]:
        return find_standing_tasks(self._reader, activity_ids)

    def find_by_key(self, keys: Sequence[ActivityKey]) -> Mapping[ActivityKey, Found]:
        return self._org.with_shape(lambda org: self._find_tasks(keys, org))

    def file(self, activities: Sequence[Activity]) -> Sequence[Filed]:
        if len(activities) > ACTIVITIES_PER_CALL:
            raise InvariantError("Too many activities for one call.")
        return self._org.with_shape(lambda org: self._insert(activities, org)) if activities else []

    def retarget(self, targets: Sequence[Target], *, together: bool = False) -> Sequence[Exception | None]:
        org = self._org.shape
        org.rights.require(MOVED)
        changes = [make_retargeting(target, org) for target in targets]
        return read_changes(self._writer.change(changes, together=together)) if changes else []

    def relate(self, people: Mapping[SalesforceId, Sequence[SalesforceId]]) -> None:
        if people and self._org.shape.relates_many:
            self._writer.relate(people)

    def give(self, owners: Sequence[tuple[SalesforceId, SalesforceId]]) -> Sequence[Exception | None]:
        changes = [make_change_of_owner(activity_id, owner) for activity_id, owner in owners]
        return read_changes(self._writer.change(changes, together=False)) if changes else []

    def remove(self, activity_ids: Sequence[SalesforceId]) -> Sequence[Exception | None]:
        return read_removals(self._writer.delete(activity_ids))

    def takes_days(self) -> bool:
        return coverage.has_object(self._client, self._org.shape)

    def publish(self, rows: Sequence[CoverageRow]) -> Sequence[Exception | None]:
        return coverage.publish(self._client, rows, self._org.shape) if rows else []

    def _forget_org(self) -> None:
        self._org.forget()
        self._writer = ActivityWriter(self._client, self._org.forget)
        self._look_up = LookUp(self._client, self._reader, self._choices)

    def _find_tasks(self, keys: Sequence[ActivityKey], org: OrgShape) -> dict[ActivityKey, Found]:
        key_field = org.task.get("key")
        if key_field is None:
            org.rights.require()
            raise KeylessError("The org has no Message_Key__c field on Activity, so nothing can be looked up by key.")
        tasks: dict[ActivityKey, Found] = {}
        write = partial(soql.tasks_by_key, key_field)
        portions = chunked(keys, ACTIVITIES_PER_COLLECTION)
        questions = [Question("tasks", tuple(portion), write) for portion in portions]
        for _, rows in self._reader.ask(questions, with_deleted=True):
            for row in rows:
                task = read_task(row, key_field)
                if task.key not in tasks or tasks[task.key].is_deleted:
                    tasks[task.key] = task
        return tasks

    def _insert(self, activities: Sequence[Activity], org: OrgShape) -> list[Filed]:
        org.rights.require()
        tasks = [make_task(activity, org) for activity in activities]
        answers = self._writer.insert(tasks, org.optional)
        key_field = org.task.get("key")
        results = [read_insert(a.key, answer, key_field) for a, answer in zip(activities, answers, strict=True)]
        if any(isinstance(result.error, ConfigurationError) for result in results):
            self._org.forget()  # an admin changed the fields
        return results
