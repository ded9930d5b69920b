"""How a real org differs from an easy one: each difference is a switch of a world, off unless the world turns it on.

``"salesforce": {"switches": {"automation_bears": 25}}``. docs/simulator.md has what each does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.salesforce.errors import RecordError
from simulator.switches import check_switches

OTHER_TOOLS = ("", "brackets", "bare", "none", "task")
NUMBERS = ("automation_bears", "query_bears", "rows_in_page", "open_cursors", "storage_used_percent")
AUTOMATION: dict[str, tuple[str, str]] = {
    "trigger": (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        (
            "dlrs_TaskTrigger: execution of AfterInsert\n\ncaused by: System.LimitException: "
            "dlrs:Too many SOQL queries: 101\n\nTrigger.dlrs_TaskTrigger: line 7, column 1"
        ),
    ),
    "flow": (
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "We can't save this record because the Email rollup process failed. Give your Salesforce admin these details.",
    ),
    "batch": ("UNKNOWN_EXCEPTION", "Too many batch retries in the presence of Apex triggers and partial failures."),
    "cpu": ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "TaskTrigger: System.LimitException: Apex CPU time limit exceeded"),
    "request": ("APEX_ERROR", "System.LimitException: Too many DML statements: 151"),
}
"""Code and sentence of automation that failed. With ``request`` the whole collection is answered with 400."""


@dataclass(frozen=True)
class OrgSwitches:
    """``automation_bears``: how many Tasks the customer's own automation bears in one transaction; None for any number.

    With more of them a governor limit ends the transaction, and each of its records gets the same error, in the words
    of ``automation_fails_with``. The user of the API may not write ``read_only_fields`` (``Task.ActivityDate``), and
    sees with ``private_activities`` the Tasks alone that it owns. Of ``byte_fields`` Salesforce counts bytes.
    ``no_people_in_collections``: a collection takes no TaskWhoIds.

    ``login_refused``: Salesforce's own description of why it refuses every login. ``generic_audience``: an assertion is
    for login.salesforce.com (a sandbox: test.salesforce.com) alone, as in Government Cloud. ``opaque_tokens``: neither
    the token nor the answer that has it tells the org's id.

    With ``activity_capture`` Einstein Activity Capture is on, so that ActivityUsrConnectionStatus exists.
    ``storage_used_percent``: of the org's data storage.

    ``unreadable`` are objects and fields, as "Lead" or "User.FederationIdentifier", which the API's user may not read;
    ``unfilterable`` are fields that no question may filter by. ``private_users``: the API's user sees itself alone.
    ``query_bears``: values and patterns in one question; ``rows_in_page`` of its answer; ``open_cursors``: how many
    answers may have pages left, the oldest of which ends where one is opened more.

    ``other_tool`` logs each email of ours too, ``other_tool_after`` seconds later: as an EmailMessage with its Task,
    whose MessageIdentifier is in "brackets", "bare" or "none", or as a "task" alone.
    """

    automation_bears: int | None = None
    automation_fails_with: str = "trigger"
    read_only_fields: tuple[str, ...] = ()
    private_activities: bool = False
    byte_fields: tuple[str, ...] = ()
    no_people_in_collections: bool = False
    login_refused: str = ""
    generic_audience: bool = False
    opaque_tokens: bool = False
    activity_capture: bool = False
    storage_used_percent: int = 10
    unreadable: tuple[str, ...] = ()
    unfilterable: tuple[str, ...] = ()
    private_users: bool = False
    query_bears: int | None = None
    rows_in_page: int | None = None
    open_cursors: int | None = None
    other_tool: str = ""
    other_tool_after: int = 0

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> OrgSwitches:
        """Raises ValueError, with a sentence, for a name or a value that no switch has."""
        texts = {"automation_fails_with": tuple(AUTOMATION), "other_tool": OTHER_TOOLS}
        return cls(**check_switches(cls, section, "salesforce.switches", NUMBERS, texts))

    @classmethod
    def hard(cls) -> OrgSwitches:
        """All at once, but for a login that is refused: an org in which as little as possible goes by itself."""
        return cls(
            automation_bears=25,
            automation_fails_with="flow",
            read_only_fields=("Task.Type",),
            private_activities=True,
            byte_fields=("Task.Subject", "Task.Description"),
            no_people_in_collections=True,
            generic_audience=True,
            opaque_tokens=True,
            unreadable=("User.FederationIdentifier",),
            private_users=True,
            query_bears=100,
            rows_in_page=200,
            open_cursors=10,
            storage_used_percent=99,
            activity_capture=True,
        )

    def may_read(self, kind: str, field: str | None = None) -> bool:
        if kind == "ActivityUsrConnectionStatus" and not self.activity_capture:
            return False
        return kind not in self.unreadable and (field is None or f"{kind}.{field}" not in self.unreadable)

    @property
    def automation_error(self) -> RecordError:
        return RecordError(*AUTOMATION[self.automation_fails_with])

    def refuse_transaction(self, tasks: int) -> RecordError | None:
        """The error of every record of a transaction that saves this many Tasks, or None where it goes through."""
        if self.automation_bears is None or tasks <= self.automation_bears:
            return None
        return self.automation_error
