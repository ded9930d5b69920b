"""The simulator without a socket: the vendors' client libraries speak straight to the WSGI application."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httplib2
import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse
from werkzeug.test import Client, EnvironBuilder, TestResponse

from simulator.app import Simulator

Ask = Callable[[str, str, Any, Any], TestResponse]
"""Takes a URL, a method, headers and a body."""


class Wire:
    """``ask`` answers every request; a test may put something else in its place."""

    def __init__(self, simulator: Simulator) -> None:
        self._client = Client(simulator)
        self.ask: Ask = self._request

    def restore(self) -> None:
        self.ask = self._request

    def _request(self, url: str, method: str, headers: Any, body: Any) -> TestResponse:
        parts = urlsplit(url)
        builder = EnvironBuilder(
            path=parts.path or "/",
            query_string=parts.query,
            base_url=f"{parts.scheme}://{parts.netloc}/",
            method=method,
            headers={k: _text(v) for k, v in dict(headers or {}).items()},
            data=body.encode() if isinstance(body, str) else body,
        )
        try:
            response = self._client.open(builder)
        finally:
            builder.close()
        if response.headers.get("Content-Length") == "4096" and not response.get_data():
            raise ConnectionResetError("The simulator dropped its answer.")
        return response


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


class WsgiHttp(httplib2.Http):  # type: ignore[misc]  # httplib2 has no types
    """For googleapiclient and google-auth-httplib2."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def request(self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_kwargs: Any) -> Any:
        answer = self._wire.ask(uri, method, headers, body)
        info = {k.lower(): v for k, v in answer.headers.items()}
        return httplib2.Response({**info, "status": str(answer.status_code)}), answer.get_data()


class WsgiAdapter(BaseAdapter):
    """For requests: simple-salesforce and google-auth."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:
        try:
            answer = self._wire.ask(request.url or "", request.method or "GET", request.headers, request.body)
        except ConnectionResetError as error:
            raise requests.ConnectionError(error, request=request) from None
        raw = HTTPResponse(
            body=io.BytesIO(answer.get_data()),
            headers=dict(answer.headers),
            status=answer.status_code,
            preload_content=False,
        )
        response = requests.Response()
        response.status_code = answer.status_code
        response.headers.update(answer.headers)
        response.raw = raw
        response.url = request.url or ""
        response.request = request
        response.encoding = "utf-8"
        return response

    def close(self) -> None:
        """Nothing is held open."""


class InProcessTransport:
    """What the server's bootstrap takes as a transport."""

    def __init__(self, simulator: Simulator) -> None:
        self.wire = Wire(simulator)

    def http(self) -> WsgiHttp:
        return WsgiHttp(self.wire)

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount("https://", WsgiAdapter(self.wire))
        return session
