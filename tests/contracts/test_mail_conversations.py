"""A conversation read as a whole, where that is cheaper; and the lists by time and label."""

from __future__ import annotations

import email
from dataclasses import replace
from unittest import mock

import pytest

from server.domain.errors import (
    GmailOffError,
    MailboxRefusedError,
    NotFoundError,
    RefusedError,
    ThrottledError,
    TransientError,
)
from server.domain.history import MessageRef, Span
from server.domain.message import Message
from simulator import mime
from tests.contracts.test_mail import ANN, HOUR_LATER, NAMES, ann, fail, mail, mailbox_of  # noqa: F401
from tests.support.scene import eml
from tests.support.wire import listen

BEN = "ben@acme.example"


def conversation(scene, count, thread="abc", **more):
    """In the order of time."""
    return [
        scene.deliver(
            ANN, eml(subject=f"{n}", date=f"Mon, 14 Sep 2026 09:{n % 60:02d}:00 +0000", **more), thread=thread
        )
        for n in range(count)
    ]


def refs(thread, ids):
    return [MessageRef(i, thread) for i in ids]


def units(scene):
    return scene.universe.calls.summary()["gmail"]


def nothing_was_read(scene):
    calls = [c for c in scene.universe.calls.calls("gmail") if c.detail]
    return bool(calls) and not any(c.detail["snippet"] or c.detail["body"] for c in calls)


@pytest.mark.parametrize(
    ("wanted", "method", "price"), [(2, "messages.get", 40), (3, "threads.get", 40), (6, "threads.get", 40)]
)
def test_from_three_on_the_whole_conversation_is_cheaper_and_comes_whole(scene, mail, ann, wanted, method, price):  # noqa: F811
    ids = conversation(scene, 6)

    found = mail.headers(ann, refs("abc", ids[:wanted]), NAMES)

    assert set(found) == set(ids[:wanted] if method == "messages.get" else ids)
    assert [found[i].headers.first("Subject") for i in ids[:wanted]] == [str(n) for n in range(wanted)]
    assert units(scene)["units"] == price
    assert method in units(scene)
    assert nothing_was_read(scene)


def test_the_headers_of_a_conversation_are_those_of_its_messages(scene, mail, ann):  # noqa: F811
    ids = conversation(scene, 3, X_Secret="yes")

    whole = mail.headers(ann, refs("abc", ids), NAMES)
    alone = {i: mail.headers(ann, refs("abc", [i]), NAMES)[i] for i in ids}

    assert whole == alone


def test_conversations_and_single_messages_are_asked_for_together(scene, mail, ann):  # noqa: F811
    long, short = conversation(scene, 70), conversation(scene, 2, thread="def")

    found = mail.headers(ann, [*refs("abc", long[:60]), *refs("def", short), *refs("abc", long[60:])], NAMES)

    assert set(found) == {*long, *short}
    assert all(isinstance(message, Message) for message in found.values())
    assert units(scene)["units"] == 40 + 2 * 20


def test_a_conversation_that_is_gone_is_each_wanted_message_not_found(scene, mail, ann):  # noqa: F811
    good = scene.deliver(ANN, eml())

    found = mail.headers(ann, [*refs("fff", ["1", "2", "3"]), MessageRef(good, good)], NAMES)

    assert [type(found[i]) for i in ("1", "2", "3")] == [NotFoundError] * 3
    assert isinstance(found[good], Message)


def test_a_message_that_left_its_conversation_is_not_found(scene, mail, ann):  # noqa: F811
    ids = conversation(scene, 4)
    scene.universe.mailboxes[ANN].delete(ids[0])

    found = mail.headers(ann, refs("abc", ids[:3]), NAMES)

    assert type(found[ids[0]]) is NotFoundError
    assert {i for i in found if isinstance(found[i], Message)} == set(ids[1:])


