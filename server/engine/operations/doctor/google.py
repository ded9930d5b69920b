"""Does Google answer, and whose mailboxes are read?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from server.domain.alarm import AlarmCode
from server.domain.errors import MailboxUnavailableError, TrulyError
from server.domain.mailbox import DirectoryState, Mailbox, Stage
from server.engine.coverage.categories import count_unknown_categories
from server.engine.operations.alarm_texts import count_alarms
from server.engine.operations.doctor.registry import Checks, Finding
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.delegation import Delegation
from server.ports.directory import Directory
from server.ports.mail import MailProvider
from server.ports.scope import Scope
from server.ports.store import Store
from server.ports.witness import Witness

MAILBOXES_TRIED = 3
GROUPS_TRIED = 200
GROUPS_NAMED = 10
NOTHING_READ = "No mailbox is in scope, so Gmail was not asked."
AN_HOUR = 3_600.0
"""Seconds."""


@dataclass(frozen=True)
class GoogleContext:
    """``scope_groups`` are the groups that the setting SCOPE_GROUPS names. ``witness`` is None where it is off."""

    directory: Directory
    scope: Scope
    scope_groups: frozenset[str]
    mail: MailProvider
    store: Store
    alarms: Alarms
    clock: Clock
    delegation: Delegation | None = None
    witness: Witness | None = None


CHECKS = Checks[GoogleContext]()


@CHECKS.register("Delegation")
def check_delegation(context: GoogleContext) -> Iterator[Finding]:
    """Says something only where a scope lacks: without an answer of Google, the checks below say why."""
    if context.delegation is None:
        return
    try:
        addresses = [
            mailbox.address for mailbox in list_some_mailboxes(context.store, context.directory, context.scope)
        ]
    except TrulyError:
        addresses = []
    try:
        refused = context.delegation.refused_scopes(addresses, has_reports=context.witness is not None)
    except TrulyError:
        return
    if refused:
        text = (
            f"Domain-wide delegation lacks {', '.join(refused)}. In the Admin console, under Security, Access and data"
            " control, API controls, Domain-wide delegation, edit the service account's client id and add it. Google"
            " may need an hour to notice."
        )
        yield Finding("Delegation", is_good=False, text=text)


@CHECKS.register("Google Directory")
def check_directory(context: GoogleContext) -> Iterator[Finding]:
    people, domains = len(context.directory.people()), len(context.directory.domains())
    yield Finding("Google Directory", is_good=True, text=f"{people} people, {domains} domains.")


@CHECKS.register("Gmail")
def check_gmail(context: GoogleContext) -> Iterator[Finding]:
    """Directory and Gmail are allowed by scopes of their own: domain-wide delegation may hold one without the other."""
    unavailable: MailboxUnavailableError | None = None
    for mailbox in list_some_mailboxes(context.store, context.directory, context.scope):
        try:
            context.mail.current_cursor(mailbox)
        except MailboxUnavailableError as error:
            unavailable = error  # perhaps only this one: its owner has no licence, or has just left
            continue
        yield Finding("Gmail", is_good=True, text="Gmail lets us read a mailbox.")
        return
    text = f"None of the mailboxes that were tried can be read: {unavailable}" if unavailable else NOTHING_READ
    yield Finding("Gmail", is_good=unavailable is None, text=text)


@CHECKS.register("Categories")
def check_categories(context: GoogleContext) -> Iterator[Finding]:
    """Told only where Gmail sorts by a category for which this version has no rule."""
    counts: Counter[str] = Counter()
    for mailbox in list_some_mailboxes(context.store, context.directory, context.scope):
        try:
            counts.update(count_unknown_categories(context.mail, mailbox))
        except TrulyError:
            continue  # the check of Gmail says so
    for name, count in sorted(counts.items()):
        text = (
            f"Gmail has a category that this version does not know: {name}, with {count} of the emails in the mailboxes"
            " that were tried. They count as primary mail. Update this program."
        )
        yield Finding("Categories", is_good=True, text=text, is_note=True)


@CHECKS.register("Reports witness")
def check_witness(context: GoogleContext) -> Iterator[Finding]:
    if context.witness is None:
        return
    now = context.clock.now()
    next(iter(context.witness.sightings(now - AN_HOUR, now)), None)
    yield Finding("Reports witness", is_good=True, text="Google lets us read its record of deliveries.")


@CHECKS.register("Scope")
def check_scope(context: GoogleContext) -> Iterator[Finding]:
    """Whose mailboxes are read, and whether the groups in the settings exist."""
    included = sum(context.scope.includes(p) for p in context.directory.people() if not p.is_guest)
    missing = context.scope_groups - context.directory.groups()
    unlisted = [group for group in sorted(context.scope_groups - missing) if not _is_listed(context, group)]
    if unlisted:
        text = (
            f"Google does not say who is in {', '.join(unlisted)}, which SCOPE_GROUPS names. Whose mailbox was read"
            " stays in scope, and nobody is admitted by such a group. Let GOOGLE_ADMIN read groups, and delegate the"
            " scope admin.directory.group.readonly."
        )
        yield Finding("Scope", is_good=False, text=text)
    if missing:
        # These are the words of the settings, shown to the person who wrote the settings.
        names = ", ".join(sorted(missing))
        yield Finding("Scope", is_good=False, text=f"SCOPE_GROUPS names groups that do not exist: {names}.")
    if not included:
        text = "Nobody is in scope. Check MAILBOXES, SCOPE_ORG_UNITS and SCOPE_GROUPS."
        yield Finding("Scope", is_good=False, text=text)
    elif not missing and not unlisted:
        yield Finding("Scope", is_good=True, text=f"{included} people are in scope.")


@CHECKS.register("Groups")
def check_groups(context: GoogleContext) -> Iterator[Finding]:
    """Asked only where mail to a group had to wait within the last day."""
    if AlarmCode.GROUP_UNLISTED not in count_alarms(context.alarms, context.clock):
        return
    unlisted = [group for group in sorted(context.directory.groups())[:GROUPS_TRIED] if not _is_listed(context, group)]
    if not unlisted:
        yield Finding(
            "Groups", is_good=True, text="Who is in your groups could not be read for a while, and can be now."
        )
        return
    names = ", ".join(unlisted[:GROUPS_NAMED])
    if len(unlisted) > GROUPS_NAMED:
        names += f" and {len(unlisted) - GROUPS_NAMED} more"
    text = (
        f"Google does not say who is in {names}. Email to such a group waits, for a day at most, and for an hour where"
        " Google refuses. Then the group makes nobody its owner. Let GOOGLE_ADMIN read groups, and delegate the"
        " scope admin.directory.group.readonly."
    )
    yield Finding("Groups", is_good=False, text=text)


def list_some_mailboxes(store: Store, directory: Directory, scope: Scope) -> list[Mailbox]:
    """Some that are read, those without trouble first; where none is, some that will be.

    Nobody whom somebody switched off.

    Raises TransientError, ReconnectRequiredError.
    """
    known = list(store.mailboxes())
    if reading := [mailbox for mailbox in known if mailbox.reads]:
        return sorted(reading, key=lambda mailbox: bool(mailbox.troubles))[:MAILBOXES_TRIED]
    ended = {mailbox.mailbox_id for mailbox in known if mailbox.is_spared(Stage.LIVE)}
    people = (person for person in directory.people() if person.mailbox_id not in ended)
    active = (p for p in people if p.state is DirectoryState.ACTIVE and not p.is_guest)
    chosen = islice((person for person in active if scope.includes(person)), MAILBOXES_TRIED)
    return [Mailbox(person.mailbox_id, person.addresses) for person in chosen]


def _is_listed(context: GoogleContext, group: str) -> bool:
    try:
        context.directory.members(group)
    except TrulyError:
        return False
    return True
