"""GmailMail, through Google's own client library, against the simulated Gmail."""

from dataclasses import replace

import pytest

from server.domain.caller import AddonTokens
from server.domain.errors import (
    CursorExpiredError,
    GmailOffError,
    JustSentError,
    MailboxRefusedError,
    NotFoundError,
    ThrottledError,
    TransientError,
)
from server.domain.history import Label, MessageRef
from server.domain.ids import Cursor, MailboxId, MessageId, ThreadId
from server.domain.mailbox import Mailbox
from simulator.faults import Fault
from simulator.google_switches import GoogleSwitches
from tests.support.scene import eml
from tests.support.wire import listen, replace_answers

ANN = "ann@acme.example"
NAMES = ["From", "Subject"]
HOUR_LATER = "429_until:2026-09-21T15:13:20.000Z"
"""START is 14:13:20 UTC of that day."""
NEXT_DAY = 16 * 3_600 + 46 * 60 + 40 + 60.0
"""Seconds from there to midnight in California, and a minute for clocks that differ."""


@pytest.fixture
def mail(scene):
    return scene.services.ports.mail


@pytest.fixture
def ann(scene):
    return mailbox_of(scene, ANN)


def mailbox_of(scene, address):
    user = scene.universe.user(address)
    return Mailbox(MailboxId(user.user_id), (user.email, *user.aliases))


def refs(ids):
    """Each message alone in its conversation."""
    return [MessageRef(MessageId(i), ThreadId(i)) for i in ids]


def fail(scene, method, kind, times=1, service="gmail", **narrow):
    scene.universe.faults.plan(Fault(service, method, kind, times, **narrow))


def test_the_position_is_the_mailboxs_own_history_id(scene, mail, ann):
    scene.deliver(ANN, eml())

    assert mail.current_cursor(ann) == scene.universe.mailboxes[ANN].history_id


def test_a_listing_pages_through_everything_spam_and_trash_included(scene, mail, ann):
    ids = {scene.deliver(ANN, eml(subject=str(n))) for n in range(1_001)}
    ids |= {scene.deliver(ANN, eml(), label) for label in ("SPAM", "TRASH", "SENT", "DRAFT", "CHAT")}

    pages = list(mail.list_messages(ann))

    assert [len(page) for page in pages] == [500, 500, 6]
    assert {ref.message_id for page in pages for ref in page} == ids
    assert all(ref.thread_id for page in pages for ref in page)


@pytest.mark.parametrize("is_labelled", [True, False])
def test_scheduled_mail_is_listed_whether_or_not_it_has_a_label(scene, mail, ann, is_labelled):
    scene.universe.world = replace(scene.universe.world, google=GoogleSwitches(unlabelled_schedule=not is_labelled))
    scheduled = {scene.deliver(ANN, eml(subject=str(n)), "SCHEDULED") for n in range(501)}
    scene.deliver(ANN, eml(subject="other"))

    messages = mail.headers(ann, refs(scheduled), NAMES).values()

    assert mail.list_scheduled(ann) == scheduled
    assert {m.has_label("SCHEDULED") for m in messages} == {is_labelled}


def test_an_empty_mailbox_lists_nothing_and_has_no_history(mail, ann):
    assert [ref for page in mail.list_messages(ann) for ref in page] == []
    since = mail.current_cursor(ann)
    assert mail.history(ann, since).events == ()
    assert mail.history(ann, since).cursor == since


def test_history_tells_what_was_added_relabelled_and_deleted(scene, mail, ann):
    since = mail.current_cursor(ann)
    message_id = scene.deliver(ANN, eml())
    box = scene.universe.mailboxes[ANN]
    box.relabel(message_id, {"SPAM"}, {"INBOX"})
    box.delete(message_id)

    history = mail.history(ann, since)

    assert {event.ref.message_id for event in history.events} == {message_id}
    assert [(event.kind, sorted(event.label_ids)) for event in history.events] == [
        ("added", []), ("labelled", ["SPAM"]), ("unlabelled", ["INBOX"]), ("deleted", []),
    ]  # fmt: skip
    assert history.cursor == box.history_id


def test_history_pages_from_one_start_and_keeps_the_cursor_of_the_first_page(scene, mail, ann):
    since = mail.current_cursor(ann)
    ids = [scene.deliver(ANN, eml(subject=str(n))) for n in range(1_001)]
    before = scene.universe.mailboxes[ANN].history_id

    def arrive(url, _answer):
        if "/history" in url and "pageToken" not in url:
            ids.append(scene.deliver(ANN, eml(subject="while paging")))

    seen = listen(scene, arrive)
    history = mail.history(ann, since)

    assert [event.ref.message_id for event in history.events] == ids
    assert history.cursor == before
    asked = [url for url, _ in seen if "/history" in url]
    assert len(asked) == 3
    assert all(f"startHistoryId={since}" in url for url in asked)


