"""The simulator's SOQL: parsed as Salesforce parses it, or refused as Salesforce refuses it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.salesforce.conditions import CaseSensitive
from simulator.salesforce.errors import ApiError
from simulator.salesforce.soql import parse, sort_rows

RECORDS = [
    {"Id": "1", "Name": "Byron", "Rank": 1.0, "Email": "ada@byron.example", "On": True, "At": "2026-01-02T00:00:00.000+0000"},
    {"Id": "2", "Name": "O'Hara", "Rank": 2.0, "Email": None, "On": False, "At": "2026-01-03T00:00:00.000+0000"},
    {"Id": "3", "Name": "100% wool_", "Rank": None, "Email": "BEN@x.example", "On": True, "At": None},
    {"Id": "4", "Name": "back\\slash", "Rank": 10.0, "Email": "", "On": False, "At": "2025-12-31T23:00:00.000+0000"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Name = 'byron'", "1"),
        ("Name = 'O\\'Hara'", "2"),
        ("Name = 'back\\\\slash'", "4"),
        ("Name != 'Byron'", "234"),
        ("Name LIKE '%R%'", "12"),
        ("Name LIKE 'b_ron'", "1"),
        ("Name IN ('Byron', 'O\\'Hara')", "12"),
        ("Name NOT IN ('Byron')", "234"),
        ("Email = null", "24"),
        ("Email != null", "13"),
        ("Rank > 1", "24"),
        ("Rank >= 1", "124"),
        ("Rank < 10", "12"),
        ("Rank <= 2.5", "12"),
        ("On = true", "13"),
        ("On <> TRUE", "24"),
        ("At > 2026-01-01T00:00:00Z", "12"),
        ("At = null", "3"),
        ("On = true AND Rank = 1", "1"),
        ("On = true AND Rank = 1 OR Name = 'O\\'Hara'", "12"),
        ("On = true AND (Rank = 1 OR Name LIKE '100%')", "13"),
        ("NOT On = true", "24"),
        ("(NOT Name = 'Byron') AND On = true", "3"),
        ("name = 'x' or name = 'BYRON'", "1"),
    ],
)
def test_conditions(where, expected):
    select = parse(f"SELECT Id FROM Contact WHERE {where}")
    lower = {k.lower(): k for k in RECORDS[0]}

    assert "".join(r["Id"] for r in RECORDS if select.test(lambda p, r=r: r[lower[p.lower()]])) == expected


def test_a_unique_case_sensitive_field_tells_cases_apart():
    select = parse("SELECT Id FROM Task WHERE Key = 'aB'")

    assert select.test(lambda _: CaseSensitive("aB"))
    assert not select.test(lambda _: CaseSensitive("Ab"))


def test_the_parts_of_a_query():
    select = parse(
        "select Id, Account.Owner.Name from Contact where Email in ('a') order by LastModifiedDate desc nulls last, Id "
        "limit 5 offset 2"
    )

    assert select.columns == ("Id", "Account.Owner.Name")
    assert select.source == "Contact"
    assert select.order == (("LastModifiedDate", True, True), ("Id", False, False))
    assert (select.limit, select.offset) == (5, 2)
    assert select.filtered == {"Email"}
    assert parse("SELECT COUNT() FROM Task").columns == ("COUNT()",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT FROM Contact",
        "SELECT Id Contact",
        "SELECT Id FROM Contact WHERE",
        "SELECT Id FROM Contact WHERE Name = 'open",
        "SELECT Id FROM Contact WHERE Name = 'O'Hara'",
        'SELECT Id FROM Contact WHERE Name = "x"',
        "SELECT Id FROM Contact WHERE Name IN ()",
        "SELECT Id FROM Contact WHERE Name == 'x'",
        "SELECT * FROM Contact",
        "SELECT Id FROM Contact LIMIT 'x'",
        "SELECT Id FROM Contact; DELETE",
        "SELECT Id FROM Contact WHERE Name = '" + "x" * 4_001 + "'",
        "SELECT Id FROM Contact WHERE Name = '" + "x" * 100_000 + "'",
    ],
)
def test_what_is_no_soql_is_refused(text):
    with pytest.raises(ApiError) as raised:
        parse(text)

    assert raised.value.status == 400
    assert raised.value.code == "MALFORMED_QUERY"


def test_order_with_nulls():
    def order(clause):
        select = parse(f"SELECT Id FROM Contact ORDER BY {clause}")
        return "".join(r["Id"] for r in sort_rows(RECORDS, select.order, lambda r, p: r[p]))

    assert order("Rank") == "3124"
    assert order("Rank DESC") == "4213"
    assert order("Rank DESC NULLS FIRST") == "3421"
    assert order("Rank ASC NULLS LAST") == "1243"
    assert order("On, Name DESC") == "2413"


@given(st.text(max_size=50))
def test_an_escaped_string_is_read_back(text):
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    select = parse(f"SELECT Id FROM Contact WHERE Name = '{escaped}'")

    assert select.test(lambda _: CaseSensitive(text))


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_refused(text):
    for query in (text, f"SELECT Id FROM Contact WHERE {text}"):
        try:
            parse(query)
        except ApiError as error:
            assert error.code == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Email = 'a'", {"Email": ("a",)}),
        ("Email IN ('a', 'b')", {"Email": ("a", "b")}),
        ("On = true AND (Email IN ('a') AND Name != 'x')", {"Email": ("a",)}),
        ("Email = 'a' OR Name = 'b'", {}),
        ("NOT Email = 'a'", {}),
        ("Owner.Email = 'a'", {}),
        ("Email NOT IN ('a')", {}),
    ],
)
def test_a_list_of_values_that_must_be_met_is_known_before_rows_are_looked_at(where, expected):
    assert parse(f"SELECT Id FROM Contact WHERE {where}").keys == expected


def test_ids_are_ordered_by_their_characters():
    rows = [{"Id": identifier} for identifier in ("b", "B", "a", "A")]

    assert [r["Id"] for r in sort_rows(rows, (("Id", False, False),), lambda r, p: r[p])] == ["A", "B", "a", "b"]
    assert [r["Id"] for r in rows if parse("SELECT Id FROM Task WHERE Id > 'B'").test(r.get)] == ["b", "a"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Email IN ('a', 'b')", {"Email": 2}),
        ("Email IN ('a', 'b') OR Other IN ('a')", {"Email": 2, "Other": 1}),
        ("Email IN ('a') OR Plain = 'a'", None),
        ("On = true AND (Email = 'a' OR Other = 'a')", {"Email": 1, "Other": 1}),
        ("Email IN ('a', 'b') AND Other = 'a'", {"Other": 1}),
        ("Email LIKE 'a%'", None),
        ("Email != 'a'", None),
        ("Email = null", None),
        ("Email IN ('a', null)", None),
        ("Owner.Email = 'a'", None),
        ("NOT Email = 'a'", None),
    ],
)
def test_which_indexes_find_all_that_is_asked_for(where, expected):
    """Of an AND one is enough, of an OR each part needs one; nulls are in none."""
    lists = parse(f"SELECT Id FROM Contact WHERE {where}").access({"Email", "Other"}.__contains__)

    assert (None if lists is None else {name: len(values) for name, values in lists}) == expected
