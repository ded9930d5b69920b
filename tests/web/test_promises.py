"""What people read is true: each text that promises something has the test that the promise is kept, to its far end."""

import html
import threading
import time
from dataclasses import replace

import pytest

from addon import texts
from server.adapters.documents import Replace
from server.domain.errors import OverruledError, RejectedError, StateAwayError
from server.domain.history import MessageRef
from server.domain.ids import ActivityKey
from server.domain.ledger import row_key
from server.domain.mailbox import Stage
from server.engine.conversations.choice_keeper import Click
from server.runner.worker import Worker
from server.web import addon
from server.web.guards import Guard
from server.web.sidebar import deadline
from simulator.faults import Fault
from simulator.google_switches import GoogleSwitches
from simulator.salesforce.ids import to_18
from tests.support.cards import card_of
from tests.support.cards import texts as texts_of
from tests.support.engines import until
from tests.support.outside import erase
from tests.support.rep import Rep
from tests.support.scene import Scene, eml, small_world
from tests.support.wire import wrap_requests

ANN, BEN, CEM = "ann@acme.example", "ben@acme.example", "cem@acme.example"
ADA, BYRON, LEO = "003A00000000001IAA", "001A00000000001IAA", "00QA00000000001MAA"
NOVA = "who@nova.example"
MINUTE = 60.0
HOUR = 3600.0

NEWSLETTER = eml(
    sender="Byron Works <newsletter@byron.example>",
    subject="News from Byron Works",
    List_Unsubscribe="<https://byron.example/unsubscribe>",
    List_Unsubscribe_Post="List-Unsubscribe=One-Click",
    List_Id="<news.byron.example>",
    Feedback_ID="7:campaign:byron",
    Precedence="bulk",
)

PROMISES = {
    "HOME_TEXT": ["test_mail_with_people_or_companies_is_added_and_everything_else_stays"],
    "HOME_WHO": ["test_who_opens_the_record_reads_what_the_home_card_says"],
    "NEVER_LOGGED_BUT": ["test_what_a_contact_writes_in_a_category_is_logged_where_the_card_says_so"],
    "NEVER_LOGGED_TEXT": ["test_what_is_never_logged_is_not_logged", "test_new_replies_are_not_logged_after_a_stop"],
    "LOGGED": ["test_logged_in_salesforce_is_there"],
    "LOGGED_ON": ["test_logged_in_salesforce_is_there"],
    "FORESEEN": ["test_what_will_be_logged_is_logged_by_itself"],
    "CAN_BE_LOGGED": ["test_who_is_added_has_new_emails_logged_and_the_old_one_by_a_click"],
    "HELP_WHY_TEXT": ["test_logged_in_salesforce_is_there"],
    "SETTINGS_STAGE": [
        "test_mail_with_people_or_companies_is_added_and_everything_else_stays",
        "test_in_trial_mode_nothing_is_written_to_salesforce",
        "test_a_draining_mailbox_is_complete_up_to_the_moment_said",
    ],
    "SETTINGS_START": ["test_emails_from_before_the_day_said_are_left_out"],
    "TRIAL": ["test_in_trial_mode_the_card_says_what_would_happen"],
    "TRIAL_LOGGED": ["test_in_trial_mode_the_card_says_what_would_happen"],
    "SHORT_TRIAL": ["test_in_trial_mode_the_card_says_what_would_happen"],
    "TRIAL_WAITS": ["test_what_waits_in_trial_mode_is_logged_once_the_mailbox_is_live"],
    "SENTENCES.ready": ["test_what_waits_is_logged_within_minutes"],
    "SENTENCES.retrying": ["test_salesforce_away_is_tried_again_at_the_time_said"],
    "SENTENCES.rejected": ["test_a_refused_email_is_logged_once_that_is_fixed"],
    "SENTENCES.erased": ["test_what_is_in_salesforce_stays_when_our_copy_is_erased"],
    "SENTENCES.newer": ["test_what_a_newer_version_handles_is_shown_once_this_service_is_that_version"],
    "SENTENCES.taken_back": ["test_what_was_deleted_from_salesforce_is_left_out"],
    "KEPT_OUT_BY_LABEL": ["test_taking_the_label_off_logs_the_conversation"],
    "NO_MATCH_NAMED": ["test_who_is_added_has_new_emails_logged_and_the_old_one_by_a_click"],
    "REJECTED_SENTENCE": ["test_a_refused_email_is_logged_once_that_is_fixed"],
    "REJECTED_CODE": ["test_a_refused_email_is_logged_once_that_is_fixed"],
    "NOT_MARKED_SENT": ["test_own_mail_that_is_not_marked_as_sent_is_logged_when_it_is_seven_days_old"],
    "HELD_UNTIL": ["test_a_held_email_is_logged_at_the_time_said_and_not_before"],
    "RETRYING_AT": ["test_salesforce_away_is_tried_again_at_the_time_said"],
    "JOINED": ["test_what_another_tool_logged_is_not_added_twice"],
    "SHORT_FORESEEN": ["test_what_will_be_logged_is_logged_by_itself"],
    "STOP_REMOVES": [
        "test_stopped_emails_go_into_the_recycle_bin",
        "test_stopping_what_another_owns_deletes_nothing_and_its_copy_stays",
        "test_new_replies_are_not_logged_after_a_stop",
    ],
    "STAYS": ["test_stopping_what_another_owns_deletes_nothing_and_its_copy_stays"],
    "STAYS_UNNAMED": ["test_stopping_names_nobody_who_had_a_blind_copy"],
    "UNSEEN": ["test_what_salesforce_does_not_show_stays_and_all_else_goes"],
    "LOGGED_NOW": ["test_a_notice_says_what_was_done"],
    "LOGGED_SOON": ["test_a_notice_says_what_will_be_done"],
    "MOVED_NOW": ["test_a_notice_says_what_was_done"],
    "MOVED_REPLIES": ["test_new_replies_go_where_a_purged_email_could_not"],
    "MOVED_SOON": ["test_a_notice_says_what_will_be_done"],
    "STOPPED": ["test_stopped_emails_go_into_the_recycle_bin", "test_new_replies_are_not_logged_after_a_stop"],
    "UNDONE": ["test_a_notice_says_what_was_done"],
    "REFUSALS.not_included": ["test_a_mailbox_that_is_not_included_is_neither_read_nor_logged"],
    "REFUSALS.no_longer_read": ["test_a_draining_mailbox_is_complete_up_to_the_moment_said"],
    "REFUSALS.not_live": ["test_a_click_on_a_card_from_before_the_trial_changes_nothing"],
    "REFUSALS.other_org": ["test_nothing_is_logged_in_another_org_and_nothing_is_lost"],
    "REFUSALS.away": ["test_nothing_is_lost_while_salesforce_is_away"],
    "REFUSALS.just_sent": ["test_an_email_just_sent_that_gmail_does_not_name_is_logged_by_itself"],
    "REFUSALS.state_away": ["test_nothing_is_lost_while_our_own_records_are_away"],
    "REFUSALS.dropped": ["test_a_click_that_had_changed_nothing_in_time_changes_nothing"],
    "REFUSALS.under_way": ["test_a_slow_click_may_be_done_all_the_same"],
    "REFUSALS.overruled": ["test_an_older_click_does_not_overrule_a_newer_one"],
    "LATE_CLICKS": [
        "test_a_click_that_had_changed_nothing_in_time_changes_nothing",
        "test_a_slow_click_may_be_done_all_the_same",
        "test_a_stop_counts_over_a_move_that_is_still_under_way",
    ],
    "AS_KNOWN": ["test_a_slow_answer_shows_what_the_ledger_knows"],
    "HIDDEN_NOW": ["test_a_record_is_shown_again_once_salesforce_answers"],
    "REFUSALS.change": ["test_a_refused_change_can_be_tried_again"],
    "REFUSALS.impossible": ["test_what_cannot_be_done_changes_nothing"],
    "REFUSALS.stale": ["test_a_click_on_an_old_card_changes_nothing"],
    "REFUSALS.broken": ["test_a_failure_on_our_side_can_be_tried_again"],
}
"""For each text that promises something, the tests of this module that hold it. A table's entry follows a dot."""

