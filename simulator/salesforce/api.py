"""REST over an org: who may call, the failures that were asked for, and what each answer says of the daily limit."""

from __future__ import annotations

import json
import re
import time

from werkzeug.wrappers import Request, Response

from simulator.answers import drop_connection
from simulator.calls import Call
from simulator.salesforce import about
from simulator.salesforce.errors import BUSY, LIMIT, SESSION, ApiError, html, reply
from simulator.salesforce.resources import Resources
from simulator.salesforce.sessions import host_of
from simulator.salesforce.usage import Usage
from simulator.universe import Universe

LONGEST_URI = 16_384
PAGES = {"502": "Bad Gateway", "503": "Service Unavailable", "504": "Gateway Timeout"}
VERSIONS = [{"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}]


class SalesforceApi:
    """Failures on request, by method as the call log names it.

    Before anything is done: ``502``, ``503``, ``504`` (HTML), ``500``, ``timeout``, ``401``, ``400:<code>`` (a refusal
    for good), ``REQUEST_LIMIT_EXCEEDED`` (the day's) and ``REQUEST_LIMIT_EXCEEDED:concurrent``. After it was done:
    ``drop_answer``, and ``slow:<seconds>``.
    ``late:<seconds>`` waits before anything is done, and then does it: whoever asked may have given up.
    """

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._org = universe.org
        self._usage = Usage(universe.clock)
        self._resources = Resources(universe, self._usage)

    def answer(self, request: Request) -> Response:
        if request.path == "/services/oauth2/token":
            return self._token(request)
        if request.path == "/services/oauth2/revoke":
            return self._org.sessions.revoke(request)
        if request.path in ("/services/data", "/services/data/"):
            return reply(VERSIONS)
        if request.path.startswith("/id/"):
            return self._identity(request)
        # As it was sent: full_path has letters beyond ASCII decoded again.
        if len(request.path) + len(request.query_string) > LONGEST_URI:
            return html(414, "URI Too Long")
        method = _method_of(request.method, request.path)
        kind = self._universe.faults.take("salesforce", method) or ""
        if kind.startswith("late:"):
            time.sleep(float(kind.partition(":")[2]))
        response = self._fail_early(kind) or self._done(request)
        if kind == "drop_answer":
            response = drop_connection()
        if kind.startswith("slow:"):
            time.sleep(float(kind.partition(":")[2]))
        self._usage.add()
        used = self._org.daily_limit if kind == "REQUEST_LIMIT_EXCEEDED" else self._usage.last_day()
        response.headers["Sforce-Limit-Info"] = f"api-usage={used}/{self._org.daily_limit}"
        self._universe.calls.record(Call("salesforce", method, 1, response.status_code))
        return response

    def _token(self, request: Request) -> Response:
        kind = self._universe.faults.take("salesforce_token", "token")
        response = html(503, "Service Unavailable") if kind else self._org.sessions.token(request)
        self._universe.calls.record(Call("salesforce_token", "token", 1, response.status_code))
        return response

    def _identity(self, request: Request) -> Response:
        """The address that a login's answer names; the token may stand in the query."""
        if not self._org.sessions.knows(request):
            return reply("Missing_OAuth_Token" if not request.args.get("oauth_token") else "Bad_OAuth_Token", 403)
        return reply(about.identity(self._org, host_of(request)))

    def _fail_early(self, kind: str) -> Response | None:
        """Before anything is done; ``drop_answer`` loses the answer of a call that was done."""
        if not kind or kind == "drop_answer" or kind.startswith(("slow:", "late:")):
            return None
        if kind == "timeout":
            return drop_connection()
        if kind == "401":
            self._org.end_sessions()
            return reply(SESSION.body, SESSION.status)
        if kind.startswith("REQUEST_LIMIT_EXCEEDED"):
            refusal = BUSY if kind.endswith(":concurrent") else LIMIT
            return reply(refusal.body, refusal.status)
        if kind == "500":
            return reply(ApiError(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.").body, 500)
        if kind.startswith("400:"):
            return reply(ApiError(400, kind.partition(":")[2], "The request is refused.").body, 400)
        status = int(kind) if kind in PAGES else 503
        return html(status, PAGES[str(status)])

    def _done(self, request: Request) -> Response:
        if not self._org.sessions.knows(request):
            return reply(SESSION.body, SESSION.status)
        if self._usage.last_day() >= self._org.daily_limit:
            return reply(LIMIT.body, LIMIT.status)
        try:
            body = json.loads(request.get_data()) if request.get_data() else None
        except ValueError:
            return reply(ApiError(400, "JSON_PARSER_ERROR", "Unexpected character").body, 400)
        status, found = self._resources.answer(request.method, request.path, request.args.to_dict(), body)
        return Response("", 204) if found is None else reply(found, status)


def _method_of(verb: str, path: str) -> str:
    """The name under which a call is logged and made to fail."""
    rest = re.sub(r"^/services/data/v\d+\.\d+/", "", path).rstrip("/")
    if rest == "composite/sobjects":
        return {"POST": "collections.create", "PATCH": "collections.update"}.get(verb, "collections.delete")
    if rest.startswith("composite/sobjects/") and verb == "PATCH":
        return "collections.upsert"
    if rest.startswith("sobjects"):
        return "describe" if rest.endswith("describe") else f"sobjects.{verb.lower()}"
    return "queryMore" if re.match(r"query(All)?/", rest) else rest