def test_a_page_without_history_is_not_the_end(scene, mail, ann):
    since = mail.current_cursor(ann)
    message_id = scene.deliver(ANN, eml())
    fail(scene, "history.list", "empty_page", times=2)

    assert [event.ref.message_id for event in mail.history(ann, since).events] == [message_id]
    assert scene.universe.calls.summary()["gmail"]["history.list"] == 3


def test_the_cursor_never_moves_back(scene, mail, ann):
    since = mail.current_cursor(ann)
    scene.deliver(ANN, eml())

    def older(url, answer):
        if "/history" in url:
            answer.set_data(answer.get_data().replace(f'"{scene.universe.mailboxes[ANN].history_id}"'.encode(), b'"7"'))

    listen(scene, older)

    assert mail.history(ann, since).cursor == since


def test_an_expired_cursor_asks_for_a_new_listing(scene, mail, ann):
    since = mail.current_cursor(ann)
    scene.deliver(ANN, eml())
    scene.universe.mailboxes[ANN].expire_history()

    with pytest.raises(CursorExpiredError):
        mail.history(ann, since)


def test_headers_bring_labels_and_the_named_headers_and_nothing_else(scene, mail, ann):
    ids = [scene.deliver(ANN, eml(subject=f"Lamps {n}", X_Secret="yes"), "INBOX", "UNREAD") for n in range(60)]

    found = mail.headers(ann, refs([*ids, ids[0]]), NAMES)

    assert set(found) == set(ids)
    first = found[ids[0]]
    assert first.label_ids == {"INBOX", "UNREAD"}
    assert list(first.headers) == [("From", "ada@byron.example"), ("Subject", "Lamps 0")]
    assert first.internal_date == 1_789_376_400_000
    assert first.size_estimate > 0
    calls = [call.detail for call in scene.universe.calls.calls("gmail") if call.method == "messages.get"]
    assert len(calls) == 60
    assert not any(call["snippet"] or call["body"] or call["format"] != "metadata" for call in calls)
    assert scene.universe.calls.summary()["gmail"]["batch"] == 12


def test_a_body_is_the_message_byte_for_byte(scene, mail, ann):
    raws = [eml(), b"From: a@b.example\nSubject: \xff\xfe raw\n\n\x00\x80\xff", eml(text="x" * 300_000)]
    ids = [scene.deliver(ANN, raw) for raw in raws]

    assert mail.bodies(ann, ids) == dict(zip(ids, raws, strict=True))
    assert mail.bodies(ann, []) == {}


@pytest.mark.parametrize("read", ["headers", "bodies"])
@pytest.mark.parametrize(
    ("kind", "expected", "retry_after"),
    [
        ("404", NotFoundError, None),
        ("rateLimitExceeded", ThrottledError, None),
        ("userRateLimitExceeded", ThrottledError, None),
        ("dailyLimitExceeded", ThrottledError, NEXT_DAY),
        ("429", ThrottledError, None),
        (HOUR_LATER, ThrottledError, 3_600.0),
        ("500", TransientError, None),
        ("503", TransientError, None),
        ("drop_answer", TransientError, None),
        ("domainPolicy", MailboxRefusedError, None),
        ("failedPrecondition", GmailOffError, None),
    ],
)
def test_one_messages_failure_is_its_value(scene, mail, ann, read, kind, expected, retry_after):
    good, bad = scene.deliver(ANN, eml()), scene.deliver(ANN, eml(subject="Plans"))
    fail(scene, "messages.get", kind, times=-1, record=bad)

    found = mail.headers(ann, refs([bad, good]), NAMES) if read == "headers" else mail.bodies(ann, [bad, good])

    assert not isinstance(found[good], Exception)
    assert type(found[bad]) is expected
    assert getattr(found[bad], "retry_after", None) == retry_after


def test_a_message_that_was_never_there_is_not_found(mail, ann):
    assert type(mail.headers(ann, refs([MessageId("18c2")]), NAMES)[MessageId("18c2")]) is NotFoundError


