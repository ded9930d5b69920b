"""What people do in an org while a sync runs: delete, restore, merge, convert, lock. Each is written in its journal."""

from __future__ import annotations

from simulator.salesforce import ids
from simulator.salesforce.errors import RecordError
from simulator.salesforce.records import Records
from simulator.salesforce.tables import Row

MERGEABLE = ("Account", "Contact", "Lead")


class Hands:
    """Called under the org's lock. Raises RecordError."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._gone_with: dict[str, list[str]] = {}

    def delete(self, identifier: str) -> None:
        """Into the Recycle Bin, and with it what cannot be without it."""
        _, row = self._records.require(identifier)
        self._bin(row)
        self._gone_with[row["Id"]] = self._dependents(row["Id"])

    def purge(self, identifier: str) -> str:
        """Out of the bin for good, as after 15 days: no question finds it any more. Returns the object."""
        kind, identifier = ids.type_of(identifier) or "", ids.to_18(identifier)
        if not self._records.tables[kind].get(identifier, {}).get("IsDeleted"):
            raise RecordError("ENTITY_IS_NOT_DELETED", "Entity is not in the recycle bin")
        self._records.tables.drop(kind, identifier)
        return kind

    def undelete(self, identifier: str) -> None:
        """Out of the bin, with what went with it. Raises RecordError where it is not there, or its key is taken."""
        row = self._records.tables.find(ids.to_18(identifier))
        if row is None or not row.get("IsDeleted") or row.get("MasterRecordId"):
            raise RecordError("UNDELETE_FAILED", "Entity is not in the recycle bin")
        self._records.check_unique(ids.type_of(row["Id"]) or "", row, row["Id"])
        for record_id in (row["Id"], *self._gone_with.pop(row["Id"], ())):
            self._records.touch(record_id, IsDeleted=False)

    def merge(self, master: str, loser: str) -> None:
        """The loser is deleted and names its master; what pointed at it points at the master, without any trigger."""
        kind, kept = self._records.require(master)
        loser_kind, gone = self._records.require(loser)
        if kind != loser_kind or kind not in MERGEABLE or kept["Id"] == gone["Id"]:
            raise RecordError("INVALID_ID_FIELD", "Records to merge must be two of the same object")
        self._repoint(gone["Id"], kept["Id"])
        self._records.touch(gone["Id"], IsDeleted=True, MasterRecordId=kept["Id"])
        self._records.touch(kept["Id"])

    def convert(self, lead: str, account: str) -> str:
        """Returns the new contact's id; the lead's tasks move to it."""
        kind, row = self._records.require(lead)
        if kind != "Lead" or row.get("IsConverted"):
            raise RecordError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        names = ("FirstName", "LastName", "Email", "Phone")
        values = {name: row.get(name) for name in names if row.get(name)}
        contact = self._records.add("Contact", {**values, "AccountId": account, "OwnerId": row.get("OwnerId")})
        self._repoint(row["Id"], contact)
        new = {"IsConverted": True, "ConvertedContactId": contact, "ConvertedAccountId": ids.to_18(account)}
        self._records.touch(row["Id"], **new)
        return contact

    def _bin(self, row: Row) -> None:
        self._records.touch(row["Id"], IsDeleted=True)

    def _dependents(self, identifier: str) -> list[str]:
        """A task goes with its only record, and otherwise only loses the link; an account takes its people with it."""
        gone: list[str] = []
        for kind, name, row in list(self._records.tables.links_to(identifier)):
            if row.get("IsDeleted"):
                continue
            if kind == "Task" and name in ("WhoId", "WhatId"):
                if row.get("WhatId" if name == "WhoId" else "WhoId"):
                    self._records.touch(row["Id"], **{name: None})
                    continue
            elif (kind, name) not in (("Contact", "AccountId"), ("Opportunity", "AccountId")):
                continue
            self._bin(row)
            gone += [row["Id"], *self._dependents(row["Id"])]
        return gone

    def _repoint(self, old: str, new: str) -> None:
        for _, name, row in list(self._records.tables.links_to(old)):
            if name not in ("MasterRecordId", "ConvertedContactId", "ConvertedAccountId"):
                self._records.touch(row["Id"], **{name: new})
        for row in self._records.tables["Task"].values():
            people = row.get("TaskWhoIds")
            if people and old in people:
                self._records.touch(row["Id"], TaskWhoIds=list(dict.fromkeys(new if p == old else p for p in people)))
