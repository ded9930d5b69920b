"""The outside world as one WSGI application; which service answers is settled by the host name asked for."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from simulator import discovery
from simulator.answers import NOT_FOUND, Failure, drop_connection, failure_of
from simulator.calls import Call
from simulator.cloud.admin import HOSTS as CLOUD_HOSTS
from simulator.cloud.project import CloudProject
from simulator.control import PREFIX as CONTROL
from simulator.control import Control
from simulator.directory import PREFIX as DIRECTORY
from simulator.directory import Directory
from simulator.gmail.api import Ask, Gmail
from simulator.gmail.batch import batch, inner_calls
from simulator.identity import refusal
from simulator.reports import PREFIX as REPORTS
from simulator.reports import Reports
from simulator.salesforce.api import SalesforceApi
from simulator.silence import name_service
from simulator.universe import Universe


class Simulator:
    """A WSGI callable."""

    def __init__(self, universe: Universe, cloud: CloudProject | None = None) -> None:
        self.universe = universe
        self._gmail = Gmail(universe)
        self._directory = Directory(universe)
        self._reports = Reports(universe)
        self._salesforce = SalesforceApi(universe)
        self._control = Control(universe, cloud)
        self.cloud = cloud

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except Failure as failure:
            response = failure.response()
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        path = request.path
        host = (request.headers.get("X-Forwarded-Host") or request.host).partition(":")[0].lower()
        if path.startswith(CONTROL):
            return self._control.answer(request)
        self.universe.silence.keep(name_service(host, path))
        if self.cloud is not None and host in CLOUD_HOSTS and not path.endswith(":signJwt"):
            self._linger()
            return self.cloud.admin.answer(request)
        if path.startswith("/batch"):
            return self._batch(request)
        if path.startswith("/gmail/"):
            return self._alone(request)
        self._linger()
        if host.endswith("salesforce.com") or path.startswith("/services/"):
            return self._salesforce.answer(request)
        if path.startswith(DIRECTORY):
            return self._directory.answer(request)
        if path.startswith(REPORTS):
            return self._reports.answer(request)
        if path.startswith(discovery.PATHS):
            self.universe.calls.record(Call("google_discovery", path))
            return discovery.document(host, path, request.args.get("version"))
        return self._identity(request)

    def _linger(self) -> None:
        if self.universe.latency:
            time.sleep(self.universe.latency)

    def _alone(self, request: Request) -> Response:
        access = self.universe.identity.access(request)
        verb, args = _overridden(request)
        with self.universe.quota.flight(access.subject) as admitted:
            self._linger()
            message_token = request.headers.get("X-Goog-Gmail-Access-Token", "")
            body = request.get_data()
            return self._gmail.answer(Ask(verb, request.path, args, body, access, not admitted, message_token))

    def _batch(self, request: Request) -> Response:
        access = self.universe.identity.access(request)
        kind = self.universe.faults.take("gmail", "batch", mailbox=access.subject)
        self.universe.calls.record(Call("gmail", "batch", 0, 200, access.subject))
        if kind == "drop_answer":
            return drop_connection()
        if kind:
            return failure_of(kind).response()
        inner = inner_calls(request)
        with self.universe.quota.flight(access.subject, len(inner)) as admitted:
            self._linger()
            return batch(
                inner,
                lambda n, verb, path, args, body: self._gmail.answer(
                    Ask(verb, path, args, body, access, n >= admitted)
                ),
            )

    def _identity(self, request: Request) -> Response:
        identity = self.universe.identity
        if request.path in ("/token", "/o/oauth2/token") and request.method == "POST":
            kind = self.universe.faults.take("google_token", "token")
            subject, scopes = identity.describe_request(request)
            self.universe.calls.record(Call("google_token", "token", mailbox=subject, detail={"scopes": scopes}))
            if kind:
                return drop_connection() if kind == "drop_answer" else refusal(kind) or failure_of(kind).response()
            return identity.token(request)
        if request.path == "/revoke" and request.method == "POST":
            return identity.revoke(request)
        if request.path == "/oauth2/v1/certs":
            kind = self.universe.faults.take("google_certs", "certs")
            self.universe.calls.record(Call("google_certs", "certs"))
            return failure_of(kind).response() if kind else identity.certificates()
        if request.path.endswith(":signJwt") and request.method == "POST":
            kind = self.universe.faults.take("iam", "signJwt")
            self.universe.calls.record(Call("iam", "signJwt"))
            self.universe.check_api("iamcredentials.googleapis.com")
            return failure_of(kind).response() if kind else identity.sign_jwt(request)
        return Failure(*NOT_FOUND).response()


def _overridden(request: Request) -> tuple[str, MultiDict[str, str]]:
    """Google's libraries send a GET with a long query as a POST that says so, the query in its body."""
    verb = request.headers.get("X-HTTP-Method-Override", request.method)
    if verb == "GET" and request.method == "POST":
        return verb, MultiDict(parse_qs(request.get_data(as_text=True)))
    return verb, MultiDict(request.args)
