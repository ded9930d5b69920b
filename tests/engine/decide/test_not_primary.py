"""NOT_PRIMARY: what a person wrote and Gmail put in a category, by whom Salesforce knows."""

from __future__ import annotations

import pytest

from server.domain.mailbox import Stage
from tests.support.rep import Rep
from tests.support.scene import eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
STRANGER = "sam@byron.example"
"""No Contact, though of a company that is an Account."""
CATEGORIES = ("PROMOTIONS", "SOCIAL", "UPDATES", "FORUMS", "PURCHASES")
ROBOT = {"List_Unsubscribe": "<https://x.example>", "Auto_Submitted": "auto-generated"}


@pytest.fixture(params=[True, False], ids=["past", "live"])
def scene(request, make_scene):
    """What arrives is read out of the past, or as it comes."""
    made = make_scene(NOT_PRIMARY="contacts")
    if not request.param:
        made.sync()
    return made


def note_reads(scene) -> list[str]:
    return [c.detail["id"] for c in scene.universe.calls.calls("gmail") if c.detail.get("body")]


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_contacts_own_mail_is_logged_from_any_category(scene, category):
    message = scene.deliver(ANN, eml(), "INBOX", f"CATEGORY_{category}")
    scene.sync()

    assert [task["Subject"] for task in scene.tasks()] == ["From ada@byron.example: Lamps"]
    assert (
        "Logged on Ada Byron, Byron Works" in Rep(scene, ANN, message).read
        or "Logged in Salesforce" in Rep(scene, ANN, message).read
    )


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (eml(sender=STRANGER), "not_primary"),
        (eml(**ROBOT), "not_primary"),
        (eml(sender=BEN), "not_primary"),
        (eml(sender=BEN, Cc="ada@byron.example"), "not_primary"),
        (eml(sender="leo@brandt.example"), "not_primary"),
    ],
    ids=["nobody's contact", "a robot", "a colleague", "a colleague to a contact", "a lead"],
)
def test_what_is_not_a_contacts_stays_out_and_unread(scene, raw, reason):
    message = scene.deliver(ANN, raw, "INBOX", "CATEGORY_UPDATES")
    scene.sync()

    assert scene.outcomes()[message] == reason
    assert scene.tasks() == []
    assert note_reads(scene) == []
    assert "Gmail put this email in Updates (also where tabs are off)." in Rep(scene, ANN, message).read


def test_an_answer_in_a_logged_conversation_is_decided_as_primary_mail(scene):
    scene.deliver(ANN, eml(message_id="<root@byron.example>"), "INBOX")
    scene.sync()
    answer = eml(
        sender=STRANGER, In_Reply_To="<root@byron.example>", References="<root@byron.example>", subject="Re: Lamps"
    )
    message = scene.deliver(ANN, answer, "INBOX", "CATEGORY_UPDATES")
    scene.sync()

    assert scene.outcomes()[message] == "account_domain_match"
    assert len(scene.tasks()) == 2


@pytest.mark.parametrize("setting", ["skip", "contacts"])
def test_spam_and_what_is_kept_out_stay_out(make_scene, setting):
    scene = make_scene(NOT_PRIMARY=setting, BLOCKED="blocked.example")
    label = scene.universe.mailboxes[ANN].label_id("Don't log")
    scene.deliver(ANN, eml(subject="spam"), "SPAM", "CATEGORY_UPDATES")
    scene.deliver(ANN, eml(subject="label"), "CATEGORY_UPDATES", label)
    scene.deliver(ANN, eml(subject="blocked", Cc="x@blocked.example"), "CATEGORY_UPDATES")
    scene.sync()

    assert scene.tasks() == []
    assert note_reads(scene) == []


def test_by_default_a_contacts_mail_in_a_category_stays_out(make_scene):
    scene = make_scene()
    scene.sync()
    message = scene.deliver(ANN, eml(), "INBOX", "CATEGORY_UPDATES")
    scene.sync()

    assert scene.outcomes()[message] == "not_primary"
    assert not [c for c in scene.universe.calls.calls("salesforce") if c.method == "query" and "ada@" in str(c.detail)]


def test_a_primary_copy_takes_a_colleagues_copy_in_a_category_along(make_scene):
    scene = make_scene(NOT_PRIMARY="contacts")
    raw = eml(sender=STRANGER, to=f"{ANN}, {BEN}")
    scene.deliver(ANN, raw, "INBOX")
    hers = scene.deliver(BEN, raw, "INBOX", "CATEGORY_UPDATES")
    scene.sync()

    assert len(scene.tasks()) == 1
    assert scene.outcomes(BEN)[hers] == "account_domain_match"


def test_log_it_anyway_beats_a_category(make_scene):
    scene = make_scene(NOT_PRIMARY="contacts")
    message = scene.deliver(ANN, eml(sender=STRANGER), "INBOX", "CATEGORY_UPDATES")
    scene.sync()
    Rep(scene, ANN, message).click("Log it anyway")
    scene.sync()

    assert len(scene.tasks()) == 1


