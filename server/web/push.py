"""Where Pub/Sub tells us that a mailbox changed: verified, noted, answered. Nothing is synced in the request."""

from __future__ import annotations

import logging
from typing import Protocol

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from server.bootstrap import Services
from server.domain.errors import BadInputError, TrulyError, UntrustedCallerError
from server.engine.operations.pushes import hear
from server.web.guards import check_pubsub
from server.web.hints import Hint

log = logging.getLogger(__name__)

PUSH = "/push"
LONGEST = 64 * 1024
"""Bytes; Gmail's own pushes have some hundreds."""


class Source(Protocol):
    def get(self) -> Services: ...


def blueprint(source: Source) -> Blueprint:
    routes = Blueprint("push", __name__)

    @routes.post(PUSH)
    def push() -> tuple[Response, int]:
        services = source.get()
        check_pubsub(services, PUSH, request.headers.get("Authorization", ""))
        if services.queue is None:
            return jsonify(error="There is no queue yet."), 503
        try:
            hint = _hint()
        except BadInputError:
            return _ignored("malformed")
        mailboxes = hear(hint.address, services.addresses, services.queue, services.ports.clock.now())
        return (Response(), 204) if mailboxes else _ignored("unknown_mailbox")

    @routes.errorhandler(UntrustedCallerError)
    def untrusted(_error: UntrustedCallerError) -> tuple[Response, int]:
        return jsonify(error="The caller cannot prove who it is."), 401

    @routes.errorhandler(TrulyError)
    def away(error: TrulyError) -> tuple[Response, int]:
        """Pub/Sub repeats it, later each time."""
        log.warning("a push must come again: %s", type(error).__name__)
        return jsonify(error="Not now; send it again."), 503

    return routes


def _hint() -> Hint:
    """Raises BadInputError. Only here the body is read."""
    request.max_content_length = LONGEST
    try:
        return Hint.parse(request.get_data(cache=False))
    except HTTPException:  # longer than that, or cut off
        raise BadInputError("The push cannot be read.") from None


def _ignored(code: str) -> tuple[Response, int]:
    """Taken all the same: anything but 2xx would bring it back for days. Polling finds what it meant."""
    log.warning("a push was ignored: %s", code)
    return Response(), 204
