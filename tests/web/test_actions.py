"""What a rep's clicks do: to Salesforce, to the ledger, to the other reps, and when they are repeated or undone."""

import base64
import email
import json

import pytest

from server.domain.errors import RejectedError
from server.domain.ids import ActivityKey
from server.domain.mailbox import Stage
from server.engine.copies.erasing import erase_mail
from server.engine.sidebar.button_tokens import Order, Signer
from simulator.faults import Fault
from tests.support.cards import action, card_of, texts
from tests.support.rep import ACT, Rep
from tests.support.scene import eml

ANN, BEN, CEM = "ann@acme.example", "ben@acme.example", "cem@acme.example"
ANN_USER, BEN_USER = "005A00000000001IAA", "005A00000000002IAA"
ADA, BYRON, LEO = "003A00000000001IAA", "001A00000000001IAA", "00QA00000000001MAA"


@pytest.fixture
def logged(scene):
    message = scene.deliver(ANN, eml())
    scene.sync()
    return Rep(scene, ANN, message)


def links(scene):
    return [(t["WhoId"], t["WhatId"]) for t in scene.tasks()]


def copies(scene):
    return len(list(scene.services.documents.scan("copies")))


def test_move_to_another_record_and_back(scene, logged):
    logged.click("Move").click("Search", search="leo").use(LEO)

    assert links(scene) == [(LEO, None)]
    assert logged.notice == "Moved to Leo Brandt, Brandt."
    assert logged.read[2] == "On Leo Brandt, Brandt. You chose it for this conversation."
    assert "Contact | Ada Byron, Byron Works | someone chose another record" in logged.read
    logged.again()
    assert links(scene) == [(LEO, None)]
    assert len(scene.tasks()) == 1

    logged.click("Undo")
    assert links(scene) == [(ADA, BYRON)]
    assert logged.read[2] == "On Ada Byron, Byron Works. ada@byron.example is their address."
    assert scene.outcomes() == {logged.message: "contact_match"}


def test_an_undo_of_a_second_move_goes_back_to_the_first(scene, logged):
    logged.click("Move").click("Search", search="leo").use(LEO)
    logged.click("Move").click("Search", search="Harbor").use("001A00000000002IAA")
    assert links(scene) == [(None, "001A00000000002IAA")]

    logged.click("Undo")

    assert links(scene) == [(LEO, None)]


def test_a_choice_holds_for_every_copy_and_for_what_comes_later(scene):
    both = eml(to=f"{ANN}, {BEN}", message_id="<root@x>")
    mine = scene.deliver(ANN, both)
    his = scene.deliver(BEN, both)
    scene.sync()
    Rep(scene, ANN, mine).click("Move").click("Search", search="leo").use(LEO)

    later = scene.deliver(BEN, eml(to=BEN, subject="Re: Lamps", References="<root@x>"))
    scene.sync()

    assert links(scene) == [(LEO, None), (LEO, None)]
    assert Rep(scene, BEN, his).read[2] == "On Leo Brandt, Brandt. ann@acme.example chose it for this conversation."
    assert scene.outcomes(BEN) == {his: "thread_override", later: "thread_override"}


def test_stop_logging_asks_first_and_can_be_undone(scene, logged):
    logged.click("Stop logging")
    assert logged.read[1:] == [
        "Stop logging this conversation?",
        "1 email will be deleted from Salesforce and stay in its Recycle Bin for 15 days. New replies won't be logged.",
        "[Delete and stop] [Cancel]",
    ]
    assert len(scene.tasks()) == 1

    logged.click("Delete and stop")
    assert scene.tasks() == []
    assert copies(scene) == 0
    assert logged.notice == "Logging stopped."
    assert logged.read[1:4] == ["Not logged", "Logging of this conversation was stopped.", "[Log again] [Undo]"]
    assert logged.again().read[1] == "Not logged"

    scene.deliver(
        ANN, eml(subject="Re: Lamps"), thread=scene.universe.mailboxes[ANN].messages[logged.message].thread_id
    )
    logged.click("Undo")
    assert links(scene)[0] == (ADA, BYRON)
    assert copies(scene) >= 1
    assert logged.read[1] == "Logged in Salesforce"
    logged.again()
    scene.sync()
    assert len(scene.tasks()) == 2


