"""Who waits for a card is answered in time, and a call that only looks gives up soon after: no thread hangs on."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from server.adapters.firestore.documents import FirestoreDocuments
from server.adapters.gmail.pacing.pacer import Pacer
from server.adapters.gmail.pacing.turns import IN_FLIGHT
from server.adapters.google.identity import GoogleIdentity
from server.adapters.sqlite.files import SqliteFile
from server.adapters.transport import SimulatorTransport
from server.domain.errors import StateAwayError, TooSlowError, TransientError
from server.ports.patience import hold, limited, shorten
from server.web.sidebar.deadline import Deadline

SHORT = 0.3
SOON = 2.0
"""Seconds, for a machine that does much else; each port's own limit is longer."""


@pytest.fixture
def silent() -> Iterator[str]:
    """host:port of somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def ends_soon(call: Callable[[], object], *errors: type[Exception]) -> bool:
    begin = time.monotonic()
    with limited(begin + SHORT), pytest.raises(errors or (Exception,)):
        call()
    return time.monotonic() - begin < SOON


def test_each_call_over_http_ends_with_the_patience_of_who_asked(silent: str) -> None:
    transport = SimulatorTransport(f"http://{silent}")

    assert ends_soon(lambda: transport.http().request("https://gmail.googleapis.com/x"), TimeoutError)
    assert ends_soon(lambda: transport.session().get("https://acme.my.salesforce.com/x"))
    assert ends_soon(lambda: transport.session().post("https://acme.my.salesforce.com/x", timeout=240))
    assert ends_soon(lambda: GoogleIdentity(transport).check_service("a.b.c", "x", "y"), TransientError)


def test_a_connection_that_is_used_again_has_the_next_request_s_patience() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        is_over = threading.Event()
        thread = threading.Thread(target=_answer_once, args=(server, is_over))
        thread.start()
        http = SimulatorTransport(f"http://127.0.0.1:{server.getsockname()[1]}").http()
        assert http.request("https://gmail.googleapis.com/x")[1] == b"ok"

        try:
            assert ends_soon(lambda: http.request("https://gmail.googleapis.com/x"), TimeoutError)
        finally:
            is_over.set()
            thread.join()


def _answer_once(server: socket.socket, is_over: threading.Event) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        is_over.wait(SOON * 4)


def test_firestore_ends_with_the_patience_of_who_asked(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", silent)
    client = firestore.Client("p", AnonymousCredentials())  # type: ignore[no-untyped-call]
    documents = FirestoreDocuments(client, client)

    assert ends_soon(lambda: documents.get("mailboxes", "1"), StateAwayError)
    assert ends_soon(lambda: documents.get_many("mailboxes", ["1"]), StateAwayError)
    assert ends_soon(lambda: documents.query("mailboxes"), StateAwayError)
    documents.close()


def test_sqlite_waits_for_another_writer_no_longer_than_who_asked(tmp_path) -> None:
    file = SqliteFile(tmp_path / "state", 1, lambda _connection: None)
    with file.transaction():
        assert ends_soon(lambda: file.transaction().__enter__(), TransientError)


def test_a_turn_at_gmail_is_given_up_with_the_patience_of_who_asked() -> None:
    pacer = Pacer(SimpleNamespace(now=time.time), time.sleep, per_mailbox=0, per_project=0)
    with pacer.turn("m", 1, IN_FLIGHT):
        assert ends_soon(lambda: pacer.turn("m", 1).__enter__(), TransientError)


def test_a_lock_that_another_holds_is_waited_for_no_longer() -> None:
    lock = threading.Lock()
    with lock:
        assert ends_soon(lambda: hold(lock).__enter__(), TransientError)
    with limited(time.monotonic() + SHORT), hold(lock):
        assert lock.locked()
    assert not lock.locked()


def test_who_comes_too_late_asks_nobody() -> None:
    with limited(time.monotonic() - 1), pytest.raises(TransientError):
        shorten(60.0)
    assert shorten(60.0) == 60.0


def test_no_thread_hangs_on_after_the_answer(silent: str) -> None:
    transport = SimulatorTransport(f"http://{silent}")
    over = threading.Semaphore(0)

    def look() -> None:
        try:
            transport.session().get("https://acme.my.salesforce.com/x")
        finally:
            over.release()

    for _ in range(16):
        with pytest.raises(TooSlowError):
            Deadline(SHORT / 10 + 0.1).run(look, keep=0.1)

    assert all(over.acquire(timeout=SOON) for _ in range(16))


def test_a_change_that_has_begun_has_all_its_time() -> None:
    found: list[float] = []
    over = threading.Event()
    deadline = Deadline(0.2, is_click=True)

    def change() -> None:
        deadline.begin_change()
        time.sleep(0.6)
        found.append(shorten(240.0))
        over.set()

    with pytest.raises(TooSlowError):
        deadline.run(change, keep=0.1)

    assert over.wait(SOON)
    assert found == [240.0]
