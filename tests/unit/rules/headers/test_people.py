"""Who is on a mail and who wrote it, behind our own groups too."""

import pytest

from server.domain.mailbox import Workspace
from server.domain.message import Headers
from server.rules.headers.people import people_of, through_own_group

WORKSPACE = Workspace(
    domains=frozenset({"acme.example"}),
    groups=frozenset({"sales@acme.example"}),
    people={"ann@acme.example": ("ann@acme.example", "ann@alias.example")},
)


def people(*fields):
    return people_of(Headers.of(fields), WORKSPACE)


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
