"""The add-on's endpoints: each request is verified, then answered with a card, whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from addon.codes import LateClick, Operation, Refusal
from addon.home import help_card, home_card
from addon.manifest import Paths, manifest
from addon.refusals import refusal_card
from addon.widgets import Widget, push_card, show_card
from server.bootstrap import Services
from server.domain.errors import (
    ConfigurationError,
    ConflictError,
    JustSentError,
    MailboxUnavailableError,
    NotFoundError,
    OtherOrgError,
    OutOfScopeError,
    OverruledError,
    RefusedError,
    RejectedError,
    StateAwayError,
    TooSlowError,
    TransientError,
    UntrustedCallerError,
)
from server.domain.history import MessageRef
from server.engine.conversations.choice_keeper import Click
from server.engine.sidebar.button_tokens import Signer, StaleTokenError
from server.logs.events import Event, describe_error
from server.settings import Settings
from server.web.guards import Admitted, ConsentMissingError, Guard
from server.web.lazy_services import LazyServices
from server.web.sidebar.clicks import CHANGES, handler_of, message_of
from server.web.sidebar.deadline import KEPT, Deadline
from server.web.sidebar.desk import ACT, REFUSAL_OF, TOKEN, Desk, RefusalError
from server.web.sidebar.presenting import Salesforce

log = logging.getLogger(__name__)

HOME = "/addon/home"
OPEN = "/addon/open"
HELP = "/addon/help"
SETTINGS = "/addon/settings"
CLICKED = frozenset({ACT, HELP, SETTINGS})
"""What a person clicks, on a card or in its menu: the answer has another form than that of a card Google opens."""
LONGEST = 256 * 1024
"""Bytes; Gmail's own events have some thousands, most of them tokens."""

REFUSALS: tuple[tuple[type[Exception], Refusal], ...] = (
    (OutOfScopeError, Refusal.NOT_INCLUDED),
    (JustSentError, Refusal.JUST_SENT),
    (NotFoundError, Refusal.NOT_FOUND),
    (RefusedError, Refusal.IMPOSSIBLE),
    (StateAwayError, Refusal.STATE_AWAY),
    (OverruledError, Refusal.OVERRULED),
    (TransientError, Refusal.AWAY),
    (MailboxUnavailableError, Refusal.AWAY),
    (ConflictError, Refusal.AWAY),
)
"""The first that fits a failure, where its class alone says why there is no other card."""


@dataclass(frozen=True)
class Asked:
    """A click on the card of the message ``ref``. ``is_change``: it is to change something, and not only to show."""

    ref: MessageRef
    click: Click
    is_change: bool


class _NotReadyError(Exception):
    """There are no services, so nobody can be verified and nothing can be shown but why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def deployment(settings: Settings) -> dict[str, Any]:
    """deployment.json for this service."""
    help_page = urlsplit(settings.help_contact)
    linked = [Salesforce(settings.salesforce.domain).origin]
    linked += [f"https://{help_page.netloc}"] if help_page.netloc else []
    return manifest(settings.public_url, Paths(HOME, OPEN, HELP, SETTINGS), linked)


def blueprint(lazy: LazyServices) -> Blueprint:
    routes = Blueprint("addon", __name__)

    @routes.post(HOME)
    def home() -> Response:
        deadline, authorization = Deadline(), _authorization()
        services = _reach(lazy, deadline)
        deadline.run(lambda: _guard(services).check_google(HOME, authorization))
        return jsonify(show_card(home_card(*_choose_words(services.settings))))

    @routes.post(OPEN)
    def open_message() -> Response:
        deadline = Deadline()
        services = _reach(lazy, deadline)
        admitted = _admit(services, OPEN, deadline)
        return jsonify(_answer_with_card(services, admitted, deadline, lambda desk: show_card(desk.open_card())))

    @routes.post(HELP)
    def show_help() -> Response:
        deadline, authorization = Deadline(), _authorization()
        services = _reach(lazy, deadline)
        deadline.run(lambda: _guard(services).check_google(HELP, authorization))
        settings = services.settings
        return jsonify(push_card(help_card(*_choose_words(settings), settings.help_contact)))

    @routes.post(SETTINGS)
    def show_settings() -> Response:
        deadline = Deadline()
        services = _reach(lazy, deadline)
        return jsonify(push_card(_make_settings_card(services, _admit(services, SETTINGS, deadline), deadline)))

    @routes.post(ACT)
    def click() -> Response:
        deadline = Deadline(is_click=True)
        services = _reach(lazy, deadline)
        click = Click(services.ports.clock.now(), deadline.begin_change)
        return jsonify(_answer_click(services, _admit(services, ACT, deadline), deadline, click))

    _answer_failures(routes)
    return routes


def _choose_words(settings: Settings) -> tuple[str, str]:
    """What of the settings the cards say: what others can read, and what Gmail's categories keep out."""
    return settings.disclosure.value, settings.not_primary.value


