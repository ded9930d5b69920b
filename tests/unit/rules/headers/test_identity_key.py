"""One mail, one key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.message import Headers
from server.rules.headers.identity_key import (
    activity_key,
    compute_guard,
    find_conversation_root,
    list_thread_mates,
    normalise_message_id,
)

DATE = "Mon, 2 Mar 2026 10:00:30 +0100"
NOON = 1_772_442_030_000


def a_mail(**changed):
    fields = {"Message-ID": "<a@acme.com>", "Date": DATE, "Subject": "Offer"} | {
        k.replace("_", "-"): v for k, v in changed.items()
    }
    return Headers.of([(name, value) for name, value in fields.items() if value is not None])


def key(headers, author="jane@acme.com", at=NOON, recipients=("rep@us.com",)):
    return activity_key(headers, author, at, recipients)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a.B@Acme.com>", "a.B@Acme.com"),
        ("  < a@acme.com >\r\n", "a@acme.com"),
        ("<a@\r\n acme.com>", "a@acme.com"),
        ("a@acme.com", "a@acme.com"),
        ("(made by x) <a@acme.com> (added)", "a@acme.com"),
        ("<a@acme.com> <b@acme.com>", "a@acme.com"),
        ("<no-at-sign-123>", "no-at-sign-123"),
        ("<>", None),
        ("<@>", None),
        ("", None),
        (None, None),
        ("<" + "x" * 2000 + "@y>", None),
        ("<a\x00b@c>", None),
    ],
)
def test_a_message_id_without_its_dress(value, expected):
    assert normalise_message_id(value) == expected


@pytest.mark.parametrize(
    "subject",
    ["Offer", "Re: Offer", "RE[2]: Offer", "AW: WG: offer ", "[sales] Re: [EXT] Fwd: Offer", "=?utf-8?q?Re=3A_Offer?=",
     "回复：Offer", "Ответ: Offer", "TR : Offer", "  offer  "],
)  # fmt: skip
def test_copies_may_differ_in_what_stands_before_the_subject(subject):
    assert compute_guard("a@b.c", DATE, subject, 0) == compute_guard("a@b.c", DATE, "Offer", 1)


@pytest.mark.parametrize(
    "date", ["Mon, 02 Mar 2026 09:00:30 +0000", "2 Mar 2026 09:00:30 -0000", "Mon, 2 Mar 2026 01:00:30 PST"]
)
def test_the_guard_reads_dates_in_utc(date):
    assert compute_guard("a@b.c", date, "x", 0) == compute_guard("a@b.c", DATE, "x", 0)


@pytest.mark.parametrize(
    ("author", "date", "subject"),
    [("other@b.c", DATE, "x"), ("a@b.c", "Mon, 2 Mar 2026 10:00:31 +0100", "x"), ("a@b.c", DATE, "y")],
)
def test_the_guard_tells_mails_apart(author, date, subject):
    assert compute_guard(author, date, subject, 0) != compute_guard("a@b.c", DATE, "x", 0)


def test_an_unreadable_date_counts_by_its_text_and_a_missing_one_by_the_day():
    assert compute_guard("a", "soon", "x", 0) == compute_guard("a", "SOON ", "x", 10**12)
    assert compute_guard("a", "soon", "x", 0) != compute_guard("a", "later", "x", 0)
    assert (
        compute_guard("a", None, "x", 0)
        == compute_guard("a", "", "x", 3_600_000)
        != compute_guard("a", None, "x", 10**12)
    )


def test_copies_of_one_mail_share_a_key_whatever_their_arrival_and_recipients():
    assert key(a_mail()) == key(a_mail(Subject="[list] Offer"), at=NOON + 10**7, recipients=["x@y.z"])
    assert len(key(a_mail())) == 64


def test_a_reused_message_id_is_another_mail():
    assert key(a_mail()) != key(a_mail(Subject="Parcel 2"))


@pytest.mark.parametrize("missing", [None, "<>", "<x-SMTPIN_ADDED_MISSING@mx.google.com>"])
def test_without_a_message_id_recipients_and_minute_stand_in(missing):
    nameless = a_mail(Message_ID=missing)

    assert key(nameless, recipients=["A@x.y", "b@x.y"]) == key(nameless, at=0, recipients=["b@x.y", "a@x.y", "a@x.y"])
    assert key(nameless, recipients=["a@x.y"]) != key(nameless, recipients=["b@x.y"])
    assert key(nameless) != key(a_mail())


def test_ids_that_gmail_added_do_not_tell_deliveries_apart():
    first, second = (a_mail(Message_ID=f"<{n}SMTPIN_ADDED_BROKEN@mx.google.com>") for n in "12")

    assert key(first) == key(second)


def test_without_id_and_date_the_minute_of_arrival_counts():
    bare = Headers.of([("From", "x@y.z")])

    assert key(bare, at=60_000) == key(bare, at=119_999) != key(bare, at=120_000)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([("References", "<r1@x> <r2@x>"), ("In-Reply-To", "<r2@x>")], "r1@x"),
        ([("References", "<> <@> <r1@x>")], "r1@x"),
        ([("References", "r1@x r2@x")], "r1@x"),
        ([("References", " "), ("In-Reply-To", 'Message of "Mon" <r2@x> from "Jane"')], "r2@x"),
        ([], "own@x"),
    ],
)
def test_the_root_of_a_conversation(fields, expected):
    assert find_conversation_root(Headers.of([("Message-ID", "<own@x>"), *fields])) == expected


def test_a_mail_without_ids_has_no_root():
    assert find_conversation_root(Headers()) is None


FIELDS = st.lists(st.tuples(st.sampled_from(["Message-ID", "Date", "Subject", "References", "In-Reply-To"]), st.text()))


@given(FIELDS, st.none() | st.text(), st.integers(0, 10**15))
def test_every_mail_has_one_key(fields, author, at):
    headers = Headers.of(fields)

    assert activity_key(headers, author, at, ["a@b"]) == activity_key(headers, author, at, ["a@b"])
    find_conversation_root(headers)


def test_long_chains_of_prefixes_and_brackets_are_read_once():
    assert compute_guard("a", DATE, "Re: " * 4000 + "x", 0) == compute_guard("a", DATE, "x", 0)
    assert find_conversation_root(Headers.of([("References", "<" * 100_000)])) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"References": "<first@x>"}, ["own@x"]),
        ({"References": "<first@x>", "In-Reply-To": "<first@x>"}, ["own@x", "first@x"]),
        (
            {"References": "<first@x> <second@x> <third@x>", "In-Reply-To": "<third@x>"},
            ["own@x", "third@x", "second@x"],
        ),
        ({"In-Reply-To": "Your message of Monday <first@x>"}, ["own@x", "first@x"]),
        ({}, ["own@x"]),
    ],
)
def test_a_mail_stands_with_what_it_answers_and_not_with_a_first_mail_that_it_only_names(fields, expected):
    headers = Headers.of([("Message-ID", "<own@x>"), *fields.items()])
    assert list(list_thread_mates(headers)) == expected