def test_what_gmail_leaves_out_of_a_conversation_is_asked_for_alone(scene, mail, ann):  # noqa: F811
    ids = conversation(scene, 7)
    whole = mail.headers(ann, refs("abc", ids), NAMES)
    scene.universe.world.google = replace(scene.universe.world.google, gaps_in_threads=True)

    assert mail.headers(ann, refs("abc", [*ids, "18c2"]), NAMES) == {**whole, "18c2": mock.ANY}
    assert {m.message_id for m in mail.thread(ann, "abc", NAMES)} < set(ids)
    assert mail.conversation_bodies(ann, "abc", ids).keys() == set(ids)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("404", Message),  # each is asked for alone
        ("rateLimitExceeded", ThrottledError),
        ("429", ThrottledError),
        ("503", TransientError),
        ("drop_answer", TransientError),
        ("failedPrecondition", GmailOffError),
        ("domainPolicy", MailboxRefusedError),
    ],
)
def test_a_conversations_failure_is_its_messages_value_and_hurts_no_other(scene, mail, ann, kind, expected):  # noqa: F811
    ids, good = conversation(scene, 3), scene.deliver(ANN, eml())
    fail(scene, "threads.get", kind, times=-1)

    found = mail.headers(ann, [*refs("abc", ids), MessageRef(good, good)], NAMES)

    assert [type(found[i]) for i in ids] == [expected] * 3
    assert isinstance(found[good], Message)


def test_what_was_read_is_kept_when_a_later_batch_fails(scene, mail, ann):  # noqa: F811
    ids, single = conversation(scene, 3), scene.deliver(ANN, eml())
    fail(scene, "batch", "503", times=-1)

    found = mail.headers(ann, [*refs("abc", ids), MessageRef(single, single)], NAMES)

    assert all(isinstance(found[i], Message) for i in ids)
    assert type(found[single]) is TransientError


@pytest.mark.parametrize("count", [1, 3])
def test_a_mailbox_outside_the_scope_is_refused_whichever_way_it_is_read(make_scene, count):
    scene = make_scene(MAILBOXES=BEN)
    mail, ann = scene.services.ports.mail, mailbox_of(scene, ANN)  # noqa: F811
    ids = conversation(scene, count)
    with pytest.raises(RefusedError):
        mail.headers(ann, refs("abc", ids), NAMES)
    with pytest.raises(RefusedError):
        mail.conversation_bodies(ann, "abc", ids)


def read(raw):
    message = email.message_from_bytes(raw)
    return (
        [(n, v) for n, v in message.items() if n != "Content-Transfer-Encoding"],
        [(p.get_content_type(), p.get_payload(decode=True)) for p in message.walk()],
    )


def with_attachment(subject):
    message = email.message_from_bytes(eml(subject=subject), policy=email.policy.default)
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="offer.pdf")
    return message.as_bytes()


def test_the_bodies_of_a_conversation_read_as_those_of_its_messages_and_cost_less(scene, mail, ann):  # noqa: F811
    ids = conversation(scene, 12, text="Grüße aus Köln. " * 400)

    found = mail.conversation_bodies(ann, "abc", ids[:10])

    assert units(scene) == {"units": 40, "threads.get": 1}
    raw = mail.bodies(ann, ids[:10])
    assert {i: read(body) for i, body in found.items()} == {i: read(body) for i, body in raw.items()}