def _answer_failures(routes: Blueprint) -> None:
    """Of a call whose person is not known yet."""

    @routes.errorhandler(ConsentMissingError)
    def ask_consent(error: ConsentMissingError) -> Response:
        """Google asks for what lacks, and repeats the call by itself."""
        return jsonify(requesting_google_scopes={"scopes": error.scopes} if error.scopes else {"all_scopes": True})

    @routes.errorhandler(UntrustedCallerError)
    def refuse_caller(_error: UntrustedCallerError) -> tuple[Response, int]:
        return jsonify(error="The caller cannot prove who it is."), 401

    @routes.errorhandler(_NotReadyError)
    def say_not_ready(error: _NotReadyError) -> Response:
        """The same for everybody: who asks is not known yet."""
        return _refuse_anybody(error.refusal)

    @routes.errorhandler(TooSlowError)
    def say_slow(_error: TooSlowError) -> Response:
        """Nobody was verified in time."""
        return _refuse_anybody(Refusal.SLOW)

    @routes.errorhandler(TransientError)
    def ask_again(_error: TransientError) -> tuple[Response, int]:
        return jsonify(error="The caller cannot be verified now."), 503


def _refuse_anybody(refusal: Refusal) -> Response:
    card = refusal_card(refusal)
    return jsonify(push_card(card) if request.path in CLICKED else show_card(card))


def _authorization() -> str:
    return request.headers.get("Authorization", "")


def _reach(lazy: LazyServices, deadline: Deadline) -> Services:
    """A process that starts while its state does not answer has no services yet. Raises _NotReadyError."""
    try:
        return lazy.find_built() or deadline.run(lazy.get)
    except TooSlowError:
        raise _NotReadyError(Refusal.SLOW) from None
    except TransientError:
        raise _NotReadyError(Refusal.STATE_AWAY) from None
    except ConfigurationError:
        raise _NotReadyError(Refusal.NOT_SET_UP) from None


def _admit(services: Services, path: str, deadline: Deadline) -> Admitted:
    """Raises UntrustedCallerError, ConsentMissingError, TooSlowError, TransientError."""
    guard, authorization = _guard(services), _authorization()
    deadline.run(lambda: guard.check_google(path, authorization))
    body = _read_body()
    return deadline.run(lambda: guard.check_person(body, is_opening=path == OPEN))


def _read_body() -> bytes:
    """Raises UntrustedCallerError. The body is read only after Google has proved that it calls."""
    request.max_content_length = LONGEST
    try:
        return request.get_data(cache=False)
    except HTTPException:  # the body is longer than that, or cut off
        raise UntrustedCallerError("The event cannot be read.") from None


def _guard(services: Services) -> Guard:
    return Guard(services.identity, services.settings)


