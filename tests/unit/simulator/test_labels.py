"""Takeout's labels in the languages of the table."""

from __future__ import annotations

import json
from collections import Counter
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.labels import LANGUAGES, TABLE, fold, label_of, language_of, names_of

NAMES: dict[str, dict[str, list[str]]] = json.loads(TABLE.read_text(encoding="utf-8"))
EVERY = [
    (language, i, name)
    for language, table in NAMES.items()
    for i, names in table.items()
    if i != "category"
    for name in names
]
LABELS = {
    "INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "CHAT", "STARRED", "IMPORTANT", "UNREAD", "SCHEDULED", "", "category",
    "CATEGORY_PERSONAL", "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_FORUMS", "CATEGORY_PURCHASES",
}  # fmt: skip
STYLES = [
    "{word} {name}",
    "{word}: {name}",
    '{word} "{name}"',
    '{word}: "{name}"',
    "{word}\u00a0: «{name}»",
    "{word}「{name}」",
    "{word} „{name}“",
    "{name} {word}",
]


def test_every_language_has_every_label():
    assert len(LANGUAGES) == 22
    for table in NAMES.values():
        assert set(table) == LABELS
        assert all(table.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_means_one_label_in_its_language(language):
    plain = [fold(n) for i, names in NAMES[language].items() if not i.lower().startswith("category") for n in names]
    categories = [fold(n) for i, names in NAMES[language].items() if i.startswith("CATEGORY") for n in names]

    assert [n for n, count in Counter(plain).items() if count > 1] == []
    assert [n for n, count in Counter(categories).items() if count > 1] == []


@given(st.sampled_from(EVERY), st.sampled_from(STYLES), st.booleans(), st.data())
def test_names_are_understood_in_the_language_of_the_export(entry, style, lower, data):
    language, label, name = entry
    if label.startswith("CATEGORY"):
        name = style.format(word=data.draw(st.sampled_from(NAMES[language]["category"])), name=name)

    assert label_of(name.lower() if lower and language != "tr" else name, language) == label


@given(st.lists(st.sampled_from(EVERY), min_size=1, max_size=8))
def test_names_come_back_from_encoded_and_folded_headers(entries):
    names = [name for _, _, name in entries]

    for charset in ("utf-8", None):
        text = ",".join(names)
        value = Header(text, charset, maxlinelen=60, header_name="X-Gmail-Labels").encode() if charset else text
        assert names_of(value) == names


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("=?UTF-8?Q?Posteingang,Wichtig,Ungelesen,Kategorie:_=22Neuigkeiten=22?=", ["Posteingang", "Wichtig", "Ungelesen", 'Kategorie: "Neuigkeiten"']),
        ('Inbox,"Kategorie: ""Werbung"""', ["Inbox", 'Kategorie: "Werbung"']),
        (r'"a \"b\", c",Sent', ['a "b", c', "Sent"]),
        ("=?UTF-8?Q?Messages_archiv=C3=A9s,Ouvert,Cat=C3=A9gorie=C2=A0:_E-mails_?=\n =?UTF-8?Q?personnels?=", ["Messages archivés", "Ouvert", "Catégorie\u00a0: E-mails personnels"]),
        ("=?UTF-8?B?67Cb7J2A7Y647KeA7ZWoLOykkeyalO2OuOyngO2VqCzsoITrnrXsi6Q=?=", ["받은편지함", "중요편지함", "전략실"]),
        ("Inbox,,Sent,", ["Inbox", "Sent"]),
        ('"open,Sent', ['"open', "Sent"]),
    ],
)  # fmt: skip
def test_headers_as_takeout_writes_them(header, names):
    assert names_of(header) == names


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Werbung", "de"), ("Kategorie Kunden", "de"), ("Spam?", "en"), ("In-box", "en"), ("Gesendet", "fr"), ("Posteingang", "en"),
        ("Kategoria: Oferty", "en"), ("", "en"), ("Category", "en"), ("Kunden/Wichtig", "de"), ("Category Whatever", "en"),
    ],
)  # fmt: skip
def test_what_is_in_neither_table_is_a_label_of_ones_own(name, language):
    assert label_of(name, language) is None


def test_a_label_id_means_itself():
    """So a world can have a category that nobody knows yet."""
    assert label_of("CATEGORY_WHATEVER", "de") == "CATEGORY_WHATEVER"


def test_english_counts_everywhere():
    assert {label_of("Category Promotions", language) for language in LANGUAGES} == {"CATEGORY_PROMOTIONS"}


SEEN = ("INBOX", "SENT", "", "CATEGORY_UPDATES")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_of_an_export_is_found(language):
    table = NAMES[language]
    counts = {table[i][0]: 10 for i in SEEN[:3]} | {
        f"{table['category'][0]} {table['CATEGORY_UPDATES'][0]}": 5,
        "Customers": 40,
    }

    found = language_of(counts)

    assert [label_of(name, found) for name in counts] == [*SEEN, None]


@pytest.mark.parametrize(
    "counts",
    [
        {"Inbox": 100, "Opened": 90, "Wichtig": 80, "Archiviert": 70},
        {"Spam": 3, "Chat": 2},
        {"Kunden": 100, "Projekte": 5},
        {},
    ],
)
def test_labels_of_ones_own_do_not_make_an_export_foreign(counts):
    assert language_of(counts) == "en"
