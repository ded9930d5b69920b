"""The steps of an installation. Each may be done again: what an interrupted run left is done by the next one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from installer.layouts import Layouts
from installer.org import Org, find_missing_users, read_org
from installer.parts import (
    BY_REP,
    CORE,
    DOMAINS,
    REPORTS,
    SCRATCH,
    Part,
    copy_without,
    count_contents,
    find_unknown_rights,
    list_tests,
)
from installer.setting import write_setting
from installer.sf import Answer, InstallError, Sf

WAITING = (
    "SELECT Id FROM CronTrigger WHERE CronJobDetail.Name = 'Account email domains'",
    "SELECT Id FROM AsyncApexJob WHERE ApexClass.Name IN ('AccountDomainBatch', 'ContactDomainJob') "  # noqa: ISC004
    "AND JobType IN ('BatchApex', 'Queueable') AND Status IN ('Holding', 'Queued', 'Preparing', 'Processing')",
)
"""What keeps Salesforce from replacing our classes."""
MOST_SPARED = 20
"""Times that a deployment is tried without the rights that the org does not know: Salesforce may name one at a time."""
UPGRADE = (
    "The nightly job stops while its classes are replaced, and starts again afterwards. Should this command be "
    "interrupted, run it again: until then no job runs at night."
)


class State(Enum):
    DONE = "done"
    NOT_DONE = "NOT DONE"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Wishes:
    """What the admin asked for. ``several`` is None where the setting stays as it is."""

    integration_user: str | None = None
    admins: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    several: bool | None = None
    by_rep: bool = False
    layouts: bool = False
    only_check: bool = False


@dataclass
class Installation:
    """``ask`` gets a question and returns whether to go on. ``summary`` is what became of each step."""

    sf: Sf
    project: Path
    wishes: Wishes
    say: Callable[[str], None]
    ask: Callable[[str], bool]
    summary: list[tuple[str, State, str]] = field(default_factory=list)
    org: Org | None = None
    _spared: set[str] = field(default_factory=set)
    _refused: set[str] = field(default_factory=set)

    def run(self) -> bool:
        """Whether everything that was asked for is done. Raises InstallError where nothing can be."""
        shutil.rmtree(self.project / SCRATCH, ignore_errors=True)  # of a run that was interrupted
        try:
            return self._run()
        finally:
            shutil.rmtree(self.project / SCRATCH, ignore_errors=True)

    def _run(self) -> bool:
        org = self._look()
        parts = [CORE, DOMAINS, REPORTS, *([BY_REP] if self.wishes.by_rep else [])]
        for part in parts:
            self._check(part)
        if CORE.name in self._refused:
            raise InstallError("Nothing was changed in the org: it refuses the fields and permission sets (above).")
        layouts = Layouts(self.sf, self.project, self.say) if self.wishes.layouts else None
        if layouts is not None and (problems := layouts.prepare()):
            self._note("Reading the layouts", problems)
        if self.wishes.only_check:
            self.say("Checked. Nothing was changed in the org.")
            return not self._has_trouble()
        if not self.ask(f"Deploy this to {org}?"):
            raise InstallError("Nothing was changed in the org.")
        if self._deploy(CORE):
            self._assign()
            self._install_domains()
            for part in parts[2:]:
                self._deploy(part)
            if layouts is not None:
                self._note(f"Layouts: {layouts.changed} changed", layouts.deploy() if layouts.changed else ())
        else:
            self.summary += [(part.name, State.LEFT_OUT, "It needs core.") for part in parts[1:]]
        return not self._has_trouble()

    def _look(self) -> Org:
        """Tells the org's name. A check counts a missing user as trouble; an installation tells it before it asks."""
        self.org = org = read_org(self.sf)
        self.say(f"The org is {org}.")
        wishes = self.wishes
        named = (wishes.integration_user, *wishes.admins, *wishes.readers)
        missing = find_missing_users(self.sf, [name for name in named if name])
        if missing and wishes.only_check:
            self._note(
                "Users", missing, "Compare with Setup, Users. In a sandbox a username ends in the name of the sandbox."
            )
        else:
            for sentence in missing:
                self.say(f"  {sentence}")
        return org

    def _check(self, part: Part) -> None:
        """A dry run. A class that a job waits for cannot be checked: such a part is deployed unchecked."""
        self.say(f"{part.name}: {part.title}: {count_contents(self.project, part)}")
        if part is DOMAINS and self._is_waited_for():
            self.say("  Not checked beforehand: the nightly job of the earlier version is scheduled.")
            return
        answer = self._send(part, *self._levels(part), "--dry-run", together=True)
        if answer.is_done:
            self.say("  Salesforce takes it.")
        else:
            self._refused.add(part.name)
            self._note(part.name, answer.problems, f"Salesforce refuses it beforehand. {self._advise(part)}")

    def _levels(self, part: Part) -> tuple[str, ...]:
        """Apex brings its tests. What has none needs none: production knows no word for that, and needs none."""
        if part is DOMAINS:
            tests = (word for test in list_tests(self.project) for word in ("--tests", test))
            return ("--test-level", "RunSpecifiedTests", *tests)
        return ("--test-level", "NoTestRun") if self.org and self.org.is_sandbox else ()

    def _send(self, part: Part, *options: str, together: bool = False) -> Answer:
        """Again without standard rights that this org does not know in a permission set; they are told at the end."""
        names = (*(part.needs if together else ()), part.name)
        for _ in range(MOST_SPARED):
            folders = [copy_without(self.project, each, self._spared) if self._spared else each for each in names]
            answer = self.sf.deploy(folders, *options)
            unknown = find_unknown_rights(answer.problems) - self._spared
            if answer.is_done or not unknown:
                break
            self._spared |= unknown
            self.say(f"  This org knows no such right: {_list(unknown)}. It is tried again without it.")
        return answer

    def _deploy(self, part: Part) -> bool:
        if part.name in self._refused or any(need in self._refused for need in part.needs):
            return False
        answer = self._send(part, *self._levels(part))
        if not answer.is_done:
            self._refused.add(part.name)
        self._note(part.name, answer.problems, self._advise(part))
        return answer.is_done

    def _install_domains(self) -> None:
        if DOMAINS.name in self._refused:
            return
        was_waited_for = self._is_waited_for()
        if was_waited_for:
            self.say(UPGRADE)
            stopped = self.sf.run_apex("stop")
            if not stopped.is_done:
                self._refused.add(DOMAINS.name)
                self._note(
                    DOMAINS.name, stopped.problems, "The nightly job of the earlier version could not be stopped."
                )
                return
        if not self._deploy(DOMAINS):
            if was_waited_for:
                self._note(
                    "The nightly job of the earlier version is scheduled again", self.sf.run_apex("schedule").problems
                )
            return
        self._give("Email_Sync_Domains", None)
        if self.wishes.several is not None:
            folder = write_setting(self.project, several=self.wishes.several)
            self._note("Setting: several domains", self.sf.deploy([folder]).problems)
        self._note("Accounts are being filled, and the nightly job is scheduled", self.sf.run_apex("start").problems)

    def _is_waited_for(self) -> bool:
        return any(self.sf.query(statement) for statement in WAITING)

    def _assign(self) -> None:
        self._give("Email_Sync_Admin", None)
        for user in self.wishes.admins:
            self._give("Email_Sync_Admin", user)
        for user in self.wishes.readers:
            self._give("Email_Sync_Reader", user)
        if self.wishes.integration_user:
            self._give("Email_Sync_Integration", self.wishes.integration_user)
        else:
            self.summary.append(
                (
                    "Email_Sync_Integration",
                    State.LEFT_OUT,
                    "Name its user: --integration-user USERNAME (with make: SYNC_USER=USERNAME).",
                )
            )

    def _give(self, name: str, user: str | None) -> None:
        words = ("--on-behalf-of", user) if user else ()
        answer = self.sf.run("org", "assign", "permset", "--name", name, *words)
        advice = "Assign it in Setup, Permission Sets: the user may need a licence first."
        self._note(f"{name} for {user or 'yourself'}", answer.problems, advice)

    def _advise(self, part: Part) -> str:
        if part is DOMAINS:
            return (
                "Accounts get no domain by themselves; fields, rights and reports do not depend on it. Mend what the "
                "sentences name (a rule of the org on accounts or contacts, or a test), and run this again."
            )
        return (
            "Mend what the sentences name, and run this again: what is done already is done again, and loses nothing."
        )

    def _note(self, step: str, problems: tuple[str, ...], advice: str = "Run this again.") -> None:
        for problem in problems:
            self.say(f"  {problem}")
        self.summary.append((step, State.NOT_DONE if problems else State.DONE, advice if problems else ""))

    def _has_trouble(self) -> bool:
        return any(state is State.NOT_DONE for _, state, _ in self.summary)

    def summarise(self) -> None:
        for step, state, advice in self.summary:
            self.say(f"{state.value:<9} {step}{'. ' if advice else ''}{advice}")
        if self._spared:
            self.say(
                f"The permission sets lack these rights here, because the org refuses them: {_list(self._spared)}."
            )
            self.say(
                "Give the integration user those that Setup offers by another permission set. "
                "`flask --app server.main doctor --probe` shows whether it can log email."
            )


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))