NO_PROMISE = {
    "TITLE", "HELPER", "HELP", "HELP_WHY", "HELP_ASK", "HELP_ASK_TEXT", "HELP_PAGE", "SETTINGS", "SETTINGS_MAILBOX",
    "SETTINGS_READERS", "SETTINGS_ASK", "TRIAL_TITLE", "HOME_TITLE", "NEVER_LOGGED", "NOT_LOGGED", "WAITING", "REFUSED", "LOGGED_ANYWAY", "CHOSEN_GONE",
    "CHOSEN_GONE_NO_RECORD", "DOUBLED", "CONTACTS_ONLY_NAMED", "YOU", "SOMEBODY", "NOT_A_CONTACT", "ON_OPPORTUNITY", "HIDDEN",
    "BLIND", "AT_LEAST", "MORE_RECORDS", "UNRELATED_ONE", "UNRELATED_BEYOND", "UNRELATED_BLIND",
    "CATEGORIES", "OTHER_CATEGORY", "IN_CATEGORY", "NOT_SENT_YET", "KEPT_OUT_BY_OWNER", "NOT_CHOSEN", "CHOSE", "YOU_OWN", "OTHERS_HAVE_IT", "OTHERS_ON_IT", "WHYS",
    "MORE_HIDDEN", "NO_MATCH_PUBLIC", "UPDATING", "CONVERSATION", "EARLIER", "SHORT", "SHORT_HIDDEN", "OPEN", "OPEN_SPOKEN", "USE_SPOKEN",
    "MOVE", "USE_ANOTHER", "STOP",
    "LOG_NOW", "LOG_IT_ANYWAY", "LOG_AGAIN", "CHOOSE", "ADD_CONTACT", "ADD_LEAD", "REFRESH", "UNDO", "CANCEL",
    "STOP_TITLE", "STOP_YES", "STOP_YES_NOTHING", "CHOOSE_TITLE", "SEARCH_LABEL", "SEARCH", "USE", "NO_RESULTS",
    "SEARCH_LONGER", "FITTING", "RESULTS", "REFUSALS.consumer", "REFUSALS.not_found", "REFUSALS.slow", "REFUSALS.not_set_up",
    *(f"SENTENCES.{reason}" for reason in (
        "contact_match", "lead_match", "account_domain_match", "rule_match", "thread_override", "not_mail",
        "not_primary", "before_start", "kept_out", "blocked", "internal_only", "automated", "contacts_only_account",
        "no_match", "held", "unreadable", "gone",
    )),
}  # fmt: skip
"""Texts that say what is the case, name a thing or label a button. Other tests hold when each is shown."""


def test_each_text_is_a_promise_with_its_test_or_none():
    names = set()
    for name, value in vars(texts).items():
        if name.isupper():
            names |= {f"{name}.{key}" for key in value} if name in ("SENTENCES", "REFUSALS") else {name}

    assert names == set(PROMISES) | NO_PROMISE
    assert not set(PROMISES) & NO_PROMISE
    assert [test for tests in PROMISES.values() for test in tests if test not in globals()] == []


def pass_time(scene, hours=0.0):
    """The service works by itself: its thread asks for what is due, and each job is done. Then comes the time after."""
    worker = Worker(scene.services)
    for pause in (0.0, hours * 3600, 300.0):
        scene.clock.advance(pause)
        worker.tick()
        for _ in range(5):  # a job of one minute puts the next one into the queue
            scene.clock.advance(MINUTE)
            while worker.work_once():
                pass


def change_stage(scene, stage):
    scene.set_stage(BEN, stage)