def test_new_replies_stay_out_after_stop(scene, logged):
    logged.click("Stop logging").click("Delete and stop")
    root = eml()
    reply = scene.deliver(ANN, eml(subject="Re: Lamps", In_Reply_To=_id(root), References=_id(root)))
    scene.sync()

    assert scene.outcomes()[reply] == "kept_out"
    assert scene.tasks() == []


def _id(raw):
    return email.message_from_bytes(raw)["Message-ID"]


def test_cancel_changes_nothing(scene, logged):
    logged.click("Stop logging").click("Cancel")

    assert logged.read[1] == "Logged in Salesforce"
    assert len(scene.tasks()) == 1


@pytest.fixture
def shared(scene):
    """A mail of Ann's to Ada, which Ben has too: Ann owns it."""
    mail = eml(sender=ANN, to="ada@byron.example", Cc=BEN)
    mine = scene.deliver(ANN, mail, "SENT")
    his = scene.deliver(BEN, mail)
    scene.sync()
    assert [t["OwnerId"] for t in scene.tasks()] == [ANN_USER]
    return mine, his


def test_the_owner_s_stop_takes_it_from_the_others_too(scene, shared):
    mine, his = shared
    Rep(scene, ANN, mine).click("Stop logging").click("Delete and stop")

    assert scene.tasks() == []
    assert (scene.outcomes(ANN), scene.outcomes(BEN)) == ({mine: "kept_out"}, {his: "taken_back"})
    assert Rep(scene, BEN, his).read[2] == "It was deleted from Salesforce, so we leave it out."


def test_the_owner_s_undo_brings_it_back_to_the_others_too(scene, shared):
    mine, his = shared
    ann = Rep(scene, ANN, mine).click("Stop logging").click("Delete and stop")

    ann.click("Undo")

    assert len(scene.tasks()) == 1
    assert (scene.outcomes(ANN), scene.outcomes(BEN)) == ({mine: "contact_match"}, {his: "contact_match"})


def test_another_s_stop_leaves_the_owner_s_copy(scene, shared):
    mine, his = shared
    ben = Rep(scene, BEN, his).click("Stop logging")
    assert (
        ben.read[2]
        == "Nothing is deleted from Salesforce. New replies won't be logged. (Ann is on it too; that copy stays.)"
    )

    ben.click("Stop")

    assert len(scene.tasks()) == 1
    assert (scene.outcomes(ANN), scene.outcomes(BEN)) == ({mine: "contact_match"}, {his: "kept_out"})
    ben.click("Undo")
    assert scene.outcomes(BEN) == {his: "contact_match"}
    assert len(scene.tasks()) == 1


@pytest.mark.parametrize(
    ("mail", "labels"),
    [(eml(Auto_Submitted="auto-replied"), ()), (eml(), ("INBOX", "CATEGORY_PROMOTIONS"))],
    ids=["automatic", "category"],
)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_log_it_anyway_and_undo(scene, mail, labels, known):
    scene.sync()
    message = scene.deliver(ANN, mail, *labels)
    if known:
        scene.sync()
    ann = Rep(scene, ANN, message).click("Log it anyway")
    assert links(scene) == [(ADA, BYRON)]
    assert ann.read[1:3] == ["Logged in Salesforce", "On Ada Byron, Byron Works. You chose it for this conversation."]
    ann.again()
    assert len(scene.tasks()) == 1

    ann.open().click("Stop logging")
    ann = Rep(scene, ANN, message)
    scene.sync()
    assert len(scene.tasks()) == 1


def test_undo_of_log_it_anyway_takes_it_out_again_and_it_can_come_back(scene):
    message = scene.deliver(ANN, eml(Auto_Submitted="auto-replied"))
    scene.sync()
    ann = Rep(scene, ANN, message)
    for _ in range(2):
        ann.click("Log it anyway")
        assert len(scene.tasks()) == 1
        ann.click("Undo")
        assert scene.tasks() == []
        assert copies(scene) == 0
        assert scene.outcomes() == {message: "automated"}
        scene.sync()
        assert scene.tasks() == []


