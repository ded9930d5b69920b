"""The proxy: which hosts it is, what it says to everybody else, and that nothing is lost on the way."""

from __future__ import annotations

import gc
import http.client
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from cryptography import x509

from simulator.authority import Authority, is_known
from simulator.tls_proxy import HEAD_LIMIT, TlsProxy

GMAIL = "gmail.googleapis.com"


class Echo(BaseHTTPRequestHandler):
    """The target and the host asked for, and the body as it came; the connection stays open."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        for name, value in {"X-Host": self.headers["Host"], "X-Target": self.path, "Content-Length": len(body)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_args) -> None:
        """Nothing is printed."""


class Target(ThreadingHTTPServer):
    """Holds as many connections before it accepts them as the simulator does: the kernel resets what is beyond."""

    request_queue_size = 128


@pytest.fixture
def proxy() -> Iterator[TlsProxy]:
    server = Target(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made = TlsProxy(0)
    made.start(server.server_port)
    yield made
    made.close()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def session(proxy: TlsProxy, tmp_path: Path) -> Iterator[requests.Session]:
    (tmp_path / "ca.pem").write_bytes(proxy.authority.pem)
    with requests.Session() as made:
        made.trust_env = False
        made.proxies = {"https": proxy.url}
        made.verify = str(tmp_path / "ca.pem")
        yield made


def said_to(proxy: TlsProxy, words: bytes) -> bytes:
    """The proxy's whole answer."""
    with socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(words)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize(
    "host",
    ["www.googleapis.com", GMAIL, "oauth2.googleapis.com", "accounts.google.com", "acme.my.salesforce.com", "login.salesforce.com"],
)  # fmt: skip
def test_the_vendors_hosts_are_known(host: str) -> None:
    assert is_known(host)


@pytest.mark.parametrize(
    "host",
    ["example.com", "google.com", "evilgoogleapis.com", "googleapis.com.evil.example", "127.0.0.1", "localhost", "",
     "a..googleapis.com", "*.googleapis.com", f"{'a' * 64}.googleapis.com", f"{'a.' * 130}googleapis.com", "ä.googleapis.com"],
)  # fmt: skip
def test_no_other_host_is(host: str) -> None:
    assert not is_known(host)


@pytest.mark.parametrize("host", [GMAIL, "acme.my.salesforce.com"])
def test_a_request_arrives_as_it_was_sent_under_the_host_asked_for(session: requests.Session, host: str) -> None:
    body = bytes(range(256)) * 8192
    answer = session.post(f"https://{host}/a%2Fb?q=in%3Ainbox", data=body, timeout=20)
    assert answer.content == body
    assert answer.headers["X-Host"] == host
    assert answer.headers["X-Target"] == "/a%2Fb?q=in%3Ainbox"


def test_one_connection_serves_many_requests(proxy: TlsProxy) -> None:
    context = ssl.create_default_context(cadata=proxy.authority.pem.decode())
    connection = http.client.HTTPSConnection(
        "127.0.0.1", int(proxy.url.rpartition(":")[2]), context=context, timeout=20
    )
    connection.set_tunnel(GMAIL)
    seen = []
    for number in range(5):
        connection.request("POST", "/", str(number))
        seen.append((connection.getresponse().read(), connection.sock.getsockname()))
    connection.close()
    assert [body for body, _ in seen] == [b"0", b"1", b"2", b"3", b"4"]
    assert len({address for _, address in seen}) == 1