def reply_to(scene, message_id, number=1, **headers):
    return scene.deliver(ANN, eml(subject="Re: Lamps", message_id=f"<reply{number}@x>", text=str(number), **headers))


def list_buttons(card):
    """What changes something or leads to it."""
    widgets = [widget for section in card["sections"] for widget in section["widgets"]]
    return [button["text"] for widget in widgets for button in widget.get("buttonList", {}).get("buttons", ())]


def subjects(scene):
    return sorted(task["Subject"].partition(": ")[2] for task in scene.tasks())


@pytest.fixture
def logged(scene):
    message = scene.deliver(ANN, eml(message_id="<root@x>"))
    scene.sync()
    return Rep(scene, ANN, message)


def test_mail_with_people_or_companies_is_added_and_everything_else_stays(scene):
    scene.deliver(ANN, eml(subject="person"))
    scene.deliver(ANN, eml(sender="pat@byron.example", subject="company"))
    scene.deliver(ANN, eml(sender=NOVA, subject="nobody"))
    scene.deliver(ANN, eml(sender=BEN, subject="colleague"))
    pass_time(scene)

    assert subjects(scene) == ["company", "person"]


@pytest.mark.parametrize("disclosure", ["text", "subject", "headers"])
def test_who_opens_the_record_reads_what_the_home_card_says(scene, disclosure):
    scene.restart(DISCLOSURE=disclosure)
    scene.deliver(ANN, eml(subject="Sapphire", text="Emerald"))
    scene.sync()
    [task] = scene.tasks()
    readable = " ".join(str(value) for value in task.values())

    assert ("Emerald" in readable) == (disclosure == "text")
    assert ("Sapphire" in readable) == (disclosure != "headers")
    assert "ada@byron.example" in readable
    assert "ann@acme.example" in readable


@pytest.mark.parametrize(
    ("mail", "labels"),
    [
        (eml(sender=BEN), ()),
        (NEWSLETTER, ()),
        (eml(sender="no-reply@byron.example", subject="Your receipt", Auto_Submitted="auto-generated"), ()),
        (eml(Auto_Submitted="auto-replied"), ()),
        *((eml(), (label,)) for label in ("SPAM", "TRASH", "DRAFT", "CHAT")),
        *((eml(), ("INBOX", f"CATEGORY_{name}")) for name in ("PROMOTIONS", "SOCIAL", "UPDATES", "FORUMS", "PURCHASES")),
        (eml(sender=NOVA), ()),
    ],
    ids=["colleagues", "newsletter", "receipt", "automatic reply", "spam", "trash", "draft", "chat", "promotions",
         "social", "updates", "forums", "purchases", "nobody in Salesforce"],
)  # fmt: skip
def test_what_is_never_logged_is_not_logged(scene, mail, labels):
    scene.deliver(ANN, mail, *labels)
    pass_time(scene)

    assert scene.tasks() == []


def test_what_a_contact_writes_in_a_category_is_logged_where_the_card_says_so(make_scene):
    scene = make_scene(NOT_PRIMARY="contacts")
    scene.deliver("ann@acme.example", eml(), "INBOX", "CATEGORY_UPDATES")
    scene.sync()
    assert len(scene.tasks()) == 1


def test_own_mail_that_is_not_marked_as_sent_is_logged_when_it_is_seven_days_old(scene):
    today = "Mon, 21 Sep 2026 14:00:00 +0000"
    message = scene.deliver(ANN, eml(sender=ANN, to="ada@byron.example", subject="Offer", date=today), "UNREAD")
    pass_time(scene, hours=24 * 6)
    assert "Gmail doesn't mark this email as sent" in " ".join(Rep(scene, ANN, message).read)
    assert scene.tasks() == []

    pass_time(scene, hours=24)
    assert len(scene.tasks()) == 1


def test_logged_in_salesforce_is_there(scene, logged):
    assert "Logged in Salesforce" in logged.read
    assert [(task["WhoId"], task["WhatId"]) for task in scene.tasks()] == [(ADA, BYRON)]


def test_what_will_be_logged_is_logged_by_itself(scene):
    scene.sync()
    message = scene.deliver(ANN, eml(message_id="<root@x>"))
    reply_to(scene, "<root@x>", References="<root@x>")
    rep = Rep(scene, ANN, message)
    assert "Will be logged in Salesforce" in rep.read
    assert scene.tasks() == []

    pass_time(scene)

    assert subjects(scene) == ["Lamps", "Re: Lamps"]
    assert "Logged in Salesforce" in rep.open().read


def test_who_is_added_has_new_emails_logged_and_the_old_one_by_a_click(scene):
    message = scene.deliver(ANN, eml(sender=NOVA, subject="Old"))
    scene.sync()
    rep = Rep(scene, ANN, message)
    assert "Add them and new emails with them will be logged." in rep.read[2]

    scene.universe.org.change("Contact", {"LastName": "Who", "Email": NOVA})
    scene.deliver(ANN, eml(sender=NOVA, subject="New"))
    pass_time(scene, hours=1)

    assert subjects(scene) == ["New"]
    assert rep.open().read[1] == "Can be logged in Salesforce"
    assert rep.click("Log now").read[1] == "Logged in Salesforce"
    assert subjects(scene) == ["New", "Old"]


def test_what_waits_is_logged_within_minutes(scene):
    scene.sync()
    message = scene.deliver(ANN, eml())
    services = scene.services
    services.rooms.collector.collect(services.workspaces.current(), scene.mailbox(ANN).mailbox_id)
    assert scene.outcomes() == {message: "ready"}
    assert "It will be logged within minutes. You don't need to do anything." in Rep(scene, ANN, message).read

    pass_time(scene)

    assert len(scene.tasks()) == 1