def test_choose_a_record_for_mail_of_nobody_and_undo(scene):
    message = scene.deliver(ANN, eml(sender="who@nova.example"))
    scene.sync()
    ann = Rep(scene, ANN, message).click("Choose a record").click("Search", search="byron").use(ADA)
    assert links(scene) == [(ADA, BYRON)]

    ann.click("Undo")

    assert scene.tasks() == []
    assert scene.outcomes() == {message: "no_match"}


def test_log_now_does_not_wait_for_the_queue(scene):
    scene.sync()
    ann = Rep(scene, ANN, scene.deliver(ANN, eml()))
    assert not scene.tasks()

    ann.click("Log now")

    assert links(scene) == [(ADA, BYRON)]
    scene.sync()
    assert len(scene.tasks()) == 1


def test_what_is_said_above_a_card_that_waits_is_that_it_will_be_logged(scene):
    scene.sync()
    scene.universe.faults.plan(Fault("salesforce", "insert", "UNABLE_TO_LOCK_ROW:somebody else", times=-1))
    known = Rep(scene, ANN, scene.deliver(ANN, eml()))
    known.click("Log now")
    assert (known.notice, known.read[1]) == ("This conversation will be logged.", "Waiting")

    unknown = Rep(scene, ANN, scene.deliver(ANN, eml(sender="zoe@unknown.example", subject="Hi")))
    unknown.click("Choose a record").click("Search", search="leo").use(LEO)
    assert (unknown.notice, unknown.read[1]) == ("It will be logged on Leo Brandt, Brandt.", "Waiting")

    scene.universe.faults.clear()
    scene.sync()
    assert len(scene.tasks()) == 2


def test_log_now_ends_a_publish_delay(scene):
    scene.restart(PUBLISH_DELAY_SECONDS="100000000")
    message = scene.deliver(ANN, eml())
    scene.sync(patience=0)
    assert not scene.tasks()

    ann = Rep(scene, ANN, message)
    assert ann.read[1] == "Waiting"
    ann.click("Log now")

    assert len(scene.tasks()) == 1


def test_a_task_that_somebody_deleted_is_not_moved_and_not_made_anew(scene, logged):
    scene.universe.org.remove(scene.tasks()[0]["Id"])
    logged.click("Move").click("Search", search="leo").use(LEO)

    assert scene.tasks() == []
    assert logged.read[2] == "It was deleted from Salesforce, so we leave it out."
    scene.sync()
    assert scene.tasks() == []

    logged.click("Log again")
    assert links(scene) == [(LEO, None)]


def test_only_records_that_the_rep_may_read_are_found_and_usable(scene, logged):
    logged.click("Move").click("Search", search="leo")
    assert "Lead | Leo Brandt, Brandt | leo@brandt.example" in logged.read
    scene.universe.org.hidden = frozenset({(ANN_USER, LEO)})
    scene.clock.advance(3600)

    logged.use(LEO)
    assert logged.read[1] == "This can't be done"
    assert links(scene) == [(ADA, BYRON)]
    logged.open().click("Move").click("Search", search="leo")
    assert "Leo" not in str(logged.read).replace("“leo”", "")


@pytest.mark.parametrize("text", ["", " ", "a", "' OR Name LIKE '%", "{x} AND *", "x" * 5000, "\u202e\x00", "日本"])
def test_any_search_is_answered(scene, logged, text):
    logged.click("Move").click("Search", search=text)

    assert logged.read[1] == "Log this conversation on"


def test_a_refusal_of_salesforce_is_shown_in_its_words(scene, logged):
    logged.click("Move").click("Search", search="leo")
    scene.universe.faults.plan(
        Fault("salesforce", "update", "FIELD_CUSTOM_VALIDATION_EXCEPTION:Region is <b>required</b>.")
    )

    logged.use(LEO)

    assert logged.read[1:3] == [
        "Salesforce refused the change",
        "It says: “Region is &lt;b&gt;required&lt;/b&gt;.” Ask your Salesforce admin, then try again.",
    ]


