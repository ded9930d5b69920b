"""The conversation card over HTTP: what a rep reads when a message is opened."""

import pytest

from simulator.faults import Fault
from tests.support.cards import card_of, texts
from tests.support.scene import eml

ANN, BEN, CEM = "ann@acme.example", "ben@acme.example", "cem@acme.example"
OPEN = "/addon/open"


def opened(scene, address, message_id):
    return texts(card_of(scene.ask(OPEN, address, message_id)))


def calls(scene, service):
    return [c.method for c in scene.universe.calls.calls(service)]


def test_a_logged_message(scene):
    message = scene.deliver(ANN, eml())
    scene.sync()

    assert opened(scene, ANN, message) == [
        "Salesforce log",
        "Logged in Salesforce",
        "On Ada Byron, Byron Works. ada@byron.example is their address.",
        "Contact | Ada Byron, Byron Works",
        "[Move] [Stop logging]",
        "Why not another record",
        "Account | Byron Works | a person comes before a company",
    ]


def test_a_message_logged_by_domain(scene):
    message = scene.deliver(ANN, eml(sender="pat@byron.example"))
    scene.sync()

    assert opened(scene, ANN, message)[1:3] == [
        "Logged in Salesforce",
        "On Byron Works, because the address ends in byron.example. pat@byron.example isn't a contact yet.",
    ]


def test_a_lead(scene):
    message = scene.deliver(ANN, eml(sender="leo@brandt.example"))
    scene.sync()

    found = opened(scene, BEN, scene.deliver(BEN, eml(sender="leo@brandt.example", to=BEN, subject="x")))
    assert found[1] == "Will be logged in Salesforce"
    assert "[Log now] [Move] [Stop logging]" in found
    assert opened(scene, ANN, message)[2] == "On the lead Leo Brandt, Brandt. leo@brandt.example is their address."


def test_a_tie(scene):
    scene.universe.org.change(
        "Contact",
        {"Id": "003A00000000009", "LastName": "Twin", "Email": "ada@byron.example", "OwnerId": "005A00000000002"},
    )
    message = scene.deliver(ANN, eml())
    scene.sync()

    found = opened(scene, ANN, message)
    assert found[1] == "Logged on Ada Byron, Byron Works"
    assert found[2].endswith("1 other contact has this address. We chose the one you own.")
    assert "[Use another] [Stop logging]" in found
    assert "Contact | Twin | someone else owns it" in found


@pytest.mark.parametrize(
    ("mail", "labels", "title", "text", "buttons"),
    [
        (eml(sender="ben@acme.example"), (), "Not logged", "Only colleagues are on this email.", ""),
        (eml(sender="who@nova.example"), (), "Not logged",
         "No person or company for who@nova.example is in Salesforce. Add them and new emails with them will be logged.",
         "[Add contact] [Add lead] [Choose a record]"),
        (eml(), ("INBOX", "CATEGORY_PROMOTIONS"), "Not logged", "Gmail put this email in Promotions (also where tabs are off).", "[Log it anyway]"),
        (eml(), ("SPAM",), "Not logged", "Gmail put this email in Spam.", ""),
        (eml(), ("DRAFT",), "Not logged", "This is a draft, a chat or not sent yet.", ""),
        (eml(Auto_Submitted="auto-replied"), (), "Not logged", "This is an automatic message: no person started it.",
         "[Log it anyway]"),
        (eml(sender="pat@harbor.example"), (), "Not logged",
         "For Harbor, only emails with its contacts are logged. pat@harbor.example isn't one. Your Salesforce admin set this.",
         "[Add contact]"),
    ],
    ids=["colleagues", "nobody", "category", "spam", "draft", "automatic", "contacts only"],
)  # fmt: skip
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_message_that_is_not_logged(scene, mail, labels, title, text, buttons, known):
    scene.universe.org.change("Account", {"Id": "001A00000000002", "OwnerId": "005A00000000001"})
    scene.sync()
    message = scene.deliver(ANN, mail, *labels)
    if known:
        scene.sync()

    found = opened(scene, ANN, message)

    assert found[1:3] == [title, text]
    assert (found[3] if len(found) > 3 and found[3].startswith("[") else "") == buttons
    assert not scene.tasks()


def test_a_known_conversation_asks_nobody(scene):
    message = scene.deliver(ANN, eml())
    scene.universe.org.change("Account", {"Id": "001A00000000001", "OwnerId": "005A00000000001"})
    scene.sync()
    opened(scene, ANN, message)  # who Ann is in Salesforce is learnt once
    scene.universe.calls.clear()

    opened(scene, ANN, message)

    assert scene.universe.calls.summary() == {
        "gmail": {"units": 0}, "salesforce": {"requests": 0}, "kms": {"requests": 0},
    }  # fmt: skip


def test_an_unknown_conversation_asks_each_once_and_writes_nothing(scene):
    scene.universe.org.change("Account", {"Id": "001A00000000001", "OwnerId": "005A00000000001"})
    scene.sync()
    message = scene.deliver(ANN, eml())
    before = scene.services.ports.store.writes()
    opened(scene, ANN, message)
    after = scene.services.ports.store.writes()
    scene.universe.calls.clear()
    found = opened(scene, ANN, message)

    assert found[1] == "Will be logged in Salesforce"
    assert calls(scene, "gmail") == ["threads.get"]
    assert calls(scene, "salesforce") == ["composite"]
    assert {k: after[k] - before.get(k, 0) for k in after if after[k] != before.get(k, 0)} == {
        "mailboxes": 1,  # who the rep is in Salesforce
        "state": 1,  # the first login of all pins whose state this is
    }
    assert not scene.tasks()
    assert scene.outcomes() == {}


