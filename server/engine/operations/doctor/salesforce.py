"""Does Salesforce answer, and does the org offer what the settings need?

Where Salesforce does not answer, the first check says so. The other checks then yield nothing, so that one cause is
one finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.domain.errors import ConfigurationError, TrulyError
from server.domain.ids import SalesforceId
from server.domain.policy import Policy
from server.engine.deliver.second_look import count_doubles
from server.engine.operations.doctor.registry import Checks, Finding
from server.ports.crm import Crm
from server.ports.store import ActivityStore

NO_CONTACT = SalesforceId("003000000000000AAA")
NO_ACCOUNT = SalesforceId("001000000000000AAA")
NO_MESSAGE = "doctor@truly.invalid"
"""These ids exist in no org: only the permission to ask for them matters."""


@dataclass(frozen=True)
class SalesforceContext:
    crm: Crm
    policy: Policy
    store: ActivityStore


CHECKS = Checks[SalesforceContext]()


@CHECKS.register("Salesforce")
def check_connection(context: SalesforceContext) -> Iterator[Finding]:
    context.crm.name_org()  # a session that ended with its org shows it only when something is asked
    status = context.crm.shape().closed_status
    yield Finding("Salesforce", is_good=True, text=f"Connected. Activities get the status {status}.")


@CHECKS.register("Salesforce calls")
def check_calls(context: SalesforceContext) -> Iterator[Finding]:
    try:
        allowance = context.crm.allowance()
    except TrulyError:
        return
    if allowance is None:
        return
    text = (
        f"Everybody who uses the org used {allowance.used:,} of {allowance.allowed:,} API calls in the last 24 hours."
    )
    if allowance.is_spent:
        text += (
            f" Background sync is paused above {allowance.share:.0%}; the sidebar's buttons still work."
            " The sync resumes automatically."
        )
    yield Finding("Salesforce calls", is_good=not allowance.is_spent, text=text)


@CHECKS.register("Other tools")
def check_other_tools(context: SalesforceContext) -> Iterator[Finding]:
    """Whether the setting can take effect: without access to email records, every mail would be logged by us too."""
    if not context.policy.join_others:
        return
    try:
        context.crm.foreign_activities([NO_MESSAGE])
    except ConfigurationError:
        text = "JOIN_OTHERS is yes, but the integration user cannot read EmailMessage."
        yield Finding("Other tools", is_good=False, text=text)
    except TrulyError:
        return
    else:
        text = "An email that another tool logged is not logged again."
        yield Finding("Other tools", is_good=True, text=text)


@CHECKS.register("Logged twice")
def check_doubles(context: SalesforceContext) -> Iterator[Finding]:
    """What the second look found. Without any there is nothing to say."""
    if count := count_doubles(context.store):
        # With the setting, what is left came after ours.
        advice = "Switch" if context.policy.join_others else "Set JOIN_OTHERS=yes, or switch"
        text = (
            f"Another tool logged {count:,} of our emails too: they are in Salesforce twice."
            f" {advice} that tool's logging off. Then flask --app server.main doubles lists the emails, and with"
            " --remove it deletes ours and keeps the other tool's. This line stays until none is left."
        )
        yield Finding("Logged twice", is_good=False, text=text)


@CHECKS.register("Opportunities")
def check_opportunities(context: SalesforceContext) -> Iterator[Finding]:
    """Whether the setting can take effect, of contacts by their roles and of accounts alike."""
    if not context.policy.opportunities:
        return
    try:
        hidden = context.crm.shape().hidden_of_opportunities
        context.crm.opportunities([NO_CONTACT], [NO_ACCOUNT])
    except ConfigurationError:
        text = "OPPORTUNITIES is yes, but the integration user cannot read Opportunity and OpportunityContactRole."
        yield Finding("Opportunities", is_good=False, text=text)
    except TrulyError:
        return
    else:
        text = "An activity is linked to the opportunity where exactly one is open."
        lacking = (
            f"OPPORTUNITIES is yes, but the integration user cannot read {', '.join(hidden)}. Give it read access."
        )
        yield Finding("Opportunities", is_good=not hidden, text=lacking if hidden else text)


@CHECKS.register("Salesforce fields")
def check_fields(context: SalesforceContext) -> Iterator[Finding]:
    try:
        shape = context.crm.shape()
    except TrulyError:
        return
    for sentence in shape.unusable:
        yield Finding("Salesforce fields", is_good=False, text=sentence)
    for sentence in shape.advice:
        yield Finding("Salesforce advice", is_good=True, text=sentence, is_note=True)
    if shape.missing:
        names = ", ".join(shape.missing)
        text = f"The integration user cannot see these fields: {names}. Install the package, or give it access."
        yield Finding("Salesforce fields", is_good=False, text=text)
    else:
        yield Finding("Salesforce fields", is_good=True, text="The org has all our fields.")


@CHECKS.register("Salesforce reports")
def check_reports(context: SalesforceContext) -> Iterator[Finding]:
    """Never bad: without the object the sync works, and only the package's reports stay empty."""
    try:
        takes_days = context.crm.takes_days()
    except TrulyError:
        return
    present = "Every night we write to Salesforce, for its reports, what became of each day's mail."
    missing = (
        "Salesforce has no object Sync_Coverage__c for the integration user, so its reports of the sync stay empty."
        " Install the package, or assign its permission set Email Sync Integration to the user."
    )
    text = present if takes_days else missing
    yield Finding("Salesforce reports", is_good=True, text=text, is_note=not takes_days)
