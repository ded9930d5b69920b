"""Were there alarms lately?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.engine.operations.alarm_texts import count_alarms, describe_alarms, list_subjects
from server.engine.operations.doctor.registry import Checks, Finding
from server.ports.alarms import Alarms
from server.ports.clock import Clock


@dataclass(frozen=True)
class AlarmsContext:
    alarms: Alarms
    clock: Clock


CHECKS = Checks[AlarmsContext]()


@CHECKS.register("Alarms")
def check_alarms(context: AlarmsContext) -> Iterator[Finding]:
    if counts := count_alarms(context.alarms, context.clock):
        text = f"In the last day: {describe_alarms(counts)}. The log has the mailbox ids."
        if groups := list_subjects(context.alarms, context.clock):
            text += f" The groups: {', '.join(groups)}."
        yield Finding("Alarms", is_good=False, text=text)
    else:
        yield Finding("Alarms", is_good=True, text="None in the last day.")