def _answer_click(services: Services, admitted: Admitted, deadline: Deadline, click: Click) -> dict[str, Any]:
    """Raises UntrustedCallerError. A stale button changes nothing: its card offers to read the message again."""
    signer = Signer(services.ports.hasher, services.ports.clock)
    try:
        order = signer.read(admitted.event.parameters.get(TOKEN, ""), admitted.caller.subject)
        handler = handler_of(order)
    except StaleTokenError:
        return _answer_with_card(services, admitted, deadline, _offer_refresh)
    ref = message_of(order)

    def work(desk: Desk) -> dict[str, Any]:
        if order.operation != Operation.SHOW:
            desk.require_live()
        return handler(desk, ref, order.arguments)

    asked = Asked(ref, click, is_change=order.operation in CHANGES)
    return _answer_with_card(services, admitted, deadline, work, asked)


def _offer_refresh(desk: Desk) -> dict[str, Any]:
    """Where Gmail cannot say which message is open, the card comes without its button."""
    refresh = None
    with suppress(TransientError, MailboxUnavailableError, NotFoundError):
        refresh = desk.act(desk.find_opened())(Operation.SHOW) if desk.event.message_id else None
    return push_card(refusal_card(Refusal.STALE, refresh=refresh))


def _answer_with_card(
    services: Services, admitted: Admitted, deadline: Deadline, work: Callable[[Desk], dict[str, Any]],
    asked: Asked | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A failure is a card too: after any other answer Google shows nothing but "something went wrong".

    ``asked`` is None where a message was opened.
    """
    try:
        return deadline.run(lambda: work(Desk(services, admitted, asked.click if asked else None)), keep=KEPT)
    except TooSlowError:
        card = _make_late_card(services, admitted, deadline, asked)
    except Exception as error:  # noqa: BLE001  # the person must read something, whatever happened
        card = _make_refusal(services, admitted, error)
    return show_card(card) if admitted.is_trigger else push_card(card)


def _make_settings_card(services: Services, admitted: Admitted, deadline: Deadline) -> Widget:
    try:
        return deadline.run(lambda: Desk(services, admitted).settings_card())
    except TooSlowError:
        return refusal_card(Refusal.SLOW)
    except Exception as error:  # noqa: BLE001  # as below
        return _make_refusal(services, admitted, error)


def _make_late_card(services: Services, admitted: Admitted, deadline: Deadline, asked: Asked | None) -> Widget:
    """What the ledger knows; where it does not answer either, that. Of a click, whether it may still come."""
    late_click, ref = None, asked.ref if asked else None
    if asked and asked.is_change:
        late_click = LateClick.UNDER_WAY if deadline.has_begun_change else LateClick.DROPPED
    try:
        return deadline.run(lambda: Desk(services, admitted).known_card(ref, late_click))
    except TooSlowError:
        return refusal_card(REFUSAL_OF[late_click])
    except Exception as error:  # noqa: BLE001  # as above
        return _make_refusal(services, admitted, error)


def _make_refusal(services: Services, admitted: Admitted, failure: Exception) -> Widget:
    refusal, detail = _choose_refusal(failure)
    helper = services.settings.help_contact
    return refusal_card(refusal, address=admitted.caller.address, helper=helper, detail=detail)


def _choose_refusal(failure: Exception) -> tuple[Refusal, str]:
    """Why there is no other card, and what fills its text."""
    match failure:
        case RefusalError():
            return failure.refusal, failure.detail
        case RejectedError():
            return Refusal.CHANGE, failure.reason or failure.code
        case OtherOrgError():
            return Refusal.OTHER_ORG, failure.bound
    refusal = next((refusal for kind, refusal in REFUSALS if isinstance(failure, kind)), Refusal.BROKEN)
    if refusal is Refusal.BROKEN:
        fields = describe_error(Event.CARD_FAILED, failure)
        log.error("a card failed with %s", type(failure).__name__, extra=fields)
    return refusal, str(failure) if refusal is Refusal.IMPOSSIBLE else ""
