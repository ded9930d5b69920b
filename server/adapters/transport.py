"""How the vendors' client libraries reach the network: directly, or all hosts redirected to the simulator.

googleapiclient's batch ignores ``api_endpoint``, so the redirection sits below every library, in the transport itself.
"""

from __future__ import annotations

import threading
from typing import Any, Protocol
from urllib.parse import urlsplit

import httplib2
import requests
from requests.adapters import HTTPAdapter

from server.ports.patience import shorten

TIMEOUT = 60.0
"""Seconds without an answer before a call counts as lost."""
WRITE_TIMEOUT = 240.0
"""The same of a write to Salesforce: a thousand Tasks through slow flows take minutes. It ends a request after ten."""


class Transport(Protocol):
    """One per process; safe to share between threads."""

    def http(self) -> httplib2.Http:
        """This thread's own Http: httplib2 is not thread-safe."""

    def session(self) -> requests.Session:
        """A requests session with a time-out on every call."""


class _TimedAdapter(HTTPAdapter):
    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = shorten(kwargs.get("timeout") or TIMEOUT)
        return super().send(request, *args, **kwargs)


class _TimedHttp(httplib2.Http):  # type: ignore[misc]  # httplib2 has no types
    def __init__(self) -> None:
        super().__init__(timeout=TIMEOUT)

    def _conn_request(self, conn: Any, *args: Any) -> Any:
        """A connection is used again, by requests that have more time or less."""
        conn.timeout = shorten(TIMEOUT)
        if conn.sock is not None:
            conn.sock.settimeout(conn.timeout)
        return super()._conn_request(conn, *args)


class DirectTransport:
    """The real world."""

    def __init__(self) -> None:
        self._local = threading.local()

    def http(self) -> httplib2.Http:
        if not hasattr(self._local, "http"):
            self._local.http = _TimedHttp()
        http: httplib2.Http = self._local.http
        return http

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount("https://", _TimedAdapter())
        return session


class _RedirectedHttp(_TimedHttp):
    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def request(self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **kwargs: Any) -> Any:
        target, host = _redirect(uri, self._base)
        return super().request(target, method, body, {**(headers or {}), "X-Forwarded-Host": host}, **kwargs)


class _RedirectingAdapter(_TimedAdapter):
    def __init__(self, base: str) -> None:
        super().__init__(pool_maxsize=32)
        self._base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        original = request.url or ""
        request.url, request.headers["X-Forwarded-Host"] = _redirect(original, self._base)
        response = super().send(request, *args, **kwargs)
        # The caller reads the address that it asked for, not the simulator's.
        request.url = original
        return response


class SimulatorTransport:
    """Every https host is the simulator on loopback."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        self._local = threading.local()

    def http(self) -> httplib2.Http:
        if not hasattr(self._local, "http"):
            self._local.http = _RedirectedHttp(self._base)
        http: httplib2.Http = self._local.http
        return http

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount("https://", _RedirectingAdapter(self._base))
        return session


def _redirect(uri: str, base: str) -> tuple[str, str]:
    """The address at the simulator, and the host that was meant."""
    url = urlsplit(uri)
    return base + url.path + (f"?{url.query}" if url.query else ""), url.netloc