def test_connections_at_the_same_time_do_not_mix(proxy: TlsProxy, session: requests.Session) -> None:
    def ask(number: int) -> bool:
        host = (GMAIL, "www.googleapis.com", "acme.my.salesforce.com")[number % 3]
        body = str(number).encode() * 50_000
        answer = requests.post(
            f"https://{host}/", data=body, proxies={"https": proxy.url}, verify=session.verify, timeout=60
        )
        return (answer.content, answer.headers["X-Host"]) == (body, host)

    with ThreadPoolExecutor(24) as pool:
        assert all(pool.map(ask, range(48)))


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT gmail.googleapis.com.evil.example:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT gmail.googleapis.com:80 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT 127.0.0.1:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n", b"405"),
        (b"CONNECT gmail.googleapis.com HTTP/1.1\r\n\r\n", b"405"),
        (b"GET http://gmail.googleapis.com/ HTTP/1.1\r\n\r\n", b"405"),
        (b"\x16\x03\x01 a TLS greeting where none belongs\r\n\r\n", b"405"),
        (b"CONNECT gmail.goo", b"400"),
        (b"CONNECT gmail.googleapis.com:443 HTTP/1.1\r\nX: " + b"y" * 4 * HEAD_LIMIT + b"\r\n\r\n", b"431"),
    ],
)  # fmt: skip
def test_what_is_no_request_for_a_known_host_is_refused_in_words(proxy: TlsProxy, words: bytes, status: bytes) -> None:
    answer = said_to(proxy, words)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.partition(b"\r\n\r\n")[2].endswith(b".\n")


def test_a_foreign_host_is_never_reached(session: requests.Session) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        session.get("https://example.com/", timeout=20)


def test_a_client_that_does_not_trust_the_authority_sends_nothing(proxy: TlsProxy) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://{GMAIL}/", proxies={"https": proxy.url}, timeout=20)


def test_clients_that_leave_in_the_middle_leave_the_others_alone(proxy: TlsProxy, session: requests.Session) -> None:
    said_to(proxy, b"")
    said_to(proxy, b"CONNECT gmail.googleapis.com:443 HTTP/1.1\r\n\r\n")
    said_to(proxy, b"CONNECT gmail.googleapis.com:443 HTTP/1.1\r\n\r\nno greeting of TLS")
    assert session.get(f"https://{GMAIL}/", timeout=20).status_code == 200


def test_the_end_of_a_dropped_answer_is_passed_on() -> None:
    """Fewer bytes than were promised, as the simulator's drop_answer has it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drop() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\nhalf")

        thread = threading.Thread(target=drop)
        thread.start()
        proxy = TlsProxy(0)
        proxy.start(server.getsockname()[1])
        context = ssl.create_default_context(cadata=proxy.authority.pem.decode())
        connection = http.client.HTTPSConnection(
            "127.0.0.1", int(proxy.url.rpartition(":")[2]), context=context, timeout=20
        )
        connection.set_tunnel(GMAIL)
        connection.request("GET", "/")
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()
        connection.close()
        proxy.close()
        thread.join()


def test_it_listens_on_one_loopback_address_alone(proxy: TlsProxy) -> None:
    port = int(proxy.url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)
    socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_a_port_that_is_taken_is_an_error_at_once(proxy: TlsProxy) -> None:
    with pytest.raises(OSError, match="in use"):
        TlsProxy(int(proxy.url.rpartition(":")[2]))


def test_a_certificate_is_for_its_host_and_signed_by_the_authority() -> None:
    authority = Authority()
    leaf = leaf_of(authority, GMAIL, GMAIL)
    assert leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    ) == [GMAIL]
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pem))
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_certificate_is_for_no_other_host() -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        leaf_of(Authority(), GMAIL, "www.googleapis.com")


def test_the_authority_can_sign_for_the_simulated_domains_alone() -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        leaf_of(Authority(), "bank.example", "bank.example")


def test_two_runs_do_not_trust_each_other() -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        leaf_of(Authority(), GMAIL, GMAIL, trusting=Authority())


def leaf_of(authority: Authority, host: str, expected: str, trusting: Authority | None = None) -> x509.Certificate:
    """The certificate in a handshake with ``host`` by a client that expects ``expected``, checked by the strictest rules."""
    context = ssl.create_default_context(cadata=(trusting or authority).pem.decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=expected)
    server = authority.context(host).wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return x509.load_der_x509_certificate(client.getpeercert(binary_form=True) or b"")


def test_a_connection_that_just_began_ends_with_the_proxy() -> None:
    """However far it came: a socket that is left open warns when it is collected, in whatever test runs then."""
    left_open: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "unraisablehook", lambda event: left_open.append(repr(event.exc_value)))
        for number in range(40):
            proxy = TlsProxy(0)
            proxy.start(9)
            with socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=5) as client:
                if number % 2:
                    client.close()
                proxy.close()
        gc.collect()

    assert left_open == []
