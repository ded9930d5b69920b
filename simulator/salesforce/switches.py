"""How a real org differs from an easy one: each difference is a switch of a world, off unless the world turns it on.

``"salesforce": {"switches": {"automation_bears": 25}}``. docs/simulator.md has what each does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from simulator.salesforce.errors import RecordError

KINDS = {bool: "true or false", str: "a text"}
"""What a switch takes, by the class of its default."""


@dataclass(frozen=True)
class OrgSwitches:
    """``automation_bears``: how many Tasks the customer's own automation bears in one transaction; None for any number.

    With more of them a governor limit ends the transaction, and each of its records gets the same error.

    ``login_refused``: Salesforce's own description of why it refuses every login. ``generic_audience``: an assertion is
    for login.salesforce.com (a sandbox: test.salesforce.com) alone, as in Government Cloud. ``opaque_tokens``: neither
    the token nor the answer that has it tells the org's id.
    """

    automation_bears: int | None = None
    login_refused: str = ""
    generic_audience: bool = False
    opaque_tokens: bool = False

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> OrgSwitches:
        """Raises ValueError, with a sentence, for a name or a value that no switch has."""
        names = {field.name for field in fields(cls)}
        if unknown := sorted(set(section) - names):
            raise ValueError(f"salesforce.switches knows no {unknown[0]}: it knows {', '.join(sorted(names))}")
        bears = section.get("automation_bears")
        if bears is not None and (isinstance(bears, bool) or not isinstance(bears, int) or bears < 1):
            raise ValueError("salesforce.switches.automation_bears must be a whole number from 1")
        for field in fields(cls):
            kind = KINDS.get(type(field.default))
            if kind and not isinstance(section.get(field.name, field.default), type(field.default)):
                raise ValueError(f"salesforce.switches.{field.name} must be {kind}")
        return cls(**section)

    def refuse_transaction(self, tasks: int) -> RecordError | None:
        """The error of every record of a transaction that saves this many Tasks, or None where it goes through."""
        if self.automation_bears is None or tasks <= self.automation_bears:
            return None
        sentence = (
            "dlrs_TaskTrigger: execution of AfterInsert\n\ncaused by: System.LimitException: "
            "dlrs:Too many SOQL queries: 101\n\nTrigger.dlrs_TaskTrigger: line 7, column 1"
        )
        return RecordError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", sentence)
