"""Calls to Gmail, alone or in batches: paced, charged to their mailbox, and failing with the domain's errors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, TypeVar

import google_auth_httplib2
import httplib2
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from more_itertools import chunked

from server.adapters.gmail.batch import BROKEN_BATCH, CallTemplate, PartAnswer, send_batch
from server.adapters.gmail.pacing.costs import units_of
from server.adapters.gmail.pacing.pacer import Pacer
from server.adapters.gmail.pacing.turns import IN_FLIGHT
from server.adapters.google.api_failures import map_http_error
from server.adapters.google.credentials import CredentialMint
from server.adapters.transport import Transport
from server.domain.caller import AddonTokens
from server.domain.errors import (
    GmailOffError,
    JustSentError,
    ThrottledError,
    TransientError,
    TrulyError,
    UnreadableError,
)
from server.domain.ids import MessageId
from server.domain.mailbox import Mailbox
from server.domain.quota import Purpose
from server.ports.clock import Clock

MESSAGE_TOKEN = "X-Goog-Gmail-Access-Token"  # noqa: S105  # the header that holds it
UNKNOWN_ID = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})
"""How Gmail answers for an id that it does not know: which of the two is nowhere written."""
SILENT = frozenset({"gmail.users.stop"})
"""Methods whose success is an empty answer."""
T = TypeVar("T")
Answers = dict[MessageId, T | Exception]


@dataclass(frozen=True)
class GmailCalls:
    """Thread-safe: one service description, one connection a thread. Live calls go before those of another purpose."""

    mint: CredentialMint
    transport: Transport
    clock: Clock
    pacer: Pacer
    service: Any
    purpose: Purpose = Purpose.LIVE

    @classmethod
    def over(cls, mint: CredentialMint, transport: Transport, clock: Clock, pacer: Pacer) -> GmailCalls:
        service = build("gmail", "v1", http=transport.http(), static_discovery=True)
        return cls(mint, transport, clock, pacer, service)

    def in_background(self, purpose: Purpose) -> GmailCalls:
        return replace(self, purpose=purpose)

    def call(self, mailbox: Mailbox, request: Any, failure: Callable[[HttpError], TrulyError] | None = None) -> Any:
        """The answer's JSON, empty for a method that answers nothing.

        Raises what ``failure`` makes of Gmail's refusal; without it what ``MailProvider`` may raise, and
        NotFoundError for 404.
        """
        request.uri = _with_quota_user(request.uri, mailbox)
        http = self._http(mailbox)
        with self.pacer.turn(mailbox.mailbox_id, units_of(request.methodId), purpose=self.purpose):
            return self._execute(request, http, failure or (lambda error: map_http_error(error, self.clock.now())))

    def call_as_addon(self, mailbox: Mailbox, request: Any, tokens: AddonTokens) -> Any:
        """The same with the add-on's own tokens, which may read the headers of the message on the screen."""
        request.headers |= {"Authorization": f"Bearer {tokens.user}", MESSAGE_TOKEN: tokens.message}
        with self.pacer.turn(mailbox.mailbox_id, units_of(request.methodId)):
            return self._execute(request, self.transport.http(), self._map_addons_refusal)

    def map_unknown_id(self, error: HttpError) -> TrulyError:
        """Of an id that perhaps only the add-on may ask about."""
        failure = map_http_error(error, self.clock.now())
        is_about_id = int(error.resp.status) in UNKNOWN_ID and not isinstance(failure, GmailOffError)
        return JustSentError("Gmail does not say which message this is.") if is_about_id else failure

    def _map_addons_refusal(self, error: HttpError) -> TrulyError:
        """Whatever is wrong with a person's token or its scopes, our own access does not end with it."""
        failure = map_http_error(error, self.clock.now())
        is_passing = isinstance(failure, TransientError)
        return failure if is_passing else JustSentError("Gmail does not tell the add-on which message this is.")

    def admit(self, mailbox: Mailbox) -> None:
        """Raise what would make every call fail: no credentials, or a time that Gmail named and that has not come."""
        self.mint.for_mailbox(mailbox.addresses)
        self.pacer.admit(mailbox.mailbox_id)

    def call_for_each(
        self,
        mailbox: Mailbox,
        template: CallTemplate,
        ids: Sequence[MessageId],
        parse: Callable[[Any], T],
        earlier: Mapping[MessageId, T | Exception],
    ) -> Answers[T]:
        """One call for each message, in batches; the answers join ``earlier``. A failure of one call is its value.

        The failure of a whole batch is raised where no message has been read yet. Otherwise it is the value of every
        message that has no answer.
        """
        answers: Answers[T] = dict(earlier)
        for batch in chunked(dict.fromkeys(ids), IN_FLIGHT):
            try:
                self._batch(mailbox, template, batch, parse, answers)
            except TransientError as error:
                # What was read has cost quota: it is kept, and only the rest is tried again.
                if all(isinstance(value, Exception) for value in answers.values()):
                    raise
                return {**dict.fromkeys(ids, error), **answers}
        return answers

    def _http(self, mailbox: Mailbox) -> Any:
        credentials = self.mint.for_mailbox(mailbox.addresses)
        return google_auth_httplib2.AuthorizedHttp(credentials, http=self.transport.http(), max_refresh_attempts=1)

    def _execute(self, request: Any, http: Any, failure: Callable[[HttpError], TrulyError]) -> Any:
        try:
            resource = request.execute(http=http, num_retries=0)
        except HttpError as error:
            raise failure(error) from None
        except (httplib2.HttpLib2Error, HTTPException, OSError, UnicodeDecodeError):
            raise TransientError("Gmail cannot be reached.") from None
        except RecursionError:
            raise UnreadableError("Gmail's answer is nested too deep.") from None
        if resource in (None, "") and request.methodId in SILENT:
            return {}
        if not isinstance(resource, dict):  # googleapiclient hands on as text what is not JSON
            raise TransientError("Gmail's answer is not JSON.")
        return resource

    def _batch(
        self,
        mailbox: Mailbox,
        template: CallTemplate,
        ids: Sequence[MessageId],
        parse: Callable[[Any], T],
        answers: Answers[T],
    ) -> None:
        http = self._http(mailbox)
        units = units_of(template.method_id) * len(ids)
        with self.pacer.turn(mailbox.mailbox_id, units, len(ids), purpose=self.purpose) as slow_down:
            try:
                parts = send_batch(http, template, ids, _quota_user(mailbox))
            except HttpError as error:
                raise map_http_error(error, self.clock.now()) from None
            except (httplib2.HttpLib2Error, HTTPException, OSError, *BROKEN_BATCH):
                raise TransientError("Gmail did not answer a batch.") from None
            for message_id, part in parts.items():
                value = answers[message_id] = self._read_part(part, parse)
                if isinstance(value, ThrottledError):
                    slow_down(value)

    def _read_part(self, part: PartAnswer, parse: Callable[[Any], T]) -> T | Exception:
        if part.status >= HTTPStatus.MULTIPLE_CHOICES:
            return map_http_error(part.to_error(), self.clock.now())
        try:
            resource = part.read_json()
        except RecursionError:
            return UnreadableError("Gmail's answer is nested too deep.")
        if not isinstance(resource, dict):
            return TransientError("Gmail did not answer for a message.")
        return parse_or_error(parse, resource)


def parse_or_error(parse: Callable[[Any], T], resource: Any) -> T | Exception:
    """What ``parse`` makes of the resource, or why it cannot."""
    try:
        return parse(resource)
    except TrulyError as error:
        return error
    except (KeyError, ValueError, TypeError, AttributeError):
        return UnreadableError("Gmail's answer for a message has not the documented form.")


def _with_quota_user(uri: str, mailbox: Mailbox) -> str:
    return f"{uri}{'&' if '?' in uri else '?'}quotaUser={_quota_user(mailbox)}"


def _quota_user(mailbox: Mailbox) -> str:
    """Without an API key Gmail ignores quotaUser, and charges the person for whom the call is made.

    It is sent all the same: an API that heeds it would else charge the service account, which the domain shares.
    """
    return hashlib.sha256(mailbox.mailbox_id.encode()).hexdigest()[:16]
