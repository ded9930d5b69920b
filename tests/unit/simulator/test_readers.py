"""What the simulator reads: partial response masks, Takeout's labels, mail files, ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.gmail import fields
from simulator.labels import label_of, names_of
from simulator.mailfiles import read_folder
from simulator.mbox import read_mbox
from simulator.salesforce import ids
from simulator.world import WorldError, load

MESSAGE = {
    "id": "1", "threadId": "2", "snippet": "private", "labelIds": ["INBOX"],
    "payload": {"mimeType": "text/plain", "headers": [{"name": "To", "value": "a"}, {"name": "Cc", "value": "b"}]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("id", {"id": "1"}),
        ("id,threadId", {"id": "1", "threadId": "2"}),
        ("payload/mimeType", {"payload": {"mimeType": "text/plain"}}),
        ("payload(headers(value))", {"payload": {"headers": [{"value": "a"}, {"value": "b"}]}}),
        ("id, payload/headers/name", {"id": "1", "payload": {"headers": [{"name": "To"}, {"name": "Cc"}]}}),
        ("payload/mimeType,payload/headers/name",
         {"payload": {"mimeType": "text/plain", "headers": [{"name": "To"}, {"name": "Cc"}]}}),
        ("labelIds,missing", {"labelIds": ["INBOX"]}),
        ("*", MESSAGE),
    ],
)  # fmt: skip
def test_a_mask_lets_through_what_it_names(mask, expected):
    assert fields.apply(fields.parse(mask), MESSAGE) == expected


@pytest.mark.parametrize("mask", ["", ",", "id,", "a(b", "a)", "a//b", "a b", "id;x", "(id)", "a()"])
def test_a_mask_that_google_refuses(mask):
    with pytest.raises(ValueError):
        fields.parse(mask)


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("Inbox,Opened", ["Inbox", "Opened"]),
        ('"Clients, old",Inbox', ["Clients, old", "Inbox"]),
        ("=?UTF-8?Q?Posteingang,Gel=C3=B6scht?=", ["Posteingang", "Gelöscht"]),
        ("Inbox,\r\n Category Personal", ["Inbox", "Category Personal"]),
        ("", []),
        ("=?no-such?Q?x?=", ["=?no-such?Q?x?="]),
    ],
)
def test_names_of_labels(header, names):
    assert names_of(header) == names


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Inbox", "INBOX"), ("Sent", "SENT"), ("Drafts", "DRAFT"), ("Category Promotions", "CATEGORY_PROMOTIONS"),
        ("Bin", "TRASH"), ("Archived", ""), ("All mail", ""), ("Clients", None),
        ("Category Purchases", "CATEGORY_PURCHASES"), ("Category Clients", None),
    ],
)  # fmt: skip
def test_ids_of_labels(name, label):
    assert label_of(name) == label


def mbox(tmp_path, content):
    path = tmp_path / "ann@acme.example.mbox"
    path.write_bytes(content)
    return [(m.source, m.raw) for m in read_mbox(path)]


def test_an_mbox_is_taken_apart(tmp_path):
    content = (
        b"From 123@xxx Mon Sep 14 09:00:00 +0000 2026\r\nSubject: A\r\n\r\n>From here\r\n>>From there\r\n\r\n"
        b"From 124@xxx Mon Sep 14 09:01:00 +0000 2026\r\nSubject: B\r\n\r\nFrom time to time\r\nx\r\n"
    )

    assert mbox(tmp_path, content) == [
        ("0", b"Subject: A\r\n\r\nFrom here\r\n>From there\r\n"),
        ("1", b"Subject: B\r\n\r\nFrom time to time\r\nx\r\n"),
    ]
    assert mbox(tmp_path, b"") == []


@pytest.mark.parametrize("content", [b"Dear Ben,\n", b"\n", b"PK\x03\x04", b"From me to you\n"])
def test_what_is_no_mbox_says_so(tmp_path, content):
    with pytest.raises(ValueError, match="is not an mbox"):
        mbox(tmp_path, content)


@given(
    st.lists(
        st.binary(max_size=40).map(lambda b: b"X: " + b.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"), max_size=5
    )
)
def test_messages_are_read_back(tmp_path_factory, messages):
    folder = tmp_path_factory.mktemp("mbox")
    content = b"".join(b"From a@b Mon Sep 14 09:00:00 +0000 2026\n" + m + b"\n" for m in messages)

    assert [raw for _, raw in mbox(folder, content)] == messages


def test_a_folder_holds_its_eml_files_in_order(tmp_path):
    for name in ("b.eml", "a.eml", "note.txt"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "c.eml").mkdir()

    assert [(m.source, m.raw) for m in read_folder(tmp_path)] == [("a.eml", b"a.eml"), ("b.eml", b"b.eml")]


@pytest.mark.parametrize(
    ("short", "long"),
    [("001A00000000001", "001A00000000001IAA"), ("00D000000000062", "00D000000000062EAA"), ("001a00000000001", "001a00000000001AAA")],
)  # fmt: skip
def test_ids_with_their_check_characters(short, long):
    assert ids.to_18(short) == long
    assert ids.to_18(long) == long


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_made_ids_are_valid_and_differ_even_without_case(one, other):
    first, second = ids.make("00T", one), ids.make("00T", other)

    assert ids.type_of(first) == "Task"
    assert (first.lower() == second.lower()) == (one == other)
    assert ids.to_18(first[:15]) == first


USERS = '"users":[{"email":"a@x.example"}]'
WORLDS = {
    "": "is not JSON",
    "[]": "must hold one JSON object",
    "{}": '"workspace" is missing',
    '{"workspace": []}': '"workspace" is missing or not an object',
    '{"workspace": {}}': "users is empty",
    '{"workspace": {"users": {}}}': '"users" must be a list',
    '{"workspace": {"users": ["a@x.example"]}}': "workspace.users[0] needs an email",
    '{"workspace": {"users": [{"email": "a"}]}}': "workspace.users[0] needs an email",
    '{"workspace": {"users": [{"email":"a@x.example"},{"email":"A@x.example"}]}}': "names a@x.example twice",
    '{"workspace": {"domains": ["x"], ' + USERS + "}}": "domains[0] needs a name",
    '{"workspace": {"groups": [{}], ' + USERS + "}}": "groups[0] needs an email",
    '{"workspace": {' + USERS + "}}": '"salesforce" is missing',
    '{"workspace": {' + USERS + '}, "salesforce": {"Contact": [{}]}}': "salesforce.Contact[0] needs an Id",
    '{"workspace": {' + USERS + '}, "salesforce": {"Contact": [{"Id": "003"}]}}': "needs an Id of 15 or 18",
    '{"workspace": {' + USERS + '}, "salesforce": {}}': "mail is missing",
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), WORLDS.items(), ids=range(len(WORLDS)))
def test_a_fault_in_a_world_is_one_sentence(tmp_path, text, words):
    (tmp_path / "world.json").write_text(text)

    with pytest.raises(WorldError) as raised:
        load(tmp_path)

    assert words in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
