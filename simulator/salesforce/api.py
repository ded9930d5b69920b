"""The REST resources under ``/services``: token, query, describe, records, collections, composite, limits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.wrappers import Request, Response

from simulator.answers import dropped
from simulator.calls import Call
from simulator.salesforce.errors import LIMIT, SESSION, ApiError, RecordError, html, reply
from simulator.universe import Universe

ROWS = 2000
"""In one page."""
LONGEST_URI = 16_384
MOST_RECORDS = 200
MOST_PARTS = 25
MOST_QUERIES = 5
SHORTEST = 2
"""Characters of a search."""
TEXTS = ("Name", "Email", "Company")
Body = tuple[int, Any]


class SalesforceApi:
    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._org = universe.org
        self._cursors: dict[str, list[dict[str, Any]]] = {}
        self._used = 0

    def answer(self, request: Request) -> Response:
        if request.path == "/services/oauth2/token":
            return self._token(request)
        if request.path in ("/services/data", "/services/data/"):
            return reply([{"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}])
        if len(request.full_path) > LONGEST_URI:
            return html(414, "URI Too Long")
        method = _method_of(request.method, request.path)
        kind = self._universe.faults.take("salesforce", method)
        response = self._failed(kind) or self._done(request)
        if kind == "drop_answer":
            response = dropped()
        self._used += 1
        response.headers["Sforce-Limit-Info"] = f"api-usage={self._used}/{self._org.daily_limit}"
        self._universe.calls.record(Call("salesforce", method, 1, response.status_code))
        return response

    def _token(self, request: Request) -> Response:
        kind = self._universe.faults.take("salesforce_token", "token")
        response = html(503, "Service Unavailable") if kind else self._org.sessions.token(request)
        self._universe.calls.record(Call("salesforce_token", "token", 1, response.status_code))
        return response

    def _failed(self, kind: str | None) -> Response | None:
        """Before anything is done; ``drop_answer`` loses the answer of a call that was done."""
        if kind is None or kind == "drop_answer":
            return None
        if kind == "timeout":
            return dropped()
        if kind == "401":
            self._org.end_sessions()
            return reply(SESSION.body, SESSION.status)
        if kind == "REQUEST_LIMIT_EXCEEDED":
            return reply(LIMIT.body, LIMIT.status)
        if kind == "500":
            return reply(ApiError(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.").body, 500)
        return html(503, "Service Unavailable")

    def _done(self, request: Request) -> Response:
        if not self._org.sessions.knows(request):
            return reply(SESSION.body, SESSION.status)
        if self._used >= self._org.daily_limit:
            return reply(LIMIT.body, LIMIT.status)
        try:
            body = json.loads(request.get_data()) if request.get_data() else None
        except ValueError:
            return reply(ApiError(400, "JSON_PARSER_ERROR", "Unexpected character").body, 400)
        status, found = self._resource(request.method, request.path, request.args.to_dict(), body)
        return Response("", 204) if found is None else reply(found, status)

    def _resource(self, verb: str, path: str, args: dict[str, str], body: Any) -> Body:
        """One request, or one part of a composite."""
        rest = re.sub(r"^/services/data/v\d+\.\d+/", "", path).rstrip("/")
        try:
            for pattern, verbs, handle in self._routes():
                match = re.fullmatch(pattern, rest)
                if match and verb in verbs:
                    return handle(verb, match.groups(), args, body)
        except ApiError as error:
            return error.status, error.body
        except RecordError as error:
            status = 404 if error.code in ("ENTITY_IS_DELETED", "NOT_FOUND") else 400
            return status, [{"message": error.message, "errorCode": error.code, "fields": list(error.fields)}]
        return 404, ApiError(404, "NOT_FOUND", "The requested resource does not exist").body

    def _routes(self) -> list[tuple[str, tuple[str, ...], Callable[..., Body]]]:
        return [
            (r"(query|queryAll)", ("GET",), self._query),
            (r"(?:query|queryAll)/(01g[A-Za-z0-9-]+)", ("GET",), self._more),
            (r"sobjects/(\w+)/describe", ("GET",), self._describe),
            (r"sobjects/(\w+)", ("POST",), self._create),
            (r"sobjects/(\w+)/(\w{15,18})", ("GET", "PATCH", "DELETE"), self._one),
            (r"composite/sobjects", ("POST", "PATCH", "DELETE"), self._collection),
            (r"composite", ("POST",), self._composite),
            (r"parameterizedSearch", ("POST",), self._search),
            (r"limits", ("GET",), self._limits),
        ]

    def _query(self, _verb: str, groups: tuple[str, ...], args: dict[str, str], _body: Any) -> Body:
        rows = self._org.query(args.get("q", ""), everything=groups[0] == "queryAll")
        if not rows or "COUNT()" not in rows[0]:
            return 200, self._page(rows, len(rows))
        return 200, {"totalSize": len(rows), "done": True, "records": []}

    def _more(self, _verb: str, groups: tuple[str, ...], _args: dict[str, str], _body: Any) -> Body:
        rows = self._cursors.pop(groups[0], None)
        if rows is None:
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return 200, self._page(rows, len(rows))

    def _page(self, rows: list[dict[str, Any]], total: int) -> dict[str, Any]:
        page = {"totalSize": total, "done": len(rows) <= ROWS, "records": rows[:ROWS]}
        if len(rows) > ROWS:
            locator = f"01gS{len(self._cursors):011d}-{ROWS}-{self._used}"
            self._cursors[locator] = rows[ROWS:]
            page["nextRecordsUrl"] = f"/services/data/v67.0/query/{locator}"
        return page

    def _describe(self, _verb: str, groups: tuple[str, ...], _args: dict[str, str], _body: Any) -> Body:
        if groups[0] not in self._org.schema:
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        return 200, self._org.describe(groups[0])

    def _create(self, _verb: str, groups: tuple[str, ...], _args: dict[str, str], body: Any) -> Body:
        return 201, {"id": self._inserted(groups[0], body), "success": True, "errors": []}

    def _one(self, verb: str, groups: tuple[str, ...], _args: dict[str, str], body: Any) -> Body:
        if verb == "PATCH":
            self._org.update(groups[1], body)
            return 204, None
        if verb == "DELETE":
            self._org.remove(groups[1])
            return 204, None
        kind, record = self._org.record(groups[1])
        return 200, {"attributes": {"type": kind}, **record}

    def _collection(self, verb: str, _groups: tuple[str, ...], args: dict[str, str], body: Any) -> Body:
        records = args.get("ids", "").split(",") if verb == "DELETE" else (body or {}).get("records")
        if not isinstance(records, list) or not records or len(records) > MOST_RECORDS:
            raise ApiError(
                400, "EXCEEDED_MAX_SIZE_REQUEST", "record limit reached. cannot submit more than 200 records"
            )
        return 200, [self._saved(verb, record) for record in records]

    def _saved(self, verb: str, record: Any) -> dict[str, Any]:
        try:
            if verb == "DELETE":
                self._org.remove(record)
                identifier = record
            elif verb == "PATCH":
                identifier = record["id"] if "id" in record else record["Id"]
                self._refuse("update")
                self._org.update(identifier, {k: v for k, v in record.items() if k not in ("id", "Id")})
            else:
                identifier = self._inserted(record["attributes"]["type"], record)
        except RecordError as error:
            return error.body
        except KeyError:
            raise ApiError(400, "INVALID_INPUT", "Each record needs attributes with a type") from None
        return {"id": identifier, "success": True, "errors": []}

    def _inserted(self, kind: str, record: Any) -> str:
        self._refuse("insert", record.get("Subject"))
        return self._org.insert(kind, record)

    def _refuse(self, what: str, record: str | None = None) -> None:
        """A record's own failure, on request: ``CODE:message``."""
        fault = self._universe.faults.take("salesforce", what, record=record)
        if fault:
            code, _, message = fault.partition(":")
            raise RecordError(code, message or "simulated failure")

    def _composite(self, _verb: str, _groups: tuple[str, ...], _args: dict[str, str], body: Any) -> Body:
        parts = body.get("compositeRequest") if isinstance(body, dict) else None
        if not isinstance(parts, list) or not 0 < len(parts) <= MOST_PARTS:
            raise ApiError(400, "INVALID_INPUT", "A composite request has 1 to 25 subrequests")
        queries = [p for p in parts if re.search(r"/(query|queryAll)[/?]|/composite/sobjects", p["url"])]
        if len(queries) > MOST_QUERIES:
            raise ApiError(400, "INVALID_INPUT", "A composite request has at most 5 query or collection subrequests")
        return 200, {"compositeResponse": [self._part(part) for part in parts]}

    def _part(self, part: dict[str, Any]) -> dict[str, Any]:
        url = urlsplit(part["url"])
        args = {name: values[0] for name, values in parse_qs(url.query).items()}
        status, body = self._resource(part["method"], url.path, args, part.get("body"))
        return {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": part["referenceId"]}

    def _search(self, _verb: str, _groups: tuple[str, ...], _args: dict[str, str], body: Any) -> Body:
        text = body.get("q") if isinstance(body, dict) else None
        objects = body.get("sobjects") if isinstance(body, dict) else None
        if not isinstance(text, str) or len(text.strip()) < SHORTEST or not isinstance(objects, list):
            raise ApiError(400, "MALFORMED_SEARCH", "search term must be longer than one character")
        found: list[dict[str, Any]] = []
        for wanted in objects:
            where = f" WHERE {wanted['where']}" if wanted.get("where") else ""
            soql = f"SELECT {', '.join(wanted['fields'])} FROM {wanted['name']}{where}"  # noqa: S608  # it is only SOQL
            rows = self._org.query(soql)
            found += [row for row in rows if _has_words(row, text)][: wanted.get("limit", 20)]
        return 200, {"searchRecords": found}

    def _limits(self, _verb: str, _groups: tuple[str, ...], _args: dict[str, str], _body: Any) -> Body:
        limit = self._org.daily_limit
        return 200, {"DailyApiRequests": {"Max": limit, "Remaining": max(limit - self._used, 0)}}


def _has_words(row: dict[str, Any], text: str) -> bool:
    """Every word of the search begins a word of a text field."""
    held = re.findall(r"[^\W_]+", " ".join(str(v) for n, v in row.items() if n in TEXTS and v).lower())
    words = re.findall(r"[^\W_]+", text.lower())
    return bool(words) and all(any(have.startswith(word) for have in held) for word in words)


def _method_of(verb: str, path: str) -> str:
    """The name under which a call is logged and made to fail."""
    rest = re.sub(r"^/services/data/v\d+\.\d+/", "", path).rstrip("/")
    if rest == "composite/sobjects":
        return {"POST": "collections.create", "PATCH": "collections.update"}.get(verb, "collections.delete")
    if rest.startswith("sobjects"):
        return "describe" if rest.endswith("describe") else f"sobjects.{verb.lower()}"
    return "queryMore" if re.match(r"query(All)?/", rest) else rest
