"""The add-on's endpoints: each request is verified, then answered with a card, whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, jsonify, request

from addon.codes import Operation, Refusal
from addon.home import home_card
from addon.manifest import manifest
from addon.refusals import refusal_card
from addon.widgets import push_card, show_card
from server.bootstrap import Services
from server.domain.errors import (
    ConflictError,
    MailboxUnavailableError,
    NotFoundError,
    OutOfScopeError,
    RefusedError,
    RejectedError,
    TransientError,
    UntrustedCallerError,
)
from server.engine.sidebar.button_tokens import Signer, StaleTokenError
from server.logs.events import Event, describe_error
from server.settings import Settings
from server.web.clicks import handler_of, message_of
from server.web.desk import ACT, TOKEN, Desk, RefusalError
from server.web.guards import Admitted, ConsentMissingError, Guard
from server.web.lazy_services import LazyServices
from server.web.presenting import Salesforce

log = logging.getLogger(__name__)

HOME = "/addon/home"
OPEN = "/addon/open"


def deployment(settings: Settings) -> dict[str, Any]:
    """deployment.json for this service."""
    return manifest(settings.public_url, HOME, OPEN, Salesforce(settings.salesforce.domain).origin)


def blueprint(lazy: LazyServices) -> Blueprint:
    routes = Blueprint("addon", __name__)

    @routes.post(HOME)
    def home() -> Response:
        services = lazy.get()
        _guard(services).check_google(HOME, _authorization())
        return jsonify(show_card(home_card(services.settings.disclosure.value)))

    @routes.post(OPEN)
    def open_message() -> Response:
        services = lazy.get()
        admitted = _guard(services).admit(OPEN, _authorization(), request.get_data())
        return jsonify(_answer_with_card(services, admitted, lambda desk: show_card(desk.open_card())))

    @routes.post(ACT)
    def click() -> Response:
        services = lazy.get()
        admitted = _guard(services).admit(ACT, _authorization(), request.get_data())
        return jsonify(_answer_click(services, admitted))

    @routes.errorhandler(ConsentMissingError)
    def ask_consent(_error: ConsentMissingError) -> Response:
        return jsonify(requesting_google_scopes={"all_scopes": True})

    @routes.errorhandler(UntrustedCallerError)
    def refuse_caller(_error: UntrustedCallerError) -> tuple[Response, int]:
        return jsonify(error="The caller cannot prove who it is."), 401

    @routes.errorhandler(TransientError)
    def ask_again(_error: TransientError) -> tuple[Response, int]:
        return jsonify(error="The caller cannot be verified now."), 503

    return routes


def _authorization() -> str:
    return request.headers.get("Authorization", "")


def _guard(services: Services) -> Guard:
    return Guard(services.identity, services.settings)


def _answer_click(services: Services, admitted: Admitted) -> dict[str, Any]:
    """Raises UntrustedCallerError. A stale button changes nothing: its card offers to read the message again."""
    signer = Signer(services.ports.hasher, services.ports.clock)
    try:
        order = signer.read(admitted.event.parameters.get(TOKEN, ""), admitted.caller.subject)
        handler = handler_of(order)
    except StaleTokenError:
        return _answer_with_card(services, admitted, _offer_refresh)
    return _answer_with_card(services, admitted, lambda desk: handler(desk, message_of(order), order.arguments))


def _offer_refresh(desk: Desk) -> dict[str, Any]:
    """Where Gmail cannot say which message is open, the card comes without its button."""
    refresh = None
    with suppress(TransientError, MailboxUnavailableError, NotFoundError):
        refresh = desk.act(desk.find_opened())(Operation.SHOW) if desk.event.message_id else None
    return push_card(refusal_card(Refusal.STALE, refresh=refresh))


def _answer_with_card(services: Services, admitted: Admitted, work: Callable[[Desk], dict[str, Any]]) -> dict[str, Any]:
    """A failure is a card too: after any other answer Google shows nothing but "something went wrong"."""
    detail = ""
    try:
        return work(Desk(services, admitted))
    except RefusalError as error:
        refusal, detail = error.refusal, error.detail
    except OutOfScopeError:
        refusal = Refusal.NOT_INCLUDED
    except NotFoundError:
        refusal = Refusal.NOT_FOUND
    except RejectedError as error:
        refusal, detail = Refusal.CHANGE, error.reason or error.code
    except RefusedError as error:
        refusal, detail = Refusal.IMPOSSIBLE, str(error)
    except (TransientError, MailboxUnavailableError, ConflictError):
        refusal = Refusal.AWAY
    except Exception as error:  # noqa: BLE001  # the person must read something, and the log says what
        fields = describe_error(Event.CARD_FAILED, error)
        log.error("a card failed with %s", type(error).__name__, extra=fields)  # noqa: TRY400  # a trace could quote mail
        refusal = Refusal.BROKEN
    card = refusal_card(refusal, address=admitted.caller.address, admin=services.settings.google_admin, detail=detail)
    return show_card(card) if admitted.is_trigger else push_card(card)