def test_a_held_email_is_logged_at_the_time_said_and_not_before(scene):
    scene.restart(PUBLISH_DELAY_SECONDS="1800")
    message = scene.deliver(ANN, eml(date="Mon, 21 Sep 2026 14:13:00 +0000"))
    scene.sync()
    rep = Rep(scene, ANN, message)
    assert "Logs at 14:43 UTC." in rep.read

    pass_time(scene)
    assert scene.tasks() == []
    pass_time(scene)

    assert len(scene.tasks()) == 1


def test_salesforce_away_is_tried_again_at_the_time_said(scene):
    message = scene.deliver(ANN, eml())
    scene.universe.faults.plan(Fault("salesforce", "*", "503", times=-1))
    scene.sync()
    rep = Rep(scene, ANN, message)
    assert rep.read[1] == "Waiting"
    assert rep.read[2].startswith("Salesforce or Gmail isn't answering. Next try at 14:1")

    scene.universe.faults.clear()
    pass_time(scene)

    assert len(scene.tasks()) == 1


def test_a_refused_email_is_logged_once_that_is_fixed(scene):
    message = scene.deliver(ANN, eml())
    scene.universe.faults.plan(Fault("salesforce", "insert", "FIELD_CUSTOM_VALIDATION_EXCEPTION:Region, please.", -1))
    pass_time(scene)
    assert "We log it once that is fixed." in Rep(scene, ANN, message).read[2]
    assert scene.tasks() == []

    scene.universe.faults.clear()
    pass_time(scene, hours=25)

    assert len(scene.tasks()) == 1


def test_what_is_in_salesforce_stays_when_our_copy_is_erased(scene, logged):
    [activity] = scene.services.documents.scan("activities")
    erase(scene.services.ports, ActivityKey(activity.key))
    assert "What is in Salesforce stays there." in logged.open().read[2]

    pass_time(scene, hours=25)

    assert len(scene.tasks()) == 1


def test_what_was_deleted_from_salesforce_is_left_out(scene):
    mail = eml(sender=ANN, to="ada@byron.example", Cc=BEN)
    mine, his = scene.deliver(ANN, mail, "SENT"), scene.deliver(BEN, mail)
    scene.sync()
    Rep(scene, ANN, mine).click("Stop logging").click("Delete and stop")
    assert Rep(scene, BEN, his).read[2] == "It was deleted from Salesforce, so we leave it out."

    pass_time(scene, hours=25)

    assert scene.tasks() == []


def test_what_a_newer_version_handles_is_shown_once_this_service_is_that_version(scene):
    message = scene.deliver(ANN, eml())
    scene.sync()
    key = row_key(scene.mailbox(ANN).mailbox_id, message)
    stored = scene.services.documents.get("messages", key)
    newer = {**stored.data, "reason": "quarantined", "outcome": "waiting"}
    [version] = scene.services.documents.commit([Replace("messages", key, newer, stored.version)])
    rep = Rep(scene, ANN, message)
    assert rep.read[1:3] == [texts.UPDATING, texts.SENTENCES["newer"]]

    scene.services.documents.commit([Replace("messages", key, stored.data, version)])  # the new version is done with it

    assert rep.open().read[1] == texts.LOGGED


def test_taking_the_label_off_logs_the_conversation(scene):
    box = scene.universe.mailboxes[ANN]
    label = box.label_id("Don't log")
    message = scene.deliver(ANN, eml(message_id="<root@x>"), "INBOX", label)
    pass_time(scene)
    reply_to(scene, "<root@x>", References="<root@x>")
    pass_time(scene)
    assert "Take the label off in Gmail to log it." in Rep(scene, ANN, message).read[2]
    assert scene.tasks() == []

    box.relabel(message, set(), {label})
    pass_time(scene, hours=0.5)

    assert subjects(scene) == ["Lamps", "Re: Lamps"]


def test_what_another_tool_logged_is_not_added_twice(tmp_path):
    theirs = {"Id": "00TX00000000001", "Subject": "Theirs", "Status": "Completed"}
    link = {"Id": "02sX00000000001", "MessageIdentifier": "<root@x>", "ActivityId": to_18("00TX00000000001")}
    scene = Scene(tmp_path, small_world({"Task": [theirs], "EmailMessage": [link]}), JOIN_OTHERS="yes")
    message = scene.deliver(ANN, eml(message_id="<root@x>"))
    pass_time(scene, hours=25)

    assert Rep(scene, ANN, message).read[2] == texts.JOINED
    assert [task["Subject"] for task in scene.tasks()] == ["Theirs"]
    scene.close()


def test_stopped_emails_go_into_the_recycle_bin(scene, logged):
    reply_to(scene, "<root@x>", References="<root@x>")
    scene.sync()
    identifiers = [task["Id"] for task in scene.tasks()]
    logged.click("Stop logging")
    assert logged.read[2].startswith(
        "2 emails will be deleted from Salesforce and stay in its Recycle Bin for 15 days."
    )

    logged.click("Delete and stop")

    assert logged.notice == "Logging stopped."
    assert scene.tasks() == []
    for identifier in identifiers:
        scene.universe.org.restore(identifier)  # raises where it is not in the Recycle Bin
    assert len(scene.tasks()) == 2


@pytest.mark.parametrize("header", ["References", "In_Reply_To"])
def test_new_replies_are_not_logged_after_a_stop(scene, logged, header):
    logged.click("Stop logging")
    assert "New replies won't be logged." in logged.read[2]
    logged.click("Delete and stop")
    reply_to(scene, "<root@x>", 1, **{header: "<root@x>"})
    pass_time(scene, hours=25)

    assert scene.tasks() == []


def test_stopping_what_another_owns_deletes_nothing_and_its_copy_stays(scene):
    mail = eml(sender=ANN, to="ada@byron.example", Cc=BEN)
    scene.deliver(ANN, mail, "SENT")
    his = scene.deliver(BEN, mail)
    scene.sync()
    ben = Rep(scene, BEN, his).click("Stop logging")
    assert ben.read[2] == (
        "Nothing is deleted from Salesforce. New replies won't be logged. (Ann is on it too; that copy stays.)"
    )

    ben.click("Stop")
    pass_time(scene, hours=25)

    assert len(scene.tasks()) == 1


