"""How a call of Google Cloud ends in time, and what its failures are to us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import google.auth.exceptions
from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type

from server.domain.errors import ThrottledError, TransientError
from server.ports.patience import shorten

ATTEMPT_SECONDS = 3.0
RETRY_SECONDS = 3.0
"""Seconds. The last attempt begins before these are over, so a dead endpoint comes back after six at most."""
TRIES = 3
"""How often bytes that were changed on their way are asked for."""

# A client's own retry runs for 60 s and swallows ``timeout=``, so every call is given both.
RETRY = Retry(
    predicate=if_exception_type(exceptions.ServiceUnavailable), initial=0.1, maximum=1.0, timeout=RETRY_SECONDS
)
NO_ANSWER = (
    exceptions.ServerError,  # UNAVAILABLE, INTERNAL, DEADLINE_EXCEEDED, UNKNOWN
    exceptions.RetryError,
    exceptions.Aborted,
    exceptions.Cancelled,
    google.auth.exceptions.GoogleAuthError,
)


def call_cloud(method: Callable[..., Any], request: Any, service: str, *, is_repeatable: bool = True) -> Any:
    """Call a method of a Google client; comes back within six seconds.

    Raises TransientError where no answer came, ThrottledError for a quota. What the service itself refuses is raised
    as Google's own ClientError: the same refusal is one thing at a start and another at work.
    """
    try:
        return method(request=request, timeout=shorten(ATTEMPT_SECONDS), retry=RETRY if is_repeatable else None)
    except exceptions.ResourceExhausted:
        raise ThrottledError(f"{service} asks us to slow down.") from None
    except NO_ANSWER as error:
        raise TransientError(f"{service} cannot be reached: {type(error).__name__}.") from None
