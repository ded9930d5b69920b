"""The event that Google posts: anything at all may stand in it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.adapters.gmail.event_ids import convert_event_id
from server.domain.errors import BadInputError
from server.web.sidebar.events import Event

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["commonEventObject", "authorizationEventObject", "gmail", "x"]), JSON))
def test_any_object_is_an_event(event):
    parsed = Event.parse(json.dumps(event).encode())

    assert all(isinstance(text, str) for text in (parsed.user_token, parsed.message_id, parsed.thread_id))
    assert all(isinstance(text, str) for pairs in (parsed.parameters, parsed.inputs) for text in pairs.values())
    assert isinstance(parsed.offset, int)


@given(st.binary(max_size=100))
def test_any_bytes_are_an_event_or_bad_input(body):
    try:
        parsed = Event.parse(body)
    except BadInputError:
        return

    assert isinstance(parsed, Event)


def test_a_whole_event():
    event = Event.parse(json.dumps({
        "commonEventObject": {
            "timeZone": {"id": "America/Toronto", "offset": "-14400000"}, "parameters": {"st": "signed"},
            "formInputs": {"search": {"stringInputs": {"value": ["ada"]}}, "empty": {"stringInputs": {}}, "odd": 3},
        },
        "authorizationEventObject": {"userIdToken": "a.b.c", "authorizedScopes": ["s"]},
        "gmail": {"messageId": "msg-f:17", "threadId": "thread-f:18"},
    }).encode())  # fmt: skip

    assert event == Event(
        "a.b.c", frozenset({"s"}), "msg-f:17", "thread-f:18", {"st": "signed"}, {"search": "ada"}, -14_400
    )


@pytest.mark.parametrize("offset", [-2.88e7, "-28800000", -28800000])
def test_an_offset_in_any_of_google_s_forms(offset):
    assert Event.parse(json.dumps({"commonEventObject": {"timeZone": {"offset": offset}}}).encode()).offset == -28_800


@pytest.mark.parametrize("offset", ["x", None, [], 1e300, "inf", "nan", 10**12])
def test_a_senseless_offset_is_none(offset):
    assert Event.parse(json.dumps({"commonEventObject": {"timeZone": {"offset": offset}}}).encode()).offset == 0


@pytest.mark.parametrize(
    ("event_id", "found"),
    [
        ("msg-f:1834855198770177776", "1976b714f0f9a6f0"), ("thread-f:17", "11"), ("1976b714f0f9a6f0", "1976b714f0f9a6f0"),
        ("msg-a:r123", None), ("thread-a:r-5", None), ("", None), ("msg-f:", None), ("msg-f:x", None), ("../me", None),
        ("msg-f:" + "9" * 30, None), ("1976B714F0F9A6F0", None),
    ],
)  # fmt: skip
def test_ids_of_the_web_client(event_id, found):
    assert convert_event_id(event_id) == found
