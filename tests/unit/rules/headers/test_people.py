"""Who is on a mail and who wrote it, behind our own groups too."""

import pytest

from server.domain.mailbox import Workspace
from server.domain.message import Headers
from server.rules.headers.mailing_lists import through_own_group
from server.rules.headers.people import people_of

WORKSPACE = Workspace(
    domains=frozenset({"acme.example"}),
    groups=frozenset({"sales@acme.example"}),
    people={"ann@acme.example": ("ann@acme.example", "ann@alias.example")},
)


def people(*fields, is_sent=False):
    return people_of(Headers.of(fields), WORKSPACE, is_sent=is_sent)


def addresses(found):
    return [p.address for p in found]


def test_inside_and_outside():
    found = people(
        ("From", "ada@x.example"),
        ("To", "ann@acme.example, ANN@alias.example"),
        ("Cc", "bob@sub.acme.example, cy@y.example"),
    )

    assert found.author.address == "ada@x.example"
    assert addresses(found.externals) == ["ada@x.example", "cy@y.example"]
    assert addresses(found.internals) == ["ann@acme.example", "ann@alias.example", "bob@sub.acme.example"]


def test_one_who_is_named_twice_is_one():
    found = people(("From", "ada@x.example"), ("To", "ada@x.example, ADA@X.example"))

    assert addresses(found.externals) == ["ada@x.example"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("List-ID", "Sales <sales.acme.example>", True), ("List-ID", "sales.acme.example", True),
        ("List-ID", "<SALES.ACME.EXAMPLE>", True), ("List-ID", "<other.acme.example>", False), ("List-ID", "", False),
        ("Mailing-list", "list sales@acme.example; contact x@acme.example", True),
        ("Mailing-list", "  List sales@acme.example", True),
        ("Mailing-list", "list other@acme.example; contact sales@acme.example", False),
        ("Mailing-list", "sales@acme.example", False),
        ("Subject", "sales@acme.example", False),
    ],
)  # fmt: skip
def test_mail_that_one_of_our_groups_handed_on(name, value, expected):
    assert through_own_group(Headers.of([("From", "ada@x.example"), (name, value)]), WORKSPACE) is expected


GROUP = ("List-ID", "<sales.acme.example>")
REWRITTEN = ("From", "'Ada' via Sales <sales@acme.example>")
ORIGINAL = ("X-Original-From", "Ada <ada@x.example>")


def test_the_original_sender_is_the_author_behind_our_own_group():
    found = people(REWRITTEN, ORIGINAL, GROUP)

    assert found.author.address == "ada@x.example"
    assert found.through_own_group
    assert addresses(found.externals) == ["ada@x.example"]


@pytest.mark.parametrize(
    ("fields", "author"),
    [
        ((("From", "eve@evil.example"), ORIGINAL, GROUP), "eve@evil.example"),
        ((REWRITTEN, GROUP), "sales@acme.example"),
        ((("From", "eve@evil.example"), ORIGINAL), "eve@evil.example"),
        (
            (("From", "'Ada' via Eve <eve@evil.example>"), ORIGINAL, ("List-ID", "<other.evil.example>")),
            "eve@evil.example",
        ),
    ],
    ids=["From is an outsider", "no original", "no list at all", "not the list's own address"],
)
def test_an_original_sender_is_believed_only_behind_a_from_that_is_not_its_own(fields, author):
    found = people(*fields)

    assert found.author.address == author
    assert "ada@x.example" not in addresses(found.externals)


def test_mail_of_nobody():
    assert people(("Subject", "x")).author is None


FORM = ("From", "Acme website <website@acme.example>")
CUSTOMER = ("Reply-To", "Ada Byron <ada@x.example>")
STRANGER = ("From", "Eve <eve@evil.example>")
MARKET = ("From", "Joe <x9k2@marketplace.amazon.com>")


