"""Whose domain it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rules.headers.domains import (
    find_registrable_domain,
    is_public_mail_domain,
    is_within,
    list_parents,
    normalise_domain,
)


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("acme.com", "acme.com"),
        ("mail.eu.acme.co.uk", "acme.co.uk"),
        ("Acme.Example.", "acme.example"),
        ("acme.github.io", "acme.github.io"),
        ("www.acme.github.io", "acme.github.io"),
        ("github.io", "github.io"),
        ("shop.acme.azurewebsites.net", "acme.azurewebsites.net"),
        ("s3.amazonaws.com", "s3.amazonaws.com"),
        ("shop.münchen.de", "xn--mnchen-3ya.de"),
        ("co.uk", None),
        ("com", None),
        ("localhost", None),
        ("10.0.0.1", None),
        ("[10.0.0.1]", None),
        ("", None),
        ("a..b", None),
        ("x" * 300 + ".com", None),
    ],
)
def test_the_part_somebody_registered(domain, expected):
    assert find_registrable_domain(domain) == expected


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("a.b.acme.co.uk", ("a.b.acme.co.uk", "b.acme.co.uk", "acme.co.uk")),
        ("acme.com", ("acme.com",)),
        ("acme.github.io", ("acme.github.io",)),
        ("eu.acme.blogspot.com", ("eu.acme.blogspot.com", "acme.blogspot.com")),
        ("github.io", ("github.io",)),
        ("co.uk", ()),
        ("10.0.0.1", ()),
        ("not a domain", ()),
    ],
)
def test_parents_end_at_the_registrable_domain(domain, expected):
    assert list_parents(domain) == expected


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "GoogleMail.com",
        "hey.com",
        "privaterelay.appleid.com",
        "mail.yahoo.co.uk",
        "x.gmail.com",
        "icloud.com",
    ],
)
def test_everybody_has_an_address_there(domain):
    assert is_public_mail_domain(domain)


@pytest.mark.parametrize("domain", ["acme.com", "notgmail.com", "gmail.com.acme.com", "appleid.com", "", "com"])
def test_these_are_not_public(domain):
    assert not is_public_mail_domain(domain)


def test_settings_add_public_domains():
    assert is_public_mail_domain("mail.isp.example", frozenset({"isp.example"}))


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("acme.com", True),
        ("eu.acme.com", True),
        ("ACME.com", True),
        ("notacme.com", False),
        ("com", False),
        ("", False),
    ],
)
def test_within_respects_label_boundaries(domain, expected):
    assert is_within(domain, {"acme.com"}) is expected
    assert is_within(domain, frozenset()) is False


def test_a_domain_that_idna_refuses_stays_readable():
    assert normalise_domain("Ünder_score.de") == "ünder_score.de"


@given(st.text())
def test_no_text_crashes(text):
    clean = normalise_domain(text)

    assert clean is None or normalise_domain(clean) == clean
    assert list_parents(text) == () or list_parents(text)[-1] == find_registrable_domain(text)
    is_public_mail_domain(text)
    is_within(text, {"acme.com"})


@pytest.mark.parametrize("domain", ["mailinator.com", "a.guerrillamail.com", "10minutemail.com", "YOPMAIL.com"])
def test_disposable_mail_is_nobodys_company(domain):
    assert is_public_mail_domain(domain)


def test_no_list_makes_a_suffix_or_a_company_public():
    assert not any(
        is_public_mail_domain(domain) for domain in ("com", "co.uk", "acme.com", "salesforce.com", "sap.com")
    )
