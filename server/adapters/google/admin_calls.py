"""Calls of Google's admin APIs through googleapiclient; their failures are the domain's errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any

import google_auth_httplib2
import httplib2
from googleapiclient.errors import HttpError

from server.adapters.google.api_failures import is_of_deleted_user, map_http_error
from server.adapters.transport import Transport
from server.domain.errors import (
    MailboxRefusedError,
    MailboxUnavailableError,
    NotFoundError,
    ReconnectRequiredError,
    TransientError,
    TrulyError,
    UserError,
)
from server.domain.trouble import TroubleCode
from server.ports.clock import Clock

NO_ADMIN = (
    "Google refuses our question: GOOGLE_ADMIN is no admin, or its role may not read this. In the Admin console, under"
    " Account, Admin roles, give it a role that may read users, groups and domains (and Reports, for REPORTS_WITNESS)."
)


def execute(request: Any, credentials: Any, transport: Transport, clock: Clock, *, who: str, retries: int = 0) -> Any:
    """The resource that the call answers with.

    Raises an error of ``map_http_error``, or TransientError where there is no answer or it is no JSON.
    """
    try:
        http = google_auth_httplib2.AuthorizedHttp(credentials, http=transport.http(), max_refresh_attempts=1)
        resource = request.execute(http=http, num_retries=retries)
    except HttpError as error:
        if is_of_deleted_user(error):
            raise NotFoundError(f"{who} says that this user was deleted.") from None
        raise map_http_error(error, clock.now()) from None
    except (httplib2.HttpLib2Error, HTTPException, OSError, UnicodeDecodeError):
        raise TransientError(f"{who} cannot be reached.") from None
    if not isinstance(resource, dict):  # googleapiclient hands on as text what is not JSON
        raise TransientError(f"{who}'s answer is not JSON.")
    return resource


def as_settings_problem(error: TrulyError, who: str) -> TrulyError:
    """The error to raise: what an admin API refuses for a reason of its own is a problem of the settings."""
    if isinstance(error, TransientError | ReconnectRequiredError | UserError):
        return error
    return ReconnectRequiredError(f"{who} refuses our question. Check GOOGLE_CUSTOMER and GOOGLE_ADMIN.")


def _as_admins(error: MailboxUnavailableError) -> TrulyError:
    """What is one person's trouble where a mailbox is asked for, is a setting's fault of GOOGLE_ADMIN."""
    if error.code == TroubleCode.NO_SUCH_USER:
        return ReconnectRequiredError("GOOGLE_ADMIN is not an active user of this Workspace.")
    if error.code in (TroubleCode.ACCESS_REFUSED, TroubleCode.DELEGATION_DENIED):
        return ReconnectRequiredError(NO_ADMIN)
    if isinstance(error, MailboxRefusedError):
        return ReconnectRequiredError(str(error))
    return TrulyError(str(error))


class AdminCalls:
    """Calls as GOOGLE_ADMIN. ``mint`` gives credentials for them."""

    def __init__(self, mint: Callable[[], Any], transport: Transport, clock: Clock, who: str) -> None:
        self._mint = mint
        self._transport = transport
        self._clock = clock
        self._who = who

    def call(self, request: Any) -> Any:
        """Raises what ``execute`` raises; an account that is no admin is a problem of the settings."""
        try:
            return execute(request, self._mint(), self._transport, self._clock, who=self._who, retries=2)
        except MailboxUnavailableError as error:
            raise _as_admins(error) from None

    def pages(self, resource: Any, request: Any) -> Iterator[Any]:
        while request is not None:
            page = self.call(request)
            yield page
            request = resource.list_next(request, page)
