"""Another program that logs the same emails, some time later: Einstein Activity Capture, or a plug-in of Gmail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.salesforce.switches import OrgSwitches

Add = Callable[[str, Mapping[str, Any]], str]


class OtherTool:
    """Called under the org's lock. ``add`` puts a record into the org and returns its id."""

    def __init__(self, add: Add) -> None:
        self._add = add
        self._planned: list[tuple[float, str, Mapping[str, Any]]] = []

    def note(self, task: Mapping[str, Any], switches: OrgSwitches, now: float) -> None:
        """An email Task of the service's: the other program logs that email ``other_tool_after`` seconds later."""
        if switches.other_tool and _find(task, "Message_Id"):
            self._planned.append((now + switches.other_tool_after, switches.other_tool, dict(task)))

    def write_due(self, now: float) -> None:
        due = [plan for plan in self._planned if plan[0] <= now]
        self._planned = [plan for plan in self._planned if plan[0] > now]
        for _, kind, task in due:
            self._write(kind, task)

    def _write(self, kind: str, task: Mapping[str, Any]) -> None:
        is_inbound = _find(task, "Direction") == "Inbound"
        subject = str(task["Subject"]).partition(": ")[2] if is_inbound else str(task["Subject"])
        names = ("WhoId", "WhatId", "OwnerId", "ActivityDate", "Status")
        values = {name: task[name] for name in names if task.get(name)}
        own = self._add("Task", {**values, "Subject": f"Email: {subject}", "TaskSubtype": "Email"})
        if kind == "task":
            return
        message_id = str(_find(task, "Message_Id")).strip("<>")
        identifier = {"brackets": f"<{message_id}>", "bare": message_id}.get(kind)
        email = {"ActivityId": own, "Subject": subject, "Incoming": is_inbound, "Status": "3"}
        email |= {"FromAddress": _find(task, "From_Address"), "MessageIdentifier": identifier}
        self._add("EmailMessage", {name: value for name, value in email.items() if value is not None})


def _find(task: Mapping[str, Any], name: str) -> Any:
    """A custom field by its name without namespace."""
    return next((value for key, value in task.items() if key.removesuffix("__c").endswith(name)), None)
