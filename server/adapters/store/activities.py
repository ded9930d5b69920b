"""The ledger's activities: one for each real mail, claimed before anything is written to the CRM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.adapters.documents import Create, Delete, Document, Replace, Version, Where, Write
from server.adapters.store import codec
from server.adapters.store.portions import split_into_commits
from server.adapters.store.repository import Repository
from server.adapters.store.rows import replace_row
from server.domain.errors import ConflictError
from server.domain.ids import ActivityKey, KeyedHash, SalesforceId
from server.domain.ledger import ActivityRow, Row


class ActivityDocuments(Repository):
    """Implements ``server.ports.store.ActivityStore``."""

    def activities(self, keys: Sequence[ActivityKey]) -> dict[ActivityKey, ActivityRow]:
        documents = self._documents.get_many("activities", list(keys)).values()
        return {ActivityKey(d.key): codec.to_activity(d.key, d.data, d.version) for d in documents}

    def activities_of(self, conversation: KeyedHash) -> list[ActivityRow]:
        documents = self._documents.query("activities", where=(Where("conversation", "==", conversation),))
        return [codec.to_activity(d.key, d.data, d.version) for d in documents]

    def doubled_activities(self) -> list[ActivityRow]:
        documents = self._documents.query("activities", where=(Where("is_doubled", "==", True),))
        return [codec.to_activity(d.key, d.data, d.version) for d in documents]

    def activities_by_id(self, activity_id: SalesforceId) -> list[ActivityRow]:
        documents = {d.key: d for d in (*self._find_logged_as(activity_id), *self._find_doubled_by(activity_id))}
        return [codec.to_activity(d.key, d.data, d.version) for d in documents.values()]

    def take_record(self, record_id: SalesforceId, key: ActivityKey) -> bool:
        if self._try_commit([Create("taken_records", record_id, {"activity_key": key})]):
            return True
        document = self._documents.get("taken_records", record_id)
        return document is not None and document.data["activity_key"] == key

    def claim(self, activities: Sequence[ActivityRow]) -> list[ActivityRow]:
        if not activities:
            return []
        try:
            return self._claim_all(activities)
        except ConflictError:
            # One activity that exists fails the whole commit, so each gets a chance of its own.
            return [claimed for activity in activities for claimed in self._claim_alone(activity)]

    def save_activities(self, activities: Sequence[ActivityRow], rows: Sequence[Row]) -> None:
        """In one commit; where it is too much for one, each activity stays with its rows."""
        for writes in split_into_commits(_group_by_activity(activities, rows)):
            self._documents.commit(writes)

    def drop_activities(self, keys: Sequence[ActivityKey]) -> None:
        for writes in split_into_commits([[Delete("activities", key, None)] for key in keys]):
            self._documents.commit(writes)

    def _find_logged_as(self, activity_id: SalesforceId) -> list[Document]:
        return self._documents.query("activities", where=(Where("activity_id", "==", activity_id),))

    def _find_doubled_by(self, activity_id: SalesforceId) -> list[Document]:
        return self._documents.query("activities", where=(Where("doubled_by", "==", activity_id),))

    def _claim_all(self, activities: Sequence[ActivityRow]) -> list[ActivityRow]:
        versions = self._documents.commit([_create_activity(activity) for activity in activities])
        return [replace(activity, version=str(v)) for activity, v in zip(activities, versions, strict=True)]

    def _claim_alone(self, activity: ActivityRow) -> list[ActivityRow]:
        """Empty where somebody else has it."""
        try:
            return self._claim_all([activity])
        except ConflictError:
            return []


def _create_activity(activity: ActivityRow) -> Create:
    return Create("activities", activity.key, codec.from_activity(activity))


def _group_by_activity(activities: Sequence[ActivityRow], rows: Sequence[Row]) -> list[list[Write]]:
    """The writes of each activity with those of its rows."""
    groups: dict[str | None, list[Write]] = {
        a.key: [Replace("activities", a.key, codec.from_activity(a), Version(a.version))] for a in activities
    }
    for row in rows:
        groups.setdefault(row.activity_key, []).append(replace_row(row))
    return list(groups.values())
