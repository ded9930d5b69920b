"""Calls to Gmail, alone or together: paced, charged to their mailbox, and failing in our own words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any, TypeVar

import google_auth_httplib2
import httplib2
from googleapiclient.discovery import build
from googleapiclient.errors import BatchError, HttpError

from server.adapters.gmail.pacing.costs import units_of
from server.adapters.gmail.pacing.pacer import Pacer, Told
from server.adapters.gmail.pacing.turns import IN_FLIGHT
from server.adapters.google.api_failures import mapped
from server.adapters.google.credentials import CredentialMint
from server.adapters.transport import Transport
from server.domain.errors import ThrottledError, TransientError, TrulyError, UnreadableError
from server.domain.ids import MessageId
from server.domain.mailbox import Mailbox
from server.ports.clock import Clock

BROKEN_ANSWER = (ValueError, KeyError, IndexError, TypeError, AttributeError)
"""What googleapiclient raises for a batch that is cut short, or is a page of something else."""
SILENT = frozenset({"gmail.users.stop"})
"""Methods whose success is an empty answer."""
T = TypeVar("T")
Answers = dict[MessageId, T | Exception]


@dataclass(frozen=True)
class GmailCalls:
    """Thread-safe: one service description, one connection a thread. ``in_background``: others' calls go first."""

    mint: CredentialMint
    transport: Transport
    clock: Clock
    pacer: Pacer
    service: Any
    is_background: bool = False

    @classmethod
    def over(cls, mint: CredentialMint, transport: Transport, clock: Clock, pacer: Pacer) -> GmailCalls:
        service = build("gmail", "v1", http=transport.http(), static_discovery=True)
        return cls(mint, transport, clock, pacer, service)

    def in_background(self) -> GmailCalls:
        return replace(self, is_background=True)

    def one(self, mailbox: Mailbox, request: Any, failure: Callable[[HttpError], TrulyError] | None = None) -> Any:
        """The answer's JSON, empty for a method that answers nothing.

        Raises what ``failure`` makes of Gmail's refusal; without it what ``MailProvider`` may raise, and
        NotFoundError for 404.
        """
        request.uri = _with_quota_user(request.uri, mailbox)
        http = self._http(mailbox)
        with self.pacer.turn(mailbox.mailbox_id, units_of(request.methodId), in_background=self.is_background):
            return self._answer(request, http, failure or (lambda error: mapped(error, self.clock.now())))

    def admit(self, mailbox: Mailbox) -> None:
        """Raises what would let every call fail: no credentials, or a time that Gmail named and that has not come."""
        self.mint.for_mailbox(mailbox.addresses)
        self.pacer.admit(mailbox.mailbox_id)

    def many(
        self,
        mailbox: Mailbox,
        requests: Mapping[MessageId, Any],
        parse: Callable[[Any], T],
        before: Mapping[MessageId, T | Exception],
    ) -> Answers[T]:
        """In batches, added to the answers that were there ``before``. What is wrong with one call is its value.

        The failure of a whole batch is raised where nothing has been read yet; else it is the value of all that is not.
        """
        out: Answers[T] = dict(before)
        ids = list(requests)
        for start in range(0, len(ids), IN_FLIGHT):
            try:
                self._batch(mailbox, {i: requests[i] for i in ids[start : start + IN_FLIGHT]}, out, parse)
            except TransientError as error:
                if all(isinstance(answer, Exception) for answer in out.values()):
                    raise
                return {**dict.fromkeys(ids, error), **out}
        return out

    def _http(self, mailbox: Mailbox) -> Any:
        credentials = self.mint.for_mailbox(mailbox.addresses)
        return google_auth_httplib2.AuthorizedHttp(credentials, http=self.transport.http(), max_refresh_attempts=1)

    def _answer(self, request: Any, http: Any, failure: Callable[[HttpError], TrulyError]) -> Any:
        try:
            answer = request.execute(http=http, num_retries=0)
        except HttpError as error:
            raise failure(error) from None
        except (httplib2.HttpLib2Error, HTTPException, OSError, UnicodeDecodeError):
            raise TransientError("Gmail cannot be reached.") from None
        except RecursionError:
            raise UnreadableError("Gmail's answer is nested too deep.") from None
        if answer in (None, "") and request.methodId in SILENT:
            return {}
        if not isinstance(answer, dict):  # googleapiclient hands on as text what is not JSON
            raise TransientError("Gmail's answer is not JSON.")
        return answer

    def _batch(
        self,
        mailbox: Mailbox,
        requests: Mapping[MessageId, Any],
        out: Answers[T],
        parse: Callable[[Any], T],
    ) -> None:
        http = self._http(mailbox)
        units = sum(units_of(inner.methodId) for inner in requests.values())
        with self.pacer.turn(mailbox.mailbox_id, units, len(requests), in_background=self.is_background) as told:
            batch = self.service.new_batch_http_request()
            for message_id, inner in requests.items():
                inner.uri = _with_quota_user(inner.uri, mailbox)
                batch.add(inner, callback=self._keeper(out, parse, told), request_id=message_id)
            try:
                batch.execute(http=http)
            except (BatchError, httplib2.HttpLib2Error, HTTPException, OSError, *BROKEN_ANSWER):
                # Before HttpError, for googleapiclient makes BatchError one of those.
                raise TransientError("Gmail did not answer a batch.") from None
            except HttpError as error:
                raise mapped(error, self.clock.now()) from None

    def _keeper(self, out: Answers[T], parse: Callable[[Any], T], told: Told) -> Callable[[str, Any, Any], None]:
        def keep(request_id: str, answer: Any, error: Any) -> None:
            message_id = MessageId(request_id)
            if isinstance(error, HttpError):
                failure = out[message_id] = mapped(error, self.clock.now())
                if isinstance(failure, ThrottledError):
                    told(failure)
            elif error is not None or not isinstance(answer, dict):
                out[message_id] = TransientError("Gmail did not answer for a message.")
            else:
                out[message_id] = parsed(parse, answer)

        return keep


def parsed(parse: Callable[[Any], T], answer: Any) -> T | Exception:
    """A failure is a value."""
    try:
        return parse(answer)
    except TrulyError as error:
        return error
    except (KeyError, ValueError, TypeError, AttributeError):
        return UnreadableError("Gmail's answer for a message has not the documented form.")


def _with_quota_user(uri: str, mailbox: Mailbox) -> str:
    """Without quotaUser some Google APIs charge the service account, and the whole domain would share one quota."""
    user = hashlib.sha256(mailbox.mailbox_id.encode()).hexdigest()[:16]
    return f"{uri}{'&' if '?' in uri else '?'}quotaUser={user}"
