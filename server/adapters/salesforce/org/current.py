"""The org as it was last described: asked for once, and again when an admin changed it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from server.adapters.salesforce.composite import CompositeReader
from server.adapters.salesforce.matching.choices import MatchingChoices
from server.adapters.salesforce.org import describe
from server.adapters.salesforce.org.shape import OrgShape
from server.adapters.salesforce.org.task_values import ActivityChoices
from server.domain.errors import ConfigurationError, TransientError
from server.ports.patience import hold, limited

T = TypeVar("T")
DESCRIBED_FOR = 3_600.0
"""Seconds that a description holds where nothing contradicts it."""


class CurrentOrg:
    """Keeps the org's shape. Thread-safe."""

    def __init__(
        self, reader: CompositeReader, choices: MatchingChoices, activities: ActivityChoices,
        on_limits: Callable[[Any], None] = lambda _limits: None, now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """``on_limits`` hears the org's limits, which cost no call of their own here; None where it does not tell."""
        self._reader = reader
        self._on_limits = on_limits
        self._choices = choices
        self._activities = activities
        self._lock = threading.RLock()  # a description may find that the org is another one, and be forgotten at once
        self._shape: OrgShape | None = None
        self._now = now
        self._described_at = 0.0

    @property
    def shape(self) -> OrgShape:
        # Who looks first describes it for all, however long that takes.
        with hold(self._lock), limited(None):
            if self._shape is None:
                self._shape = self._describe()
            elif self._now() - self._described_at > DESCRIBED_FOR:
                self._shape = self._describe_again(self._shape)
            return self._shape

    def forget(self) -> None:
        """Let the next use describe the org anew."""
        with hold(self._lock):
            self._shape = None

    def with_shape(self, ask: Callable[[OrgShape], T]) -> T:
        """The answer to a request that the shape is needed for. It is asked again where the org has changed meanwhile.

        An admin may rename or hide a field any day. Salesforce refuses a request that names a missing field before it
        does anything, so the request can be repeated.
        """
        shape = self.shape
        try:
            return ask(shape)
        except ConfigurationError:
            fresh = self._describe()
            # The same shape: the request is wrong for another reason, and would fail again.
            if fresh == shape:
                raise
            with hold(self._lock):
                self._shape = fresh
            return ask(fresh)

    def _describe_again(self, shape: OrgShape) -> OrgShape:
        """An admin may give a right back, or install the package, and no refusal tells it."""
        try:
            return self._describe()
        except TransientError:
            self._described_at = self._now()  # an org that is away is asked again in an hour
            return shape

    def _describe(self) -> OrgShape:
        urls = describe.list_urls(self._reader.base)
        answers, limits = self._reader.get_readable(urls, beside=f"{self._reader.base}/limits")
        self._on_limits(limits)
        shape = describe.read_shape(answers, self._choices, self._activities)
        statements = describe.list_user_queries(shape, self._choices)
        users = [row for rows in self._reader.query(statements) for row in rows]
        self._described_at = self._now()
        return describe.add_users(shape, self._choices, users)
