"""A rebuild_message message reads as the original does, or is not rebuild_message."""

from __future__ import annotations

import base64
import email
import json
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.adapters.gmail.rebuild import DEEPEST, rebuild_message
from simulator import mime
from simulator.header_forms import unfold

CRLF = b"\r\n"


def shape(message):
    """What must be the same: headers, types and decoded contents; not the transfer encoding, which is ours."""
    headers = [(n, unfold(str(v))) for n, v in message.raw_items() if n.lower() != "content-transfer-encoding"]
    if message.is_multipart():
        return headers, message.get_content_type(), [shape(part) for part in message.get_payload()]
    return headers, message.get_content_type(), message.get_payload(decode=True)


def original(raw):
    return shape(email.message_from_bytes(raw))


def through_gmail(raw):
    return rebuild_message(json.loads(json.dumps(mime.payload_of(raw))))


def part(kind, content=b"Hello.", *headers, charset="utf-8", encoding="8bit"):
    written = {
        "8bit": lambda: content,
        "base64": lambda: base64.encodebytes(content),
        "quoted-printable": lambda: quopri.encodestring(content),
    }[encoding]()
    lines = [f"Content-Type: {kind}; charset={charset}", f"Content-Transfer-Encoding: {encoding}", *headers]
    return CRLF.join(line.encode() for line in lines) + CRLF * 2 + written


def container(kind, boundary, *parts, headers=()):
    lines = [f'Content-Type: {kind}; boundary="{boundary}"', *headers]
    head = CRLF.join(line.encode() for line in lines) + CRLF * 2
    return (
        head + b"".join(CRLF + f"--{boundary}".encode() + CRLF + p for p in parts) + f"\r\n--{boundary}--\r\n".encode()
    )


def whole(body, *headers):
    top = ("From: Ada <ada@byron.example>", "MIME-Version: 1.0", *headers)
    return CRLF.join(line.encode() for line in top) + CRLF + body


words = st.text(st.characters(codec="ascii", exclude_categories=("Cc",))).map(lambda text: text.replace("=?", ""))
values = st.one_of(
    words.map(lambda w: " ".join(w.split())),
    st.lists(st.sampled_from(["lamp", "<a@b.example>", "(quite)"]), max_size=400).map(" ".join),
    st.lists(st.sampled_from(["one", "two"]), min_size=2).map("\r\n ".join),
)
names = st.sampled_from(["Received", "X-A", "Subject", "References", "DKIM-Signature"])
people = st.sampled_from(["Ann <ann@acme.example>", '"Novak, Jan" <jan@x.example>', "<leo@harbor.example>"])
bare = st.sampled_from(["ann@acme.example", "leo@harbor.example"])
lists = st.tuples(st.lists(people, max_size=3), st.lists(bare, max_size=3)).map(lambda p: ",\r\n ".join(p[0] + p[1]))
fields = st.tuples(names, values) | st.tuples(st.sampled_from(["To", "Cc"]), lists)
headers = st.lists(fields.map(lambda pair: f"{pair[0]}: {pair[1]}"), max_size=5)
texts = st.text().map(lambda text: text.replace("\ufffd", "").encode())
like_boundaries = st.sampled_from([b"--b0", b"a\r\n--b0--\r\n--b1\r\n.\r\n"])
leaves = st.builds(
    lambda kind, more, written: part(kind, written[0], *more, encoding=written[1]),
    st.sampled_from(["text/plain", "text/html", "TEXT/Plain", "text/x-amp-html"]),
    headers,
    st.tuples(texts, st.sampled_from(["base64", "quoted-printable"])) | st.tuples(like_boundaries, st.just("base64")),
)


@st.composite
def trees(draw, depth=0):
    if depth > 3 or draw(st.booleans()):
        return draw(leaves)
    parts = draw(st.lists(trees(depth + 1), min_size=1, max_size=3))
    kind = draw(st.sampled_from(["multipart/mixed", "multipart/alternative", "multipart/related"]))
    boundary = draw(st.sampled_from(["b{}", "=_{}?x", "--{}", "{}' (a)b"])).format(depth)
    return container(kind, boundary, *parts, headers=draw(headers))


