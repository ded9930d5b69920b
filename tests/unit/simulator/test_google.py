"""What clients other than ours ask of the simulated Google: consents, discovery, a search, history's labels."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from googleapiclient.discovery import V1_DISCOVERY_URI, V2_DISCOVERY_URI, build_from_document

from simulator import identity
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
READ = "https://www.googleapis.com/auth/gmail.readonly"
WRITE = "https://www.googleapis.com/auth/gmail.modify"
CLIENT = {"client_id": "1-a.apps.googleusercontent.com", "client_secret": "GOCSPX-simulated"}
TOKEN = "https://oauth2.googleapis.com/token"
GMAIL = "https://gmail.googleapis.com/gmail/v1/users"


@pytest.fixture
def session(scene: Scene) -> requests.Session:
    return scene.transport.session()


@pytest.fixture
def form(scene: Scene) -> dict[str, str]:
    """A refresh that Google grants."""
    given = scene.universe.identity.consents.give({**CLIENT, "email": ANN, "scopes": [READ, WRITE]})
    return {**CLIENT, **given, "grant_type": "refresh_token"}


@pytest.fixture
def ann(session: requests.Session, form: dict[str, str]) -> Callable[..., Any]:
    """Asks Gmail as an app that Ann let in."""
    session.headers["Authorization"] = "Bearer " + session.post(TOKEN, form).json()["access_token"]
    return lambda path, **args: session.get(f"{GMAIL}/{path}", params=args).json()


def test_a_consent_opens_the_mailbox_of_the_person_who_gave_it(scene: Scene, session, form) -> None:
    answer = session.post(TOKEN, form).json()
    assert set(answer) == {"access_token", "expires_in", "scope", "token_type"}
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert session.get(f"{GMAIL}/me/profile", headers=bearer).json()["emailAddress"] == ANN
    assert session.get(f"{GMAIL}/ben@acme.example/profile", headers=bearer).status_code == 403


def test_a_client_may_ask_for_less_than_it_was_given(session, form) -> None:
    answer = session.post(TOKEN, {**form, "scope": READ}).json()
    assert answer["scope"] == READ
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert session.get(f"{GMAIL}/me/profile", headers=bearer).status_code == 200
    assert session.post(f"{GMAIL}/me/messages/1/trash", headers=bearer).status_code == 403


@pytest.mark.parametrize(
    ("change", "status", "error", "description"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client", "The OAuth client was not found."),
        ({"client_secret": "wrong"}, 401, "invalid_client", "Unauthorized"),
        ({"refresh_token": ""}, 400, "invalid_request", "Missing required parameter: refresh_token"),
        ({"refresh_token": "1//unknown"}, 400, "invalid_grant", "Bad Request"),
        ({"scope": "https://mail.google.com/"}, 400, "invalid_scope", "Bad Request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", "Invalid grant_type."),
    ],
)  # fmt: skip
def test_a_refresh_is_refused_in_googles_words(session, form, change, status, error, description) -> None:
    answer = session.post(TOKEN, {**form, **change})
    assert (answer.status_code, answer.json()) == (status, {"error": error, "error_description": description})


def test_a_token_of_another_client_is_refused(scene: Scene, session, form) -> None:
    other = {"client_id": "2-b.apps.googleusercontent.com", "client_secret": "other"}
    scene.universe.identity.consents.give({**other, "email": ANN, "scopes": [READ]})
    answer = session.post(TOKEN, {**form, **other})
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized_client")


def test_a_consent_that_was_taken_back_opens_nothing_more(session, form) -> None:
    revoke = "https://oauth2.googleapis.com/revoke"
    assert session.post(revoke, {"token": form["refresh_token"]}).status_code == 200
    answer = session.post(TOKEN, form)
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    assert session.post(revoke, {"token": form["refresh_token"]}).json()["error"] == "invalid_token"


@pytest.mark.parametrize("address", [V1_DISCOVERY_URI, V2_DISCOVERY_URI])
@pytest.mark.parametrize(("api", "version"), [("gmail", "v1"), ("admin", "directory_v1")])
def test_discovery_documents_are_at_both_addresses(session, address: str, api: str, version: str) -> None:
    answer = session.get(address.replace("{api}", api).replace("{apiVersion}", version))
    assert answer.json()["id"] == f"{api}:{version}"
    assert build_from_document(answer.json(), http=object())


@pytest.mark.parametrize(
    "address",
    ["https://gmail.googleapis.com/$discovery/rest?version=v9", "https://gmail.googleapis.com/$discovery/rest",
     "https://drive.googleapis.com/$discovery/rest?version=v3", "https://www.googleapis.com/discovery/v1/apis/gmail/v1"],
)  # fmt: skip
def test_there_is_no_document_of_what_is_not_simulated(session, address: str) -> None:
    assert session.get(address).status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"inbox", "chat", "sent"}),
        ("-in:chats", {"inbox", "sent"}),
        ("in:sent", {"sent"}),
        ("in:spam", {"spam"}),
        ("in:inbox rfc822msgid:<inbox@x.example>", {"inbox"}),
        ("in:sent rfc822msgid:inbox@x.example", set()),
        ("-rfc822msgid:inbox@x.example", {"chat", "sent"}),
    ],
)
def test_a_search_finds_what_fits_every_word(scene: Scene, ann, query: str, expected: set[str]) -> None:
    ids = {
        scene.deliver(ANN, eml(message_id=f"<{name}@x.example>"), label): name
        for name, label in (("inbox", "INBOX"), ("chat", "CHAT"), ("sent", "SENT"), ("spam", "SPAM"))
    }
    assert {ids[m["id"]] for m in ann("me/messages", q=query).get("messages", ())} == expected


@pytest.mark.parametrize("query", ["from:ada", "lamps", "in:", "in:nowhere", "rfc822msgid:", "in:inbox OR in:sent"])
def test_a_search_in_other_words_is_refused_rather_than_guessed(ann, query: str) -> None:
    assert ann("me/messages", q=query)["error"]["code"] == 400


def test_history_bears_the_labels_of_the_message_and_those_that_changed(scene: Scene, ann) -> None:
    start = ann("me/profile")["historyId"]
    box = scene.universe.mailboxes[ANN]
    ref = {"id": scene.deliver(ANN, eml(), "INBOX")}
    ref["threadId"] = box.messages[ref["id"]].thread_id
    box.relabel(ref["id"], {"STARRED"}, set())
    box.relabel(ref["id"], set(), {"INBOX", "STARRED"})
    added, starred, archived = ann("me/history", startHistoryId=start)["history"]
    assert added["messages"] == starred["messages"] == [ref]
    assert added["messagesAdded"] == [{"message": {**ref, "labelIds": ["INBOX"]}}]
    assert starred["labelsAdded"] == [{"message": {**ref, "labelIds": ["INBOX", "STARRED"]}, "labelIds": ["STARRED"]}]
    assert archived["labelsRemoved"] == [{"message": ref, "labelIds": ["INBOX", "STARRED"]}]


@pytest.mark.parametrize("start", ["0", "1", "999", "99999999"])
def test_a_cursor_from_outside_the_history_is_not_found(ann, start: str) -> None:
    assert ann("me/history", startHistoryId=start)["error"]["code"] == 404


def test_a_batch_may_name_the_user_by_a_quoted_address(scene: Scene, session, ann) -> None:
    scene.deliver(ANN, eml())
    inner = "GET /gmail/v1/users/ann%40acme.example/profile HTTP/1.1\r\n\r\n"
    body = f"--b\r\nContent-Type: application/http\r\nContent-ID: <1>\r\n\r\n{inner}\r\n--b--\r\n"
    head = {"Content-Type": "multipart/mixed; boundary=b"}
    answer = session.post("https://gmail.googleapis.com/batch", data=body, headers=head)
    assert '"messagesTotal": 1' in answer.text


def test_callers_that_come_together_get_one_signing_key(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that is signed with another key than the certificates name is refused as a stranger's."""
    make = rsa.generate_private_key

    def make_slowly(*args: int) -> rsa.RSAPrivateKey:
        time.sleep(0.05)
        return make(*args)

    monkeypatch.setattr(rsa, "generate_private_key", make_slowly)
    identity._make_signing_key.cache_clear()  # noqa: SLF001
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda _number: scene.universe.identity.signing_key(), range(4)))
    assert len({id(key) for key in keys}) == 1
