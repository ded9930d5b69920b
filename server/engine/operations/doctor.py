"""Check the set-up, one sentence a finding, each with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from server.domain.errors import ConfigurationError, TrulyError
from server.domain.ids import SalesforceId
from server.engine.operations.alarm_texts import in_words, recent
from server.engine.ports import Ports
from server.rules.schedule.watch_renewal import is_alive


@dataclass(frozen=True)
class Finding:
    what: str
    is_good: bool
    text: str


def examine(ports: Ports, *, is_encrypted_at_rest: bool) -> Iterator[Finding]:
    """Asks each outside service one small question."""
    yield _asked("State", lambda: f"{len(ports.store.mailboxes())} mailboxes are known.")
    yield _asked("Google Directory", lambda: f"{len(ports.directory.people())} people, {_domains(ports)}.")
    yield from _scope(ports)
    yield from _alarms(ports)
    yield _asked("Salesforce", lambda: f"Connected. Activities are closed as {ports.crm.shape().closed_status}.")
    yield from _calls(ports)
    yield from _others(ports)
    yield from _opportunities(ports)
    yield from _fields(ports)
    yield from _days(ports)
    yield _push(ports)
    yield Finding(
        "Encryption",
        is_encrypted_at_rest,
        "Stored copies are encrypted twice: by us, and by the database."
        if is_encrypted_at_rest
        else "Stored copies are encrypted once, by us: SQLite adds no layer. Use Firestore or an encrypted disk.",
    )
    yield Finding(
        "Opening copies",
        ports.unwrap is None,
        "This process cannot open stored copies." if ports.unwrap is None else "This process can open stored copies.",
    )


def _others(ports: Ports) -> Iterator[Finding]:
    """Whether the setting can be kept to: without email records every mail is logged by us."""
    if not ports.policy.join_others:
        return
    try:
        ports.crm.foreign_activities(["doctor@truly.invalid"])
    except ConfigurationError:
        yield Finding("Other tools", False, "JOIN_OTHERS is yes, but the integration user cannot read EmailMessage.")
    except TrulyError:
        return
    else:
        yield Finding("Other tools", True, "What another tool logged as an email is not logged again.")


def _opportunities(ports: Ports) -> Iterator[Finding]:
    """A round that may not ask for them would wait without end."""
    if not ports.policy.opportunities:
        return
    nobody, nothing = SalesforceId("003000000000000AAA"), SalesforceId("001000000000000AAA")
    try:
        ports.crm.opportunities([nobody], [nothing])
    except ConfigurationError:
        text = "OPPORTUNITIES is yes, but the integration user cannot read Opportunity and OpportunityContactRole."
        yield Finding("Opportunities", False, text)
    except TrulyError:
        return
    else:
        yield Finding("Opportunities", True, "Activities are linked to the only open opportunity.")


def _calls(ports: Ports) -> Iterator[Finding]:
    try:
        known = ports.crm.allowance()
    except TrulyError:
        return
    if known is None:
        return
    text = f"{known.used:,} of {known.allowed:,} API calls of the last 24 hours are used, by all who use the org."
    if known.is_spent:
        text += f" Background work stands still above {known.share:.0%}; buttons go on. It resumes by itself."
    yield Finding("Salesforce calls", not known.is_spent, text)


def _fields(ports: Ports) -> Iterator[Finding]:
    try:
        missing = ports.crm.shape().missing
    except TrulyError:
        return
    for sentence in ports.crm.shape().unusable:
        yield Finding("Salesforce fields", False, sentence)
    for sentence in ports.crm.shape().advice:
        yield Finding("Salesforce index", True, sentence)
    if not missing:
        yield Finding("Salesforce fields", True, "All our fields are there.")
        return
    yield Finding(
        "Salesforce fields",
        False,
        f"Missing or not visible to the integration user: {', '.join(missing)}. Install the package.",
    )


def _days(ports: Ports) -> Iterator[Finding]:
    """No fault of the sync: without them the package's reports of it stay empty."""
    try:
        is_there = ports.crm.takes_days()
    except TrulyError:
        return
    there = "What became of each day's mail is written to Salesforce every night, for its reports."
    missing = "Salesforce has no object Sync_Coverage__c for the integration user: its reports of the sync stay empty."
    yield Finding("Salesforce reports", True, there if is_there else missing)


def _push(ports: Ports) -> Finding:
    if ports.watch is None:
        return Finding("Push", True, "Off: mailboxes are polled. Set PUBSUB_TOPIC to hear of new mail within seconds.")
    try:
        collecting = [m for m in ports.store.mailboxes() if m.reads]
    except TrulyError as error:
        return Finding("Push", False, str(error))
    alive = sum(is_alive(m, ports.clock.now()) for m in collecting)
    text = f"On: {alive} of {len(collecting)} mailboxes have a watch that lives."
    if alive == len(collecting):
        return Finding("Push", True, text)
    return Finding("Push", False, f"{text} The others are polled; the command watch says why they have none.")


def _scope(ports: Ports) -> Iterator[Finding]:
    """Whose mailboxes are read, and whether the groups that say so are there."""
    try:
        inside = sum(ports.scope.includes(person) for person in ports.directory.people() if not person.is_guest)
        missing = ports.admission.scope_groups - ports.directory.groups()
    except TrulyError as error:
        yield Finding("Scope", False, str(error))
        return
    if missing:
        # The settings' own words, shown to who wrote them.
        yield Finding("Scope", False, f"SCOPE_GROUPS names groups that do not exist: {', '.join(sorted(missing))}.")
    if not inside:
        yield Finding("Scope", False, "Nobody is in scope. Check MAILBOXES, SCOPE_ORG_UNITS and SCOPE_GROUPS.")
    elif not missing:
        yield Finding("Scope", True, f"{inside} people are in scope.")


def _alarms(ports: Ports) -> Iterator[Finding]:
    try:
        counts = recent(ports)
    except TrulyError as error:
        yield Finding("Alarms", False, str(error))
        return
    if counts:
        yield Finding("Alarms", False, f"In the last day: {in_words(counts)}. The log has the mailbox ids.")
    else:
        yield Finding("Alarms", True, "None in the last day.")


def _domains(ports: Ports) -> str:
    return f"{len(ports.directory.domains())} domains"


def _asked(what: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, ask())
    except TrulyError as error:
        return Finding(what, False, str(error))
