"""Who asks the first day's questions."""

from __future__ import annotations

from server.adapters.first_day.gmail import GmailSurvey
from server.adapters.first_day.org import OrgSurvey
from server.adapters.first_day.workspace import WorkspaceSurvey
from server.adapters.gmail.calls import GmailCalls
from server.adapters.salesforce.client import OrgClient
from server.ports.survey import Survey


def open_surveys(calls: GmailCalls, client: OrgClient, customer: str) -> tuple[Survey, ...]:
    """Without a call to anybody."""
    return WorkspaceSurvey(calls.mint, calls.transport, calls.clock, customer), GmailSurvey(calls), OrgSurvey(client)