def test_stopping_names_nobody_who_had_a_blind_copy(scene):
    mail = {"sender": ANN, "to": "ada@byron.example", "Cc": BEN}
    scene.deliver(ANN, eml(**mail, Bcc=CEM), "SENT")
    scene.deliver(CEM, eml(**mail))
    his = scene.deliver(BEN, eml(**mail))
    scene.sync()

    ben = Rep(scene, BEN, his).click("Stop logging")

    assert ben.read[2].endswith(
        "(Ann is on it too; that copy stays.) (One of your colleagues has it too; that copy stays.)"
    )
    ben.click("Stop")
    pass_time(scene, hours=25)
    assert len(scene.tasks()) == 1


def test_a_stop_asks_gmail_nothing_that_the_ledger_knows(scene):
    """Who else is on the email matters to the question before it. A slow Gmail would use up the click's time."""
    mail = {"sender": ANN, "to": "ada@byron.example", "Cc": BEN}
    scene.deliver(ANN, eml(**mail), "SENT")
    his = scene.deliver(BEN, eml(**mail))
    scene.sync()
    ben = Rep(scene, BEN, his).click("Stop logging")
    scene.universe.calls.clear()

    assert ben.click("Stop").notice == texts.STOPPED
    assert scene.universe.calls.calls("gmail") == []


def test_a_mail_that_lies_in_a_mailbox_twice_is_stopped_once(scene):
    mail = eml(message_id="<twice@x>")
    first = scene.deliver(ANN, mail)
    scene.deliver(ANN, mail, thread=first)
    scene.sync()
    assert len(scene.tasks()) == 1

    assert Rep(scene, ANN, first).click("Stop logging").click("Delete and stop").notice == texts.STOPPED
    assert scene.tasks() == []
    assert set(scene.outcomes().values()) == {"kept_out"}


def test_what_salesforce_does_not_show_stays_and_all_else_goes(scene, logged):
    [hidden] = [task["Id"] for task in scene.tasks()]
    reply_to(scene, "<root@x>", References="<root@x>")
    scene.sync()
    scene.universe.org.remove(hidden, by="person")
    scene.universe.org.purge(hidden)

    logged.click("Stop logging").click("Delete and stop")

    assert logged.notice == f"{texts.STOPPED} {texts.UNSEEN[1]}"
    assert scene.tasks() == []


def test_new_replies_go_where_a_purged_email_could_not(scene, logged):
    [purged] = [task["Id"] for task in scene.tasks()]
    scene.universe.org.remove(purged, by="person")
    scene.universe.org.purge(purged)

    logged.click("Move").click("Search", search="leo").use(LEO)
    assert logged.notice == f"New replies will be logged on Leo Brandt, Brandt. {texts.UNSEEN[1]}"

    reply_to(scene, "<root@x>", References="<root@x>")
    scene.sync()
    assert [task["WhoId"] for task in scene.tasks()] == [LEO]


def test_a_notice_says_what_was_done(scene, logged):
    logged.click("Move").click("Search", search="leo").use(LEO)
    assert logged.notice == "Moved to Leo Brandt, Brandt."
    assert [task["WhoId"] for task in scene.tasks()] == [LEO]

    logged.click("Undo")
    assert logged.notice == "Undone."
    assert [task["WhoId"] for task in scene.tasks()] == [ADA]

    logged.click("Stop logging").click("Delete and stop").click("Log again")
    assert logged.notice == "This conversation is logged."
    assert [task["WhoId"] for task in scene.tasks()] == [ADA]


@pytest.mark.parametrize("how", ["log", "move"])
def test_a_notice_says_what_will_be_done(scene, how):
    message = scene.deliver(ANN, eml(sender=NOVA) if how == "move" else eml(Auto_Submitted="auto-replied"))
    scene.sync()
    rep = Rep(scene, ANN, message)
    if how == "move":
        rep.click("Choose a record").click("Search", search="leo")
    scene.universe.faults.plan(Fault("salesforce", "collections.create", "503", times=-1))
    if how == "move":
        rep.use(LEO)
    else:
        rep.click("Log it anyway")
    notice = "It will be logged on Leo Brandt, Brandt." if how == "move" else "This conversation will be logged."
    assert (rep.notice, scene.tasks()) == (notice, [])

    scene.universe.faults.clear()
    pass_time(scene, hours=0.5)

    assert [task["WhoId"] for task in scene.tasks()] == [LEO if how == "move" else ADA]


def test_a_mailbox_that_is_not_included_is_neither_read_nor_logged(scene):
    scene.sync()
    change_stage(scene, Stage.OFF)
    message = scene.deliver(BEN, eml(to=BEN))
    scene.universe.calls.clear()
    pass_time(scene, hours=25)

    assert Rep(scene, BEN, message).read[1:] == [
        "Your mailbox isn't included", "Nothing here is read or logged. Ask your Google Workspace admin.",
    ]  # fmt: skip
    assert not [call for call in scene.universe.calls.calls("gmail") if call.mailbox == BEN]
    assert scene.tasks() == []


def test_a_draining_mailbox_is_complete_up_to_the_moment_said(scene):
    scene.deliver(BEN, eml(to=BEN, subject="before"))
    scene.sync()
    change_stage(scene, Stage.DRAINING)
    message = scene.deliver(BEN, eml(to=BEN, subject="after"))
    pass_time(scene, hours=25)

    assert "Your mailbox is complete up to" in Rep(scene, BEN, message).read[2]
    assert subjects(scene) == ["before"]


def test_in_trial_mode_nothing_is_written_to_salesforce(scene):
    scene.restart(NEW_MAILBOX_STAGE="dry_run")
    message = scene.deliver(ANN, eml())
    pass_time(scene, hours=25)

    assert "Nothing is written to Salesforce yet. This is what would happen." in Rep(scene, ANN, message).read
    assert scene.tasks() == []


