"""Who is on a mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.message import Header, Headers
from server.rules.headers import addresses
from server.rules.headers.address import address_variants, normalise_address
from server.rules.headers.addresses import parse_addresses, read_original_senders, read_participants

JANE = "jane@acme.com"
BOB = "bob@acme.com"


def addresses_of(value):
    return [p.address for p in parse_addresses(value, Header.TO)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("jane@acme.com", [JANE], id="bare"),
        pytest.param("Jane <Jane@ACME.com>", [JANE], id="case"),
        pytest.param('"Doe, Jane" <jane@acme.com>, bob@acme.com', [JANE, BOB], id="comma in a quoted name"),
        pytest.param("undisclosed-recipients:;", [], id="empty group"),
        pytest.param("Team: jane@acme.com, bob@acme.com;", [JANE, BOB], id="group"),
        pytest.param("Team: jane@acme.com; bob@acme.com", [JANE, BOB], id="group, then an address"),
        pytest.param("jane@acme.com; bob@acme.com", [JANE, BOB], id="semicolons"),
        pytest.param("Jane <jane@acme.com, Bob <bob@acme.com>", [JANE, BOB], id="missing bracket"),
        pytest.param("Jane <jane@acme.com", [JANE], id="missing last bracket"),
        pytest.param("jane@acme.com>, bob@acme.com", [JANE, BOB], id="missing first bracket"),
        pytest.param("Jane [mailto:jane@acme.com]", [JANE], id="mailto in square brackets"),
        pytest.param("<mailto:jane@acme.com>", [JANE], id="mailto"),
        pytest.param('"Jane <jane@acme.com>, "Bob" <bob@acme.com>', [JANE, BOB], id="stray opening quote"),
        pytest.param('Jane" <jane@acme.com>, "Bob" <bob@acme.com>', [JANE, BOB], id="stray closing quote"),
        pytest.param("jane@acme.com (Jane (the boss), really), bob@acme.com", [JANE, BOB], id="nested comment"),
        pytest.param("Jane :( <jane@acme.com>, bob@acme.com", [JANE, BOB], id="unclosed comment"),
        pytest.param('"john doe"@acme.com', ['"john doe"@acme.com'], id="quoted local part"),
        pytest.param('"jane"@acme.com', [JANE], id="needlessly quoted local part"),
        pytest.param("<@relay.net,@b.net:jane@acme.com>, bob@acme.com", [JANE, BOB], id="route"),
        pytest.param("jane@acme.com., bob@acme.com", [JANE, BOB], id="trailing dot"),
        pytest.param("jane@München.de", ["jane@xn--mnchen-3ya.de"], id="IDN"),
        pytest.param("jane@xn--mnchen-3ya.de", ["jane@xn--mnchen-3ya.de"], id="A-labels"),
        pytest.param("jané@acme.com", ["jané@acme.com"], id="EAI"),
        pytest.param('"\udce9ric" <jane@acme.com>', [JANE], id="raw 8-bit"),
        pytest.param("jane@acme.com <>", [JANE], id="empty brackets"),
        pytest.param("'jane@acme.com' <jane@acme.com>", [JANE], id="apostrophes"),
        pytest.param("bob@@acme.com, jane@acme.com", [JANE], id="two at signs cost only themselves"),
        pytest.param("bob@acme..com, jane@acme.com", [JANE], id="an empty label costs only itself"),
        pytest.param(", ,;; jane@acme.com", [JANE], id="empty entries"),
        pytest.param("jane@acme.com, JANE@acme.com", [JANE], id="twice"),
        pytest.param("o'brien@acme.com", ["o'brien@acme.com"], id="apostrophe"),
        pytest.param("jane@[10.0.0.1]", ["jane@[10.0.0.1]"], id="address literal"),
        pytest.param("=?utf-8?q?Jane_=3Cjane=40acme.com=3E?=", [JANE], id="all of it encoded"),
        pytest.param("MAILER-DAEMON", [], id="no address"),
    ],
)
def test_a_header_names_these_people(value, expected):
    assert addresses_of(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        '"ceo@acme.com" <x@evil.com>',
        "ceo@acme.com <x@evil.com>",
        '"a <ceo@acme.com>, b" <x@evil.com>',
        '"\\"ceo@acme.com\\", <ceo@acme.com>" <x@evil.com>',
        "(ceo@acme.com) x@evil.com",
        "(<ceo@acme.com>, a) x@evil.com",
        "=?utf-8?q?Evil=2C_ceo=40acme.com?= <x@evil.com>",
        "=?utf-8?q?a=3Cceo=40acme.com=3E=2C?= <x@evil.com>",
        "=?utf-8?b?PGNlb0BhY21lLmNvbT4sIA==?= <x@evil.com>",
        "=?utf-8?q?a,ceo@acme.com,?= <x@evil.com>",
        "=?utf-8?q?=22?= <x@evil.com>",
    ],
)
def test_a_display_name_forges_nobody(value):
    assert addresses_of(value) == ["x@evil.com"]


def test_two_encoded_addresses_and_no_plain_one_are_nobody():
    assert addresses_of("=?utf-8?q?a=40x.com=2C_b=40y.com?=") == []


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('"Doe, Jane" <jane@acme.com>', "Doe, Jane"),
        ("=?utf-8?q?Doe,_Jane?= <jane@acme.com>", "Doe, Jane"),
        ("=?utf-8?b?w6k=?= =?utf-8?b?w6k=?= <jane@acme.com>", "éé"),
        ("=?utf-8?b?4oI=?= =?utf-8?b?rA==?= <jane@acme.com>", "€"),
        ("=?x-unheard-of?q?caf=e9?= <jane@acme.com>", "café"),
        ("'Jane' <jane@acme.com>", "Jane"),
        ("Ja\x00ne\u202e Doe\r\n <jane@acme.com>", "Jane Doe"),
        ("=?utf-8?q?Jane=0D=0ABcc=3A_x?= <jane@acme.com>", "Jane Bcc: x"),
        ("jane@acme.com (Jane Doe)", "Jane Doe"),
        ("Jane Doe jane@acme.com", "Jane Doe"),
        ('"\udcc3\udca9ric" <jane@acme.com>', "éric"),
        ("jane@acme.com", ""),
    ],
)
def test_names_are_decoded_last_and_hold_no_controls(value, name):
    assert [p.name for p in parse_addresses(value, Header.FROM)] == [name]


def test_people_come_from_all_occurrences_in_header_order():
    headers = Headers.of(
        [("Cc", "c@x.com"), ("To", "a@x.com"), ("to", "b@x.com, a@x.com"), ("From", "f@x.com"), ("Bcc", "a@x.com")]
    )

    found = read_participants(headers)

    assert [(p.header, p.address) for p in found] == [
        (Header.FROM, "f@x.com"), (Header.TO, "a@x.com"), (Header.TO, "b@x.com"),
        (Header.CC, "c@x.com"), (Header.BCC, "a@x.com"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        ([("X-Original-From", "Jane <jane@acme.com>"), ("X-Original-Sender", "j2@acme.com")], [JANE]),
        ([("X-Original-Sender", "jane@acme.com")], [JANE]),
        ([("X-Original-From", "Jane"), ("X-Original-Sender", "jane@acme.com")], [JANE]),
    ],
)
def test_the_original_sender_counts_only_when_trusted(original, expected):
    headers = Headers.of([("From", "sales@us.com"), *original])

    assert [p.address for p in read_participants(headers)] == ["sales@us.com"]
    trusted = read_participants(headers) + read_original_senders(headers)
    assert [p.address for p in trusted if p.header is Header.ORIGINAL_FROM] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Jane@Acme.COM. ", JANE),
        ("mailto:jane@acme.com", JANE),
        ("jane", None),
        ("@acme.com", None),
        ("jane@", None),
        ("jane doe@acme.com", None),
        ("a@b@acme.com", None),
        ("jane@ac me.com", None),
        ("jane@acme.com\x00", None),
        ("x" * 400 + "@acme.com", None),
    ],
)
def test_one_address_or_none(text, expected):
    assert normalise_address(text) == expected


def test_variants_of_an_ordinary_address_keep_its_dots():
    assert address_variants("jane.doe+crm@acme.com") == ("jane.doe+crm@acme.com", "jane.doe@acme.com")
    assert address_variants("jane.doe@acme.com") == ("jane.doe@acme.com",)
    assert address_variants("+49123@acme.com") == ("+49123@acme.com",)


def test_variants_of_a_public_gmail_address_span_dots_and_both_domains():
    found = address_variants("jane.doe+x@googlemail.com")

    assert found[:3] == ("jane.doe+x@googlemail.com", "jane.doe@googlemail.com", "janedoe@googlemail.com")
    assert {"jane.doe@gmail.com", "janedoe@gmail.com"} <= set(found)


def test_a_header_yields_at_most_a_thousand_people():
    value = ", ".join(f"p{i}@acme.com" for i in range(1_500))

    assert len(parse_addresses(value, Header.TO)) == 1_000


HOSTILE = [
    "<",
    "(",
    ")",
    '"',
    "<(",
    '("',
    '\\"',
    "=?",
    "=?a?q?",
    "=?a?q?x?=",
    "@",
    ",",
    "a@x,",
    "<@",
    "<@a,",
    '"a',
    "(a)",
    ":",
    "a ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_input_costs_steps_in_proportion_to_its_length(piece, monkeypatch):
    def steps(size):
        counted = 0
        tokens = addresses._tokenise  # noqa: SLF001  # steps show nowhere outside, and seconds are no measure here
        quoted = addresses._QUOTED  # noqa: SLF001

        class Counting:
            """Counts what the search for closing quotes reads."""

            def match(self, text, at):
                nonlocal counted
                found = quoted.match(text, at)
                counted += (found.end() if found else len(text)) - at
                return found

        def counting(text):
            nonlocal counted
            for token in tokens(text):
                counted += 1
                yield token

        with monkeypatch.context() as patched:
            patched.setattr(addresses, "_tokenise", counting)
            patched.setattr(addresses, "_QUOTED", Counting())
            parse_addresses((piece * size)[:size] + " j@acme.com", Header.TO)
        return counted

    assert steps(40_000) <= 5 * steps(10_000) + 100


PIECES = st.sampled_from(
    [*'<>()",;:@.[]\\ =?', "jane@acme.com", "a", "=?utf-8?q?a=40x?=", "mailto:", "\x00", "\udce9", "é"]
)
HEADER_TEXT = st.one_of(st.text(), st.lists(PIECES).map("".join))


@given(HEADER_TEXT)
def test_no_input_crashes_and_the_answer_is_always_the_same(value):
    found = parse_addresses(value, Header.TO)

    assert found == parse_addresses(value, Header.TO)
    assert len({p.address for p in found}) == len(found)
    for person in found:
        assert person.local
        assert person.domain
        assert normalise_address(person.address) == person.address
        assert person.name.isprintable() or any(not c.isascii() for c in person.name)
        person.name.encode()


@given(st.text(alphabet=st.characters(max_codepoint=126)).filter(lambda v: "=?" not in v))
def test_no_domain_is_made_of_characters_that_were_not_there(value):
    for person in parse_addresses(value, Header.TO):
        assert set(person.domain) <= set(value.lower())