messages = st.builds(lambda tree, more: whole(tree, *more), trees(), headers)


@settings(deadline=None)
@given(messages)
def test_ordinary_mail_is_rebuilt_with_the_same_headers_parts_and_contents(raw):
    made = through_gmail(raw)

    assert made is not None
    assert original(made) == original(raw)


@settings(deadline=None)
@given(messages, st.data())
def test_damaged_mail_is_rebuilt_as_it_reads_or_not_at_all(raw, data):
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(start + 40, len(raw))))
        raw = raw[:start] + data.draw(st.one_of(st.binary(max_size=20), st.just(raw[end : end + 60]))) + raw[end:]

    made = through_gmail(raw)

    assert made is None or original(made) == original(raw)


@settings(deadline=None)
@given(st.binary(), st.booleans())
def test_any_bytes_are_rebuilt_as_they_read_or_not_at_all(raw, has_version):
    raw = b"MIME-Version: 1.0\r\n" * has_version + raw
    made = through_gmail(raw)
    assert made is None or original(made) == original(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["headers", "parts", "body", "mimeType", "data", "size", "name", "value"]),
            inner,
            max_size=4,
        )
    ),
)


@settings(deadline=None)
@given(json_values)
def test_a_tree_of_any_form_is_answered(tree):
    assert rebuild_message(tree) is None or isinstance(rebuild_message(tree), bytes)


@pytest.mark.parametrize("form", ["", "requoted", "bare"])
@pytest.mark.parametrize(
    "header",
    [
        "From: =?utf-8?q?Nov=C3=A1k=2C_Jan?= <jan@x.example>",
        "Subject: =?utf-8?q?=3D=3Futf-8=3Fq=3Flamp=3F=3D?=",
        "Subject: Straße",
    ],
)
def test_a_header_that_is_not_plain_ascii_has_to_be_fetched_as_it_was_sent(form, header):
    raw = whole(part("text/plain"), header)
    inner = whole(container("multipart/mixed", "b0", part("text/plain", b"Hello.", header)))

    for mail in (raw, inner):
        assert rebuild_message(json.loads(json.dumps(mime.payload_of(mail, form)))) is None


@pytest.mark.parametrize(
    "value",
    [
        "=?utf-8?q?ada=40byron.example=2C_Eve?= <eve@nowhere.example>",
        "Leo <leo@harbor.example>, =?utf-8?q?ada=40byron.example=3B_Eve?= <eve@nowhere.example>",
        "=?utf-8?q?=3Cada=40byron.example=3E?= <eve@nowhere.example>",
        "=?utf-8?q?ada=40byron.example?= <eve@nowhere.example>",
        "=?utf-8?q?Ada_=3Cada=40byron.example=3E?= eve@nowhere.example",
    ],
)
@pytest.mark.parametrize("name", ["From", "Reply-To", "To", "Cc"])
def test_a_decoded_name_that_looks_like_a_person_has_to_be_fetched_as_it_was_sent(name, value):
    mail = whole(part("text/plain"), f"{name}: {value}")
    assert rebuild_message(json.loads(json.dumps(mime.payload_of(mail, "bare")))) is None


@pytest.mark.parametrize("name", ["From", "Sender", "Reply-To"])
def test_two_senders_have_to_be_fetched_as_they_were_sent(name):
    assert (
        through_gmail(whole(part("text/plain"), f"{name}: Ada <ada@byron.example>, Eve <eve@nowhere.example>")) is None
    )