def test_a_click_on_a_card_from_before_the_trial_changes_nothing(scene, logged):
    scene.set_stage(ANN, Stage.DRY_RUN)

    card = logged.card
    for button in ("Move", "Stop logging"):
        logged.card = card
        title, text = texts.REFUSALS["not_live"]
        assert logged.click(button).read[1:] == [title, text.format(helper=texts.HELPER)]
    assert len(scene.tasks()) == 1


@pytest.mark.parametrize("is_known", [True, False])
def test_in_trial_mode_the_card_says_what_would_happen(scene, is_known):
    scene.restart(NEW_MAILBOX_STAGE="dry_run")
    earlier = scene.deliver(ANN, eml(message_id="<root@x>"))
    scene.sync()
    message = reply_to(scene, "<root@x>", References="<root@x>")
    if is_known:
        scene.sync()
    rep = Rep(scene, ANN, message)
    assert rep.read[:5] == [
        texts.TITLE, texts.TRIAL_TITLE, texts.TRIAL, texts.TRIAL_LOGGED,
        "On Ada Byron, Byron Works. ada@byron.example is their address.",
    ]  # fmt: skip
    assert not list_buttons(rep.card)
    before = len(scene.tasks())
    rep.menu("Refresh")
    assert rep.read[3] == texts.TRIAL_LOGGED
    assert before == len(scene.tasks()) == 0

    scene.set_stage(ANN, Stage.LIVE)
    pass_time(scene, hours=25)

    assert {task["WhoId"] for task in scene.tasks()} == {ADA}
    assert "Logged in Salesforce" in Rep(scene, ANN, earlier).read


def test_what_waits_in_trial_mode_is_logged_once_the_mailbox_is_live(scene):
    scene.restart(NEW_MAILBOX_STAGE="dry_run")
    message = scene.deliver(ANN, eml())
    scene.sync()
    scene.universe.faults.plan(Fault("salesforce", "*", "503", times=-1))
    assert texts.TRIAL_WAITS in Rep(scene, ANN, message).read

    scene.universe.faults.clear()
    scene.set_stage(ANN, Stage.LIVE)
    pass_time(scene, hours=25)

    assert len(scene.tasks()) == 1


def test_emails_from_before_the_day_said_are_left_out(scene):
    scene.restart(BACKFILL_MONTHS="1")
    for day, subject in (("20 Aug", "before"), ("24 Aug", "after")):
        scene.deliver(ANN, eml(subject=subject, date=f"{day} 2026 12:00:00 +0000"))
    pass_time(scene)

    assert "Emails from before 22 Aug are left out" in " ".join(texts_of(card_of(scene.ask("/addon/settings", ANN))))
    assert subjects(scene) == ["after"]


def test_nothing_is_lost_while_salesforce_is_away(scene, logged):
    scene.universe.faults.plan(Fault("salesforce", "*", "503", times=-1))
    message = scene.deliver(ANN, eml(subject="due"))
    assert Rep(scene, ANN, message).read[1:] == list(texts.REFUSALS["away"])
    scene.sync()

    scene.universe.faults.clear()
    pass_time(scene)

    assert subjects(scene) == ["Lamps", "due"]


def test_a_record_is_shown_again_once_salesforce_answers(scene):
    message = scene.deliver(ANN, eml(sender="leo@brandt.example"))
    scene.sync()
    shown = Rep(scene, ANN, message).read
    assert "Leo Brandt" in " ".join(shown)
    scene.clock.advance(HOUR)  # what Salesforce said of who may read what is forgotten
    scene.universe.faults.plan(Fault("salesforce", "*", "503", times=-1))
    assert Rep(scene, ANN, message).read[1:3] == [texts.LOGGED, texts.HIDDEN_NOW]

    scene.universe.faults.clear()

    assert Rep(scene, ANN, message).read == shown


def test_nothing_is_logged_in_another_org_and_nothing_is_lost(scene):
    message = scene.deliver(ANN, eml())
    store, bound = scene.services.ports.store, "00D000000000999AAA"
    scene.services.rooms.sweeper.sweep()
    store.save_identity(lambda i: replace(i, salesforce_org=bound))
    assert scene.sync().other_org

    title, text = Rep(scene, ANN, message).read[1:3]

    assert title == texts.REFUSALS["other_org"][0]
    assert text == texts.REFUSALS["other_org"][1].format(helper=texts.HELPER, detail=bound)
    assert scene.tasks() == []
    store.save_identity(lambda i: replace(i, salesforce_org=scene.universe.org.id))
    scene.sync()
    assert len(scene.tasks()) == 1


def test_an_email_just_sent_that_gmail_does_not_name_is_logged_by_itself(scene):
    scene.sync()
    scene.universe.world.google = GoogleSwitches(signed_ids_need_addon=True)
    message = scene.deliver(ANN, eml(sender=ANN, to="ada@byron.example"), "SENT")
    event = scene.addon_host.event(ANN, message)
    del event["gmail"]["accessToken"]
    assert "Nothing is lost: what is due is logged by itself." in texts_of(card_of(scene.post("/addon/open", event)))[2]

    pass_time(scene)

    assert len(scene.tasks()) == 1
    assert "Logged in Salesforce" in Rep(scene, ANN, message).read


def test_nothing_is_lost_while_our_own_records_are_away(scene, logged, monkeypatch):
    due = scene.deliver(ANN, eml(subject="due"))
    with monkeypatch.context() as patch:
        for name in ("get", "get_many", "query", "scan", "commit"):
            patch.setattr(scene.services.documents, name, fail_as(StateAwayError("It does not answer.")))
        assert Rep(scene, ANN, due).read[1:] == list(texts.REFUSALS["state_away"])
        pass_time(scene, hours=1)

    pass_time(scene)

    assert subjects(scene) == ["Lamps", "due"]
    assert Rep(scene, ANN, due).read[1] == texts.LOGGED


