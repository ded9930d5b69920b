"""Reads of the org, several in one call: SOQL statements with all their pages, and other resources by address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from more_itertools import chunked

from server.adapters.salesforce.api_failures import SessionExpired, map_failure
from server.adapters.salesforce.client import OrgClient
from server.domain.errors import TransientError

QUERIES_PER_CALL = 5
"""Of a composite's subrequests at most this many may be queries."""


class CompositeReader:
    """Thread-safe, as the client is."""

    def __init__(self, client: OrgClient) -> None:
        self._client = client

    @property
    def base(self) -> str:
        return self._client.base

    def query(self, statements: Sequence[str], *, with_deleted: bool = False) -> Iterator[list[Any]]:
        """The rows of each statement, in order.

        A long query would not fit a URI of its own, so even a single one goes through composite.
        """
        verb = "queryAll" if with_deleted else "query"
        for portion in chunked(statements, QUERIES_PER_CALL):
            answers = self.get([f"{self.base}/{verb}?q={quote(soql)}" for soql in portion])
            yield from map(self._read_pages, answers)

    def get(self, urls: Sequence[str]) -> list[Any]:
        """The bodies, in order. Raises the error of the first request that failed."""
        requests = [{"method": "GET", "url": url, "referenceId": f"r{i}"} for i, url in enumerate(urls)]
        answer = self._client.call("composite", method="POST", json={"allOrNone": False, "compositeRequest": requests})
        return [_read_body(response) for response in answer["compositeResponse"]]

    def _read_pages(self, page: Any) -> list[Any]:
        rows = list(page["records"])
        while not page["done"]:
            page = self._client.call(str(page["nextRecordsUrl"]).removeprefix(f"{self.base}/"))
            rows += page["records"]
        return rows


def _read_body(response: Any) -> Any:
    status = int(response["httpStatusCode"])
    if status == 200:
        return response["body"]
    failure = map_failure(status, response["body"])
    if isinstance(failure, SessionExpired):
        # The composite itself was accepted, so the client cannot log in again and repeat it: the caller does.
        raise TransientError("The session ended within a request.")
    raise failure
