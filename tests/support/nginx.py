"""nginx with the committed configuration before a real gunicorn, both on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

ROOT = Path(__file__).parent.parent.parent
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
PATIENCE = 60.0
"""Seconds until a process listens."""
MAIN = """
{user}daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/truly.conf;
}}
"""


class EchoApp:
    """What a service would see of a request, in place of the service; gunicorn.conf.py starts and stops it too."""

    def __call__(self, environ: dict[str, object], start_response: object) -> list[bytes]:
        seen = {key: str(environ[key]) for key in environ if key.startswith("HTTP_") or key in SHOWN}
        text = "\n".join(f"{key}={value}" for key, value in sorted(seen.items())).encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])  # type: ignore[operator]
        return [text]

    def start_syncing(self) -> None:
        """Nothing is synced."""

    def stop_syncing(self) -> None:
        """Nothing was started."""


SHOWN = ("wsgi.url_scheme", "REMOTE_ADDR", "SCRIPT_NAME", "PATH_INFO")
echo = EchoApp()


@dataclass(frozen=True)
class Front:
    """``port`` is nginx's, by TLS; ``behind`` gunicorn's own."""

    port: int
    behind: int
    authority: trustme.CA

    def connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context.wrap_socket(connect(self.port), server_hostname="truly.acme.com")

    def ask(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> tuple[int, str]:
        """Status and body by way of nginx."""
        with self.connect() as client:
            return exchange(client, path, *headers, method=method, body=body)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def exchange(
    client: socket.socket, path: str, *headers: str, method: str = "GET", body: bytes = b""
) -> tuple[int, str]:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: truly.acme.com",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    client.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    answer = b""
    while portion := client.recv(65536):
        answer += portion
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), content.decode(errors="replace")


@contextmanager
def serve(folder: Path, app: str, settings: Mapping[str, str], *options: str) -> Iterator[Front]:
    """gunicorn with the repository's own file serves ``app``, and nginx with the committed one stands before it."""
    port, behind = _free_port(), _free_port()
    authority = trustme.CA()
    _write_configuration(folder, authority, port, behind)
    gunicorn = [
        sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "--bind", f"127.0.0.1:{behind}", *options, app,
    ]  # fmt: skip
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    with (
        _run(gunicorn, folder / "gunicorn.log", environment, behind),
        _run(
            [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")],
            folder / "nginx.log",
            dict(os.environ),
            port,
        ),
    ):
        yield Front(port, behind, authority)


def _write_configuration(folder: Path, authority: trustme.CA, port: int, behind: int) -> None:
    """The committed file with this machine's ports and certificate; every replaced text must be in it."""
    certificate = authority.issue_cert("truly.acme.com")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "certificate.pem")
    text = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{behind};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/ssl/truly/fullchain.pem", str(folder / "certificate.pem")),
        ("/etc/ssl/truly/privkey.pem", str(folder / "certificate.pem")),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "truly.conf").write_text(text, encoding="utf-8")
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), encoding="utf-8")


@contextmanager
def _run(command: list[str], log: Path, environment: Mapping[str, str], port: int) -> Iterator[None]:
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, cwd=log.parent, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            _wait(process, port, log)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connect(port).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"Nothing listens on {port}:\n{log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