def slow_down(scene, monkeypatch, seconds=1.5):
    """Gmail and Salesforce answer after so long. The card comes after less: its whole request has half a second."""
    monkeypatch.setattr(deadline, "WITHIN", 0.9)
    monkeypatch.setattr(deadline, "KEPT", 0.4)
    monkeypatch.setattr(addon, "KEPT", 0.4)
    wrap_requests(scene, lambda call: lambda *args, **more: (time.sleep(seconds), call(*args, **more))[1])


def test_a_slow_answer_shows_what_the_ledger_knows(scene, monkeypatch):
    scene.deliver(ANN, eml(message_id="<root@x>"))
    scene.sync()
    message = scene.deliver(ANN, eml(sender=NOVA))
    scene.sync()
    usual = Rep(scene, ANN, message).read
    with monkeypatch.context() as patch:
        slow_down(scene, patch)
        began = time.monotonic()
        rep = Rep(scene, ANN, message)
        assert time.monotonic() - began < 1.4
        assert rep.read[1:3] == [texts.AS_KNOWN, f"[{texts.REFRESH}]"]
        assert rep.read[3:5] == [texts.NOT_LOGGED, texts.SENTENCES["no_match"]]
    scene.transport.wire.restore()

    assert rep.click(texts.REFRESH).read == usual


def test_a_slow_answer_shows_nothing_of_an_org_that_is_not_there_any_more(scene, monkeypatch):
    message = scene.deliver(ANN, eml())
    store = scene.services.ports.store
    scene.sync()
    store.save_identity(lambda i: replace(i, salesforce_org="00D000000000999AAA"))
    scene.restart()
    scene.deliver(ANN, eml(subject="Later", message_id="<2@b>"))
    assert scene.sync().other_org
    refusal = Rep(scene, ANN, message).read  # from now on Google's keys are known
    with monkeypatch.context() as patch:
        slow_down(scene, patch)
        assert Rep(scene, ANN, message).read == refusal
    assert refusal[1] == texts.REFUSALS["other_org"][0]
    scene.transport.wire.restore()


def test_hung_cards_take_no_thread_from_what_the_ledger_knows(scene, monkeypatch):
    scene.deliver(ANN, eml(message_id="<root@x>"))
    scene.sync()
    message = scene.deliver(ANN, eml(sender=NOVA))
    scene.sync()
    Rep(scene, ANN, message)  # from now on Google's keys are known
    few = deadline._Threads("few", 2)  # noqa: SLF001  # sixty-four hung calls take a minute
    monkeypatch.setattr(deadline, "_THREADS", few)
    with monkeypatch.context() as patch:
        slow_down(scene, patch, seconds=4)
        read = [Rep(scene, ANN, message).read for _ in range(5)]
    scene.transport.wire.restore()

    assert [card[1] for card in read] == [texts.AS_KNOWN] * 5


@pytest.mark.parametrize("check", ["check_google", "check_person"])
def test_who_cannot_be_verified_in_time_reads_that_it_is_slow(scene, monkeypatch, check):
    scene.sync()
    message = scene.deliver(ANN, eml())
    released = threading.Event()
    monkeypatch.setattr(deadline, "WITHIN", 0.3)
    monkeypatch.setattr(Guard, check, lambda *_args, **_kwargs: released.wait(30))
    assert Rep(scene, ANN, message).read[1:] == list(texts.REFUSALS["slow"])
    released.set()


class Held:
    """The first call of one method of a port waits until ``let_go``; ``ended`` counts those that came back, ``begun`` all."""

    def __init__(self, patch, port, name):
        self.begun, self.ended = 0, 0
        self._gate, self._call = threading.Event(), getattr(port, name)
        patch.setattr(deadline, "WITHIN", 0.9)
        patch.setattr(deadline, "KEPT", 0.4)
        patch.setattr(addon, "KEPT", 0.4)
        patch.setattr(port, name, self)

    def __call__(self, *arguments, **more):
        self.begun += 1
        if self.begun == 1:  # what comes after it goes through
            self._gate.wait(30)
        try:
            return self._call(*arguments, **more)
        finally:
            self.ended += 1

    def let_go(self):
        self._gate.set()
        assert until(lambda: self.ended == self.begun)


def rest(scene):
    """Until no thread of a card works any more."""
    threads = deadline._THREADS  # noqa: SLF001  # nobody else knows when a late click has ended
    assert until(lambda: threads._idle == threads._count)  # noqa: SLF001


def test_a_slow_click_may_be_done_all_the_same(scene, monkeypatch):
    scene.sync()
    rep = Rep(scene, ANN, scene.deliver(ANN, eml()))
    with monkeypatch.context() as patch:
        held = Held(patch, scene.services.ports.crm, "file")
        rep.click(texts.LOG_NOW)
        assert rep.read[1:3] == [texts.LATE_CLICKS["under_way"], f"[{texts.REFRESH}]"]
        held.let_go()
        rest(scene)
    assert subjects(scene) == ["Lamps"]

    assert rep.click(texts.REFRESH).read[1] == texts.LOGGED
    pass_time(scene)
    assert subjects(scene) == ["Lamps"], "once"


def test_a_click_that_had_changed_nothing_in_time_changes_nothing(scene, logged, monkeypatch):
    tasks, writes = scene.tasks(), scene.services.ports.store.writes()
    logged.click("Move").click("Search", search="leo")
    with monkeypatch.context() as patch:
        held = Held(patch, scene.services.ports.crm, "record")
        logged.use(LEO)
        assert logged.read[1:3] == [texts.LATE_CLICKS["dropped"], f"[{texts.REFRESH}]"]
        held.let_go()
        rest(scene)

    assert (scene.tasks(), scene.services.ports.store.writes()) == (tasks, writes)
    assert logged.click(texts.REFRESH).read[1] == texts.LOGGED
    logged.click("Move").click("Search", search="leo").use(LEO)
    assert [task["WhoId"] for task in scene.tasks()] == [LEO]


