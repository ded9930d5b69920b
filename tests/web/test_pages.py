"""Terms, privacy and support: what they say is what the settings and the service do."""

from __future__ import annotations

import re

import pytest

from addon.gallery import gallery
from server.domain.errors import ConfigurationError
from server.settings import Settings
from server.web.app import create_app
from server.web.pages import PAGES


def read(scene, page, **settings):
    answer = create_app({**scene.source, **settings}).test_client().get(f"/{page}")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_there_for_everybody_and_names_the_organisation(scene, page):
    text = read(scene, page)
    assert f"<title>{page.title()}: Truly Email Tracking</title>" in text
    assert "acme" in text or page == "support"
    assert "{{" not in text


@pytest.mark.parametrize("page", PAGES)
def test_each_page_says_whom_to_ask(scene, page):
    assert "administrator" in read(scene, page)
    assert 'href="mailto:help@acme.example"' in read(scene, page, HELP_CONTACT="help@acme.example")
    assert 'href="https://help.acme.example/mail"' in read(scene, page, HELP_CONTACT="https://help.acme.example/mail")


def test_the_admins_own_address_stands_on_no_public_page(scene):
    assert not any("ann@acme.example" in read(scene, page) for page in PAGES)


@pytest.mark.parametrize(
    "contact",
    [
        "javascript:alert(1)",
        "http://plain.example",
        "help",
        "https://a b",
        "https://[help",
        "https://ann@help",
        "https:///help",
    ],
)
def test_a_contact_of_another_kind_is_refused(scene, contact):
    with pytest.raises(ConfigurationError, match="HELP_CONTACT"):
        Settings.of({**scene.source, "HELP_CONTACT": contact})


def test_what_stands_in_a_setting_is_text_and_no_markup(scene):
    text = read(scene, "support", HELP_CONTACT='https://x.example/"><script>alert(1)</script>')
    assert "<script" not in text


@pytest.mark.parametrize(
    ("disclosure", "sentence"),
    [("text", "the words that its author wrote"), ("subject", "Not its text"), ("headers", "Neither subject nor text")],
)
def test_privacy_says_what_salesforce_gets(scene, disclosure, sentence):
    text = read(scene, "privacy", DISCLOSURE=disclosure)
    assert sentence in text


@pytest.mark.parametrize(
    "promise",
    [
        "what was logged", "Who opens a copy", "before the copy is open", "stays until acme erases it", "destroys its key",
        "up to an hour", "Nothing is sold", "trains a model", "Limited Use",
    ],
)  # fmt: skip
def test_privacy_says_what_googles_policy_asks_for(scene, promise):
    assert promise in read(scene, "privacy")


def test_the_buttons_that_the_pages_name_are_on_the_cards(scene):
    named = {name for page in PAGES for name in re.findall(r"<em>(.*?)</em>", read(scene, page))}
    cards = str([card for _name, card in gallery()])
    assert named == {"Move", "Use another", "Stop logging", "Log now"}
    assert all(f"'text': '{name}'" in cards for name in named)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_loads_anything_from_elsewhere(scene, page):
    answer = create_app(scene.source).test_client().get(f"/{page}")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', answer.get_data(as_text=True))
    assert loaded == ["/static/pages.css"]


def test_the_worker_has_no_pages(scene):
    client = create_app({**scene.source, "ROLE": "worker"}).test_client()
    assert [client.get(f"/{page}").status_code for page in PAGES] == [404] * 3


def test_without_settings_the_pages_say_so(scene):
    client = create_app({**scene.source, "ORGANISATION": ""}).test_client()
    assert client.get("/privacy").status_code == 503


def test_privacy_says_that_operators_could_read(scene):
    """As docs/deploy.md does of OPERATORS."""
    text = " ".join(read(scene, "privacy").split())
    assert "the few people whom acme lets run it could read them too" in text
    assert "the ledger has no entry of that" in text


def test_terms_fit_a_service_on_one_machine_too(scene):
    assert "in its own Google Cloud project or on its own machine" in read(scene, "terms")
