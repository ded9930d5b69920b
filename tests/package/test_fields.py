"""What the server writes has its field in the package, fitting and permitted."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.adapters.salesforce.matching.spellings import fold_domain, fold_typed_domain
from server.adapters.salesforce.org import shape
from server.domain.crm import Direction
from server.rules.headers.domains import is_public_mail_domain, list_parents
from server.rules.headers.listed_names import public_mail_entries
from simulator.salesforce.schema import PACKAGED
from tests.support import account_domain, package
from tests.support.account_domain import AccountFields, spend_night

KINDS = {
    "sent_at": "DateTime",
    "direction": "Picklist",
    "attachments": "Number",
    "response_minutes": "Number",
    "backfilled": "Checkbox",
}
"""By our name of a field; the others are Text."""
KEY_LENGTH = 64
EXAMPLES = json.loads((account_domain.RESOURCES / "AccountDomainExamples.json").read_text())


@pytest.mark.parametrize("ours", shape.ACTIVITY)
def test_each_activity_field_has_a_fitting_type(ours: str) -> None:
    found = package.fields()["Activity"][shape.ACTIVITY[ours][0]]
    assert found.type == KINDS.get(ours, "Text")
    if found.type == "Text":
        assert found.length == (KEY_LENGTH if ours == "key" else 255)
    assert not found.is_required


def test_the_package_has_no_activity_field_that_the_server_does_not_write() -> None:
    assert set(package.fields()["Activity"]) == {names[0] for names in shape.ACTIVITY.values()}


@pytest.mark.parametrize("ours", shape.COVERAGE_FIELDS)
def test_each_field_of_a_day_has_a_fitting_type(ours: str) -> None:
    found = package.fields()[shape.COVERAGE[0]][shape.COVERAGE_FIELDS[ours][0]]
    texts, is_key = {"key", "mailbox", "causes"}, ours == "key"
    assert found.type == ("Text" if ours in texts else "Date" if ours == "day" else "Number")
    assert found.length == (255 if ours in texts else 0)
    assert (found.is_external_id, found.is_unique, found.is_required) == (is_key, is_key, False)


def test_the_key_is_unique_by_case_and_the_domain_is_shared() -> None:
    key = package.fields()["Activity"][shape.ACTIVITY["key"][0]]
    assert (key.is_external_id, key.is_unique, key.is_case_sensitive) == (True, True, True)
    account = package.fields()["Account"]
    domain = account[shape.DOMAIN[0]]
    assert (domain.type, domain.length, domain.is_external_id, domain.is_unique) == ("Text", 255, True, False)
    assert account[shape.CONTACTS_ONLY[0]].type == "Checkbox"


def test_the_direction_has_the_servers_words() -> None:
    assert set(package.fields()["Activity"]["Direction__c"].picklist) == {each.value for each in Direction}


def test_the_simulator_knows_the_same_fields() -> None:
    for owner, kind in (("Account", "Account"), ("Activity", "Task")):
        known = {f"{plain}__c": field for plain, _, field in PACKAGED[kind]}
        ours = package.fields()[owner]
        assert set(known) <= set(ours)
        assert all(field.length in (0, 255, ours[name].length) for name, field in known.items())


def test_nothing_is_wrong_with_names_rights_and_companions() -> None:
    assert package.problems() == []


def test_the_integration_user_may_read_what_matching_reads() -> None:
    """Of standard fields, too: the usual profile of an integration user shows none that is not required."""
    assert package.rights()["Email_Sync_Integration"].keys() >= package.READ_STANDARD


def test_the_shared_list_is_as_the_server_has_it() -> None:
    packaged = set((account_domain.RESOURCES / "PublicMailDomains.txt").read_text().splitlines())
    assert packaged == public_mail_entries() | account_domain.SHARED_SITES
    assert len(packaged) > 15_000


def test_the_shared_list_is_in_the_order_that_its_class_searches() -> None:
    """PublicMailDomains.cls halves the ordered lines, and searches the last 1,024 characters as they are."""
    lines = (account_domain.RESOURCES / "PublicMailDomains.txt").read_text().splitlines()
    assert lines == sorted(lines)
    assert lines[0].startswith("!")
    assert max(map(len, lines)) < 1024 / 2


@pytest.mark.parametrize("example", [e for e in EXAMPLES if "domain" in e], ids=lambda e: e["why"])
def test_the_rule_of_an_accounts_domain(example: dict[str, object]) -> None:
    assert set(example) - {"domains"} == {"why", "emails", "website", "domain"}
    emails, website = example["emails"], example["website"]
    assert isinstance(emails, list)
    assert website is None or isinstance(website, str)
    assert account_domain.choose(emails, website) == example["domain"]
    assert account_domain.choose_all(emails, website) == example.get(
        "domains", account_domain.choose_all(emails, website)
    )


@pytest.mark.parametrize("example", [e for e in EXAMPLES if "account" in e], ids=lambda e: e["why"])
def test_what_a_night_makes_of_an_account(example: dict[str, Any]) -> None:
    before, after = AccountFields(**example["account"]), AccountFields(**example["becomes"])
    told = {"older": example["older"], "several": example["several"]}
    assert spend_night(before, example["emails"], example["website"], **told) == after
    assert spend_night(after, example["emails"], example["website"], several=example["several"]) == after, "rest"


@pytest.mark.parametrize("example", [e for e in EXAMPLES if "typed" in e], ids=lambda e: e["why"])
def test_the_tidy_form_of_a_typed_domain(example: dict[str, str]) -> None:
    assert set(example) == {"why", "typed", "tidy"}
    assert account_domain.tidy(example["typed"]) == example["tidy"]
    if example["tidy"]:
        assert account_domain.tidy(example["tidy"]) == example["tidy"], "the next night changes nothing"


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.get("tidy")], ids=lambda e: e["why"])
def test_the_server_reads_what_was_typed_as_the_package_tidies_it(example: dict[str, str]) -> None:
    """An account is found before the night has tidied its field, and after."""
    read = {fold_typed_domain(part) for part in re.split(r"[,;\s]+", example["typed"]) if part}
    assert read == {fold_domain(domain) for domain in example["tidy"].split("; ")}


TYPED = st.sampled_from(
    ["{}", "@{}", "www.{}", "https://{}/", "HTTP://WWW.{}:443/a?b#c", "*.{}", "{}.", " {}\n", "ann@{}"]
)


@settings(deadline=None)  # the first one reads the lists
@given(
    st.lists(st.tuples(st.sampled_from(["acme.example", "mail.acme.co.uk", "b\u00fccher.example"]), TYPED), min_size=1)
)
def test_however_several_are_typed_both_read_the_same(typed: list[tuple[str, str]]) -> None:
    text = "; ".join(form.format(domain) for domain, form in typed)
    assert account_domain.tidy(text) == "; ".join(dict.fromkeys(domain for domain, _ in typed))
    read = {fold_typed_domain(part) for part in re.split(r"[,;\s]+", text) if part}
    assert read == {fold_domain(domain) for domain, _ in typed}


LABEL = st.sampled_from(["acme", "mail", "eu", "co", "uk", "example", "gmail", "com"])
DOMAIN = st.lists(LABEL, min_size=2, max_size=4).map(".".join)


@settings(deadline=None)  # the first one reads the lists
@given(st.lists(DOMAIN, max_size=5))
def test_the_server_finds_the_account_by_its_first_company_contact(domains: list[str]) -> None:
    """What is stored is among the domains that the server asks for, unless it is nobody's own domain."""
    stored = account_domain.choose([f"ann@{each}" for each in domains], None)
    own = [each for each in domains if not is_public_mail_domain(each) and not account_domain.is_registry(each)]
    assert (stored is None) == (not own)
    if stored is not None and list_parents(stored):
        assert stored in list_parents(own[0])
        assert not is_public_mail_domain(stored)