def test_salesforce_away_while_clicking_loses_nothing(scene, logged):
    logged.click("Stop logging")
    scene.universe.faults.plan(Fault("salesforce", "*", "503", times=1))
    logged.click("Delete and stop")
    assert logged.read[1] == "Salesforce or Gmail isn't answering"
    assert len(scene.tasks()) == 1

    logged.again()

    assert scene.tasks() == []
    assert scene.outcomes() == {logged.message: "kept_out"}


def test_another_person_s_button_and_a_tampered_one_do_nothing(scene, logged):
    parameters = action(logged.card, "Stop logging")
    his = scene.deliver(BEN, eml(to=BEN))
    before = scene.services.ports.store.writes()

    assert scene.ask(ACT, BEN, his, parameters=parameters) == 401
    body, moment, signature = parameters["st"].rsplit(".", 2)
    first = "1" if signature.startswith("0") else "0"
    for forged in (f"{body}.{moment}.{first}{signature[1:]}", parameters["st"][1:], "", "x.y"):
        assert scene.ask(ACT, ANN, logged.message, parameters={"st": forged}) == 401
    assert scene.ask(ACT, ANN, logged.message, parameters={"other": "x"}) == 401
    assert scene.services.ports.store.writes() == before
    assert len(scene.tasks()) == 1


def make_first_form_token(scene, operation, message, **arguments):
    """As the first version signed it: a body and a keyed hash under one of the server's own keys."""
    thread = scene.universe.mailboxes[ANN].messages[message].thread_id
    subject = scene.universe.world.user(ANN).user_id
    fields = [operation, message, thread, arguments, int(scene.clock.now()) + 43_200]
    body = json.dumps(fields, separators=(",", ":")).encode()
    bound = f"{len(subject)}:{subject}:{body.decode()}"
    return f"{base64.urlsafe_b64encode(body).decode()}.{scene.services.ports.hasher.hash('addon-action', bound)}"


OUT_OF_DATE = [
    "Salesforce log",
    "This card is out of date",
    "Nothing was changed. Refresh, then repeat your click.",
    "[Refresh]",
]


@pytest.mark.parametrize("operation", ["stop", "log", "withdraw", "move", "show", "no_such_operation"])
def test_a_button_of_an_old_card_offers_to_refresh_and_does_nothing_else(scene, logged, operation):
    token = make_first_form_token(scene, operation, logged.message, record=LEO)
    writes, tasks = scene.services.ports.store.writes(), scene.tasks()
    scene.universe.calls.clear()

    logged.last = {"parameters": {"st": token}}
    logged.again()

    assert logged.read == OUT_OF_DATE
    assert (scene.services.ports.store.writes(), scene.tasks()) == (writes, tasks)
    assert not scene.universe.calls.calls("salesforce")
    assert logged.click("Refresh").read[1] == "Logged in Salesforce"


@pytest.mark.parametrize("how", ["too old", "of an unknown operation"])
def test_a_stale_button_offers_to_refresh(scene, logged, how):
    ports = scene.services.ports
    token = action(logged.card, "Stop logging")["st"]
    if how == "too old":
        scene.clock.advance(86_400)
    else:
        subject = scene.universe.world.user(ANN).user_id
        token = Signer(ports.hasher, ports.clock).sign(Order("no_such_operation", logged.message, "1"), subject)
    writes = ports.store.writes()

    logged.last = {"parameters": {"st": token}}
    logged.again()

    assert logged.read == OUT_OF_DATE
    assert ports.store.writes() == writes
    assert len(scene.tasks()) == 1
    assert logged.click("Refresh").read[1] == "Logged in Salesforce"


def test_an_out_of_date_card_without_a_message_has_no_button(scene, logged):
    parameters = {"st": make_first_form_token(scene, "stop", logged.message)}
    event = scene.addon_host.event(ANN, None, parameters=parameters)

    assert texts(card_of(scene.post(ACT, event))) == OUT_OF_DATE[:3]


def test_a_mailbox_in_a_dry_run_cannot_act(scene, logged):
    parameters = action(logged.card, "Stop logging")
    scene.set_stage(ANN, Stage.DRY_RUN)

    assert texts(card_of(scene.ask(ACT, ANN, logged.message, parameters=parameters)))[1] == "Not live yet"
    assert len(scene.tasks()) == 1