@pytest.mark.parametrize(
    "fields",
    [
        (FORM, CUSTOMER),
        (("From", "ann@acme.example"), CUSTOMER),
        (("From", "no-reply@shop.acme.example"), CUSTOMER),
        (("From", "sales@acme.example"), ("Reply-To", "sales@acme.example, Ada <ada@x.example>")),
        (FORM, ("Reply-To", "12345@bcc.hubspot.com, ada@x.example")),
        (FORM, ("X-Original-From", "Ada <ada@x.example>")),
        (FORM, ("X-Original-Sender", "ada@x.example"), ("Reply-To", "website@acme.example")),
        (("From", "'Acme website' via Sales <sales@acme.example>"), GROUP, ("X-Original-From", FORM[1]), CUSTOMER),
        (REWRITTEN, GROUP, CUSTOMER),
        (REWRITTEN, GROUP, ("X-Original-Sender", "ada@x.example")),
        (MARKET, CUSTOMER),
    ],
)
def test_a_customer_behind_our_own_address_or_a_relay_is_the_author(fields):
    found = people(*fields)

    assert found.author.address == "ada@x.example"
    assert found.externals[0] == found.author
    assert found.is_author_behind_from


def test_the_author_behind_our_own_address_has_a_company_and_behind_a_relay_has_none():
    assert people(FORM, CUSTOMER).by_address_only == frozenset()
    assert people(FORM, ("Reply-To", "ada@x.example, cy@y.example")).by_address_only == {"cy@y.example"}
    assert people(MARKET, CUSTOMER).by_address_only == {"ada@x.example"}
    through_group = people(REWRITTEN, GROUP, ("X-Original-From", MARKET[1]), CUSTOMER)
    assert through_group.author.address == "ada@x.example"
    assert "ada@x.example" in through_group.by_address_only
    assert people(MARKET, ("X-Original-From", "ada@x.example")).by_address_only == {"ada@x.example"}


@pytest.mark.parametrize(
    ("fields", "author"),
    [
        ((STRANGER, CUSTOMER), "eve@evil.example"),
        ((STRANGER, CUSTOMER, GROUP), "eve@evil.example"),
        ((STRANGER, ("Sender", "ada@x.example")), "eve@evil.example"),
        ((("From", "'Ada' via Eve <eve@evil.example>"), CUSTOMER), "eve@evil.example"),
        ((("From", "'Ada' via Eve <eve@evil.example>"), CUSTOMER, ("List-Id", "<list.evil.example>")), "eve@evil.example"),
        ((("From", "'Ada' via Eve <eve@evil.example>"), CUSTOMER, ("List-Post", "<mailto:l@evil.example>")), "eve@evil.example"),
        ((("From", "News <news@shop.example>"), ("Reply-To", "help@shop.example"), ("List-Id", "<news.shop.example>")), "news@shop.example"),
        (
            (
                ("From", "Kim via Shop <news@shop.example>"), ("Reply-To", "Kim <kim@shop.example>"), ("List-Id", "<news.shop.example>"),
                ("List-Post", "NO"),
            ),
            "news@shop.example",
        ),
        ((FORM, ("Reply-To", "ann@acme.example")), "website@acme.example"),
        ((FORM, ("Reply-To", "reply+aaab3cdeabcd@reply.github.com")), "website@acme.example"),
        ((MARKET, ("Reply-To", "y7@marketplace.amazon.com")), "x9k2@marketplace.amazon.com"),
    ],
)  # fmt: skip
def test_nothing_else_moves_the_author(fields, author):
    found = people(*fields)

    assert found.author.address == author
    assert found.original_sender.address == author
    assert not found.is_author_behind_from


@pytest.mark.parametrize("fields", [(FORM, CUSTOMER), (REWRITTEN, GROUP, ORIGINAL), (MARKET, CUSTOMER)])
def test_who_sent_it_is_always_from(fields):
    assert people(*fields, is_sent=True).author.address == people(fields[0]).author.address


