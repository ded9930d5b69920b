"""What in the org decides how much of the mail finds its place: Users, domains, other tools, storage.

Where Salesforce does not answer, the checks of the connection say so, and these yield nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from more_itertools import chunked

from server.domain.crm import Query
from server.domain.errors import TrulyError
from server.domain.policy import Policy
from server.engine.operations.doctor.owners import list_owners
from server.engine.operations.doctor.registry import Checks, Finding
from server.ports.crm import Crm
from server.ports.directory import Directory
from server.ports.scope import Scope
from server.ports.store import MailboxStore

MAILBOXES_PER_QUESTION = 500
NAMED = 5
"""Mailboxes without a User that are named; the others are counted."""
MOST = 0.5
"""Up to this share of mailboxes may be without a User: those of teams and rooms often are."""


@dataclass(frozen=True)
class OrgContext:
    crm: Crm
    store: MailboxStore
    policy: Policy
    directory: Directory
    scope: Scope


CHECKS = Checks[OrgContext]()


@CHECKS.register("Salesforce users")
def check_users(context: OrgContext) -> Iterator[Finding]:
    """Without a User of its own a mailbox's mail is owned by the integration user, and no tie goes to its owner."""
    owners = list_owners(context.store, context.directory, context.scope)
    without: list[str] = []
    try:
        for portion in chunked(owners, MAILBOXES_PER_QUESTION):
            asked = frozenset(address for addresses in portion for address in addresses)
            users = context.crm.look_up(Query(users=asked)).users
            without += [addresses[0] for addresses in portion if users.keys().isdisjoint(addresses)]
    except TrulyError:
        return
    if not owners:
        return
    text = f"{len(owners) - len(without)} of {len(owners)} mailboxes have an active Salesforce User."
    if without:
        named = ", ".join(sorted(without)[:NAMED])
        more = f" and {len(without) - NAMED} more" if len(without) > NAMED else ""
        text += (
            f" Without a User: {named}{more}. The integration user owns their activities. Give the User that email or"
            " username, name it in SALESFORCE_USERS, or let the integration user View All Users where Users are"
            " private."
        )
    is_good = len(without) <= MOST * len(owners)
    yield Finding("Salesforce users", is_good=is_good, text=text, is_note=bool(without))


@CHECKS.register("Related people")
def check_related(context: OrgContext) -> Iterator[Finding]:
    try:
        relates_many = context.crm.shape().relates_many
    except TrulyError:
        return
    text = "An activity is related to up to 50 contacts of an email."
    if not relates_many:
        text = (
            "An activity is related to one contact only, though an email may be with several. To relate them all, turn"
            " on Allow Users to Relate Multiple Contacts to Tasks and Events in Setup, Activity Settings, and restart."
        )
    yield Finding("Related people", is_good=True, text=text, is_note=not relates_many)


@CHECKS.register("Account domains")
def check_survey(context: OrgContext) -> Iterator[Finding]:
    try:
        survey = context.crm.survey()
    except TrulyError:
        return
    if survey.accounts is not None and survey.accounts_with_domain is not None:
        text = f"{survey.accounts_with_domain:,} of {survey.accounts:,} accounts have an email domain."
        is_empty = survey.accounts > 0 and not survey.accounts_with_domain
        if is_empty:
            text += (
                " Mail of people who are no contact yet finds none of them. Run python3 salesforce/install.py --org"
                " ALIAS again: it fills them by a job, and Setup, Apex Jobs shows when that has ended."
            )
        yield Finding("Account domains", is_good=True, text=text, is_note=is_empty)
    sources = [source for source in survey.email_sources if source.strip()]
    if not (survey.captured_users or sources) or context.policy.join_others:
        return
    tools = []
    if survey.captured_users:
        tools.append(f"Einstein Activity Capture is connected for {survey.captured_users:,} Users")
    if sources:
        tools.append(f"the newest email records were made by {', '.join(sources)}")
    text = (
        f"Another tool writes emails too: {' and '.join(tools)}. The same email may then stand twice in Salesforce."
        " Should we join what is there already? Then set JOIN_OTHERS=yes; or take our mailboxes out of the other tool."
    )
    yield Finding("Email capture", is_good=True, text=text, is_note=True)


@CHECKS.register("Salesforce storage")
def check_storage(context: OrgContext) -> Iterator[Finding]:
    storage = context.crm.storage(ask=context.crm.other_org is None)
    if storage is None:
        return
    used = storage.used_mb / storage.allowed_mb if storage.allowed_mb else 0.0
    text = (
        f"{used:.0%} of the org's {storage.allowed_mb:,} MB are used."
        f" About {storage.room_for:,} activities of older mail fit below {storage.share:.0%} (2 KB each)."
    )
    if storage.is_short:
        text = (
            f"{used:.0%} of the org's {storage.allowed_mb:,} MB are used: older mail waits above {storage.share:.0%}"
            " (SALESFORCE_STORAGE_PERCENT), new mail is logged. Free storage or buy some; older mail then goes on"
            " automatically."
        )
    yield Finding("Salesforce storage", is_good=not storage.is_short, text=text)
