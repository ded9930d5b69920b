"""Reads of the org, several in one call: SOQL statements with all their pages, and other resources by address."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from more_itertools import chunked

from server.adapters.salesforce.api_failures import (
    PagesEndedError,
    SessionExpired,
    TooComplicatedError,
    map_failure,
)
from server.adapters.salesforce.client import OrgClient
from server.domain.errors import ConfigurationError, TransientError

QUERIES_PER_CALL = 5
"""Of a composite's subrequests at most this many may be queries."""
MOST_TRIES = 4
"""How often an answer is begun whose pages end before the last one."""


@dataclass(frozen=True)
class Question:
    """A statement about many values, which can be asked about fewer of them. ``kind`` names what it asks for."""

    kind: str
    values: tuple[str, ...]
    write: Callable[[Sequence[str]], str]

    def split(self, most: int) -> Iterator[Question]:
        return (Question(self.kind, tuple(values), self.write) for values in chunked(self.values, most))


class CompositeReader:
    """Thread-safe, as the client is. Remembers how many values of each kind of question the org bears."""

    def __init__(self, client: OrgClient) -> None:
        self._client = client
        self._most: dict[str, int] = {}

    @property
    def base(self) -> str:
        return self._client.base

    def ask(self, questions: Sequence[Question], *, with_deleted: bool = False) -> Iterator[tuple[str, list[Any]]]:
        """The rows of each question by its kind, in any order.

        A question that the org finds too complicated is asked in halves.
        """
        waiting = deque(part for q in questions for part in q.split(self._most.get(q.kind, len(q.values) or 1)))
        while waiting:
            portion = [waiting.popleft() for _ in range(min(QUERIES_PER_CALL, len(waiting)))]
            urls = [self._write_url(question.write(question.values), with_deleted) for question in portion]
            for question, url, answer in zip(portion, urls, self._try(urls), strict=True):
                if isinstance(answer, TooComplicatedError) and len(question.values) > 1:
                    half = len(question.values) // 2
                    self._most[question.kind] = min(self._most.get(question.kind, half), half)
                    waiting.extend(question.split(half))
                elif isinstance(answer, Exception):
                    raise answer
                else:
                    yield question.kind, self._read_pages(answer, url)

    def query(self, statements: Sequence[str], *, with_deleted: bool = False) -> Iterator[list[Any]]:
        """The rows of each statement, in order.

        A long query would not fit a URI of its own, so even a single one goes through composite.
        """
        for portion in chunked(statements, QUERIES_PER_CALL):
            urls = [self._write_url(soql, with_deleted) for soql in portion]
            yield from map(self._read_pages, self.get(urls), urls)

    def get(self, urls: Sequence[str]) -> list[Any]:
        """The bodies, in order. Raises the error of the first request that failed."""
        return [_require(answer) for answer in self._try(urls)]

    def get_readable(self, urls: Sequence[str], *, beside: str) -> tuple[list[Any], Any]:
        """As ``get``, with None for what is not there or may not be read.

        ``beside`` is one more URL in the same call, which may fail in any way: None then.
        """
        *answers, extra = self._try([*urls, beside])
        bodies = [None if isinstance(answer, ConfigurationError) else _require(answer) for answer in answers]
        return bodies, None if isinstance(extra, Exception) else extra

    def _write_url(self, soql: str, with_deleted: bool) -> str:
        return f"{self.base}/{'queryAll' if with_deleted else 'query'}?q={quote(soql)}"

    def _try(self, urls: Sequence[str]) -> list[Any]:
        """A body for each URL, or the error that stands for its refusal."""
        requests = [{"method": "GET", "url": url, "referenceId": f"r{i}"} for i, url in enumerate(urls)]
        answer = self._client.call("composite", method="POST", json={"allOrNone": False, "compositeRequest": requests})
        return [_read_body(response) for response in answer["compositeResponse"]]

    def _read_pages(self, page: Any, url: str) -> list[Any]:
        """All rows. Where the org gives the answer up meanwhile, it is begun again."""
        for _ in range(MOST_TRIES - 1):
            try:
                return self._follow(page)
            except PagesEndedError:
                page = self.get([url])[0]
        return self._follow(page)

    def _follow(self, page: Any) -> list[Any]:
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
    return failure


def _require(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer
