"""Settings: all problems at once, safe defaults, and production unless somebody says otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import ConfigurationError
from server.domain.mailbox import Stage
from server.domain.policy import Disclosure
from server.settings import Environment, QuotaSettings, Settings

LEAST = {
    "ORGANISATION": "acme",
    "GOOGLE_ADMIN": "admin@acme.example",
    "GOOGLE_DELEGATE": "truly@acme.iam.gserviceaccount.com",
    "SALESFORCE_DOMAIN": "acme.my",
    "SALESFORCE_CONSUMER_KEY": "key",
    "SALESFORCE_CONSUMER_SECRET": "secret",
}
NAMES = sorted(
    {
        *LEAST,
        "STATE",
        "KEYS",
        "MAILBOXES",
        "BACKFILL_MONTHS",
        "DISCLOSURE",
        "WORKERS",
        "PUBLIC_URL",
        "ENVIRONMENT",
        "PUBSUB_TOPIC",
    }
)


def test_the_least_that_must_be_said_gives_safe_defaults() -> None:
    settings = Settings.of(LEAST)
    assert settings.environment is Environment.PRODUCTION
    assert settings.new_mailbox_stage is Stage.DRY_RUN
    assert settings.disclosure is Disclosure.TEXT
    assert settings.backfill_months == 12
    assert settings.quota == QuotaSettings(6_000, 1_200_000, 80_000_000, 0)
    assert (settings.may_open_copies, settings.mailboxes, settings.simulator_url) == (False, frozenset(), "")


@pytest.mark.parametrize("name", [n for n in LEAST if n not in ("GOOGLE_DELEGATE", "SALESFORCE_CONSUMER_SECRET")])
def test_what_must_be_said_is_asked_for_by_name(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.of({k: v for k, v in LEAST.items() if k != name})
    assert caught.value.problems == (f"{name} is not set.",)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.of({"WORKERS": "no", "ENVIRONMENT": "test"})
    assert len(caught.value.problems) >= 8


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("acme.my", "acme.my"),
        ("Acme.my", "acme.my"),
        ("acme--UAT.sandbox.my", "acme--uat.sandbox.my"),
        ("acme-dev-ed.my", "acme-dev-ed.my"),
        ("acme-dev-ed.develop.my", "acme-dev-ed.develop.my"),
        ("acme-demo.trailblaze.my", "acme-demo.trailblaze.my"),
        ("acme.scratch.my", "acme.scratch.my"),
        ("acme--uat.sandbox.my.salesforce.com", "acme--uat.sandbox.my"),
        (" https://Acme.my.salesforce.com/ ", "acme.my"),
    ],
)
def test_the_domain_of_every_kind_of_org_is_taken_as_people_write_it(written: str, domain: str) -> None:
    assert Settings.of({**LEAST, "SALESFORCE_DOMAIN": written}).salesforce.domain == domain


@pytest.mark.parametrize(
    "written", ["login", "acme", "acme.my.salesforce.com.evil.example", "acme.my/path", "a.b.c.my", "evil.example/.my"]
)
def test_what_is_no_my_domain_is_refused(written: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.of({**LEAST, "SALESFORCE_DOMAIN": written})
    [problem] = caught.value.problems
    assert problem.startswith("SALESFORCE_DOMAIN must be My Domain, such as acme.my")


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        (
            {"SALESFORCE_DOMAIN": "https://acme.lightning.force.com"},
            (
                "SALESFORCE_DOMAIN must be My Domain, such as acme.my, acme--uat.sandbox.my or acme-dev-ed.develop.my"
                " (Setup, My Domain, without .salesforce.com)."
            ),
        ),
        ({"PUBLIC_URL": "http://acme.example"}, "PUBLIC_URL must be https://host, without a path."),
        ({"NEW_MAILBOX_STAGE": "on"}, "NEW_MAILBOX_STAGE must be off, dry_run or live."),
        (
            {"GMAIL_UNITS_PER_MINUTE": "199"},
            "GMAIL_UNITS_PER_MINUTE must be a number of quota units a minute, at least 200, or 0 for not paced.",
        ),
        ({"PUBLISH_DELAY_SECONDS": "-1"}, "PUBLISH_DELAY_SECONDS must be a number of seconds."),
        (
            {"ENVIRONMENT": "simulator"},
            "ENVIRONMENT is simulator, so SIMULATOR_URL must be an address on this machine.",
        ),
        (
            {"ENVIRONMENT": "simulator", "SIMULATOR_URL": "http://127.0.0.1.evil.example"},
            "ENVIRONMENT is simulator, so SIMULATOR_URL must be an address on this machine.",
        ),
        ({"PUBSUB_TOPIC": "gmail"}, "PUBSUB_TOPIC must be a topic's full name, projects/PROJECT/topics/TOPIC."),
        (
            {"PUBSUB_TOPIC": "projects/p/topics/t"},
            "PUBSUB_TOPIC needs PUSH_SERVICE_ACCOUNT: without it nobody who pushes is trusted.",
        ),
        (
            {"SCOPE_ORG_UNITS": "Sales"},
            "SCOPE_ORG_UNITS must be paths of org units such as /Sales, with commas between them.",
        ),
        (
            {"BLOCKED": "ann@acme.com foo!!bar"},
            (
                "BLOCKED must hold only what looks like an address or a domain, such as ann@acme.com or acme.com."
                " Value 2 does not."
            ),
        ),
        (
            {"BLOCKED": "acme.com foo"},
            (
                "BLOCKED must hold only what looks like an address or a domain, such as ann@acme.com or acme.com."
                " Value 2 does not."
            ),
        ),
        ({"INTERNAL_DOMAINS": "gmail.com"}, "INTERNAL_DOMAINS: at value 1, gmail.com, everybody can have an address."),
        ({"PUBLIC_MAIL_DOMAINS": "fr"}, "PUBLIC_MAIL_DOMAINS: value 1 is no domain that anybody owns."),
        ({"COMPANY_DOMAINS": "co.uk"}, "COMPANY_DOMAINS: value 1 is no domain that anybody owns."),
        (
            {"BLOCKED": "acme.com not-a-domain!!"},
            (
                "BLOCKED must hold only what looks like an address or a domain, such as ann@acme.com or acme.com."
                " Value 2 does not."
            ),
        ),
        (
            {"PUBLIC_MAIL_DOMAINS": "@@@"},
            "PUBLIC_MAIL_DOMAINS must hold only what looks like a domain such as acme.com. Value 1 does not.",
        ),
        (
            {"INTERNAL_DOMAINS": "https://acme.com"},
            "INTERNAL_DOMAINS must hold only what looks like a domain such as acme.com. Value 1 does not.",
        ),
        (
            {"MAILBOXES": "ann"},
            "MAILBOXES must hold only what looks like an address such as ann@acme.com. Value 1 does not.",
        ),
        (
            {"SCOPE_GROUPS": "sales"},
            "SCOPE_GROUPS must hold only what looks like an address such as ann@acme.com. Value 1 does not.",
        ),
        ({"REPORTS_WITNESS": "perhaps"}, "REPORTS_WITNESS must be yes or no."),
        ({"STATE": "firestore:UPPER"}, "STATE must be sqlite:FILE or firestore:PROJECT."),
    ],
)
def test_a_value_that_cannot_be_used_is_told(extra: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.of({**LEAST, **extra})
    assert problem in caught.value.problems


@pytest.mark.parametrize(("where", "is_there"), [("standard", True), ("", False), ("localdev", False)])
def test_app_engine_is_known_by_the_environment_it_sets(where: str, is_there: bool) -> None:
    assert Settings.of({**LEAST, "GAE_ENV": where}).cloud.is_on_app_engine is is_there


def test_lists_are_split_and_lower_case() -> None:
    settings = Settings.of({**LEAST, "MAILBOXES": "Ann@acme.example, ben@acme.example;\n c@acme.example"})
    assert settings.mailboxes == {"ann@acme.example", "ben@acme.example", "c@acme.example"}


def test_org_units_may_have_spaces_and_are_compared_without_case() -> None:
    settings = Settings.of(
        {**LEAST, "SCOPE_ORG_UNITS": "/Sales Team/North/, /Support;/", "SCOPE_GROUPS": "A@b.c d@e.f"}
    )
    assert settings.scope_org_units == {"/sales team/north", "/support", "/"}
    assert settings.scope_groups == {"a@b.c", "d@e.f"}


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30)))
def test_no_value_gives_anything_but_settings_or_problems(values: dict[str, str]) -> None:
    try:
        settings = Settings.of({**LEAST, **values})
    except ConfigurationError as error:
        assert error.problems
    else:
        assert settings.organisation


def test_no_secret_is_in_a_problem() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.of({**LEAST, "SALESFORCE_CONSUMER_SECRET": "hunter2", "GOOGLE_ADMIN": "hunter3", "WORKERS": "x"})
    assert "hunter" not in str(caught.value)


PASTED_KEY = "-----BEGIN PRIVATE KEY-----\n" + 26 * (16 * "hunter2/" + "\n") + "-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("name", ["SALESFORCE_PRIVATE_KEY_FILE", "GOOGLE_SERVICE_ACCOUNT_FILE"])
@pytest.mark.parametrize("value", [PASTED_KEY, PASTED_KEY.replace("\n", "\\n"), "hunter2", "hunter2\0"])
def test_a_key_that_was_pasted_where_a_file_is_named_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.of({**LEAST, "SALESFORCE_USERNAME": "truly@acme.com", name: value})
    assert caught.value.problems == (f"{name} names a file that is not there.",)


@pytest.mark.parametrize(
    "name",
    ["MAILBOXES", "SCOPE_GROUPS", "BLOCKED", "INTERNAL_DOMAINS", "PUBLIC_MAIL_DOMAINS", "COMPANY_DOMAINS", "SALESFORCE_USERS",
     "SCOPE_ORG_UNITS", "HELP_CONTACT", "GOOGLE_DELEGATE"],
)  # fmt: skip
def test_a_person_s_name_is_not_in_a_problem(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.of({**LEAST, name: "Lovelace"})
    assert name in str(caught.value)
    assert "lovelace" not in str(caught.value).lower()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BACKFILL_MONTHS", "1" + 400 * "0", "BACKFILL_MONTHS must be a number of months, or all."),
        ("NEW_MAILBOX_STAGE", "draining", "NEW_MAILBOX_STAGE must be off, dry_run or live."),
    ],
)
def test_values_that_nobody_can_mean(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.of({**LEAST, name: value})
    assert said in caught.value.problems


def test_who_keeps_the_old_name_of_a_setting_is_told_the_new_one() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.of({**LEAST, "SUPPORT_CONTACT": "help@acme.example"})
    assert caught.value.problems == ("SUPPORT_CONTACT is now called HELP_CONTACT: rename it.",)
