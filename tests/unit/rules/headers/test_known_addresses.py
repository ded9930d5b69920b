"""Robots' intakes are nobody; people at the same vendors are people."""

import pytest

from server.rules.headers.known_addresses import is_desk, is_intake, is_relay_domain


@pytest.mark.parametrize(
    "address",
    [
        "emailtosalesforce@1a2b3c.in.salesforce.com",
        "emailtosalesforce@3-x9k2.na139.le.salesforce.com",
        "leads@2a-b3c4.eu44.apex.salesforce.com",
        "12345@bcc.hubspot.com",
        "12345@bcc.na1.hubspot.com",
        "12345@forward.eu1.hubspot.com",
        "acme+deal123@pipedrivemail.com",
        "acme-abc123@pipedrivemail.com",
        "dropbox@67890.acme.highrisehq.com",
        "dropbox@acme.capsulecrm.com",
        "deals-aaaa2bcd@acme.slack.com",
        "x+1200123456789@mail.asana.com",
        "reply+aaab3cdeabcd@reply.github.com",
        "ann+5f6e7d8c@boards.trello.com",
        "jira@acme.atlassian.net",
        "support+id4711@acme.zendesk.com",
        "pulse-1234567-abcdef@use1.monday.com",
        "save-ab12cd34@3.basecamp.com",
        "acme.123456.abcdef0123456789@helpscout.net",
        "3f2a.acme.onmicrosoft.com@emea.teams.ms",
        "ann.9f8e7d@m.evernote.com",
        "add.task.123.456@todoist.net",
        "1week@followupthen.com",
        "incoming+group-project-12-abc-issue@gitlab.acme.example",
        "replies+0123456789abcdef0123456789abcdef@forum.acme.example",
        "acme_2f1@group.calendar.google.com",
    ],
)
def test_a_program_files_what_it_gets(address):
    assert is_intake(address)


@pytest.mark.parametrize(
    "address",
    [
        "people@hubspot.com",
        "anna@slack.com",
        "jane@github.com",
        "otto@zendesk.com",
        "lia@salesforce.com",
        "jun@atlassian.com",
        "mina@trello.com",
        "anna@helpscout.com",
        "jane.12.smith@helpscout.com",
        "ada@asana.com",
        "ada@monday.com",
        "joe@freshworks.com",
        "ivy@servicenow.com",
        "support@acme.example",
        "anna+sales@acme.example",
        "replyto@acme.example",
        "dropbox@acme.example",
        "ann@mail.acme.example",
        "nobody",
        "",
    ],
)
def test_people_and_companies_are_no_intakes(address):
    assert not is_intake(address)


@pytest.mark.parametrize(
    "address", ["acmecomsupport@acme.freshdesk.com", "support@acme.zendesk.com", "x@service-now.com"]
)
def test_a_help_desk_can_be_a_customers(address):
    assert is_desk(address)
    assert not is_intake(address)
    assert is_intake(f"support+id7@{address.rpartition('@')[2]}")


@pytest.mark.parametrize("domain", ["marketplace.amazon.com", "guest.booking.com", "x.txt.voice.google.com"])
def test_each_address_at_a_relay_is_a_stranger(domain):
    assert is_relay_domain(domain)


@pytest.mark.parametrize("domain", ["amazon.com", "booking.com", "google.com", "acme.example", "com", ""])
def test_a_platforms_own_domain_is_no_relay(domain):
    assert not is_relay_domain(domain)
