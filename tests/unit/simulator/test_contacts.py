"""Contact exports as Salesforce, HubSpot, Google, Outlook and Excel write them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.takeout.contacts import COMPANY, EMAIL, FIRST, LAST, Person, read_contacts, text_of
from simulator.takeout.records import of_people
from simulator.world import WorldError

ZOE = Person("zoe@byron.example", "Zoë", "Müller", "Byron GmbH")


def read(tmp_path, data):
    path = tmp_path / "contacts.csv"
    path.write_bytes(data)
    return read_contacts(path)


HEADERS = {
    "salesforce": "Salutation,First Name,Last Name,Title,Account Name,Email",
    "salesforce data loader": '"ID","FIRSTNAME","LASTNAME","ACCOUNT.NAME","EMAIL"',
    "hubspot": "Record ID,First Name,Last Name,Email,Phone Number,Company Name",
    "google": "First Name,Middle Name,Last Name,Organization Name,E-mail 1 - Label,E-mail 1 - Value",
    "google before 2024": "Given Name,Family Name,E-mail 1 - Type,E-mail 1 - Value,Organization 1 - Name",
    "outlook": "First Name,Last Name,Company,E-mail Address,E-mail Type",
    "german outlook": "Vorname,Nachname,Firma,E-Mail-Adresse",
    "french": "Prénom,Nom de famille,Société,Adresse e-mail",
}
VALUES = {**dict.fromkeys(FIRST, "Zoë"), **dict.fromkeys(LAST, "Müller"), **dict.fromkeys(COMPANY, "Byron GmbH")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("product", HEADERS)
def test_the_columns_of_each_product_are_found(tmp_path, product, separator, encoding):
    from simulator.takeout.contacts import _plain  # noqa: PLC0415

    header = next(csv.reader([HEADERS[product]]))
    row = ["zoe@byron.example" if _plain(n) in EMAIL else VALUES.get(_plain(n), "* Work, x") for n in header]
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([header, row])
    found = read(tmp_path, out.getvalue().replace("ACCOUNT.NAME", "ACCOUNT NAME").encode(encoding))

    assert found == [ZOE]


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf")), min_size=1, max_size=12)


@given(
    st.lists(st.tuples(st.from_regex(r"[a-z0-9]{1,8}@[a-z]{1,8}\.example", fullmatch=True), NAMES, NAMES, NAMES), min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_what_was_written_is_read_back(tmp_path_factory, rows, separator, encoding, ending):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=ending)
    writer.writerows([("Email", "First Name", "Last Name", "Company"), *rows])

    found = read(tmp_path_factory.mktemp("csv"), out.getvalue().encode(encoding))

    assert found == [Person(*row) for row in rows]


@given(st.binary(max_size=300))
def test_no_bytes_break_it(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("csv")
    assert isinstance(text_of(data), str)
    try:
        assert all("@" in p.email for p in read(folder, data))
    except WorldError as error:
        assert str(error).startswith("CONTACTS=")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sep=;\r\nEmail;Name\r\na@b.example;Ann Lee Bo\r\n", Person("a@b.example", "Ann Lee", "Bo", "")),
        ("\n\nName,Email\nAnn,a@b.example\n", Person("a@b.example", "", "Ann", "")),
        ('Email,Notes\na@b.example,"one;two;three\nfour"\n', Person("a@b.example", "", "a", "")),
        ("E-mail 1 - Value,E-mail 2 - Value\n,A@b.example ::: c@d.example\n", Person("a@b.example", "", "a", "")),
        ("Work E-mail of person,Opted out of email\na@b.example,no\n", Person("a@b.example", "", "a", "")),
        ('Email\nnobody\n"Ann" <a@b.example>\n', Person("a@b.example", "", "a", "")),
        ("Email,Company\na@b.example\n", Person("a@b.example", "", "a", "")),
        ("Email,Account,Company\na@b.example,,Acme\n", Person("a@b.example", "", "a", "Acme")),
    ],
)  # fmt: skip
def test_rows_that_need_some_understanding(tmp_path, text, expected):
    assert read(tmp_path, text.encode()) == [expected]


def test_a_csv_without_addresses_names_its_columns(tmp_path):
    with pytest.raises(WorldError, match=r"has no column of email addresses; it has: First, Last, Phone\."):
        read(tmp_path, b"First,Last,Phone\nA,B,1\n")
    with pytest.raises(WorldError, match="is empty"):
        read(tmp_path, b"\n\n")


def test_a_csv_without_a_line_of_names_prints_nobody(tmp_path):
    with pytest.raises(WorldError, match="begins with a person") as raised:
        read(tmp_path, b"Anna,Klein,anna@klein.example\nBo,Lund,bo@lund.example\n")
    assert "Anna" not in str(raised.value)
    with pytest.raises(WorldError) as raised:
        read(tmp_path, b"a\x1b[31mRED,Phone\nA,1\n")
    assert "\x1b" not in str(raised.value)


def test_an_account_has_the_domain_of_most_of_its_contacts():
    people = [
        Person("a@byron.example", "", "A", "Byron"), Person("b@mail.acme.co.uk", "", "B", "ACME"), Person("c@acme.co.uk", "", "C", "Acme"),
        Person("d@gmail.com", "", "D", "Acme"), Person("e@gmail.com", "", "E", "Cafe"), Person("f@own.example", "", "F", "Us"), Person("g@x.example", "", "G", ""),
    ]  # fmt: skip

    made = of_people(people, frozenset({"own.example"}))

    domains = {a["Name"]: a["TrulyActivity__Email_Domain__c"] for a in made["Account"]}
    assert domains == {"Byron": "byron.example", "ACME": "acme.co.uk", "Cafe": None, "Us": None}
    names = {a["Id"]: a["Name"] for a in made["Account"]}
    assert [names.get(c["AccountId"]) for c in made["Contact"]] == ["Byron", "ACME", "ACME", "ACME", "Cafe", "Us", None]
