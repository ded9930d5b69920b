"""The REST resources below ``/services/data``: query, describe, records, collections, composite, search, limits."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulator.salesforce import about, questions, references
from simulator.salesforce.collections import Collections, is_whole
from simulator.salesforce.errors import SESSION, ApiError, RecordError
from simulator.salesforce.usage import Usage
from simulator.universe import Universe

ROWS = 2000
"""In one page."""
MOST_RETRIEVED = 2000
MOST_PARTS = 25
STORAGE_MB = 10_000
MOST_QUERIES = 5
SHORTEST = 2
"""Characters of a search."""
TEXTS = ("Name", "Email", "Company")
NOT_THERE = RecordError("NOT_FOUND", "The requested resource does not exist")
HALTED = ApiError(
    400,
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)
Body = tuple[int, Any]


class Resources:
    """Thread-safe but for its cursors."""

    def __init__(self, universe: Universe, usage: Usage) -> None:
        self._universe = universe
        self._org = universe.org
        self._usage = usage
        self._collections = Collections(universe)
        self._cursors: dict[str, list[dict[str, Any]]] = {}
        self._numbers = itertools.count()

    def answer(self, verb: str, path: str, args: dict[str, str], body: Any) -> Body:
        """One request, or one subrequest of a composite."""
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
            (r"", ("GET",), self._root),
            (r"(query|queryAll)", ("GET",), self._query),
            (r"(?:query|queryAll)/(01g[A-Za-z0-9-]+)", ("GET",), self._more),
            (r"sobjects", ("GET",), self._objects),
            (r"sobjects/(\w+)/describe", ("GET",), self._describe),
            (r"sobjects/(\w+)/(updated|deleted)", ("GET",), self._list_changes),
            (r"sobjects/(\w+)", ("POST",), self._create),
            (r"sobjects/(\w+)/(\w{15,18})", ("GET", "PATCH", "DELETE"), self._one),
            (r"composite/sobjects", ("POST", "PATCH", "DELETE"), self._collections.saved),
            (r"composite/sobjects/(\w+)", ("POST",), self._retrieve),
            (r"composite/sobjects/(\w+)/(\w+)", ("PATCH",), self._collections.upserted),
            (r"composite", ("POST",), self._composite),
            (r"parameterizedSearch", ("POST",), self._search),
            (r"search", ("GET",), self._sosl),
            (r"limits", ("GET",), self._limits),
        ]

    def _query(self, _verb: str, groups: tuple[str, ...], args: dict[str, str], _body: Any) -> Body:
        if "explain" in args:
            return 200, about.plan(self._org, args["explain"])
        rows = self._org.query(args.get("q", ""), everything=groups[0] == "queryAll", watched=True)
        if not rows or "COUNT()" not in rows[0]:
            return 200, self._page(rows, len(rows))
        return 200, {"totalSize": len(rows), "done": True, "records": []}

    def _more(self, _verb: str, groups: tuple[str, ...], _args: dict[str, str], _body: Any) -> Body:
        rows = self._cursors.pop(groups[0], None)
        if rows is None:
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return 200, self._page(rows, len(rows))

    def _page(self, rows: list[dict[str, Any]], total: int) -> dict[str, Any]:
        size = self._org.switches.rows_in_page or ROWS
        page = {"totalSize": total, "done": len(rows) <= size, "records": rows[:size]}
        if len(rows) > size:
            locator = f"01gS{next(self._numbers):011d}-{size}"
            self._cursors[locator] = rows[size:]
            if len(self._cursors) > (self._org.switches.open_cursors or len(self._cursors)):
                del self._cursors[next(iter(self._cursors))]  # the oldest
            page["nextRecordsUrl"] = f"/services/data/v67.0/query/{locator}"
        return page

    def _root(self, _verb: str, _groups: tuple[str, ...], _args: dict[str, str], _body: Any) -> Body:
        return 200, about.resources(self._org, "acme.my.salesforce.com")

    def _objects(self, _verb: str, _groups: tuple[str, ...], _args: dict[str, str], _body: Any) -> Body:
        return 200, about.objects(self._org)

    def _list_changes(self, _verb: str, groups: tuple[str, ...], args: dict[str, str], _body: Any) -> Body:
        return 200, about.list_changes(self._org, groups[0], groups[1], args)

    def _describe(self, _verb: str, groups: tuple[str, ...], _args: dict[str, str], _body: Any) -> Body:
        return 200, self._org.describe(groups[0])

    def _create(self, _verb: str, groups: tuple[str, ...], _args: dict[str, str], body: Any) -> Body:
        return 201, {"id": self._collections.inserted(groups[0], body), "success": True, "errors": []}

    def _one(self, verb: str, groups: tuple[str, ...], args: dict[str, str], body: Any) -> Body:
        if verb == "PATCH":
            self._org.update(groups[1], body)
            return 204, None
        if verb == "DELETE":
            self._org.remove(groups[1])
            return 204, None
        try:
            kind, record = self._org.record(groups[1])
        except RecordError as error:
            raise error if error.code == "ENTITY_IS_DELETED" else NOT_THERE from None
        if kind != groups[0]:
            raise NOT_THERE
        fields = [name for name in args.get("fields", "").split(",") if name]
        return 200, self._pick_fields(kind, record, fields or list(record))

    def _retrieve(self, _verb: str, groups: tuple[str, ...], _args: dict[str, str], body: Any) -> Body:
        """Records by their ids, in order; null for one that is not there."""
        identifiers, fields = (body.get(name) if isinstance(body, dict) else None for name in ("ids", "fields"))
        if not isinstance(identifiers, list) or not isinstance(fields, list) or len(identifiers) > MOST_RETRIEVED:
            raise ApiError(400, "INVALID_INPUT", "ids and fields are required, at most 2000 ids")
        return 200, [self._retrieve_record(groups[0], identifier, fields) for identifier in identifiers]

    def _retrieve_record(self, kind: str, identifier: str, fields: list[str]) -> dict[str, Any] | None:
        try:
            of, record = self._org.record(identifier)
        except RecordError:
            return None
        return self._pick_fields(kind, record, fields) if of == kind else None

    def _pick_fields(self, kind: str, record: dict[str, Any], fields: list[str]) -> dict[str, Any]:
        for name in fields:
            if name not in self._org.schema[kind] and name not in record:
                message = f"No such column '{name}' on entity '{kind}'."
                raise ApiError(400, "INVALID_FIELD", message)
        shown = {name: record.get(name) for name in dict.fromkeys(["Id", *fields])}
        return {"attributes": questions.attributes(kind, str(record["Id"])), **shown}

    def _composite(self, _verb: str, _groups: tuple[str, ...], _args: dict[str, str], body: Any) -> Body:
        subrequests = body.get("compositeRequest") if isinstance(body, dict) else None
        if not isinstance(subrequests, list) or not 0 < len(subrequests) <= MOST_PARTS:
            raise ApiError(400, "INVALID_INPUT", "A composite request has 1 to 25 subrequests")
        queries = [p for p in subrequests if re.search(r"/(query|queryAll)[/?]|/composite/sobjects", p["url"])]
        if len(queries) > MOST_QUERIES:
            raise ApiError(400, "INVALID_INPUT", "A composite request has at most 5 query or collection subrequests")
        if self._universe.faults.take("salesforce", "composite.parts") == "401":
            # The session ends within a request: the whole is answered with 200, each subrequest with 401.
            self._org.end_sessions()
            return 200, {"compositeResponse": [_wrap_response(p, SESSION.status, SESSION.body) for p in subrequests]}
        if not is_whole(body.get("allOrNone")):
            return 200, {"compositeResponse": self._answer_subrequests(subrequests)}
        with self._org.transaction() as undo:
            responses = self._answer_subrequests(subrequests)
            if any(response["httpStatusCode"] >= 400 for response in responses):
                undo()
                responses = [
                    response
                    if response["httpStatusCode"] >= 400
                    else _wrap_response(subrequest, HALTED.status, HALTED.body)
                    for subrequest, response in zip(subrequests, responses, strict=True)
                ]
            return 200, {"compositeResponse": responses}

    def _answer_subrequests(self, subrequests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        responses: dict[str, Any] = {}
        for subrequest in subrequests:
            reference = subrequest["referenceId"]
            try:
                responses[reference] = self._answer_subrequest(references.resolve(subrequest, responses))
            except ApiError as error:
                responses[reference] = _wrap_response(subrequest, error.status, error.body)
        return list(responses.values())

    def _answer_subrequest(self, subrequest: dict[str, Any]) -> dict[str, Any]:
        url = urlsplit(subrequest["url"])
        args = {name: values[0] for name, values in parse_qs(url.query).items()}
        status, body = self.answer(subrequest["method"], url.path, args, subrequest.get("body"))
        return _wrap_response(subrequest, status, body)

    def _search(self, _verb: str, _groups: tuple[str, ...], _args: dict[str, str], body: Any) -> Body:
        text = body.get("q") if isinstance(body, dict) else None
        objects = body.get("sobjects") if isinstance(body, dict) else None
        if not isinstance(text, str) or len(text.strip()) < SHORTEST or not isinstance(objects, list):
            raise ApiError(400, "MALFORMED_SEARCH", "search term must be longer than one character")
        matches: list[dict[str, Any]] = []
        for scope in objects:
            where = f" WHERE {scope['where']}" if scope.get("where") else ""
            soql = f"SELECT {', '.join(scope['fields'])} FROM {scope['name']}{where}"  # noqa: S608  # it is only SOQL
            rows = self._org.query(soql)
            matches += [row for row in rows if _has_words(row, text)][: scope.get("limit", 20)]
        return 200, {"searchRecords": matches}

    def _sosl(self, _verb: str, _groups: tuple[str, ...], args: dict[str, str], _body: Any) -> Body:
        return 200, {"searchRecords": self._org.search(args.get("q", ""))}

    def _limits(self, _verb: str, _groups: tuple[str, ...], _args: dict[str, str], _body: Any) -> Body:
        limit = self._org.daily_limit
        left = STORAGE_MB * max(100 - self._org.switches.storage_used_percent, 0) // 100
        return 200, {
            "DailyApiRequests": {"Max": limit, "Remaining": max(limit - self._usage.last_day(), 0)},
            "DataStorageMB": {"Max": STORAGE_MB, "Remaining": left},
        }


def _wrap_response(subrequest: dict[str, Any], status: int, body: Any) -> dict[str, Any]:
    return {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": subrequest["referenceId"]}


def _has_words(row: dict[str, Any], text: str) -> bool:
    """Every word of the search begins a word of a text field."""
    row_words = re.findall(r"[^\W_]+", " ".join(str(v) for n, v in row.items() if n in TEXTS and v).lower())
    words = re.findall(r"[^\W_]+", text.lower())
    return bool(words) and all(any(candidate.startswith(word) for candidate in row_words) for word in words)