@pytest.mark.parametrize("step", ["before Salesforce", "in Salesforce"])
def test_a_stop_counts_over_a_move_that_is_still_under_way(scene, logged, monkeypatch, step):
    logged.click("Move").click("Search", search="leo")
    with monkeypatch.context() as patch:
        ports = scene.services.ports
        held = Held(
            patch, *((ports.store, "activities_of") if step == "before Salesforce" else (ports.crm, "retarget"))
        )
        logged.use(LEO)
        assert logged.read[1:3] == [texts.LATE_CLICKS["under_way"], f"[{texts.REFRESH}]"]
        scene.clock.advance(5)
        logged.open().click("Stop logging").click("Delete and stop")
        assert logged.notice == texts.STOPPED
        assert scene.tasks() == []
        held.let_go()
        rest(scene)

    assert scene.tasks() == []
    assert logged.open().read[1:3] == [texts.NOT_LOGGED, texts.SENTENCES["kept_out"].format(chosen_by="You")]
    scene.deliver(ANN, eml(subject="Re: Lamps", message_id="<two@x>", References="<root@x>", In_Reply_To="<root@x>"))
    pass_time(scene)
    assert scene.tasks() == []


def test_an_undo_counts_over_a_move_that_is_still_in_salesforce(scene, logged, monkeypatch):
    [before] = scene.tasks()
    logged.click("Move").click("Search", search="leo")
    with monkeypatch.context() as patch:
        held = Held(patch, scene.services.ports.crm, "retarget")
        logged.use(LEO)
        scene.clock.advance(5)
        services = scene.services
        [ann] = [m for m in services.ports.store.mailboxes() if m.address == ANN]
        [row] = services.ports.store.existing_rows(ann.mailbox_id, [logged.message]).values()
        services.rooms.choices.withdraw(services.workspaces.current(), ann, MessageRef(row.message_id, row.thread_id))
        held.let_go()
        rest(scene)

    assert [task["WhoId"] for task in scene.tasks()] == [before["WhoId"]]
    assert logged.open().read[2].startswith("On Ada Byron")


@pytest.mark.parametrize("act", ["log", "move", "withdraw", "stop"])
def test_an_older_click_does_not_overrule_a_newer_one(scene, logged, act):
    """The older one reaches the ledger later: another process had it, and waited."""
    services = scene.services
    store, rooms = services.ports.store, services.rooms
    [ann] = [m for m in store.mailboxes() if m.address == ANN]
    [row] = store.existing_rows(ann.mailbox_id, [logged.message]).values()
    ref, older = MessageRef(row.message_id, row.thread_id), Click(scene.clock.now())
    scene.clock.advance(5)
    if act == "stop":
        logged.click("Move").click("Search", search="leo").use(LEO)
    else:
        logged.click("Stop logging").click("Delete and stop")
    tasks, card = scene.tasks(), logged.open().read
    workspace = services.workspaces.current()

    with pytest.raises(OverruledError):
        {
            "log": lambda: rooms.choices.log(workspace, ann, ref, older),
            "move": lambda: rooms.choices.move(workspace, ann, ref, LEO, older),
            "withdraw": lambda: rooms.choices.withdraw(workspace, ann, ref, older),
            "stop": lambda: rooms.stopper.stop(ann, ref, older),
        }[act]()

    assert (scene.tasks(), logged.open().read) == (tasks, card)


def fail_as(error):
    def fail(*_arguments, **_more):
        raise error

    return fail


def test_a_refused_change_can_be_tried_again(scene, logged, monkeypatch):
    logged.click("Stop logging")
    with monkeypatch.context() as patch:
        patch.setattr(scene.services.ports.crm, "remove", lambda ids: [RejectedError("X", "Locked.")] * len(ids))
        logged.click("Delete and stop")
    assert logged.read[1:] == [
        "Salesforce refused the change", "It says: “Locked.” Ask your Salesforce admin, then try again.",
    ]  # fmt: skip
    assert len(scene.tasks()) == 1

    logged.again()

    assert scene.tasks() == []
    assert scene.outcomes() == {logged.message: "kept_out"}


def test_what_cannot_be_done_changes_nothing(scene, logged):
    logged.click("Move").click("Search", search="leo")
    scene.universe.org.remove(LEO)
    writes, tasks = scene.services.ports.store.writes(), scene.tasks()
    logged.use(LEO)

    assert [html.unescape(text) for text in logged.read[1:]] == [
        "This can't be done", "That record isn't in Salesforce any more. Choose another one. Nothing was changed.",
    ]  # fmt: skip
    assert scene.tasks() == tasks
    assert scene.services.ports.store.writes() == writes


def test_a_click_on_an_old_card_changes_nothing(scene, logged):
    logged.click("Stop logging")
    scene.clock.advance(86_400)
    writes, tasks = scene.services.ports.store.writes(), scene.tasks()
    logged.click("Delete and stop")

    assert logged.read[1:3] == list(texts.REFUSALS["stale"])
    assert (scene.services.ports.store.writes(), scene.tasks()) == (writes, tasks)
    assert logged.click("Refresh").click("Stop logging").click("Delete and stop").notice == "Logging stopped."


def test_a_failure_on_our_side_can_be_tried_again(scene, logged, monkeypatch):
    logged.click("Stop logging")
    with monkeypatch.context() as patch:
        patch.setattr(scene.services.ports.crm, "remove", lambda _ids: 1 / 0)
        logged.click("Delete and stop")
    assert logged.read[1:] == [
        "Something went wrong on our side", "Try again, and tell your Google Workspace admin if it keeps happening.",
    ]  # fmt: skip

    logged.again()

    assert scene.tasks() == []