def test_a_list_of_strangers_cannot_make_one_of_our_people_the_author():
    found = people(
        ("From", "Ann via Eve <list@evil.example>"), ("List-Post", "<mailto:list@evil.example>"),
        ("Reply-To", "Ann <ann@acme.example>"),
    )  # fmt: skip

    assert found.author.address == "list@evil.example"


def test_sender_and_reply_to_are_found_by_the_address_alone():
    found = people(
        ("From", "ada@x.example"), ("Sender", "ada@x.example"), ("Reply-To", "cy@y.example, ann@acme.example"),
        ("Cc", "dee@z.example"), ("Sender", "bot@sends.example"),
    )  # fmt: skip

    assert addresses(found.externals) == ["ada@x.example", "dee@z.example", "bot@sends.example", "cy@y.example"]
    assert found.by_address_only == {"bot@sends.example", "cy@y.example"}
    assert addresses(found.internals) == ["ann@acme.example"]
    assert "cy@y.example" not in addresses(found.recipients)


def test_sender_is_the_author_where_from_names_nobody():
    found = people(("From", "Ada Byron"), ("Sender", "ada@x.example"))

    assert found.author.address == "ada@x.example"
    assert found.by_address_only == {"ada@x.example"}
    assert found.original_sender is None


def test_an_intake_is_nobody_but_who_writes_from_one_is_somebody():
    copied = people(("From", "ann@acme.example"), ("Bcc", "emailtosalesforce@1a2b3c.in.salesforce.com"))
    assert copied.externals == ()
    assert addresses(copied.intakes) == ["emailtosalesforce@1a2b3c.in.salesforce.com"]

    desk = people(("From", "Mina <support+id4711@acme.zendesk.com>"), ("To", "ann@acme.example"))
    assert addresses(desk.externals) == ["support+id4711@acme.zendesk.com"]
    assert desk.by_address_only == {"support+id4711@acme.zendesk.com"}


def through_list(list_address):
    return (
        ("From", f"Ada via Fans <{list_address}>"),
        ("List-Post", f"<mailto:{list_address}>"),
        ("Reply-To", "Ada <ada@byron.example>"),
    )


@pytest.mark.parametrize(
    ("list_address", "original_sender"),
    [
        ("fans@byron.example", "ada@byron.example"),
        ("fans@lists.byron.example", "ada@byron.example"),
        ("fans@evil.example", "fans@evil.example"),
    ],
)
def test_only_the_companys_own_list_says_which_mail_it_is(list_address, original_sender):
    """A stranger's mail with the key of a customer's would take its place."""
    found = people(*through_list(list_address))

    assert found.author.address == "ada@byron.example"
    assert found.original_sender.address == original_sender


def test_a_host_that_is_called_like_a_relay_is_not_believed_who_wrote():
    """Anybody can own a host whose name begins with "guest"."""
    found = people(("From", "x@guest.evil.example"), ("Reply-To", "Ada <ada@byron.example>"))

    assert found.author.address == "x@guest.evil.example"
    assert found.by_address_only == {"ada@byron.example"}


@pytest.mark.parametrize(
    ("address", "is_somebody"),
    [
        ("support@byron.zendesk.com", True),
        ("byron@service-now.com", True),
        ("help@byron.atlassian.net", True),
        ("support+id77@byron.zendesk.com", False),
        ("support@acme.zendesk.com", False),
        ("support@acme-help.freshdesk.com", False),
        ("emailtosalesforce@7-abc.in.salesforce.com", False),
    ],
)
def test_a_customers_help_desk_is_somebody_and_our_own_is_nobody(address, is_somebody):
    """Somebody who is found by the exact address alone: the host is the desk vendor's."""
    found = people(("From", "ann@acme.example"), ("To", address))

    assert addresses(found.externals) == ([address] if is_somebody else [])
    assert (address in found.by_address_only) is True