def test_fewer_than_three_bodies_are_fetched_raw(scene, mail, ann):  # noqa: F811
    ids = conversation(scene, 5)

    assert mail.conversation_bodies(ann, "abc", ids[:2]) == mail.bodies(ann, ids[:2])
    assert mail.conversation_bodies(ann, "abc", []) == {}
    assert "threads.get" not in units(scene)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(with_attachment("odd"), id="an attachment"),
        pytest.param(eml(subject="odd", text="x" * 76 * (mime.LARGE // 70)), id="a large text"),
        pytest.param(b"From: a@b.example\nSubject: odd\n\n\x00\x80", id="no MIME"),
        pytest.param(eml().replace(b"utf-8", b"iso-8859-1").replace(b"Hello.", b"Gr\xfc\xdfe"), id="another charset"),
    ],
)
def test_what_cannot_be_rebuilt_comes_raw_and_byte_for_byte(scene, mail, ann, odd):  # noqa: F811
    ids = [*conversation(scene, 3), scene.deliver(ANN, odd, thread="abc")]

    found = mail.conversation_bodies(ann, "abc", ids)

    assert found[ids[3]] == odd
    assert units(scene) == {"units": 60, "threads.get": 1, "messages.get": 1, "batch": 1}


def test_a_body_that_gmail_leaves_out_is_asked_for_alone_before_it_counts_as_gone(scene, mail, ann):  # noqa: F811
    ids = conversation(scene, 3)
    elsewhere = scene.deliver(ANN, eml(subject="elsewhere"))

    found = mail.conversation_bodies(ann, "abc", [*ids, elsewhere, "18c2"])

    assert found[elsewhere] == mail.bodies(ann, [elsewhere])[elsewhere]
    assert type(found["18c2"]) is NotFoundError
    assert all(isinstance(found[i], bytes) for i in ids)


@pytest.mark.parametrize("kind", ["404", "500", "drop_answer"])
def test_a_conversation_that_gmail_cannot_show_comes_message_by_message(scene, mail, ann, kind):  # noqa: F811
    ids = conversation(scene, 3)
    fail(scene, "threads.get", kind)

    assert mail.conversation_bodies(ann, "abc", ids) == mail.bodies(ann, ids)


@pytest.mark.parametrize(("kind", "expected"), [(HOUR_LATER, ThrottledError), ("domainPolicy", MailboxRefusedError)])
def test_what_concerns_the_mailbox_is_not_tried_again_message_by_message(scene, mail, ann, kind, expected):  # noqa: F811
    ids = conversation(scene, 3)
    fail(scene, "threads.get", kind)

    with pytest.raises(expected):
        mail.conversation_bodies(ann, "abc", ids)
    assert "messages.get" not in units(scene)


def test_bodies_come_without_a_snippet_and_only_when_asked(scene, mail, ann):  # noqa: F811
    ids = conversation(scene, 3)
    seen = listen(scene)

    mail.conversation_bodies(ann, "abc", ids)

    [url] = [url for url, _ in seen if "/threads/" in url]
    assert "format=full" in url
    assert "quotaUser=" in url
    [call] = [c for c in scene.universe.calls.calls("gmail") if c.method == "threads.get"]
    assert (call.detail["snippet"], call.detail["body"]) == (False, True)


def test_a_list_of_a_span_or_of_labels_holds_what_belongs_to_it(scene, mail, ann):  # noqa: F811
    old = scene.deliver(ANN, eml(subject="old", date="Tue, 01 Sep 2026 00:00:00 +0000"))
    new = scene.deliver(ANN, eml(subject="new"), "SPAM", "STARRED")

    def listed(*args):
        return {ref.message_id for page in mail.list_messages(ann, *args) for ref in page}

    middle = 1_788_600_000
    assert listed() == {old, new}
    assert listed(Span(after=middle)) == {new}
    assert listed(Span(before=middle)) == {old}
    assert listed(Span(middle, middle + 60)) == set()
    assert listed(Span(), ["SPAM", "STARRED"]) == {new}
    assert listed(Span(), ["SPAM", "INBOX"]) == set()


def test_a_mailboxs_size_is_told_whole_and_by_label(scene, mail, ann):  # noqa: F811
    scene.deliver(ANN, eml())
    scene.deliver(ANN, eml(), "SPAM")

    assert mail.count_messages(ann) == 2
    assert mail.count_messages(ann, "SPAM") == 1
    assert units(scene)["units"] == 2
    with pytest.raises(NotFoundError):
        mail.count_messages(ann, "Label_99")
