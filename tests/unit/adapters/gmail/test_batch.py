"""Our batches are googleapiclient's, byte for byte, and their answers are read as it reads them."""

from __future__ import annotations

import json
import re

import httplib2
import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from hypothesis import given
from hypothesis import strategies as st

from server.adapters.gmail.batch import ANY_ID, BROKEN_BATCH, CallTemplate, PartAnswer, read_multipart, send_batch

NAMES = ["From", "To", "X-Odd Name", "Subject"]
IDS = ["18c2", "18c3", "odd /+%&?=id"]
USER = "0123456789abcdef"
URL = "https://gmail.googleapis.com/batch"


class Wire:
    """Takes one request and gives the prepared answer."""

    def __init__(self, content: bytes = b"", status: int = 200, boundary: str = "b") -> None:
        self.sent: list[tuple[str, str, str, dict[str, str]]] = []
        self.response = httplib2.Response(
            {"content-type": f"multipart/mixed; boundary={boundary}", "status": str(status)}
        )
        self.content = content

    def request(self, uri, method="GET", body=None, headers=None):
        self.sent.append((uri, method, body, headers))
        return self.response, self.content


@pytest.fixture(scope="module")
def messages():
    return build("gmail", "v1", http=httplib2.Http(), static_discovery=True).users().messages()


def metadata(messages, message_id):
    return messages.get(
        userId="me", id=message_id, format="metadata", metadataHeaders=NAMES, fields="id,payload/headers"
    )


def raw(messages, message_id):
    return messages.get(userId="me", id=message_id, format="raw", fields="id,raw")


def part(content_id, text, status="200 OK", line="\r\n", headers=""):
    return line.join(
        ["--b", "Content-Type: application/http", f"Content-ID: {content_id}", "", f"HTTP/1.1 {status}",
         f"Content-Type: application/json{headers}", "", text, ""]
    )  # fmt: skip


def without_chance(body):
    """The boundary and the batch's own number are drawn by lot."""
    return re.sub(r"={15}[0-9a-f]+==", "BOUNDARY", re.sub(r"<[0-9a-f-]{36} \+ ", "<NUMBER + ", body))


@pytest.mark.parametrize("make", [metadata, raw], ids=["metadata", "raw"])
def test_a_batch_is_what_googleapiclient_sends(messages, make):
    theirs, ours = Wire(), Wire()
    batch = build("gmail", "v1", http=httplib2.Http(), static_discovery=True).new_batch_http_request()
    for message_id in IDS:
        request = make(messages, message_id)
        request.uri += f"&quotaUser={USER}"
        batch.add(request, request_id=message_id)
    with pytest.raises(HttpError):
        batch.execute(http=theirs)
    with pytest.raises(KeyError):
        send_batch(ours, CallTemplate.of(make(messages, ANY_ID)), IDS, USER)

    [(uri, method, body, headers)] = ours.sent
    [(their_uri, their_method, their_body, their_headers)] = theirs.sent
    assert (uri, method) == (their_uri, their_method) == (URL, "POST")
    assert without_chance(body) == without_chance(their_body)
    assert without_chance(headers["content-type"]) == without_chance(their_headers["content-type"])
    assert re.search('boundary="(.*)"', headers["content-type"])[1] in body


@pytest.mark.parametrize("line", ["\r\n", "\n"])
@pytest.mark.parametrize("content_id", ["<response-1-2 + 18c2>", "<response-1-2 +\n  18c2>", "<response-+ 1 + 18c2>"])
def test_an_answer_is_read_by_the_id_of_its_message(line, content_id):
    text = json.dumps({"id": "18c2", "raw": "--b\n--b--"})
    content = (part(content_id.replace("\n", line), text, line=line) + "--b--").encode()

    [(message_id, answer)] = read_multipart('multipart/mixed; boundary="b"; charset=x', content).items()

    assert (message_id, answer.status, answer.read_json()) == ("18c2", 200, json.loads(text))


def test_a_refusal_keeps_what_its_mapping_reads():
    content = part("<response-1 + a>", '{"error": 1}', "429 Too Many", headers="\r\nRetry-After: 7").encode()

    error = read_multipart("multipart/mixed; boundary=b", content)["a"].to_error()

    assert (error.resp.status, error.resp["retry-after"], json.loads(error.content)) == (429, "7", {"error": 1})


def test_what_is_no_json_is_none_and_is_no_failure_of_the_batch():
    assert [PartAnswer(200, b"", body).read_json() for body in (b"", b"<html>", b"\xff", b'{"a": ')] == [None] * 4


def test_an_answer_for_another_message_does_not_pass_for_ours(messages):
    wire = Wire(part("<response-1 + other>", "{}").encode())
    with pytest.raises(KeyError):
        send_batch(wire, CallTemplate.of(raw(messages, ANY_ID)), ["18c2"], USER)


def test_a_batch_that_is_refused_whole_is_an_http_error(messages):
    with pytest.raises(HttpError) as caught:
        send_batch(Wire(b"{}", status=503), CallTemplate.of(raw(messages, ANY_ID)), ["18c2"], USER)
    assert caught.value.resp.status == 503


PIECES = [
    "--b",
    "--b--",
    "\r\n",
    "\n",
    "\r\n\r\n",
    "Content-ID: ",
    "<response-1 + a>",
    "<",
    ">",
    "+",
    "HTTP/1.1 ",
    "200 ",
    "{}",
    "\x00",
    "é",
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.sampled_from(["", "multipart/mixed", "multipart/mixed; boundary=b"]),
)
def test_hostile_bytes_are_a_broken_batch_and_nothing_else(text, content_type):
    try:
        answers = read_multipart(content_type, text.encode())
    except BROKEN_BATCH:
        return
    assert all(isinstance(answer, PartAnswer) for answer in answers.values())


@given(st.dictionaries(st.text("0123456789abcdef", min_size=1, max_size=16), st.text(max_size=50), max_size=5))
def test_every_answer_is_found_again(texts):
    parts = "".join(part(f"<response-1 + {i}>", json.dumps({"raw": text}), line="\r\n") for i, text in texts.items())
    answers = read_multipart("multipart/mixed; boundary=b", (parts + "--b--\r\n").encode())
    assert {i: answer.read_json()["raw"] for i, answer in answers.items()} == texts
