"""The command forecast: it needs no settings, no service and no network."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from click.testing import CliRunner
from flask import Flask

from server.cli import register_commands
from server.commands.reports.forecast import COUNTS, PRICES
from server.domain.errors import ConfigurationError


class NoSource:
    """Nothing is set up here."""

    def settings(self):
        raise ConfigurationError("Nothing is set.")

    get = settings


@pytest.fixture
def flask():
    app = Flask("empty")
    register_commands(app, NoSource())
    return lambda *args: CliRunner().invoke(app.cli, ["forecast", *args])


@pytest.mark.parametrize("mailboxes", [1, 1_000, 50_000])
def test_it_counts_without_settings_for_any_size(flask, mailboxes):
    result = flask("--mailboxes", str(mailboxes), "--json")

    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert set(COUNTS) <= set(answer["counts"])
    assert answer["first_limit"]["name"] == answer["limits"][0]["name"]
    for column in ("first", "later", "once"):
        together = sum(item[column] for item in answer["dollars_by_item"].values())
        assert answer["dollars"][column] == pytest.approx(together)
    assert answer["prices_as_of"] in PRICES.read_text()


def test_it_says_it_in_words(flask):
    text = " ".join(flask("--mailboxes", "1000").stdout.split())

    assert "1,000 mailboxes, 40 mails a day each, in 30 days" in text
    assert "The first limit is " in text
    assert "Assumed: 30% of the mail is logged" in text
    assert "bound by mailboxes read at a time (WORKER_INSTANCES)" in text
    assert "With WORKER_INSTANCES=10 it would take" in text
    assert "Salesforce data storage of 29.5 GiB is full after" in text
    assert "check them" in text
    assert "OVER" not in text
    assert (
        "Running in the busiest hour: 1 worker instance. The first month is counted with all older mail in it" in text
    )
    assert "too low" not in text


def test_older_mail_that_takes_longer_than_a_month_is_not_in_the_first(flask):
    text = " ".join(flask("--mailboxes", "20000").stdout.split())
    never = " ".join(flask("--mailboxes", "50000", "--mails-per-day", "80").stdout.split())

    assert re.search(r"with all older mail, which is in after \d+ days; months before cost less\.", text)
    assert "though it is never read to its end" in never


def test_what_is_over_its_limit_is_marked_and_the_right_number_of_workers_said(flask):
    text = " ".join(flask("--mailboxes", "20000").stdout.split())

    assert len(re.findall("OVER(?!,)", text)) == 3
    assert len(re.findall("OVER, [^:]+(: [^:]+)?: [^.]+[.]", text)) == 3
    assert "OVER, Queue live: tasks at a time: jobs start later: raise WORKER_INSTANCES." in text
    assert "These sums are too low: they are for WORKER_INSTANCES=4, and this size needs 12." in text
    assert "This size needs WORKER_INSTANCES=12: with 4 jobs wait." in text
    assert "OVER" not in flask("--mailboxes", "20000", "--worker-instances", "12").stdout


def test_a_small_org_is_too_small_for_older_mail(flask):
    options = ("--mailboxes", "5000", "--salesforce-gigabytes", "20")

    assert "too small for the older mail" in " ".join(flask(*options).stdout.split())
    assert json.loads(flask(*options, "--json").stdout)["salesforce_months_until_full"] == 0


def test_years_of_reading_older_mail_are_remarked_upon(flask):
    assert "shorten BACKFILL_MONTHS" in " ".join(flask("--mailboxes", "50000").stdout.split())


def test_help_says_what_is_assumed(flask):
    text = " ".join(flask("--help").stdout.split())

    for default in ("30.0", "75.0", "12.0", "hsm", "4", "10 GB, and 20 MB for each mailbox"):
        assert f"[default: {default}" in text


def test_what_an_org_allows_can_be_said(flask):
    options = ("--mailboxes", "2000", "--json")
    few = json.loads(flask(*options, "--salesforce-calls-per-day", "15000").stdout)

    assert few["first_limit"]["name"] == "Salesforce calls a day"


def test_older_mail_that_is_never_read_is_null_and_said(flask):
    options = ("--mailboxes", "50000", "--mails-per-day", "80")

    assert json.loads(flask(*options, "--json").stdout)["backfill"]["days"] is None
    assert "never read to its end" in " ".join(flask(*options).stdout.split())


@pytest.mark.parametrize(
    "options",
    [
        ("--mailboxes", "0"),
        ("--mailboxes", "50001"),
        ("--mailboxes", "5", "--key-protection", "none"),
        (),
        ("--mailboxes", "5", "--logged-percent", "90"),
        ("--mailboxes", "5", "--peak", "nan"),
        ("--mailboxes", "5", "--peak", "inf"),
        ("--mailboxes", "5", "--message-kilobytes", "inf"),
        ("--mailboxes", "5", "--mails-per-day", "nan"),
    ],
)
def test_what_cannot_be_is_refused(flask, options):
    assert flask(*options).exit_code in (2, 4)


def test_every_figure_has_a_unit_and_a_source():
    document = tomllib.loads(PRICES.read_text())

    for table in ("prices", "assumed"):
        for name, entry in document[table].items():
            assert set(entry) == {"value", "unit", "source"}, name
            assert entry["source"], name