def test_the_card_of_mail_that_is_not_read_yet_says_what_will_be(scene):
    scene.sync()
    logged = scene.deliver(ANN, eml(), "INBOX", "CATEGORY_UPDATES")
    left = scene.deliver(ANN, eml(sender=STRANGER), "INBOX", "CATEGORY_UPDATES")

    assert "Will be logged in Salesforce" in Rep(scene, ANN, logged).read
    assert "Gmail put this email in Updates (also where tabs are off)." in Rep(scene, ANN, left).read


@pytest.mark.parametrize("setting", ["skip", "contacts"])
def test_a_category_that_nobody_knows_yet_is_primary(make_scene, setting):
    scene = make_scene(NOT_PRIMARY=setting)
    scene.deliver(ANN, eml(), "INBOX", "CATEGORY_WHATEVER")
    scene.sync()

    assert len(scene.tasks()) == 1


def run_all(scene, *command: str) -> str:
    return " ".join(scene.flask(*command).output.split())


def deliver_some(scene) -> None:
    for number in range(2):
        scene.deliver(ANN, eml(subject=f"contact {number}"), "INBOX", "CATEGORY_UPDATES")
    scene.deliver(ANN, eml(sender=STRANGER), "INBOX", "CATEGORY_PROMOTIONS")
    scene.deliver(ANN, eml(**ROBOT), "INBOX", "CATEGORY_PROMOTIONS")
    scene.deliver(ANN, eml(subject="spam"), "SPAM")


def test_coverage_and_dry_run_say_what_the_rule_costs(make_scene):
    """Three emails that people wrote come live, two of them from a contact."""
    scene = make_scene()
    scene.sync()
    deliver_some(scene)
    scene.sync()

    shown = run_all(scene, "coverage", ANN)
    assert "Left out in Gmail's categories: 3 emails that people wrote. dry-run says how many" in shown
    shown = run_all(scene, "dry-run", ANN)
    assert "With NOT_PRIMARY=contacts new email of this kind would be logged. What was left out stays out" in shown
    assert "4 emails are left out because Gmail put them into" in shown
    assert "Of 4 looked at, 2 emails were written by contacts or in logged conversations" in shown
    assert scene.tasks() == []
    assert note_reads(scene) == []


def test_dry_run_looks_at_some_of_the_past_of_which_no_header_was_read(make_scene):
    scene = make_scene()
    deliver_some(scene)
    scene.sync()

    shown = run_all(scene, "coverage", ANN)
    assert "Left out in Gmail's categories: 4 emails whose authors were never read. dry-run says" in shown
    assert "that people wrote" not in shown
    shown = run_all(scene, "dry-run", ANN)
    assert "Of 4 looked at, 2 emails were written by contacts or in logged conversations" in shown


def test_a_person_in_trial_sees_what_the_setting_brings(make_scene):
    scene = make_scene(NOT_PRIMARY="contacts", NEW_MAILBOX_STAGE="dry_run")
    deliver_some(scene)
    scene.sync()
    shown = run_all(scene, "dry-run", ANN)
    assert "2 of them are from Gmail's categories, for NOT_PRIMARY is contacts." in shown

    scene.restart(NEW_MAILBOX_STAGE="live", NOT_PRIMARY="contacts")
    scene.set_stage(ANN, Stage.LIVE)
    scene.sync()
    assert len(scene.tasks()) == 2
    shown = run_all(scene, "coverage", ANN)
    assert "2 logged emails are from Gmail's categories, for NOT_PRIMARY is contacts." in shown


def test_an_unknown_category_is_named_with_its_number(make_scene):
    scene = make_scene()
    for number in range(3):
        scene.deliver(ANN, eml(subject=str(number)), "INBOX", "CATEGORY_WHATEVER")
    scene.sync()

    assert len(scene.tasks()) == 3
    shown = run_all(scene, "coverage", ANN)
    assert f"{ANN}: 3 emails in CATEGORY_WHATEVER, a category unknown to this version, counted as primary." in shown
    assert "CATEGORY_WHATEVER, with 3 of the emails" in run_all(scene, "doctor")
    assert "CATEGORY_UPDATES" not in run_all(scene, "doctor")


def test_what_was_left_out_before_stays_out_as_dry_run_says_and_the_card_brings_it_in(make_scene):
    scene = make_scene()
    scene.sync()
    message = scene.deliver(ANN, eml(), "INBOX", "CATEGORY_UPDATES")
    scene.sync()

    scene.restart(NOT_PRIMARY="contacts")
    shown = run_all(scene, "dry-run", ANN)
    scene.sync()

    assert "NOT_PRIMARY=contacts" not in shown
    assert 'What was left out stays out, unless somebody chooses "Log it anyway" on its card.' in shown
    assert scene.tasks() == []
    Rep(scene, ANN, message).click("Log it anyway")
    scene.sync()
    assert len(scene.tasks()) == 1
