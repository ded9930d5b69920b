"""Say whose trouble it is: one person's, or a setting's that concerns everybody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from server.domain.alarm import AlarmCode
from server.domain.mailbox import Mailbox
from server.domain.trouble import Trouble
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.rules.schedule.troubles import find_settings_fault, select_troubled


@dataclass(frozen=True)
class TroubleReport:
    """``fault`` is the code that all mailboxes share, where a setting is at fault; then ``troubled`` is empty."""

    fault: str | None
    troubled: tuple[tuple[Mailbox, Trouble], ...]


@dataclass(frozen=True)
class TroubleReporter:
    """The one place that sync, the sweep, doctor and status ask. ``admin`` is the address in GOOGLE_ADMIN."""

    alarms: Alarms
    clock: Clock
    admin: str

    def examine(self, mailboxes: Collection[Mailbox]) -> TroubleReport:
        now = self.clock.now()
        fault = find_settings_fault(mailboxes, self.admin, now)
        return TroubleReport(fault, () if fault else tuple(select_troubled(mailboxes, now)))

    def report(self, mailboxes: Collection[Mailbox]) -> TroubleReport:
        """Examine, and raise one alarm for a setting, or one for each person whose trouble a person must end."""
        report = self.examine(mailboxes)
        if report.fault:
            self.alarms.raise_alarm(AlarmCode.GOOGLE_SETTING)
        for mailbox, _trouble in report.troubled:
            self.alarms.raise_alarm(AlarmCode.MAILBOX_REFUSED, mailbox.mailbox_id)
        return report
