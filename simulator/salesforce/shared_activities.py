"""Who a Task is about where an org shares activities: its person and up to fifty in all, which follow one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.salesforce import ids
from simulator.salesforce.errors import RecordError


def relate(values: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """WhoId and TaskWhoIds after a save: where the person goes, another of the people takes that place."""
    earlier = [str(person) for person in stored.get("TaskWhoIds") or ()]
    given = values.get("TaskWhoIds")
    others = [ids.to_18(str(person)) for person in given] if given is not None else []
    who = values.get("WhoId") if "WhoId" in values else stored.get("WhoId")
    if given is None and stored:
        others = [person for person in earlier if person != stored.get("WhoId")]
    elif "WhoId" not in values and who not in others:
        who = None
    if who is None and others:
        who = others[0]
    people = [str(who), *(person for person in others if person != who)] if who else []
    related: dict[str, Any] = {"WhoId": who}
    if len(people) > 1 or "TaskWhoIds" in values or earlier:
        related["TaskWhoIds"] = people
    return related


def check_relation(task: Mapping[str, Any], person: str) -> None:
    """Raises RecordError for a person whom the Task has already."""
    if person in (task.get("TaskWhoIds") or [task["WhoId"]]):
        raise RecordError("DUPLICATE_VALUE", "duplicate value found", "RelationId")


def add_person(task: Mapping[str, Any], person: str) -> dict[str, Any]:
    """The Task with one more of its people, as a TaskRelation makes it."""
    people = task.get("TaskWhoIds") or [task["WhoId"]]
    return {**task, "TaskWhoIds": [*people, person]}