@pytest.mark.parametrize(
    ("kind", "expected", "retry_after"),
    [
        ("rateLimitExceeded", ThrottledError, None),
        ("429", ThrottledError, None),
        ("dailyLimitExceeded", ThrottledError, NEXT_DAY),
        (HOUR_LATER, ThrottledError, 3_600.0),
        ("429_until:2026-09-21T14:00:00Z", ThrottledError, 1.0),
        ("500", TransientError, None),
        ("503", TransientError, None),
        ("drop_answer", TransientError, None),
        ("failedPrecondition", GmailOffError, None),
        ("domainPolicy", MailboxRefusedError, None),
        ("authError", MailboxRefusedError, None),
    ],
)
@pytest.mark.parametrize("method", ["getProfile", "messages.list", "history.list", "batch", "labels.list"])
def test_a_failed_call_is_one_of_our_errors_and_names_nobody(scene, mail, ann, method, kind, expected, retry_after):
    message_id = scene.deliver(ANN, eml(subject="Plans"))
    calls = {
        "getProfile": lambda: mail.current_cursor(ann),
        "messages.list": lambda: list(mail.list_messages(ann)),
        "history.list": lambda: mail.history(ann, Cursor(1000)),
        "batch": lambda: mail.headers(ann, refs([message_id]), NAMES),
        "labels.list": lambda: mail.labels(ann),
    }
    fail(scene, method, kind, times=-1)

    with pytest.raises(TransientError if issubclass(expected, TransientError) else expected) as caught:
        calls[method]()

    assert type(caught.value) is expected
    assert getattr(caught.value, "retry_after", None) == retry_after
    text = repr(caught.value) + str(caught.value)
    assert not any(secret in text for secret in (ANN, "acme", "Plans", "ya29", message_id, "http"))
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "broken", [b"<html>Sign in</html>", b"--x\r\n\r\n--x--", b"", b'{"kind": "tr', b"HTTP/1.1 200 OK\r\n\r\nnot json"]
)
def test_an_answer_that_makes_no_sense_is_transient(scene, mail, ann, broken):
    message_id = scene.deliver(ANN, eml())
    mail.current_cursor(ann)
    replace_answers(scene, broken)

    with pytest.raises(TransientError):
        mail.current_cursor(ann)
    try:
        assert type(mail.headers(ann, refs([message_id]), NAMES)[message_id]) is TransientError
    except TransientError as error:
        assert "batch" in str(error)


def test_a_batch_that_ends_early_is_asked_again_as_a_whole(scene, mail, ann):
    ids = [scene.deliver(ANN, eml(subject=str(n))) for n in range(3)]

    def lose_the_last(url, answer):
        if "/batch" in url:
            head, mark, _ = answer.get_data().rpartition(b"--batch_simulated\r\n")
            answer.set_data(head + mark.replace(b"\r\n", b"--\r\n"))

    listen(scene, lose_the_last)

    with pytest.raises(TransientError):
        mail.headers(ann, refs(ids), NAMES)


def test_labels_tell_the_persons_own_from_the_providers(scene, mail, ann):
    label_id = scene.universe.mailboxes[ANN].label_id("Don't Log")

    found = {label.name: label for label in mail.labels(ann)}

    assert found["Don't Log"] == Label(label_id, "Don't Log", is_own=True)
    assert found["INBOX"] == Label("INBOX", "INBOX", is_own=False)


def test_send_as_addresses_are_lower_case(scene, mail):
    scene.universe.mailboxes["ben@acme.example"].send_as = ("ben@acme.example", "Ben@Brand.Example")

    assert mail.send_as(mailbox_of(scene, "ben@acme.example")) == ("ben@acme.example", "ben@brand.example")


def test_every_call_names_whom_to_charge_and_does_not_show_who_it_is(scene, mail, ann):
    ids = [scene.deliver(ANN, eml()) for _ in range(30)]
    seen = listen(scene)

    mail.current_cursor(ann)
    list(mail.list_messages(ann))
    mail.history(ann, Cursor(1000))
    mail.headers(ann, refs(ids), NAMES)
    mail.bodies(ann, ids)
    mail.labels(ann)
    mail.send_as(ann)
    mail.current_cursor(mailbox_of(scene, "ben@acme.example"))

    lines = [line for url, body in seen for line in (url, *body.splitlines()) if "/gmail/v1/" in line]
    users = {line.split("quotaUser=")[1].split(" ")[0] for line in lines}
    assert len(lines) == 6 + 30 + 30
    assert len(users) == 2
    assert not any(ANN in user or ann.mailbox_id in user for user in users)


def test_a_conversation_is_one_call_for_headers_alone(scene, mail, ann):
    late = scene.deliver(ANN, eml(subject="2", date="Tue, 15 Sep 2026 09:00:00 +0000"), thread="abc")
    early = scene.deliver(ANN, eml(subject="1"), thread="abc")
    scene.deliver(ANN, eml(subject="other"))

    found = mail.thread(ann, "abc", NAMES)

    assert [m.message_id for m in found] == [early, late]
    assert [dict(m.headers)["Subject"] for m in found] == ["1", "2"]
    [call] = [c for c in scene.universe.calls.calls("gmail") if c.method == "threads.get"]
    assert (call.detail["snippet"], call.detail["body"]) == (False, False)
    with pytest.raises(NotFoundError):
        mail.thread(ann, "fff", NAMES)


