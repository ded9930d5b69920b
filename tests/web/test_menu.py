"""Help, settings and refresh from the menu of a card, and whom each card says to ask."""

from __future__ import annotations

import json

import pytest

from addon import texts as words
from addon.gallery import gallery
from server.domain.mailbox import Stage
from server.settings import Settings
from server.web.addon import deployment
from tests.support.cards import card_of, texts
from tests.support.rep import Rep
from tests.support.scene import eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
HELP, SETTINGS = "/addon/help", "/addon/settings"


def read(scene, path, address=ANN):
    return texts(card_of(scene.ask(path, address)))


def test_the_manifest_has_both_and_each_answers_as_a_click_does(scene):
    scene.sync()
    actions = deployment(Settings.of(scene.source))["addOns"]["common"]["universalActions"]

    assert [action["label"] for action in actions] == [words.SETTINGS, words.HELP]
    for action in actions:
        answer = scene.ask(action["runFunction"].removeprefix("https://truly.example"), ANN)
        assert answer["renderActions"]["action"]["navigations"][0]["pushCard"]


def test_help_says_what_is_logged_and_why_and_whom_to_ask(scene):
    found = read(scene, HELP)

    assert found[1:7] == [
        words.HOME_TITLE, words.HOME_TEXT.format(who=words.HOME_WHO["text"]),
        words.NEVER_LOGGED, words.NEVER_LOGGED_TEXT.format(but=""), words.HELP_WHY, words.HELP_WHY_TEXT,
    ]  # fmt: skip
    assert found[8].startswith("Ask your Google Workspace admin.")


def test_help_leads_to_a_page_and_google_lets_it(scene):
    scene.restart(HELP_CONTACT="https://help.acme.example/mail")
    card = card_of(scene.ask(HELP, ANN))
    [button] = card["sections"][-1]["widgets"][-1]["buttonList"]["buttons"]

    assert button["onClick"] == {"openLink": {"url": "https://help.acme.example/mail"}}
    linked = deployment(Settings.of(scene.source))["addOns"]["common"]["openLinkUrlPrefixes"]
    assert "https://help.acme.example/" in linked


@pytest.mark.parametrize("stage", [Stage.LIVE, Stage.DRY_RUN, Stage.DRAINING])
def test_settings_say_what_holds_for_the_mailbox_and_switch_nothing(scene, stage):
    scene.sync()
    scene.set_stage(ANN, stage)
    card = card_of(scene.ask(SETTINGS, ANN))

    assert texts(card)[1:5] == [
        words.SETTINGS_MAILBOX, words.SETTINGS_STAGE[stage.value], words.SETTINGS_READERS, words.HOME_WHO["text"],
    ]  # fmt: skip
    assert "onClick" not in json.dumps(card)


def test_settings_of_a_mailbox_that_is_not_included_say_so(scene):
    scene.sync()
    scene.set_stage(ANN, Stage.OFF)

    assert read(scene, SETTINGS)[1] == "Your mailbox isn't included"
    assert scene.ask(SETTINGS, ANN)["renderActions"]


def test_settings_ask_for_the_consent_without_which_nobody_is_known(scene):
    event = scene.addon_host.event(ANN, declined=["userinfo.email"])

    assert scene.post(SETTINGS, event) == {
        "requesting_google_scopes": {"scopes": ["https://www.googleapis.com/auth/userinfo.email"]}
    }


def test_refresh_shows_the_message_as_it_is_now(scene):
    scene.sync()
    message = scene.deliver(ANN, eml())
    rep = Rep(scene, ANN, message)
    assert rep.read[1] == "Will be logged in Salesforce"
    scene.sync()

    assert rep.menu("Refresh").read[1] == "Logged in Salesforce"


@pytest.mark.parametrize("contact", ["", "help@acme.example"])
def test_no_card_names_the_admin_whom_the_service_acts_for(scene, contact):
    """Ann is GOOGLE_ADMIN: an address for Google's API, and nobody's help desk."""
    scene.restart(HELP_CONTACT=contact)
    message = scene.deliver(BEN, eml(to=BEN))
    scene.sync()
    scene.set_stage(BEN, Stage.OFF)
    cards = [scene.ask(path, BEN) for path in ("/addon/home", HELP, SETTINGS)]
    cards += [scene.ask("/addon/open", BEN, message), scene.ask("/addon/open", "x@gmail.com")]
    shown = " ".join(text for card in cards if "requesting_google_scopes" not in card for text in texts(card_of(card)))

    assert ANN not in shown
    assert (contact or words.HELPER) in shown


def test_no_card_of_the_gallery_has_a_gap_where_nobody_is_named():
    shown = " ".join(text for _, card in gallery() for text in texts(card))

    assert "{" not in shown
    assert "Ask ." not in shown
    assert "tell  if" not in shown


@pytest.mark.parametrize("path", [HELP, "/addon/home"])
@pytest.mark.parametrize("setting", ["skip", "contacts"])
def test_the_cards_say_what_the_setting_keeps_out_of_gmails_categories(make_scene, setting, path):
    scene = make_scene(NOT_PRIMARY=setting)
    scene.sync()

    said = " ".join(read(scene, path))

    assert "Promotions, Social, Updates, Forums and Purchases" in said
    assert ("but for what contacts write" in said) is (setting == "contacts")