def attached(*headers, kind="application/pdf"):
    return container("multipart/mixed", "m", part("text/plain"), part(kind, b"%PDF", *headers, encoding="base64"))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(attached("Content-Disposition: attachment; filename=a.pdf"), id="an attachment"),
        pytest.param(attached("Content-ID: <x>", kind="image/png"), id="a picture in the text"),
        pytest.param(part("text/plain", b"x" * (mime.LARGE + 1)), id="a large text"),
        pytest.param(container("multipart/signed", "m", part("text/plain")), id="signed"),
        pytest.param(container("multipart/encrypted", "m", part("text/plain")), id="encrypted"),
        pytest.param(container("multipart/report", "m", part("text/plain")), id="a report"),
        pytest.param(container("multipart/digest", "m", b"\r\nSubject: a\r\n\r\nb"), id="a digest"),
        pytest.param(b"Content-Type: message/rfc822\r\n\r\nSubject: a\r\n\r\nb", id="a forwarded message"),
        pytest.param(container("multipart/mixed", "m", container("multipart/mixed", "m", part("text/plain"))), id="one boundary twice"),
        pytest.param(part("text/plain", "Grüße".encode("latin-1"), charset="iso-8859-1"), id="turned to UTF-8"),
        pytest.param(part("text/plain", "日本".encode("iso-2022-jp"), charset="iso-2022-jp"), id="turned from seven bits"),
        pytest.param(part("text/plain", b"~~", charset="hz-gb-2312"), id="a charset that hides in ASCII"),
        pytest.param(part("text/plain", b"a\xffb"), id="bytes that are not UTF-8"),
        pytest.param(part("text/plain", b"a", "X-A: \udcff"[:5] + "\ufffd"), id="a header that Gmail could not read"),
        pytest.param(part("text/plain", b"a", "Content-Type: text/html"), id="two types"),
        pytest.param(b"Content-Type: multipart/mixed\r\n\r\nnothing", id="a container without parts"),
    ],
)  # fmt: skip
def test_what_the_tree_does_not_tell_exactly_is_left_to_the_raw_form(body):
    assert through_gmail(whole(body)) is None


def test_latin_1_is_rebuilt_where_only_ascii_was_written():
    raw = whole(part("text/plain", b"Hello.", charset="iso-8859-1"))
    assert original(through_gmail(raw)) == original(raw)


def test_a_message_without_mime_version_is_left_to_the_raw_form():
    assert through_gmail(b"Subject: a\r\n\r\nb") is None


@pytest.mark.parametrize(
    ("depth", "is_made"), [(5, True), (DEEPEST, True), (DEEPEST + 2, False), (89, False), (400, False)]
)
def test_nesting_is_followed_so_far_and_no_further(depth, is_made):
    body = part("text/plain")
    for level in range(depth):
        body = container("multipart/mixed", f"<{level}>".strip("<>").zfill(4), body)
    assert (through_gmail(whole(body)) is not None) == is_made


LEAF = {
    "mimeType": "text/plain",
    "headers": [{"name": "MIME-Version", "value": "1.0"}],
    "body": {"data": "YQ", "size": 1},
}


def test_data_without_padding_is_read():
    assert email.message_from_bytes(rebuild_message(LEAF)).get_payload(decode=True) == b"a"


@pytest.mark.parametrize(
    "change",
    [
        {"body": {"size": 9}},
        {"body": {"data": "Y", "size": 1}},
        {"body": {"data": "Y Q", "size": 1}},
        {"mimeType": "text/html"},
        {"parts": [LEAF]},
        {"headers": [*LEAF["headers"], {"name": "X", "value": "a\r\nBcc: eve@evil.example"}]},
        {"headers": [*LEAF["headers"], {"name": "X: y\r\nBcc", "value": "a"}]},
        {"headers": [*LEAF["headers"], {"name": "--b", "value": ""}]},
        {"headers": [*LEAF["headers"], {"name": "", "value": ""}]},
        {"headers": [*LEAF["headers"], {"name": "X", "value": "a\x00"}]},
    ],
)
def test_a_hostile_or_incomplete_tree_is_not_rebuilt(change):
    assert rebuild_message({**LEAF, **change}) is None
