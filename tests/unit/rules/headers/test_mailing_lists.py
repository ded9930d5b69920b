"""Lists that rewrite From: who wrote the mail, and that both copies of one mail have one key."""

import pytest

from server.domain.mailbox import Workspace
from server.domain.message import Headers
from server.rules.headers.identity_key import identify_mail
from server.rules.headers.mailing_lists import read_mailing_list
from server.rules.headers.people import people_of

WORKSPACE = Workspace(
    domains=frozenset({"acme.example"}),
    groups=frozenset({"sales@acme.example"}),
    people={"ann@acme.example": ("ann@acme.example",)},
)
COMMON = (
    ("Message-ID", "<one@tarn.example>"), ("Date", "Thu, 08 Oct 2026 10:00:00 +0000"),
    ("To", "ann@acme.example, reps@tarn.example"),
)  # fmt: skip
MINA = "Mina Tarn <mina@tarn.example>"
DIRECT = (*COMMON, ("From", MINA), ("Subject", "Ropes"))

LISTS = {
    "Mailman 3": (
        ("From", "Mina Tarn via Reps <reps@tarn.example>"), ("Reply-To", MINA), ("List-Id", "Reps <reps.lists.tarn.example>"),
        ("List-Post", "<mailto:reps@tarn.example>"), ("X-Mailman-Version", "3.3.8"),
    ),
    "Mailman, replies to the list": (
        ("From", "Mina Tarn via Reps <reps@tarn.example>"), ("Reply-To", "Reps <reps@tarn.example>"), ("Cc", f"jo@tarn.example, {MINA}"),
        ("List-Post", "<mailto:reps@tarn.example>"),
    ),
    "Mailman in German": (
        ("From", "Mina Tarn über Reps <reps@tarn.example>"), ("Reply-To", f"Reps <reps@tarn.example>, {MINA}"),
        ("X-BeenThere", "reps@tarn.example"), ("List-Post", "<mailto:reps@tarn.example>"),
    ),
    "Google Group": (
        ("From", "'Mina Tarn' via Reps <reps@tarn.example>"), ("X-Original-From", MINA), ("X-Original-Sender", "mina@tarn.example"),
        ("Reply-To", "reps@tarn.example"), ("Mailing-list", "list reps@tarn.example; contact reps+owners@tarn.example"),
        ("List-ID", "<reps.tarn.example>"), ("List-Post", "<https://groups.google.com/a/tarn.example/group/reps/post>, <mailto:reps@tarn.example>"),
    ),
    "Google Group, envelope only": (
        ("From", "'Mina Tarn' via Reps <reps@tarn.example>"), ("X-Original-Sender", "mina@tarn.example"), ("List-ID", "<reps.tarn.example>"),
    ),
    "Sympa": (
        ("From", '"Mina Tarn" (reps) <reps@tarn.example>'), ("Reply-To", MINA), ("X-Original-From", MINA), ("List-Id", "<reps.tarn.example>"),
        ("List-Post", "<mailto:reps@tarn.example>"),
    ),
    "LISTSERV": (
        ("From", "Mina Tarn <000012ab-dmarc-request@listserv.tarn.example>"), ("Reply-To", MINA),
        ("Sender", "Reps <REPS@LISTSERV.TARN.EXAMPLE>"),
    ),
    "an address made for the sender": (
        ("From", "Mina Tarn via groups <mina=tarn.example@groups.tarn.example>"), ("Reply-To", MINA), ("List-Id", "<reps.groups.tarn.example>"),
    ),
    "our own group": (
        ("From", "'Mina Tarn' via Sales <sales@acme.example>"), ("X-Original-From", MINA), ("List-ID", "<sales.acme.example>"),
    ),
    "our own Mailman": (
        ("From", "Mina Tarn via Ropes <ropes@acme.example>"), ("Reply-To", MINA), ("List-Post", "<mailto:ropes@acme.example>"),
    ),
}  # fmt: skip


def key_of(*fields):
    headers = Headers.of(fields)
    return identify_mail(headers, people_of(headers, WORKSPACE), 1_000)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("subject", ["Ropes", "[Reps] Ropes", "Re: [Reps 12] Ropes"])
def test_one_mail_is_one_directly_and_through_a_list(name, subject):
    through_list = (*COMMON, *LISTS[name], ("Subject", subject))
    people = people_of(Headers.of(through_list), WORKSPACE)

    assert people.author.address == "mina@tarn.example"
    assert "mina@tarn.example" not in people.by_address_only
    assert key_of(*through_list) == key_of(*DIRECT)


def test_the_authors_name_is_taken_from_reply_to_where_the_original_sender_has_none():
    people = people_of(
        Headers.of((*LISTS["Google Group, envelope only"], ("Reply-To", MINA), ("List-Id", "<reps.tarn.example>"))),
        WORKSPACE,
    )

    assert (people.author.name, people.author.address) == ("Mina Tarn", "mina@tarn.example")


def test_what_our_own_people_write_to_a_list_of_strangers_is_one_mail_too():
    sent = (*COMMON, ("From", "Ann <ann@acme.example>"), ("Subject", "Ropes"))
    through_list = (
        *COMMON, ("From", "Ann via Reps <reps@tarn.example>"), ("Reply-To", "Ann <ann@acme.example>"),
        ("List-Post", "<mailto:reps@tarn.example>"), ("Subject", "[Reps] Ropes"),
    )  # fmt: skip

    assert key_of(*through_list) == key_of(*sent)
    assert people_of(Headers.of(through_list), WORKSPACE).author.address == "reps@tarn.example"


def test_the_key_is_the_same_for_who_sent_and_who_got_a_mail_with_an_outsider_in_reply_to():
    fields = (*COMMON, ("From", "ann@acme.example"), ("Reply-To", "ann@private.example"), ("Subject", "Ropes"))
    headers = Headers.of(fields)

    sent, received = (people_of(headers, WORKSPACE, is_sent=is_sent) for is_sent in (True, False))

    assert identify_mail(headers, sent, 0) == identify_mail(headers, received, 0)
    assert sent.author.address == "ann@acme.example"


def test_a_stranger_who_names_a_customer_makes_a_mail_of_its_own():
    forged = (*COMMON, ("From", "'Mina Tarn' via Reps <eve@evil.example>"), ("Reply-To", MINA), ("Subject", "Ropes"))

    assert key_of(*forged) != key_of(*DIRECT)


@pytest.mark.parametrize(
    ("fields", "addresses"),
    [
        ([("List-Post", "<mailto:a@x.example?subject=Hello>")], {"a@x.example"}),
        ([("List-Post", "NO"), ("X-BeenThere", "a@x.example")], set()),
        ([("List-Post", "<https://x.example/post>")], set()),
        ([("X-BeenThere", "a@x.example"), ("X-BeenThere", "b@x.example")], {"a@x.example", "b@x.example"}),
        ([("Mailing-list", "list A@x.example; contact b@x.example")], {"a@x.example"}),
        ([("List-Post", "mailto:")], set()),
        ([], set()),
    ],
)
def test_a_lists_addresses(fields, addresses):
    assert read_mailing_list(Headers.of(fields)).addresses == addresses


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("reps@lists.tarn.example", True),
        ("00ab-dmarc-request@tarn.example", True),
        ("mina=tarn.example@lists.tarn.example", True),
        ("mina@tarn.example", False),
        ("mina=tarn.example@evil.example", False),
        ("reps@evil.example", False),
    ],
)
def test_the_addresses_that_a_list_writes_from(address, is_own):
    assert read_mailing_list(Headers.of([("List-Id", "<reps.lists.tarn.example>")])).writes_from(address) is is_own