@pytest.mark.parametrize(
    "names", [NAMES, [f"X-Header-{i}" for i in range(300)]], ids=["few", "too many for an address"]
)
def test_a_conversation_whatever_the_number_of_headers(scene, mail, ann, names):
    message = scene.deliver(ANN, eml(), thread="abc")

    assert [m.message_id for m in mail.thread(ann, "abc", names)] == [message]


def identify_sent(scene, mail, mailbox, message, tokens=None):
    """As an event names mail that was just sent."""
    event = scene.addon_host.event(ANN, message)
    gmail, user = event["gmail"], event["authorizationEventObject"]["userOAuthToken"]
    given = AddonTokens(user, gmail["accessToken"]) if tokens is None else tokens
    return mail.identify(mailbox, gmail["messageId"], gmail["threadId"], given)


def harden_signed_ids(scene):
    scene.universe.world.google = GoogleSwitches(signed_ids_need_addon=True)


def test_ids_of_mail_just_sent_have_either_sign(scene):
    ids = [scene.deliver(ANN, eml(sender=ANN, subject=str(i)), "SENT") for i in range(20)]
    names = {scene.addon_host.event(ANN, i)["gmail"]["messageId"] for i in ids}

    assert len(names) == 20
    assert {name.startswith("msg-a:r-") for name in names} == {True, False}


def test_where_only_the_add_on_may_ask_which_mail_was_sent_its_own_token_does(scene, mail, ann, caplog):
    caplog.set_level(0)
    harden_signed_ids(scene)
    sent = [scene.deliver(ANN, eml(sender=ANN, subject=str(i)), "SENT", thread="def") for i in range(5)]

    assert [identify_sent(scene, mail, ann, i) for i in sent] == [MessageRef(i, "def") for i in sent]
    statuses = [c.status for c in scene.universe.calls.calls("gmail") if c.method == "messages.get"]
    assert statuses == [400, 200] * 5
    assert "ya29." not in caplog.text


def test_an_id_that_is_not_found_for_us_is_asked_for_by_the_add_on(scene, mail, ann):
    sent = scene.deliver(ANN, eml(sender=ANN), "SENT", thread="def")
    scene.universe.faults.plan(Fault("gmail", "messages.get", "404"))

    assert identify_sent(scene, mail, ann, sent) == MessageRef(sent, "def")


def test_mail_just_sent_that_gmail_does_not_name_is_not_called_gone(scene, mail, ann):
    harden_signed_ids(scene)
    sent = scene.deliver(ANN, eml(sender=ANN), "SENT")
    other = scene.addon_host.event("ben@acme.example", scene.deliver("ben@acme.example", eml()))
    of_another = AddonTokens(other["authorizationEventObject"]["userOAuthToken"], other["gmail"]["accessToken"])

    for tokens in (AddonTokens(), AddonTokens("ya29.x", "y"), of_another):
        with pytest.raises(JustSentError):
            identify_sent(scene, mail, ann, sent, tokens)
    scene.universe.faults.plan(Fault("gmail", "messages.get", "503", times=-1))
    with pytest.raises(TransientError):
        identify_sent(scene, mail, ann, sent)


def test_ids_of_an_event_are_resolved_and_only_just_sent_mail_costs_a_call(scene, mail, ann):
    message = scene.deliver(ANN, eml(), thread="abc")

    assert mail.identify(ann, f"msg-f:{int(message, 16)}", f"thread-f:{int('abc', 16)}") == MessageRef(message, "abc")
    assert mail.identify(ann, message, "abc") == MessageRef(message, "abc")
    assert scene.universe.calls.calls("gmail") == []
    sent = scene.deliver(ANN, eml(sender=ANN), "SENT", thread="def")
    assert identify_sent(scene, mail, ann, sent, AddonTokens()) == MessageRef(sent, "def")
    assert [c.method for c in scene.universe.calls.calls("gmail")] == ["messages.get"]
    for unknown in ("msg-a:r1", "msg-a:r-1", "", "msg-f:x", "../../me"):
        with pytest.raises((NotFoundError, TransientError)):
            mail.identify(ann, unknown, "abc")


def test_headers_are_known_by_their_names_in_any_spelling(scene, mail, ann):
    scene.universe.world.google = GoogleSwitches(exact_header_names=True)
    raw = eml().replace(b"Message-ID:", b"Message-Id:").replace(b"To:", b"TO:")
    ids = [scene.deliver(ANN, raw, thread="abc") for _ in range(3)]
    asked = ["Message-ID", "To", "List-ID"]

    alone = mail.headers(ann, [MessageRef(ids[0], "abc")], asked)[ids[0]]

    assert [name for name, _ in alone.headers] == ["TO", "Message-Id"]
    assert mail.headers(ann, [MessageRef(i, "abc") for i in ids], asked)[ids[0]] == alone
    assert mail.thread(ann, "abc", asked)[0].headers == alone.headers