def test_an_unknown_conversation_is_enqueued(scene):
    scene.sync()
    message = scene.deliver(ANN, eml())
    opened(scene, ANN, message)
    scene.clock.advance(10)

    assert scene.services.queue.take(scene.clock.now()).job.kind == "collect"


def test_only_headers_are_read(scene):
    scene.sync()
    message = scene.deliver(ANN, eml())
    scene.universe.calls.clear()

    opened(scene, ANN, message)

    [call] = scene.universe.calls.calls("gmail")
    assert (call.detail["body"], call.detail["snippet"]) == (False, False)


def test_just_sent_mail_has_an_id_that_only_gmail_resolves(scene):
    scene.sync()
    message = scene.deliver(ANN, eml(sender=ANN, to="ada@byron.example"), "SENT")
    scene.universe.calls.clear()

    assert opened(scene, ANN, message)[1] == "Will be logged in Salesforce"
    assert calls(scene, "gmail") == ["messages.get", "threads.get"]


def test_a_record_that_the_rep_may_not_read_is_not_named(scene):
    scene.universe.org.hidden = frozenset(
        {("005A00000000002IAA", "003A00000000001IAA"), ("005A00000000002IAA", "001A00000000001IAA")}
    )
    scene.sync()
    both = eml(to=f"{ANN}, {BEN}")
    scene.deliver(ANN, both)
    message = scene.deliver(BEN, both)
    for _ in range(2):
        found = opened(scene, BEN, message)
        assert "Ada" not in str(found)
        assert "Byron" not in str(found).replace("byron.example", "")
        assert "On a record that you can't open in Salesforce." in found
        scene.sync()


def test_who_is_no_user_of_salesforce_reads_no_name(scene):
    message = scene.deliver(CEM, eml(to=CEM))
    scene.sync()

    assert opened(scene, CEM, message)[2] == "On a record that you can't open in Salesforce."


def test_a_long_conversation_stays_readable(scene):
    scene.sync()
    first = eml(message_id="<root@x>")
    message = scene.deliver(ANN, first, thread="abc1")
    for i in range(149):
        scene.deliver(ANN, eml(subject=f"Re: {i}", References="<root@x>"), thread="abc1")
    for _ in range(2):
        found = opened(scene, ANN, message)
        assert "149 other emails in this conversation" in found
        assert "109 older emails are not shown." in found
        scene.sync()


@pytest.mark.parametrize(
    ("stage", "address", "title"),
    [
        ("live", "somebody@gmail.com", "Use your work account"),
        ("live", "new@acme.example", "Your mailbox isn't included"),
        ("off", ANN, "Your mailbox isn't included"),
    ],
)
def test_refusals_are_cards(scene, stage, address, title):
    message = scene.deliver(ANN, eml())
    scene.restart(NEW_MAILBOX_STAGE=stage)
    scene.sync()
    event = scene.addon_host.event(ANN, message)
    event["authorizationEventObject"] = scene.addon_host.event(address)["authorizationEventObject"]

    found = texts(card_of(scene.post(OPEN, event)))

    assert found[1] == title
    assert "{" not in found[2]


def test_salesforce_away_is_a_card_and_a_known_message_is_shown_all_the_same(scene):
    known = scene.deliver(ANN, eml())
    scene.sync()
    unknown = scene.deliver(ANN, eml(subject="another"))
    opened(scene, ANN, known)
    scene.universe.faults.plan(Fault("salesforce", "*", "503", times=-1))

    assert opened(scene, ANN, unknown)[1] == "Salesforce or Gmail isn't answering"
    assert opened(scene, ANN, known)[1] == "Logged in Salesforce"


def test_a_message_that_is_gone_is_a_card(scene):
    scene.sync()
    message = scene.deliver(ANN, eml())
    event = scene.addon_host.event(ANN, message)
    scene.universe.mailboxes[ANN].delete(message)

    assert texts(card_of(scene.post(OPEN, event)))[1] == "Gmail doesn't have this email any more"


HOSTILE = [
    "<b>bold</b><script>alert(1)</script>",
    '<a href="https://evil.example">Log in</a>',
    "a\u202egpj.exe\u2066\u200b\x00\x1b[31m",
    "x" * 10_000,
    "👩‍👩‍👧 Zoë ñ 日本 🏳️‍🌈",
    "&lt;b&gt; &amp; \"quoted\" 'single'",
    "Z" + "\u0301" * 500,
    "\n\n\r\n{address} {0} %s",
    "",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_inert_and_legible(scene, name):
    for kind, identifier in (
        ("Contact", "003A00000000001"),
        ("Account", "001A00000000001"),
        ("Lead", "00QA00000000001"),
    ):
        scene.universe.org.change(kind, {"Id": identifier, "LastName": name or "x", "Name": name, "Company": name})
    for i, domain in enumerate(("byron", "brandt", "harbor", "nova")):
        message = scene.deliver(ANN, eml(sender=f"ada@{domain}.example", subject=str(i)))
        for _ in range(2):
            card = card_of(scene.ask(OPEN, ANN, message))
            read = "\n".join(texts(card))
            assert not set(read) & set("\u202e\u2066\u200b\x00\x1b\r")
            assert max(map(len, read.split("\n"))) < 600
            scene.sync()
