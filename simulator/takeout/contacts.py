"""Contacts from a CSV that Salesforce, HubSpot, Google or Outlook exported, whatever it calls its columns."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.world import WorldError

EMAIL = (
    "email", "emailaddress", "email1value", "email1address", "emailaddress1", "primaryemail", "workemail",
    "businessemail", "contactemail", "mail", "emailadresse", "adresseemail", "correoelectronico", "indirizzoemail",
)  # fmt: skip
FIRST = ("firstname", "givenname", "vorname", "prenom", "voornaam")
LAST = ("lastname", "familyname", "surname", "nachname", "nomdefamille", "apellidos", "cognome", "achternaam")
FULL = ("name", "fullname", "contactname", "displayname", "fileas")
COMPANY = (
    "accountname", "account", "companyname", "company", "organizationname", "organisationname", "organization1name",
    "organization", "organisation", "associatedcompany", "associatedcompanyprimary", "employer", "firma",
    "unternehmen", "societe", "entreprise", "empresa", "azienda", "bedrijf",
)  # fmt: skip
_ADDRESS = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+\.[^\s@<>,;:\".]+")
_SHOWN = 12
_CELL = 10_000_000
"""Characters in one cell: notes may be long."""


@dataclass(frozen=True)
class Person:
    email: str
    first: str
    last: str
    company: str


def read_contacts(path: Path) -> list[Person]:
    """In the order of the file; rows without an address are left out. Raises WorldError."""
    shown = f"CONTACTS={path}"
    try:
        data = path.expanduser().read_bytes()
    except OSError as error:
        raise WorldError(f"{shown} cannot be read: {error.strerror}.") from None
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise WorldError(f"{shown} is a spreadsheet or an archive, not a CSV: save it as CSV first.")
    try:
        rows = list(_rows(text_of(data)))
    except csv.Error as error:
        raise WorldError(f"{shown} is not a CSV: {error}.") from None
    if not rows:
        raise WorldError(f"{shown} is empty.")
    columns = _columns(rows[0])
    addresses = _address_columns(columns, rows[1:])
    if not addresses:
        if any("@" in cell for cell in rows[0]):
            raise WorldError(f"{shown} begins with a person: its first line must name the columns, one of them Email.")
        names = ", ".join(visible for name in rows[0][:_SHOWN] if (visible := _visible(name))) + (
            ", ..." * (len(rows[0]) > _SHOWN)
        )
        raise WorldError(
            f"{shown} has no column of email addresses; it has: {names}. Name the one that holds them Email."
        )
    people = [p for row in rows[1:] if (p := _person(row, columns, addresses))]
    if not people:
        raise WorldError(f"{shown} has no email address in {rows[0][addresses[0]].strip()}.")
    return people


def text_of(data: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 likewise, else what Western Windows writes. Never fails."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    even, odd = data[:400:2].count(0), data[1:400:2].count(0)
    if even + odd > len(data[:400]) // 4:
        return data.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def delimiter_of(line: str) -> str:
    """Which of comma, semicolon and tab separates this line most often, outside of quotes."""
    unquoted = re.sub(r'"(?:[^"]|"")*"?', "", line)
    return max((",", ";", "\t"), key=unquoted.count)


def _rows(text: str) -> Iterator[list[str]]:
    csv.field_size_limit(_CELL)
    text = text.lstrip("\ufeff\r\n")
    first = text.partition("\n")[0].strip("\r")
    if statement := re.fullmatch(r'"?sep=(.)"?', first, re.IGNORECASE):  # as Excel writes it
        separator, text = statement[1], text.partition("\n")[2]
    else:
        separator = delimiter_of(first)
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        if any(cell.strip() for cell in row):
            yield row


def _visible(name: str) -> str:
    """Without what would steer a terminal."""
    return "".join(c for c in name.strip() if c.isprintable())


def _plain(name: str) -> str:
    """Letters and digits alone, without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum())


def _columns(header: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        places.setdefault(_plain(name), place)
    return places


def _address_columns(columns: Mapping[str, int], rows: Sequence[Sequence[str]]) -> list[int]:
    """Those with a known name, then others that speak of mail and hold addresses."""
    named = [columns[name] for name in EMAIL if name in columns]
    similar = [place for name, place in columns.items() if "mail" in name and place not in named]
    return named + [p for p in similar if any(_ADDRESS.search(row[p]) for row in rows[:1000] if len(row) > p)]


def _person(row: Sequence[str], columns: Mapping[str, int], addresses: Sequence[int]) -> Person | None:
    matches = (_ADDRESS.search(row[place]) for place in addresses if place < len(row))
    email = next((match[0].lower().strip(".'") for match in matches if match), None)
    if email is None:
        return None
    first, last, full = (_cell(row, columns, names) for names in (FIRST, LAST, FULL))
    if not first and not last and "@" not in full:
        given, _, family = full.rpartition(" ")
        first, last = given.strip(), family
    return Person(email, first, last or email.partition("@")[0], _cell(row, columns, COMPANY))


def _cell(row: Sequence[str], columns: Mapping[str, int], names: Sequence[str]) -> str:
    """The first of these columns that says anything."""
    cells = (row[columns[name]].strip() for name in names if columns.get(name, len(row)) < len(row))
    return next((cell for cell in cells if cell), "")