def test_erased_mail_never_comes_back(scene, logged):
    [activity] = scene.services.documents.scan("activities")
    erase_mail(scene.services.ports.store, scene.clock, ActivityKey(activity.key))
    parameters = {"st": action(logged.card, "Move")["st"]}
    logged.card = card_of(scene.ask(ACT, ANN, logged.message, parameters=parameters))
    logged.click("Search", search="leo").use(LEO)
    scene.sync()

    assert scene.outcomes() == {logged.message: "erased"}
    assert links(scene) == [(ADA, BYRON)]


def test_undo_of_a_move_after_log_it_anyway_leaves_it_logged_anyway(scene):
    message = scene.deliver(ANN, eml(Auto_Submitted="auto-replied"))
    scene.sync()
    ann = Rep(scene, ANN, message).click("Log it anyway")
    ann.click("Move").click("Search", search="leo").use(LEO)
    assert links(scene) == [(LEO, None)]

    ann.click("Undo")

    assert links(scene) == [(ADA, BYRON)]
    assert scene.outcomes() == {message: "thread_override"}


@pytest.fixture
def three(scene):
    """A conversation of three."""
    root = scene.deliver(ANN, eml(message_id="<root@x>"))
    for number in (2, 3):
        scene.deliver(
            ANN, eml(subject="Re: Lamps", message_id=f"<{number}@x>", References="<root@x>", text=str(number))
        )
    scene.sync()
    assert len(scene.tasks()) == 3
    return Rep(scene, ANN, root)


@pytest.mark.parametrize("refused", [1, 2, 3])
def test_a_conversation_is_moved_whole_or_not_at_all(scene, three, refused):
    code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    scene.universe.faults.plan(Fault("salesforce", "update", "", times=refused - 1))
    scene.universe.faults.plan(Fault("salesforce", "update", f"{code}:This one is locked.", times=1))

    three.click("Move").click("Search", search="leo").use(LEO)

    assert any("This one is locked." in each for each in three.read)
    assert {who for who, _ in links(scene)} == {ADA}
    scene.universe.faults.clear()
    three.again()
    assert [who for who, _ in links(scene)] == [LEO] * 3


def test_of_a_conversation_the_deleted_stay_deleted_and_the_others_move(scene, three):
    scene.universe.org.remove(scene.tasks()[0]["Id"])

    three.click("Move").click("Search", search="leo").use(LEO)

    assert [who for who, _ in links(scene)] == [LEO] * 2
    scene.sync()
    assert len(scene.tasks()) == 2


def test_a_move_that_salesforce_refuses_changes_nothing_to_come_either(scene, logged, monkeypatch):
    crm = scene.services.ports.crm
    monkeypatch.setattr(
        crm, "retarget", lambda targets, **_: [RejectedError("FIELD_CUSTOM_VALIDATION_EXCEPTION")] * len(targets)
    )
    logged.click("Move").click("Search", search="leo").use(LEO)
    monkeypatch.undo()
    scene.deliver(ANN, eml(subject="Re: Lamps", message_id="<later@x>", References="<root@x>"))
    scene.sync()

    assert set(scene.outcomes().values()) == {"contact_match"}
    assert {who for who, _ in links(scene)} == {ADA}


def test_mail_of_a_contacts_only_account_is_moved_only_where_the_admin_allows_it(scene):
    """The card offers a choice exactly where the choice counts, and Salesforce gets the mail then."""
    message = scene.deliver(ANN, eml(sender="pat@harbor.example"))
    scene.sync()
    refused = Rep(scene, ANN, message)
    assert "Choose a record" not in str(refused.read)
    assert (scene.outcomes(), scene.tasks()) == ({message: "contacts_only_account"}, [])

    scene.restart(OVERRIDE_CONTACTS_ONLY="yes")
    Rep(scene, ANN, message).click("Choose a record").click("Search", search="leo").use(LEO)

    assert scene.outcomes() == {message: "thread_override"}
    assert links(scene) == [(LEO, None)]
